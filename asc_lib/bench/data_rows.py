"""From files on disk: building a bank, reading the index of a data set of TAU22's size."""

import gzip
import shutil
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import pandas as pd

from asc_lib.bench import peers
from asc_lib.bench.measure import in_turn, rate, seconds
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row, number
from asc_lib.data import bank as banks
from asc_lib.data import published
from asc_lib.data.tau22 import SCENES, read_index
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.files import InputError
from asc_lib.simulate.moments import moments
from asc_lib.simulate.worlds import World
from asc_lib.validation.tau22 import check_tau22

USED_CLIPS = 169_300  # of TAU22 in fold 1
_CSVS = ("meta.csv", "fold1_train.csv", "fold1_evaluate.csv")


def bank(setting: Setting) -> Iterator[Row]:
    """Bank building, clips a second; and how long TAU22 would take at that rate."""
    librosa = peers.load("librosa")
    clips, each = (40, 5) if setting.small else (3000, 500)
    with setting.scratch() as folder:
        source = Path(setting.config().tau22_root)
        root = linked_clips(source, folder / "tau22", clips, clips)
        wavs = cycle(sorted((root / "audio").iterdir()))

        def ours() -> float:
            began = time.perf_counter()
            banks.open_bank(root, folder / "banks", progress=False)
            passed = time.perf_counter() - began
            shutil.rmtree(folder / "banks")
            return clips / passed

        def theirs() -> None:
            for wav in islice(wavs, each):
                librosa.load(wav, sr=SAMPLE_RATE)

        with peers.quiet():
            other_side = rate(theirs, each, setting.seconds)
            mine, other = in_turn(ours, other_side, repeats=setting.repeats)
    yield Row(
        f"bank building, {clips:,} clips, {setting.cores} threads", "clips/s", mine,
        "librosa.load(sr=32000) in a loop, one core", other, reach=1.8, threads=setting.cores,
    )  # fmt: skip
    yield Row(
        f"TAU22's {USED_CLIPS:,} clips at that rate", "s", [USED_CLIPS / r for r in mine],
        "three minutes", [180.0] * len(mine), reach=1, at_most=True, threads=setting.cores,
        note="a forecast; the disk must keep up",
    )  # fmt: skip


def validation(setting: Setting) -> Iterator[Row]:
    """Validating a folder in the TAU22 layout: lists, names, the header of every wav."""
    clips = 40 if setting.small else 20_000
    with setting.scratch() as folder:
        source = Path(setting.config().tau22_root)
        root = linked_clips(source, folder / "tau22", clips, clips)
        (mine,) = in_turn(
            lambda: seconds(lambda: check_tau22(root, progress=False), 0), repeats=setting.repeats
        )
    limit = 120 * clips / published.TAU22_CLIPS
    yield Row(
        f"validation of {clips:,} clips, headers only", "s", mine,
        f"two minutes for TAU22's {published.TAU22_CLIPS:,}, in proportion", [limit] * len(mine),
        reach=1, at_most=True,
    )  # fmt: skip


def csv(setting: Setting) -> Iterator[Row]:
    """Reading csv files of TAU22's size to an index, seconds."""
    with setting.scratch() as root:
        if setting.tau22_csv:
            unpack_csvs(setting.tau22_csv, root)
        else:
            write_csvs(root, World("smoke" if setting.small else "official"))
        files = [root / "meta.csv", *(root / "evaluation_setup" / name for name in _CSVS[1:])]
        rows = len(read_index(root))

        def theirs(**options: object) -> float:
            return seconds(lambda: [pd.read_csv(f, sep="\t", **options) for f in files], 0)

        # one call at a time: a study reads them once, not again and again
        mine, other, as_text = in_turn(
            lambda: seconds(lambda: read_index(root), 0),
            theirs,
            lambda: theirs(dtype=str),
            repeats=3 * setting.repeats,
        )
    origin = "TAU22's own" if setting.tau22_csv else "simulated"
    yield Row(
        f"csv files of {rows:,} rows to an index, names checked", "s", mine,
        "plain pandas read_csv of the same three files", other, reach=2, at_most=True,
        note=f"files: {origin}; read_csv(dtype=str): {number(median(as_text))} s",
    )  # fmt: skip


def linked_clips(source: Path, root: Path, clips: int, distinct: int) -> Path:
    """A data set of `clips` clips at `root`, links to the first `distinct` ones of `source`.

    Recordings are of ten clips by device a, every fourth recording is on the test side.
    """
    wavs = sorted((source / "audio").glob("*.wav"))[:distinct]
    (root / "audio").mkdir(parents=True)
    (root / "evaluation_setup").mkdir()
    sides: dict[bool, list[tuple[str, str, str, str]]] = {False: [], True: []}
    for clip, wav in zip(range(clips), cycle(wavs), strict=False):
        recording, sub = divmod(clip, 10)
        test = recording % 4 == 3
        scene, place = SCENES[recording % len(SCENES)], 2 * (recording % 50) + test
        name = f"audio/{scene}-bench-{place}-{recording}-{sub}-a.wav"
        (root / name).symlink_to(wav)
        sides[test].append((name, scene, f"bench-{place}", "a"))
    _write_tables(root, sides[False] + sides[True], sides[False], sides[True])
    return root


def write_csvs(root: Path, world: World) -> None:
    """The csv files of a simulated world, recording by recording as in TAU22."""
    meta, sides = [], {"train": [], "test": [], "unused": []}
    for moment in moments(world):
        for device in moment.devices:
            place = f"{moment.city}-{moment.location}"
            rows = [(file, moment.scene, place, device) for file in moment.files(device)]
            meta += rows
            sides[moment.listed(device)] += rows
    (root / "evaluation_setup").mkdir(parents=True)
    _write_tables(root, meta, sides["train"], sides["test"])


def unpack_csvs(folder: Path, root: Path) -> None:
    """TAU22's csv files, packed or not, from a folder or its `evaluation_setup` to `root`.

    Raises:
        InputError: one is not there.
    """
    for name in _CSVS:
        places = [folder / name, folder / "evaluation_setup" / name]
        there = [f for p in places for f in (p, p.with_name(f"{name}.gz")) if f.is_file()]
        if not there:
            raise InputError(
                f"{folder / name}: no such file, nor {name}.gz; give TAU22's csv files"
            )
        content = there[0].read_bytes()
        to = root / ("" if name == "meta.csv" else "evaluation_setup") / name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(gzip.decompress(content) if there[0].suffix == ".gz" else content)


def _write_tables(
    root: Path,
    meta: list[tuple[str, str, str, str]],
    train: list[tuple[str, str, str, str]],
    test: list[tuple[str, str, str, str]],
) -> None:
    head = ("filename", "scene_label", "identifier", "source_label")
    tables = {
        "meta.csv": (4, meta),
        "evaluation_setup/fold1_train.csv": (2, train),
        "evaluation_setup/fold1_evaluate.csv": (2, test),
    }
    for name, (columns, rows) in tables.items():
        lines = ("\t".join(row[:columns]) for row in (head, *rows))
        (root / name).write_bytes(("\r\n".join(lines) + "\r\n").encode())
