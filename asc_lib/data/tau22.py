"""TAU Urban Acoustic Scenes 2022 Mobile as it lies on disk -> one index table.

Layout (https://doi.org/10.5281/zenodo.6337421): `meta.csv`, `evaluation_setup/fold1_train.csv` and
`fold1_evaluate.csv`, and `audio/<scene>-<city>-<location>-<segment>-<subsegment>-<device>.wav`:
clips of one second, ten of which (subsegments 0-9) are consecutive cuts of one recording.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from asc_lib.files import InputError, reading, short

SCENES = [
    *("airport", "bus", "metro", "metro_station", "park"),
    *("public_square", "shopping_mall", "street_pedestrian", "street_traffic", "tram"),
]
TRAINING_DEVICES = ["a", "b", "c", "s1", "s2", "s3"]
FAMILIES = {
    "real": ["a", "b", "c"],
    "simulated": ["s1", "s2", "s3"],
    "unseen": ["s4", "s5", "s6"],
    "further": ["s7", "s8", "s9", "s10", "s11"],  # unseen, too; of TAU22's evaluation set
}
DEVICES = [device for family in FAMILIES.values() for device in family]
CLIP_FORMAT = {"rate": 44_100, "subtype": "PCM_24", "frames": 44_100}

_NAME = (
    r"^audio/(?P<scene>[a-z_]+)-(?P<city>[a-z_]+)-(?P<number>[0-9]+)-(?P<segment>[0-9]+)"
    r"-(?P<subsegment>[0-9])-(?P<device>[a-z][0-9]*)\.wav$"
)
SIDE_FILES = {"train": "fold1_train.csv", "test": "fold1_evaluate.csv"}


def read_index(root: str | Path) -> pd.DataFrame:
    """One row a clip: filename scene city location recording subsegment device side.

    `location` is the dataset's identifier (`lisbon-1000`), `recording` the name without subsegment,
    `side` one of train, test, unused.

    Raises:
        InputError: a csv is missing or malformed, a row contradicts its file name, a scene or
            device is unknown, a clip or a location is on both sides.
    """
    root = Path(root)
    file = root / "meta.csv"
    meta = read_csv(file, ["filename", "scene_label", "identifier", "source_label"])
    names = meta["filename"]
    said = names.str.extract(_NAME)
    _refuse(
        file, said["scene"].isna() | names.str.endswith("\n"), names, "is not a TAU22 file name"
    )
    for what, known in (("scene", SCENES), ("device", DEVICES)):
        unknown = ~said[what].isin(known)
        _refuse(file, unknown, said[what], f"is no known {what} ({', '.join(known)})")
    location = said["city"] + "-" + said["number"]
    stated = {
        "scene_label": said["scene"],
        "identifier": location,
        "source_label": said["device"],
    }
    for column, named in stated.items():
        wrong = meta[column] != named
        _refuse(file, wrong, meta[column], f"as {column} contradicts the file name")
    _refuse(file, names.duplicated(), names, "stands twice")
    index = pd.DataFrame(
        {
            "filename": names,
            "scene": said["scene"],
            "city": said["city"],
            "location": location,
            "recording": said["scene"].str.cat(
                [location, said["segment"], said["device"]], sep="-"
            ),
            "subsegment": said["subsegment"].astype("int8"),
            "device": said["device"],
            "side": "unused",
        }
    )
    rows_of, places = pd.Index(names), []
    for side, name in SIDE_FILES.items():
        file = root / "evaluation_setup" / name
        listed = read_csv(file, ["filename", "scene_label"])
        rows = rows_of.get_indexer(listed["filename"])
        _refuse(file, rows < 0, listed["filename"], "is not in meta.csv")
        of_clip = index.iloc[rows].reset_index()
        wrong = listed["scene_label"] != of_clip["scene"]
        _refuse(file, wrong, listed["scene_label"], "contradicts the file name")
        taken = of_clip["side"] != "unused"
        _refuse(file, taken, listed["filename"], "is on the training side, too")
        index.loc[of_clip["index"], "side"] = side
        places.append(set(of_clip["location"]))
    if shared := set.intersection(*places):
        raise InputError(
            f"{root / 'evaluation_setup'}: location {min(shared)} ({len(shared)} in all) is on "
            "both sides; a fair test needs places that were never heard"
        )
    return index


def check_study(index: pd.DataFrame, root: str | Path) -> None:
    """What a study needs of the clips, beyond what `read_index` asks of each.

    Device a stands in every scene and on both sides, so does a second device of the training's; the
    test side has two places; a place belongs to one scene; training hears no other devices than
    TAU22's.

    Raises:
        InputError: it is not so; says of which device, scene or place.
    """
    used = index[index["side"] != "unused"]
    heard = {side: set(used.loc[used["side"] == side, "device"]) for side in ("train", "test")}
    if surplus := heard["train"] - set(TRAINING_DEVICES):
        raise InputError(
            f"{Path(root) / 'evaluation_setup' / SIDE_FILES['train']}: device {min(surplus)} on "
            f"the training side, which hears {', '.join(TRAINING_DEVICES)} only; move its clips "
            "to the test side, or rename the device"
        )
    for side, devices in heard.items():
        if "a" not in devices:
            raise InputError(
                f"{root}: no clip of device a on the {side} side; the study compares with it: call "
                "the commonest device a, and have it on both sides"
            )
    if len(heard["train"] & heard["test"]) < 2:
        raise InputError(
            f"{root}: only device a is on both sides; to tell devices apart a study needs a second "
            f"one of {', '.join(TRAINING_DEVICES[1:])} on both"
        )
    if lacking := sorted(set(used["scene"]) - set(used.loc[used["device"] == "a", "scene"])):
        raise InputError(
            f"{root}: no clip of device a in scene {lacking[0]}; record it there, too, or leave "
            "the scene out"
        )
    reported = (used["side"] == "test") & ~used["device"].isin(FAMILIES["further"])
    if used.loc[reported, "location"].nunique() < 2:
        raise InputError(
            f"{root}: the test side is one place (devices {', '.join(FAMILIES['further'])} left "
            "out); an interval asks how results change from place to place: record at a second one"
        )
    scenes = used.groupby("location")["scene"].nunique()
    if (scenes > 1).any():
        raise InputError(
            f"{root}: place {scenes.idxmax()} stands in {scenes.max()} scenes; places are set "
            "apart for validation scene by scene: give each scene's a number of its own"
        )


def check_audio(index: pd.DataFrame, root: str | Path) -> None:
    """Every clip of the train and test side has its wav.

    Raises:
        InputError: the folder or a wav is missing; says how many.
    """
    folder = Path(root) / "audio"
    with reading(folder, "a folder", "unpack the data set's audio there"):
        there = {f"audio/{name}" for name in os.listdir(folder)}
    wanted = index.loc[index["side"] != "unused", "filename"]
    missing = wanted[[name not in there for name in wanted.tolist()]]
    if len(missing):
        raise InputError(
            f"{Path(root) / missing.iloc[0]}: no such file, though the csv lists it "
            f"({len(missing)} of {len(wanted)} are missing); download the missing archives, or "
            "mend the csv"
        )


def validation_split(clips: pd.DataFrame, share: float) -> pd.DataFrame:
    """`clips` with `share` of the training locations of each scene moved to side "validation".

    Whole locations, since windows of one place are not independent; the same for every run. A scene
    with a single location keeps it for training.
    """
    sides = clips["side"].to_numpy(copy=True).astype(object)
    random = np.random.default_rng(2022)
    train = clips[clips["side"] == "train"]
    for _, of_scene in train.groupby("scene", sort=True):
        locations = np.sort(of_scene["location"].unique())
        count = min(max(1, round(share * len(locations))), len(locations) - 1) if share else 0
        kept = random.choice(locations, count, replace=False)
        sides[(clips["side"] == "train") & clips["location"].isin(kept)] = "validation"
    return clips.assign(side=sides)


def side_counts(clips: pd.DataFrame) -> pd.DataFrame:
    """Clips of each side and device: `side device clips places share`; devices in their order.

    `places`: recording locations; `share`: of the side's clips, 0 to 1. Every device stands on
    every side that occurs, with 0 where it has no clip there.
    """
    sides = [side for side in ("train", "validation", "test") if side in set(clips["side"])]
    devices = [device for device in DEVICES if device in set(clips["device"])]
    every = pd.MultiIndex.from_product([sides, devices], names=["side", "device"])
    of_both = clips.groupby(["side", "device"])["location"]
    table = pd.DataFrame({"clips": of_both.size(), "places": of_both.nunique()})
    table = table.reindex(every, fill_value=0)
    table["share"] = table["clips"] / table.groupby("side")["clips"].transform("sum")
    return table.reset_index()


def read_csv(file: Path, columns: list[str], threads: bool = True) -> pd.DataFrame:
    """A tab-separated csv, whatever its line ends, with or without byte order mark.

    A quote is a character like any other: it must not hide the lines up to the next one.
    """
    with reading(file, "tab-separated text", "the root of the data set holds meta.csv"):
        try:
            table = csv.read_csv(
                file,
                csv.ReadOptions(use_threads=threads),
                csv.ParseOptions(delimiter="\t", quote_char=False),
                csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.large_string())),
            )
            found = table.column_names
        except FileNotFoundError:
            raise InputError(
                f"{file}: no such file; the root of the data set holds meta.csv"
            ) from None
        except (pa.ArrowException, UnicodeDecodeError) as error:
            if threads:  # only one thread knows the row
                return read_csv(file, columns, threads=False)
            said = re.sub(
                r"Row #(\d+)", lambda row: f"line {_line(file, int(row[1]))}", short(error)
            )
            raise InputError(f"{file}: not readable as tab-separated text: {said}") from None
    missing = [column for column in columns if found.count(column) != 1]
    if missing:
        listed = ", ".join(found)[:200]
        raise InputError(f"{file}: no column {', '.join(missing)}, or two; found {listed}")
    if not len(table):
        raise InputError(f"{file}: lists no clips")
    return table.select(columns).to_pandas()


def _refuse(file: Path, wrong: Sequence[bool], shown: pd.Series, why: str) -> None:
    """Nothing, or the error that names the first wrong row."""
    if not np.any(wrong):
        return
    rows = np.flatnonzero(wrong)
    more = f" ({len(rows)} such rows)" if len(rows) > 1 else ""
    where = f"{file}, line {_line(file, int(rows[0]) + 2)}"
    raise InputError(f"{where}: {shown.iloc[rows[0]][:200]!r} {why}{more}")


def _line(file: Path, row: int) -> int:
    """Where an editor shows a row of a csv, the head being the first: empty lines are no rows."""
    lines = (number for number, line in enumerate(file.read_bytes().splitlines(), 1) if line)
    return list(lines)[row - 1]
