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

All recordings are listened to first. Refused: one that is silent, whose channels cancel each other
or whose values are far beyond full scale, and one under two scenes, places, devices or sides. Told:
clipping, files that were cut short, single seconds of silence, recordings listed twice.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from tqdm import tqdm

from asc_lib.data import content, tau22
from asc_lib.data.tau22 import CLIP_FORMAT, DEVICES, SCENES, TRAINING_DEVICES
from asc_lib.data.wav import as_kept, plain_name, read_sound, resample
from asc_lib.files import InputError, exit_code, reading, temporary_sibling, to_make

COLUMNS = ["file", "scene", "place", "device", "side"]
_LOUDEST = 2.0  # of full scale: decoders overshoot a little, other units do so by far
_CLIPS = 10  # of a stretch, numbered 0 to 9 in TAU22's names
_CSV = {"sep": "\t", "index": False, "lineterminator": "\n"}


def read_table(table: str | Path, progress: bool = True) -> pd.DataFrame:
    """The rows of a table of recordings: its columns, `file` as the file that is there, and more.

    `line`: where the row ends in the table; `remark`: what a study bears, mostly nothing.

    Raises:
        InputError: a column is missing, a value is not as this module's head says, a sound file is
            missing, unreadable, shorter than a second or refused for what is heard, or a place is
            on both sides.
    """
    table = Path(table)
    rows = _rows(table)
    allowed = {"scene": SCENES, "device": DEVICES, "side": ["train", "test"]}
    for row in rows.to_dict("records"):
        where = f"{table}, line {row['line']}:"
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
    sides = rows.groupby("place")["side"].nunique()
    if (sides > 1).any():
        raise InputError(
            f"{table}: place {sides.idxmax()} is on both sides; a fair test needs places that "
            "training never heard"
        )
    if lacking := {"train", "test"} - set(rows["side"]):
        raise InputError(f"{table}: no recording on side {lacking.pop()}; a study needs both")
    return rows.assign(remark=_listen(table, rows, progress))


def _rows(table: Path) -> pd.DataFrame:
    with (
        reading(table, "csv", "save it as comma-separated text in UTF-8"),
        table.open(encoding="utf-8-sig", newline="") as text,
    ):
        reader = csv.DictReader(text, restval="", strict=True)
        rows = [row | {"line": reader.line_num} for row in reader]
        found = reader.fieldnames or []
    if missing := [name for name in COLUMNS if name not in found]:
        raise InputError(f"{table}: no column {', '.join(missing)}; found {', '.join(found)[:200]}")
    if not rows:
        raise InputError(f"{table}: lists no recordings")
    frame = pd.DataFrame(rows)[[*COLUMNS, "line"]]
    with reading(table, "a list of files", "write paths that can be"):
        if (longest := frame["file"].str.len().max()) > 1000:
            raise ValueError(f"a path of {longest:,} signs")
        files = [str(as_kept(table.parent.resolve() / file)) for file in frame["file"]]
    frame["file"] = pd.Series(files, dtype=object)  # other text is only of names in UTF-8
    return frame


def _listen(table: Path, rows: pd.DataFrame, progress: bool) -> list[str]:
    """What is to be told of each recording.

    Raises:
        InputError: a study with it would be wrong.
    """
    first: dict[bytes, dict[str, str]] = {}
    seconds, remarks = [], []
    for row in tqdm(rows.to_dict("records"), "listening", disable=not progress):
        where = f"{table}, line {row['line']}"
        looks, said = _heard(Path(row["file"]), where)
        for number, one in enumerate(looks):
            if one.silent:
                continue
            other = first.setdefault(one.digest, row)
            if any(other[label] != row[label] for label in COLUMNS[1:]):
                raise InputError(
                    f"{where}: {row['file']}: second {number} is heard in line {other['line']}, "
                    "too, under another scene, place, device or side; list a recording once"
                )
            if other is not row and (more := f"listed in line {other['line']}, too") not in said:
                said.append(more)
        seconds += [
            (f"line {row['line']}, second {n}", row["side"], *x) for n, x in enumerate(looks)
        ]
        remarks.append(f"{where}: {plain_name(row['file'])}: {'; '.join(said)}" if said else "")
    content.judge(table, pd.DataFrame(seconds, columns=["name", "side", *content.Look._fields]))
    return remarks


def _heard(file: Path, where: str) -> tuple[list[content.Look], list[str]]:
    """A look at each second, and what is to be told; the errors of `read_sound` with the line."""
    try:
        samples, header = read_sound(file)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    where = f"{where}: {file}"
    rate, loudest = header.samplerate, float(np.abs(samples).max())
    if len(samples) < rate:
        raise InputError(f"{where}: {len(samples) / rate:.2f} s long, a clip takes one second")
    if loudest > _LOUDEST:
        raise InputError(
            f"{where}: values up to {loudest:,.6g}, full scale is 1; divide them, such as by 32768"
        )
    mixed = samples.mean(axis=1)
    whole = len(samples) // rate * rate
    looks = [content.look(second) for second in mixed[:whole].reshape(-1, rate)]
    power, of_channels = np.square(mixed).mean(), np.square(samples).mean()
    # of channels that have nothing to do with each other a mean keeps one part in their number
    if power < 0.1 * of_channels / header.channels:
        raise InputError(
            f"{where}: its channels cancel each other when mixed; invert one, or drop it"
        )
    if all(one.silent for one in looks):
        raise InputError(f"{where}: silent; leave it out, or record it again")
    silent = sum(one.silent for one in looks)
    told = {
        f"{silent} of {len(looks)} seconds are silent": silent,
        f"{np.sum(np.abs(mixed) > 1)} samples beyond full scale, to be cut off": loudest > 1,
        "cut off at full scale (clipping)": any(one.clipped for one in looks),
        "shorter than it says of itself: the file was cut": header.cut,
    }
    return looks, [text for text, so in told.items() if so]


def write(rows: pd.DataFrame, root: str | Path, progress: bool = True) -> int:
    """Write the recordings of `read_table` as a TAU22 folder; returns the number of clips.

    Raises:
        InputError: `root` is there already.
    """
    root, listed = Path(root), []
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


def _clips(file: Path) -> Iterator[tuple[int, int, np.ndarray]]:
    """Number of the stretch, number of the clip in it, the clip's samples at 44.1 kHz."""
    rate = CLIP_FORMAT["rate"]
    samples, header = read_sound(file)
    samples = resample(samples.mean(axis=1), header.samplerate, rate)
    for clip in range(len(samples) // rate):
        yield *divmod(clip, _CLIPS), samples[clip * rate :][:rate]


def main() -> None:
    """The command."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m asc_lib.data.own_recordings TABLE ROOT")
    table, root = map(Path, sys.argv[1:])
    rows = read_table(table)
    # before the cutting, what the study would say after it
    tau22.check_study(rows.rename(columns={"place": "location"}), table)
    for remark in filter(None, rows["remark"]):
        print(f"warning: {remark}", file=sys.stderr)
    clips = write(rows, root)
    print(f"{clips} clips in {root}; write `tau22_root: {root.resolve()}` in your study's file")


if __name__ == "__main__":
    sys.exit(exit_code(main))
