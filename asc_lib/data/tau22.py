"""TAU Urban Acoustic Scenes 2022 Mobile as it lies on disk -> one index table.

Layout (https://doi.org/10.5281/zenodo.6337421): `meta.csv`, `evaluation_setup/fold1_train.csv` and
`fold1_evaluate.csv`, and `audio/<scene>-<city>-<location>-<segment>-<subsegment>-<device>.wav`:
clips of one second, ten of which (subsegments 0-9) are consecutive cuts of one recording.
"""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
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

# scene, city, number of the location, segment, subsegment, device
NAME = r"^audio/[a-z_]+-[a-z_]+-[0-9]+-[0-9]+-[0-9]-[a-z][0-9]*\.wav$"
_TEXT = pa.large_string()  # pandas 3 takes it as it is
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
    meta_file = root / "meta.csv"
    files = {side: root / "evaluation_setup" / name for side, name in SIDE_FILES.items()}
    meta = read_csv(meta_file, ["filename", "scene_label", "identifier", "source_label"])
    lists = {side: read_csv(file, ["filename", "scene_label"]) for side, file in files.items()}
    names = [table["filename"] for table in (meta, *lists.values())]
    recordings, recording, subsegment = _recordings(names)
    clip_of = recording * 10 + subsegment  # one number a name

    # what a name says is asked once a recording, not once a clip
    row, clip = recording[: len(meta)], clip_of[: len(meta)]
    said = recordings.slice(0, row.max() + 1)
    wrong = ~_array(pc.match_substring_regex(said, NAME))
    _refuse(meta_file, wrong, meta["filename"], "is not a TAU22 file name", row)
    bare = pc.utf8_slice_codeunits(said, len("audio/"), -len(".wav"))
    parts = pc.split_pattern(bare, "-").flatten()
    scene, city, number, segment, _, device = (
        parts.take(np.arange(part, len(parts), 6)) for part in range(6)
    )
    for what, found, known in (("scene", scene, SCENES), ("device", device, DEVICES)):
        unknown = ~_array(pc.is_in(found, pa.array(known, _TEXT)))
        shown = pa.DictionaryArray.from_arrays(row, found)
        _refuse(meta_file, unknown, shown, f"is no known {what} ({', '.join(known)})", row)
    location = _joined(city, number)
    stated = {"scene_label": scene, "identifier": location, "source_label": device}
    for column, named in stated.items():
        wrong = _differ(meta[column], named.take(row))
        _refuse(meta_file, wrong, meta[column], f"as {column} contradicts the file name")
    row_of = np.full(10 * len(recordings), -1)
    rows = np.arange(len(meta))
    row_of[clip[::-1]] = rows[::-1]  # of equal names the first one's
    _refuse(meta_file, row_of[clip] != rows, meta["filename"], "stands twice")

    side_of = np.zeros(len(meta), np.int8)
    places = []
    start = len(meta)
    for side, listed in lists.items():
        rows = row_of[clip_of[start : start + len(listed)]]
        start += len(listed)
        _refuse(files[side], rows < 0, listed["filename"], "is not in meta.csv")
        wrong = _differ(listed["scene_label"], scene.take(row[rows]))
        _refuse(files[side], wrong, listed["scene_label"], "contradicts the file name")
        taken = side_of[rows] != 0
        _refuse(files[side], taken, listed["filename"], "is on the training side, too")
        side_of[rows] = len(places) + 1
        heard = np.zeros(len(said), bool)
        heard[row[rows]] = True
        places.append(set(location.filter(heard).unique().to_pylist()))
    if shared := set.intersection(*places):
        raise InputError(
            f"{root / 'evaluation_setup'}: location {min(shared)} ({len(shared)} in all) is on "
            "both sides; a fair test needs places that were never heard"
        )
    columns = {
        "filename": meta["filename"],
        "scene": meta["scene_label"],
        "city": city.take(row),
        "location": meta["identifier"],
        "recording": _joined(scene, location, segment, device).take(row),
        "subsegment": subsegment[: len(meta)],
        "device": meta["source_label"],
        "side": pa.array(["unused", *lists], _TEXT).take(side_of),
    }
    return pa.table(columns).to_pandas()


