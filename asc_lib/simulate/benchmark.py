"""Writes the simulated benchmark to disk, in the very layouts of the real data sets.

    python -m asc_lib.simulate.benchmark WORLD PART FOLDER [--workers N]

WORLD: see `worlds.py`. PART `tau22`: TAU Urban Acoustic Scenes 2022 Mobile
(zenodo.org/records/6337421); `vintage`: MicIRP; `multi`: the Surrey multi-angle, multi-distance set
(zenodo.org/records/4633508). `simulated.json` is written last: a folder with it is complete, and
its data are simulated. The bytes depend on world and part only; an interrupted call goes on with
the recordings that are missing.
"""

import argparse
import json
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import soundfile
from numpy.typing import NDArray
from scipy import fft
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from asc_lib.data.simulated import CLAIM, STAMP, VERSION
from asc_lib.data.tau22 import DEVICES, FAMILIES
from asc_lib.files import InputError, alone_on, exit_code, temporary_file, writing
from asc_lib.simulate import devices, multi_microphones, scenes, vintage_microphones
from asc_lib.simulate.filters import generator
from asc_lib.simulate.worlds import CLIPS, SEED, SIZES, Moment, World, moments

# bytes of a file, at most
PARTS = {
    "tau22": 44 + 3 * devices.RATE,
    "vintage": 70_000,
    "multi": 44 + 3 * multi_microphones.MULTI_LENGTH,
}
Sounds = Iterable[tuple[str, NDArray[np.floating], int]]  # file, samples, sample rate in Hz


class Task(NamedTuple):
    """What one worker does at a time: files, relative to the folder, and what makes them."""

    files: list[str]
    make: Callable[[], Sounds]


def write(
    world: World, part: str, folder: str | Path, workers: int | None = None, progress: bool = True
) -> None:
    """Write one part of the benchmark, or what is missing of it. Blocks until it is complete.

    `workers`: processes; None for one a core, 1 for none beside this one.

    Raises:
        InputError: unknown part, a folder that holds something else, a full disk.
    """
    if part not in PARTS:
        raise InputError(f"part {part!r}: unknown; choose one of {', '.join(PARTS)}")
    if workers is not None and workers < 1:
        raise InputError(f"workers {workers}: out of range; choose 1 or more")
    folder = Path(folder)
    stamp = {"version": VERSION, **world._asdict(), "part": part}
    if _is_complete(folder, stamp):
        return
    with alone_on(folder):
        if _is_complete(folder, stamp):  # by another call, while this one waited
            return
        tasks = list(_tasks(world, part))
        files = [folder / file for task in tasks for file in task.files]
        missing = sum(not file.exists() for file in files)
        # a block of the file system on top of each; 50 MB for tables and others' needs
        with writing(folder, missing * (PARTS[part] + 4096) + 50_000_000):
            folder.mkdir(exist_ok=True)
            _write_text(folder / CLAIM, json.dumps(stamp))
            for parent in {file.parent for file in files}:
                parent.mkdir(parents=True, exist_ok=True)
        title = f"{world.name} {part}" if progress else None
        _make_all(tasks, folder, workers or os.cpu_count() or 1, title)
        if part == "tau22":
            _write_tables(moments(world), folder)
        for left in folder.rglob(".*.unfinished"):  # by killed calls; this one is alone here
            left.unlink()
        _write_text(folder / STAMP, json.dumps(stamp, indent=1) + "\n")


def _tasks(world: World, part: str) -> Iterator[Task]:
    if part == "tau22":
        for moment in moments(world):
            files = [file for name in moment.devices for file in moment.files(name)]
            yield Task(files, partial(_record, moment, world.seed))
    elif part == "vintage":
        for number in range(vintage_microphones.VINTAGE_COUNT):
            yield Task([vintage_microphones.vintage_name(number)], partial(_vintage, number))
    else:
        angles = range(0, 360, SIZES[world.size].angle_step_deg)
        for microphone in multi_microphones.MULTI:
            for distance, metres in microphone.distances.items():
                name = f"{microphone.name}{microphone.pattern}_{distance}"
                above = f"Microphone_Impulse_Responses/{microphone.name}/Normalised_IRs/{name}"
                files = [f"{above}/24bit/{name}_{angle}Deg.wav" for angle in angles]
                yield Task(files, partial(_multi, microphone, metres, angles, files))


@cache
def _devices() -> tuple[dict[str, devices.Device], dict[str, NDArray[np.complex64]]]:
    found = devices.all_devices()
    return found, devices.spectra(found)


