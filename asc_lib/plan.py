"""What a study will take, before it is started: clips, work, hours, disk, memory.

    python -m asc_lib.plan paper

Rates are measured on this machine in about half a minute, on noise, with the training's own code;
those of GPUs that are not here are assumed, and say so. Exit codes: 0 shown, 2 wrong input.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from asc_lib import study_check
from asc_lib.data import published, tau22
from asc_lib.study import StudyConfig, load
from asc_lib.experiment.forecast import Clips, disk, hours, work
from asc_lib.experiment.rates import GPU_TFLOPS, Rates, assumed_gpus, measure
from asc_lib.files import InputError, disk_of, resolve
from asc_lib.memory import Peak
from asc_lib.simulate.moments import moments
from asc_lib.simulate.worlds import World

_SMALL_DIM = 384  # a smaller network would leave a GPU idle


def count_clips(config: StudyConfig) -> Clips:
    """The study's clips by side: from its csv files, its simulated world, or TAU22's own counts.

    Raises:
        InputError: the csv files are there and not as they should be.
    """
    root = resolve(config.tau22_root)
    if (root / "meta.csv").is_file():
        found = tau22.validation_split(tau22.read_index(root), config.validation_share)
        sides, known_from = found["side"].value_counts(), f"csv files in {config.tau22_root}"
    else:
        sides, known_from = pd.Series(published.TAU22_SIDES), "TAU22's published counts"
        if config.simulated_world:
            sides = pd.Series(0, ["train", "test", "unused"])
            for moment in moments(World.named(config.simulated_world)):
                for device in moment.devices:
                    sides[moment.listed(device)] += moment.clips
            known_from = f"the simulated world {config.simulated_world}, not made yet"
        sides["validation"] = round(config.validation_share * sides["train"])
        sides["train"] -= sides["validation"]
    return Clips(*(int(sides.get(side, 0)) for side in Clips._fields[:4]), known_from)


def missing(name: str) -> str:
    """What keeps the study from being started; empty: nothing."""
    try:
        study_check.check(name)
    except InputError as error:
        return str(error)
    return ""


def time_table(config: StudyConfig, clips: Clips, here: Rates) -> pd.DataFrame:
    """One row a place to compute on: time of each stage, as text."""
    of = work(config, clips)
    rows = {f"{here.place} (measured)": _texts([hours(of, clips, here)])}
    if config.dim >= _SMALL_DIM and "cores" in here.place:
        for gpus in (1, 4, 8):
            found = [
                hours(of, clips, assumed_gpus(config, tflops, gpus, here.banked))
                for tflops in GPU_TFLOPS
            ]
            rows[f"{gpus} GPU{'s' * (gpus > 1)} (assumed)"] = _texts(found)
    return pd.DataFrame(rows).T


def report(config: StudyConfig, clips: Clips, here: Rates, run_mb: float, lacking: str) -> str:
    """All that is known beforehand, to be read by a person."""
    of = work(config, clips)
    lines = [
        f"study {config.study}: {of.runs} training runs, dim {config.dim}, depth {config.depth}",
        f"clips: {clips.train:,} training, {clips.validation:,} validation, {clips.test:,} test, "
        f"{clips.unused:,} on neither side ({clips.known_from})",
        f"work: {of.steps:,} steps, {of.windows:,} windows heard, {of.judged:,} clips judged; "
        f"{of.generators} DIR generators, {of.generator_steps:,} steps",
        f"rates here, a run of {config.threads} thread(s), {here.at_once} at once: training "
        f"{_rate(here.clean)} windows/s, {_rate(here.with_dirs)} through DIRs; judging "
        f"{_rate(here.judged)}, bank {_rate(here.banked)} clips/s, DIR generator "
        f"{_rate(here.generated)} steps/s",
        "",
        time_table(config, clips, here).to_string(),
        "",
    ]
    if config.dim >= _SMALL_DIM and "cores" in here.place:
        low, high = GPU_TFLOPS
        lines += [
            f"assumed: GPUs that reach {low:g} to {high:g} TFLOP/s in bfloat16, of an H100's 989,",
            "and the same share of its 67 in float32, where the DIR generator learns;",
            "none is here: on a machine with one this command measures it",
        ]
    writes = disk(config, clips)
    total = sum(writes.values())
    free = _free_gb(resolve(config.bank_root))
    parts = ", ".join(f"{what} {gb:.1f}" for what, gb in writes.items())
    enough = "" if free > total else ": NOT ENOUGH"
    lines += [
        f"disk: the study writes up to {total:.1f} GB ({parts}); {free:.1f} GB are free{enough}",
        f"memory: a run holds {run_mb / 1000:.1f} GB here, beside the bank, a file mapped into it",
    ]
    go = f"nothing is missing: make study STUDY={config.study}"
    lines.append(f"before it can start: {lacking}" if lacking else go)
    return "\n".join(lines)


def _texts(found: list[dict[str, float]]) -> dict[str, str]:
    """A range where there are two forecasts, the longer one first."""
    found = [stages | {"total": sum(stages.values())} for stages in found]
    return {
        stage: " to ".join(dict.fromkeys(duration(stages[stage]) for stages in found))
        for stage in found[0]
    }


def duration(hours: float) -> str:
    """Hours as a person would say them."""
    units = [("s", 1 / 3600, 90), ("min", 1 / 60, 90), ("h", 1, 48), ("days", 24, 90)]
    for unit, length, below in [*units, ("months", 730.5, 24)]:
        if hours / length < below:
            return f"{hours / length:.{1 if hours / length < 9.95 else 0}f} {unit}"
    return f"{hours / 8766:.1f} years"


def _rate(value: float) -> str:
    return f"{value:,.{0 if value >= 100 else 1}f}"


def _free_gb(folder: Path) -> float:
    return shutil.disk_usage(disk_of(folder)).free / 1e9


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.plan", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("study", help="name of a file in params/, or its path")
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="of each measurement (default: 4)"
    )
    given = parser.parse_args(arguments)
    try:
        config = load(given.study)
        clips = count_clips(config)
        print("measuring ...", file=sys.stderr)
        with Peak() as peak:
            here = measure(config, given.seconds)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(report(config, clips, here, peak.mb, missing(given.study)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
