"""A user's own recordings -> the TAU22 layout, so that every study can run on them.

    python -m asc_lib.data.own_recordings TABLE ROOT

TABLE is a csv with one row a recording (a sound file of any rate and length, of any number of
channels) and the columns

    file     its path, absolute or from the table's folder
    scene    one of TAU22's ten: airport, bus, metro, ...
    place    where it was recorded, as town and number: oslo-3
    device   a, b, c, s1, s2 or s3: one that training may hear; s4 to s11: one that it must not
    side     train or test; a place is on one side only, and in one scene

Device a, the commonest, is needed in every scene and on both sides, and a second one that training
may hear on both sides, too; the others may be missing. The test side has two places at least.

Recordings are mixed down, resampled to 44.1 kHz and cut into stretches of ten clips of one second;
what is left of the last second is dropped. ROOT appears when all of it is written.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from tqdm import tqdm

from asc_lib.data import tau22
from asc_lib.data.tau22 import CLIP_FORMAT, DEVICES, SCENES, TRAINING_DEVICES
from asc_lib.data.wav import read_sound, resample
from asc_lib.files import InputError, reading, short, temporary_sibling, to_make

COLUMNS = ["file", "scene", "place", "device", "side"]
_CLIPS = 10  # of a stretch, numbered 0 to 9 in TAU22's names
_CSV = {"sep": "\t", "index": False, "lineterminator": "\n"}


def read_table(table: Path) -> pd.DataFrame:
    """The rows of a table of recordings, `file` as an absolute path.

    Raises:
        InputError: a column is missing, a value is not as this module's head says, a sound file is
            missing, unreadable or shorter than a second, or a place is on both sides.
    """
    with reading(table, "csv", "save it as comma-separated text in UTF-8"):
        rows = pd.read_csv(table, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if missing := [name for name in COLUMNS if name not in rows]:
        raise InputError(f"{table}: no column {', '.join(missing)}; found {', '.join(rows)[:200]}")
    if rows.empty:
        raise InputError(f"{table}: lists no recordings")
    rows["file"] = [str(table.parent.resolve() / file) for file in rows["file"]]
    allowed = {"scene": SCENES, "device": DEVICES, "side": ["train", "test"]}
    for line, row in enumerate(rows.to_dict("records"), start=2):
        where = f"{table}, line {line}:"
        for column, known in allowed.items():
            if row[column] not in known:
                raise InputError(
                    f"{where} {column} {row[column][:80]!r} is not known; write one of "
                    + ", ".join(known)
                )
        town, _, number = row["place"].rpartition("-")
        plain = town.replace("_", "a")
        if not (plain.isascii() and plain.isalpha() and plain.islower() and number.isdecimal()):
            raise InputError(
                f"{where} place {row['place'][:80]!r}: write town and number, like oslo-3"
            )
        if row["side"] == "train" and row["device"] not in TRAINING_DEVICES:
            raise InputError(
                f"{where} device {row['device']} on side train; training hears "
                f"{', '.join(TRAINING_DEVICES)} only: rename the device, or move it to side test"
            )
        _check_sound(Path(row["file"]), where)
    sides = rows.groupby("place")["side"].nunique()
    if (sides > 1).any():
        raise InputError(
            f"{table}: place {sides.idxmax()} is on both sides; a fair test needs places that "
            "training never heard"
        )
    if lacking := {"train", "test"} - set(rows["side"]):
        raise InputError(f"{table}: no recording on side {lacking.pop()}; a study needs both")
    return rows


def write(rows: pd.DataFrame, root: Path, progress: bool = True) -> int:
    """Write the recordings of `read_table` as a TAU22 folder; returns the number of clips.

    Raises:
        InputError: `root` is there already.
    """
    listed = []
    with to_make(root) as missing:
        if not missing:
            raise InputError(f"{root}: is there already; name a new folder, or delete it first")
        with temporary_sibling(root) as folder:
            (folder / "audio").mkdir()
            (folder / "evaluation_setup").mkdir()
            records = rows.to_dict("records")
            for number, row in enumerate(tqdm(records, "cutting", disable=not progress)):
                for stretch, clip, samples in _clips(Path(row["file"])):
                    # a segment of its own for each stretch of each recording
                    segment = f"{number}{stretch:04d}"
                    name = f"{row['scene']}-{row['place']}-{segment}-{clip}-{row['device']}.wav"
                    kind = CLIP_FORMAT["rate"], CLIP_FORMAT["subtype"]
                    soundfile.write(folder / "audio" / name, samples, *kind)
                    said = (row["scene"], row["place"], row["device"], row["side"])
                    listed.append((f"audio/{name}", *said))
            names = ["filename", "scene_label", "identifier", "source_label", "side"]
            meta = pd.DataFrame(listed, columns=names)
            meta.drop(columns="side").to_csv(folder / "meta.csv", **_CSV)
            for side, name in {"train": "fold1_train", "test": "fold1_evaluate"}.items():
                of_side = meta.loc[meta["side"] == side, ["filename", "scene_label"]]
                of_side.to_csv(folder / "evaluation_setup" / f"{name}.csv", **_CSV)
            tau22.check_audio(tau22.read_index(folder), folder)
    return len(listed)


def _check_sound(file: Path, where: str) -> None:
    try:
        found = soundfile.info(file)
    except (soundfile.SoundFileError, OSError, ValueError, TypeError) as error:
        there = os.path.exists(file)  # Path.exists trips over a name that no file can have
        reason = f"not readable as sound ({short(error)})" if there else "no such file"
        raise InputError(f"{where} {str(file)[-200:]}: {reason}") from None
    if found.frames < found.samplerate:
        raise InputError(f"{where} {file}: {found.duration:.2f} s long, a clip takes one second")


def _clips(file: Path) -> Iterator[tuple[int, int, np.ndarray]]:
    """Number of the stretch, number of the clip in it, the clip's samples at 44.1 kHz."""
    rate = CLIP_FORMAT["rate"]
    samples, header = read_sound(file)
    samples = resample(samples.mean(axis=1), header.samplerate, rate)
    for clip in range(len(samples) // rate):
        yield *divmod(clip, _CLIPS), samples[clip * rate :][:rate]


def main() -> None:
    """The command; a mistake of the user's ends as one message and exit code 2."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m asc_lib.data.own_recordings TABLE ROOT")
    table, root = map(Path, sys.argv[1:])
    try:
        rows = read_table(table)
        # before the cutting, what the study would say after it
        tau22.check_study(rows.rename(columns={"place": "location"}), table)
        clips = write(rows, root)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"{clips} clips in {root}; write `tau22_root: {root.resolve()}` in your study's file")


if __name__ == "__main__":
    main()
