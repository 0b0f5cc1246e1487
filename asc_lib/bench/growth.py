"""Ten and a hundred times the audio or the responses: time linear, memory flat?"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from asc_lib.bench.data_rows import linked_clips
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row
from asc_lib.files import ROOT

_LINEAR = 1.25  # times as long a unit, or as much memory, passes for the same
_ON_ALL_CORES = ("clip_s", "build_mb")
_AUDIO = {
    "clip_s": ("bank building, time a clip", "ms", 1e3),
    "build_mb": ("bank building, most memory", "MB", 1),
    "window_s": ("drawing batches, time a window", "ms", 1e3),
    "draw_mb": ("drawing batches, most memory", "MB", 1),
}
_DIRS = {
    "window_s": ("drawing batches through DIRs, time a window", "ms", 1e3),
    "draw_mb": ("drawing batches through DIRs, most memory beside the DIRs", "MB", 1),
}

Found = dict[int, list[dict[str, float]]]  # factor -> one finding a repeat


def growth(setting: Setting) -> Iterator[Row]:
    """Time a unit and memory at 1, 10 and 100 times the audio, then the responses."""
    clips, responses = (40, 8) if setting.small else (150, 66)
    factors = (1, 10) if setting.small else (1, 10, 100)
    repeats = 1 if setting.small else 3
    with setting.scratch() as folder:
        roots = {
            factor: linked_clips(
                Path(setting.config().tau22_root), folder / f"x{factor}", factor * clips, clips
            )
            for factor in factors
        }
        banks = {factor: folder / f"banks{factor}" for factor in factors}
        found = _in_turn(
            lambda factor: _child("audio", roots[factor], banks[factor]), factors, repeats
        )
        yield from _rows(found, _AUDIO, clips, "clips", setting.cores)
        found = _in_turn(
            lambda factor: _child("dirs", roots[1], banks[1], responses * factor), factors, repeats
        )
        yield from _rows(found, _DIRS, responses, "DIRs", setting.cores)


def _in_turn(
    run: Callable[[int], dict[str, float]], factors: tuple[int, ...], repeats: int
) -> Found:
    rounds = [{factor: run(factor) for factor in factors} for _ in range(repeats)]
    return {factor: [one[factor] for one in rounds] for factor in factors}


def _child(*words: object) -> dict[str, float]:
    """What one size says; a process of its own, so that nothing of another size is left."""
    command = [sys.executable, "-m", "asc_lib.bench.growth_run", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def _rows(
    found: Found, measures: dict[str, tuple[str, str, float]], base: int, unit: str, cores: int
) -> Iterator[Row]:
    for name, (what, measured_in, scale) in measures.items():
        for factor in list(found)[1:]:
            values, once = ([scale * one[name] for one in found[f]] for f in (factor, 1))
            on = cores if name in _ON_ALL_CORES else 1
            note = _grown(found, name, factor) if measured_in == "MB" else ""
            yield Row(
                f"{what}: {factor * base:,} {unit}", measured_in, values, f"{base:,} {unit}", once,
                reach=_LINEAR, at_most=True, threads=on, note=note,
            )  # fmt: skip


def _grown(found: Found, name: str, factor: int) -> str:
    """What the work itself took: most of the memory is the libraries that are loaded."""
    grown = {f: median(one[name] - one["before_mb"] for one in found[f]) for f in (factor, 1)}
    return f"{grown[factor]:.0f} MB more than before the work, once {grown[1]:.0f} MB"
