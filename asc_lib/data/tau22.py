"""TAU Urban Acoustic Scenes 2022 Mobile as it lies on disk -> one index table.

Layout (https://doi.org/10.5281/zenodo.6337421): `meta.csv`, `evaluation_setup/fold1_train.csv` and
`fold1_evaluate.csv`, and `audio/<scene>-<city>-<location>-<segment>-<subsegment>-<device>.wav`:
clips of one second, ten of which (subsegments 0-9) are consecutive cuts of one recording.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from asc_lib.inputs import InputError

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
    r"^audio/(?P<scene>[a-z_]+)-(?P<city>[a-z_]+)-(?P<number>\d+)-(?P<segment>\d+)"
    r"-(?P<subsegment>\d)-(?P<device>[a-z]\d*)\.wav$"
)


def read_index(root: Path) -> pd.DataFrame:
    """One row a clip: filename scene city location recording subsegment device side.

    `location` is the dataset's identifier (`lisbon-1000`), `recording` the name without subsegment,
    `side` one of train, test, unused.

    Raises:
        InputError: a csv is missing or malformed, a row contradicts its file name, a scene or
            device is unknown, a clip or a location is on both sides.
    """
    meta_file = root / "meta.csv"
    meta = _read_csv(meta_file, ["filename", "scene_label", "identifier", "source_label"])
    parts = meta["filename"].str.extract(_NAME)
    _refuse(meta_file, parts["scene"].isna(), meta["filename"], "is not a TAU22 file name")
    unknown = ~parts["scene"].isin(SCENES)
    _refuse(meta_file, unknown, parts["scene"], f"is no known scene ({', '.join(SCENES)})")
    unknown = ~parts["device"].isin(DEVICES)
    _refuse(meta_file, unknown, parts["device"], f"is no known device ({', '.join(DEVICES)})")
    location = parts["city"] + "-" + parts["number"]
    stated = {
        "scene_label": parts["scene"],
        "identifier": location,
        "source_label": parts["device"],
    }
    for column, named in stated.items():
        wrong = meta[column] != named
        _refuse(meta_file, wrong, meta[column], f"as {column} contradicts the file name")
    _refuse(meta_file, meta["filename"].duplicated(), meta["filename"], "stands twice")

    index = pd.DataFrame(
        {
            "filename": meta["filename"],
            "scene": parts["scene"],
            "city": parts["city"],
            "location": location,
            "recording": parts["scene"] + "-" + location + "-" + parts["segment"]
            + "-" + parts["device"],
            "subsegment": parts["subsegment"].astype("int8"),
            "device": parts["device"],
            "side": "unused",
        }
    )  # fmt: skip
    row_of = pd.Series(np.arange(len(index)), index=index["filename"])
    for side, name in {"train": "fold1_train.csv", "test": "fold1_evaluate.csv"}.items():
        file = root / "evaluation_setup" / name
        listed = _read_csv(file, ["filename", "scene_label"])
        rows = row_of.reindex(listed["filename"])
        _refuse(file, rows.isna().to_numpy(), listed["filename"], "is not in meta.csv")
        rows = rows.to_numpy().astype(np.int64)
        wrong = index["scene"].to_numpy()[rows] != listed["scene_label"].to_numpy()
        _refuse(file, wrong, listed["scene_label"], "contradicts the file name")
        taken = index["side"].to_numpy()[rows] != "unused"
        _refuse(file, taken, listed["filename"], "is on the training side, too")
        index.loc[rows, "side"] = side
    shared = set(index.loc[index["side"] == "train", "location"]) & set(
        index.loc[index["side"] == "test", "location"]
    )
    if shared:
        raise InputError(
            f"{root / 'evaluation_setup'}: location {min(shared)} ({len(shared)} in all) is on "
            "both sides; a fair test needs places that were never heard"
        )
    return index


def check_audio(index: pd.DataFrame, root: Path) -> None:
    """Every clip of the train and test side has its wav.

    Raises:
        InputError: the folder or a wav is missing; says how many.
    """
    folder = root / "audio"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; unpack the data set's audio there")
    there = {f"audio/{path.name}" for path in folder.iterdir()}
    wanted = index.loc[index["side"] != "unused", "filename"]
    missing = wanted[~wanted.isin(there)]
    if len(missing):
        raise InputError(
            f"{root / missing.iloc[0]}: no such file, though the csv lists it ({len(missing)} of "
            f"{len(wanted)} are missing); download the missing archives, or mend the csv"
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


def _read_csv(file: Path, columns: list[str]) -> pd.DataFrame:
    """A tab-separated csv, whatever its line ends, with or without byte order mark."""
    if not file.is_file():
        raise InputError(f"{file}: no such file; the root of the data set holds meta.csv")
    try:
        table = pd.read_csv(file, sep="\t", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not readable as tab-separated text: {error}") from None
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"{file}: no column {', '.join(missing)}; found {', '.join(table.columns)}"
        )
    if table.empty:
        raise InputError(f"{file}: lists no clips")
    return table


def _refuse(file: Path, wrong: pd.Series | np.ndarray, shown: pd.Series, why: str) -> None:
    rows = np.flatnonzero(np.asarray(wrong))
    if len(rows):
        more = f" ({len(rows)} such rows)" if len(rows) > 1 else ""
        raise InputError(f"{file}, line {rows[0] + 2}: {shown.iloc[rows[0]]!r} {why}{more}")