def _record(moment: Moment, seed: int) -> Sounds:
    known, spectra = _devices()
    where = scenes.place(seed, moment.scene, moment.city, moment.location)
    air = scenes.air(where, generator(seed, SEED, 1, moment.segment))

    def by(device: str, heard: NDArray[np.complex64]) -> NDArray[np.float32]:
        rng = generator(seed, SEED, 2, moment.segment, DEVICES.index(device))
        return devices.record(known[device], spectra[device], heard, rng)

    sound_a = by("a", air)
    spectrum_a = fft.rfft(sound_a) if set(moment.devices) - set(FAMILIES["real"]) else air
    for device in moment.devices:
        sound = sound_a
        if device != "a":
            sound = by(device, spectrum_a if known[device].hears_a else air)
        for file, clip in zip(moment.files(device), sound.reshape(CLIPS, -1), strict=False):
            yield file, clip, devices.RATE


def _vintage(number: int) -> Sounds:
    return [vintage_microphones.vintage(number)]


def _multi(
    microphone: multi_microphones.Microphone, metres: float, angles: range, files: list[str]
) -> Sounds:
    responses = multi_microphones.multi_responses(microphone, metres, angles)
    return zip(files, responses, repeat(multi_microphones.MULTI_RATE), strict=False)


def _make(task: Task, folder: Path) -> int:
    """Write a task's files, each whole or not at all; how many it stands for."""
    if not all((folder / file).exists() for file in task.files):
        for file, samples, rate in task.make():
            with temporary_file(folder / file) as unfinished:
                soundfile.write(unfinished, samples, rate, "PCM_24", format="WAV")
    return len(task.files)


def _make_all(tasks: list[Task], folder: Path, workers: int, title: str | None) -> None:
    make = partial(_make, folder=folder)
    total = sum(len(task.files) for task in tasks)
    with tqdm(total=total, desc=title, unit="file", disable=title is None) as bar:
        if workers == 1:
            for count in map(make, tasks):
                bar.update(count)
            return
        # spawn: a fork of a process with threads (a notebook, a test run) may hang
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(min(workers, len(tasks)), context, _begin_worker)
        try:
            chunk = max(1, min(8, len(tasks) // workers // 4))
            for count in pool.map(make, tasks, chunksize=chunk):
                bar.update(count)
        finally:
            pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    threadpool_limits(1)  # of BLAS: with all cores taken, two threads wait for each other
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent tells its workers nothing; they would wait for its next word for ever."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


def _write_tables(all_moments: list[Moment], folder: Path) -> None:
    """meta.csv and fold 1, line ends as in the published files."""
    rows = [
        (file, moment.scene, f"{moment.city}-{moment.location}", device, moment.listed(device))
        for moment in all_moments
        for device in moment.devices
        for file in moment.files(device)
    ]
    names = ["filename", "scene_label", "identifier", "source_label"]
    table = pd.DataFrame(rows, columns=[*names, "side"])
    of_side = {side: table[table["side"] == side] for side in ("train", "test")}
    for name, columns, part in (
        ("meta.csv", 4, table),
        ("evaluation_setup/fold1_train.csv", 2, of_side["train"]),
        ("evaluation_setup/fold1_test.csv", 1, of_side["test"]),
        ("evaluation_setup/fold1_evaluate.csv", 2, of_side["test"]),
    ):
        text = part[names[:columns]].to_csv(sep="\t", index=False, lineterminator="\r\n")
        _write_text(folder / name, text)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(path) as unfinished:
        unfinished.write_bytes(text.encode())


def _is_complete(folder: Path, stamp: dict[str, str | int]) -> bool:
    """Whether it is all there; `InputError` where something else is there."""
    for name in (STAMP, CLAIM):
        path = folder / name
        if path.is_file():
            try:
                found = json.loads(path.read_text())
            except (ValueError, RecursionError):
                found = "an unreadable stamp"
            if found == stamp:
                return name != CLAIM
            raise InputError(
                f"{folder}: holds another simulated set ({found}) than asked for ({stamp}); "
                "delete the folder, and the next call makes it anew"
            )
    # but for the claim itself, half written when a call was killed, and locks
    hidden = (".unfinished", ".lock")
    there = folder.iterdir() if folder.exists() else ()
    if not all(p.name.startswith(".") and p.suffix in hidden for p in there):
        raise InputError(
            f"{folder}: holds files that are not simulated; choose an empty or new folder"
        )
    return False


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m asc_lib.simulate.benchmark",
        description="Write a part of the simulated benchmark in the layout of the real data set.",
    )
    sizes = ", ".join(SIZES)
    parser.add_argument("world", help=f"<size>[_s11][_seed<N>]; size: {sizes}; _s11: s7-s11, too")
    parser.add_argument("part", help=", ".join(PARTS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, help="processes (default: one a core)")
    given = parser.parse_args()
    return exit_code(
        lambda: write(World.named(given.world), given.part, given.folder, given.workers)
    )


if __name__ == "__main__":
    sys.exit(main())
