"""Which runs of a study hear the same batches, and training them side by side in one process.

    python -m asc_lib.train.together quick plain-s0-9a8b7c6d icl-s0-1a2b3c4d

trains two runs; a run that is complete is left as it is, one that was begun goes on.
"""

import sys
from collections.abc import Iterable

from asc_lib.files import InputError, exit_code
from asc_lib.study import ALL_METHODS, RunConfig, StudyConfig, load

# what only the network and its loss see; all else is part of a batch or of the training's course
_NOT_HEARD = {
    "method", "alpha", "beta", "lambda_icl", "icl_weighting", "icl_layer", "icl_warmup_steps",
}  # fmt: skip

# MB that the largest process held (docs/reproduce_the_paper.md): PaSST-S; a small network
_LARGE_DIM, _LARGE_MB, _SMALL_MB = 384, 4_200, 1_800
_FURTHER_MB = 1_700  # weights, gradients, two moments and the best weights of PaSST-S


def training_mb(dim: int, together: int = 1) -> int:
    """MB to ask a cluster for, for trainings of networks so wide in one process.

    Twice what was measured for one, and what each further large one is known to hold.
    """
    if dim < _LARGE_DIM:
        return 2 * _SMALL_MB
    return 2 * _LARGE_MB + (together - 1) * _FURTHER_MB


def hears(run: RunConfig) -> tuple[object, ...]:
    """All that the batches of a run follow from; equal for runs that can be trained together."""
    method = ALL_METHODS[run.method]
    ways = method.dirs, method.on_waveform, method.on_log_mel, method.balanced_devices
    return repr(ways), run.model_dump_json(exclude=_NOT_HEARD)


def groups(runs: Iterable[RunConfig], most: int) -> list[list[RunConfig]]:
    """Runs that are trained together, at most so many, as even as can be; each run stands once."""
    same: dict[tuple[object, ...], dict[str, RunConfig]] = {}
    for run in runs:
        same.setdefault(hears(run), {})[run.run_name] = run
    found = []
    for alike in map(list, map(dict.values, same.values())):
        parts = -(-len(alike) // most)
        found += [alike[part::parts] for part in range(parts)]
    return found


def groups_of(study: StudyConfig) -> list[list[RunConfig]]:
    """A study's runs in groups of at most `runs_together`.

    What notebook 02 alone reads is apart, so that the methods can be trained without it.
    """
    compared = [*study.method_runs(), *study.generated_runs(), *study.beyond_runs()]
    names = {run.run_name for run in compared}
    searched = [run for run in study.grid_runs() if run.run_name not in names]
    return groups(compared, study.runs_together) + groups(searched, study.runs_together)


def main() -> None:
    """Train the named runs of a study."""
    study_file, *names = sys.argv[1:]
    known = load(study_file).all_runs()
    if odd := [name for name in names if name not in known]:
        raise InputError(f"{odd[0]}: no run of {study_file}")
    chosen = [known[name] for name in names]
    if len({hears(run) for run in chosen}) != 1:
        raise InputError(f"{', '.join(names)}: these do not hear the same batches")
    from asc_lib.train.training import fit_together  # torch: after what needs none

    fit_together(chosen)


if __name__ == "__main__":
    sys.exit(exit_code(main))
