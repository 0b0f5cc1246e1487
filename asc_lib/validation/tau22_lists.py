"""The csv files of a TAU22 folder: read strictly, and where that fails as far as they go."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from asc_lib.data import published
from asc_lib.data.tau22 import DEVICES, NAME, SCENES, SIDE_FILES, read_csv, read_index
from asc_lib.files import InputError
from asc_lib.validation.findings import ERROR, NOTE, WARNING, Section, number

_PARTS = ["scene", "city", "place", "segment", "subsegment", "device"]
_AGAIN = "unpack the meta archive again over it, or mend the rows"


def read_lists(root: Path, section: Section) -> pd.DataFrame:
    """The clips as `tau22.read_index`; if it refuses them, what can be told from their names.

    Then side "both" is possible, and the table may be empty.
    """
    try:
        clips = read_index(root)
    except InputError as error:
        section.add(ERROR, str(error), f"the study stops here; {_AGAIN}")
        clips = _loosely(root, section)
    _check_list_for_test(root, section)
    section.bytes += sum(
        file.stat().st_size for file in [*root.glob("*.csv"), *root.glob("evaluation_setup/*.csv")]
    )
    return clips


def clips_of_names(names: Iterable[str]) -> pd.DataFrame:
    """The columns of `read_index` but side, for those names that are TAU22's."""
    names = pd.Series(pd.unique(np.array(list(names), object)), dtype="str", name="filename")
    names = names[names.str.match(NAME)]
    parts = [name.removeprefix("audio/").removesuffix(".wav").split("-") for name in names]
    table = pd.DataFrame(parts, columns=_PARTS, dtype="str").assign(filename=names.to_numpy())
    table["location"] = table["city"] + "-" + table["place"]
    about = ["scene", "location", "segment", "device"]
    table["recording"] = ["-".join(row) for row in table[about].itertuples(index=False)]
    return table.drop(columns=["place", "segment", "subsegment"])


def kind_of(clips: pd.DataFrame) -> str:
    """Whose lists these are: "published", "subset" (as far as counts tell, of TAU22), "other"."""
    digests = {"all": _digest(clips["filename"])}
    for side in ("train", "test"):
        digests[side] = _digest(clips.loc[clips["side"] == side, "filename"])
    if digests == published.TAU22_NAMES:
        return "published"
    of_device = clips.groupby("device").size()
    most = {device: sum(counts) for device, counts in published.TAU22_DEVICES.items()}
    fits = all(count <= most.get(device, 0) for device, count in of_device.items())
    return "subset" if fits and not strange_locations(clips) else "other"


def strange_locations(clips: pd.DataFrame) -> list[str]:
    """Locations that TAU22 does not have, or not with this scene, or with fewer clips on a side.

    A subset may leave clips out of its lists, or off both sides, but not put them on another one.
    """
    known = published.tau22_locations()
    strange = ~clips["location"].isin(known.index)
    strange |= clips["scene"] != clips["location"].map(known["scene"])
    found = set(clips.loc[strange, "location"])
    counts = clips.groupby(["location", "side"]).size().unstack(fill_value=0)
    counts = counts[counts.index.isin(known.index)]
    for side in counts.columns.intersection(["train", "test", "both"]):
        most = known[side].reindex(counts.index) if side in known else 0
        found.update(counts.index[counts[side] > most])
    return sorted(found)


def check_completeness(clips: pd.DataFrame, kind: str, section: Section) -> None:
    """Recordings of whose ten clips not every one has a wav that can be read."""
    if not clips["fits"].any():  # said already
        return
    of_recording = clips.groupby("recording")["fits"].sum()
    short = of_recording[of_recording < published.TAU22_SUBSEGMENTS]
    if short.empty:
        return
    whole = kind == "published"
    section.add(
        WARNING if whole else NOTE,
        f"{number(len(short), 'recording')} of {len(of_recording):,} with fewer than "
        f"{published.TAU22_SUBSEGMENTS} good clips",
        "training and testing take clips one by one; nothing else depends on it",
        short.index if whole else (),
    )


def _loosely(root: Path, section: Section) -> pd.DataFrame:
    listed: dict[str, list[str]] = {}
    for side, file in {"all": root / "meta.csv", **_files(root)}.items():
        try:
            listed[side] = read_csv(file, ["filename"])["filename"].to_pylist()
        except InputError as error:
            if str(error) not in {finding.what for finding in section.findings}:
                section.add(ERROR, str(error), _AGAIN)
    names = [name for of_side in listed.values() for name in of_side]
    clips = clips_of_names(names)
    train, test = (clips["filename"].isin(listed.get(side, [])) for side in SIDE_FILES)
    clips["side"] = np.select([train & test, train, test], ["both", "train", "test"], "unused")

    def refuse(found: Iterable[str], what: str, means: str) -> None:
        if found := set(found):
            section.add(ERROR, what.format(f"{len(found):,}"), means, found)

    if "all" in listed:
        strange = set(names) - set(listed["all"])
        refuse(strange, "{} clips of the side lists that are not in meta.csv", _AGAIN)
    refuse(set(names) - set(clips["filename"]), "{} names that are not TAU22's", _AGAIN)
    for column, known in (("scene", SCENES), ("device", DEVICES)):
        unknown = clips.loc[~clips[column].isin(known), "filename"]
        refuse(unknown, f"{{}} clips of no known {column}", f"known are {', '.join(known)}")
    leak = "the score would count what training has heard; keep each location on one side"
    refuse(clips.loc[train & test, "filename"], "{} clips on both sides", leak)
    for column in ("recording", "location"):
        both = set(clips.loc[train, column]) & set(clips.loc[test, column])
        refuse(both, f"{{}} {column}s on both sides", leak)
    return clips


def _check_list_for_test(root: Path, section: Section) -> None:
    """The official fold1_test.csv is fold1_evaluate.csv without labels."""
    files = [root / "evaluation_setup" / name for name in ("fold1_test.csv", SIDE_FILES["test"])]
    if not all(file.is_file() for file in files):
        return
    try:
        test, evaluate = (
            set(read_csv(file, ["filename"])["filename"].to_pylist()) for file in files
        )
    except InputError as error:
        section.add(WARNING, str(error), "the study does not read fold1_test.csv")
        return
    if odd := test ^ evaluate:
        section.add(
            WARNING,
            f"{number(len(odd), 'clip')} in only one of fold1_test.csv and fold1_evaluate.csv",
            "published, both list the same clips; the study reads fold1_evaluate.csv only",
            odd,
        )


def _files(root: Path) -> dict[str, Path]:
    return {side: root / "evaluation_setup" / name for side, name in SIDE_FILES.items()}


def _digest(names: pd.Series) -> str:
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