def _recordings(names: list[pa.ChunkedArray]) -> tuple[pa.Array, np.ndarray, np.ndarray]:
    """Distinct recordings in their order; the recording of each name, its subsegment.

    A recording is a name with 0 as its subsegment. Both numbers together tell a name from all
    others, whatever it is: where no subsegment is found, the name is a recording of its own.
    """
    chunks = [chunk for column in names for chunk in column.chunks if len(chunk)]
    runs, lengths, subsegments = zip(*map(_runs, chunks), strict=True)
    encoded = pa.chunked_array(runs).dictionary_encode().combine_chunks()
    recording = np.repeat(encoded.indices.to_numpy(), np.concatenate(lengths))
    return encoded.dictionary, recording, np.concatenate(subsegments)


def _runs(names: pa.LargeStringArray) -> tuple[pa.LargeStringArray, np.ndarray, np.ndarray]:
    """Runs of names of one recording: its name and length; the subsegment of each name."""
    _, ends, text = names.buffers()
    ends = np.frombuffer(ends, np.int64)[names.offset :][: len(names) + 1]
    text = np.append(np.frombuffer(text or b"", np.uint8), np.zeros(8, np.uint8))  # may be changed
    at = np.maximum(ends[1:] - len("0-a.wav"), 0)
    for _ in range(2):  # s1 and s11 are longer than a
        longer = np.flatnonzero(text[at + 1] != ord("-"))
        at[longer] -= 1
    digit = text[at] - ord("0")
    found = (digit < 10) & (at >= ends[:-1])
    text[at[found]] = ord("0")
    names = pa.LargeStringArray.from_buffers(len(names), pa.py_buffer(ends), pa.py_buffer(text))
    first = np.flatnonzero(_array(pc.not_equal(names[1:], names[:-1]))) + 1
    first = np.concatenate([[0], first])
    lengths = np.diff(first, append=len(names))
    return names.take(first), lengths, np.where(found, digit, 0).astype(np.int8)


def _joined(*parts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*parts, pa.scalar("-", _TEXT))


def _differ(stated: pa.ChunkedArray, named: pa.Array) -> np.ndarray:
    """Where two columns differ; that they are the same, as they mostly are, is seen faster."""
    if stated.equals(pa.chunked_array([named])):
        return np.zeros(len(stated), bool)
    return _array(pc.not_equal(stated, named))


def _array(values: pa.Array | pa.ChunkedArray) -> np.ndarray:
    return np.asarray(values)


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


def read_csv(file: Path, columns: list[str], threads: bool = True) -> pa.Table:
    """A tab-separated csv, whatever its line ends, with or without byte order mark.

    A quote is a character like any other: it must not hide the lines up to the next one.
    """
    with reading(file, "tab-separated text", "the root of the data set holds meta.csv"):
        try:
            table = csv.read_csv(
                file,
                csv.ReadOptions(use_threads=threads),
                csv.ParseOptions(delimiter="\t", quote_char=False),
                csv.ConvertOptions(column_types=dict.fromkeys(columns, _TEXT)),
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
    return table.select(columns)


def _refuse(
    file: Path,
    wrong: np.ndarray,
    shown: pa.Array | pa.ChunkedArray,
    why: str,
    row: np.ndarray | None = None,
) -> None:
    """Nothing, or the error that names the first wrong row; `row`: which of `wrong` each takes."""
    if not wrong.any():
        return
    rows = np.flatnonzero(wrong if row is None else wrong[row])
    more = f" ({len(rows)} such rows)" if len(rows) > 1 else ""
    first = int(rows[0])
    where = f"{file}, line {_line(file, first + 2)}"
    raise InputError(f"{where}: {shown[first].as_py()[:200]!r} {why}{more}")


def _line(file: Path, row: int) -> int:
    """Where an editor shows a row of a csv, the head being the first: empty lines are no rows."""
    lines = (number for number, line in enumerate(file.read_bytes().splitlines(), 1) if line)
    return list(lines)[row - 1]
