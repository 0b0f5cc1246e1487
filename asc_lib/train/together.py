"""Which runs of a study hear the same batches, and training them side by side in one process.

    python -m asc_lib.train.together quick plain-s0-9a8b7c6d icl-s0-1a2b3c4d

trains two runs; a run that is complete is left as it is, one that was begun goes on.
"""

import sys
from collections.abc import Iterable

from asc_lib.files import exit_code
from asc_lib.study import ALL_METHODS, RunConfig, StudyConfig, load

# what only the network and its loss see; all else is part of a batch or of the training's course
_NOT_HEARD = {
    "method", "alpha", "beta", "lambda_icl", "icl_weighting", "icl_layer", "icl_warmup_steps",
}  # fmt: skip


def training_mb(dim: int, together: int = 1) -> int:
    """MB to ask a cluster for, for trainings of networks so wide in one process.

    Twice what was measured for one (docs/reproduce_the_paper.md), and for each further PaSST-S its
    weights, gradients, two moments and best weights.
    """
    return 2 * 1_800 if dim < 384 else 2 * 4_200 + (together - 1) * 1_700


def hears(run: RunConfig) -> tuple[object, ...]:
    """All that the batches of a run follow from; equal for runs that can be trained together."""
    method = ALL_METHODS[run.method]
    ways = method.dirs, method.on_waveform, method.on_log_mel, method.balanced_devices
    return repr(ways), run.model_dump_json(exclude=_NOT_HEARD)


def groups(runs: Iterable[RunConfig], most: int = 1000) -> list[list[RunConfig]]:
    """Runs that are trained together, at most so many, as even as can be; each run stands once."""
    same: dict[tuple[object, ...], list[RunConfig]] = {}
    for run in {run.run_name: run for run in runs}.values():
        same.setdefault(hears(run), []).append(run)
    found = []
    for alike in same.values():
        parts = -(-len(alike) // most)
        found += [alike[part::parts] for part in range(parts)]
    return found


def groups_of(study: StudyConfig) -> list[list[RunConfig]]:
    """A study's runs in groups of at most `runs_together`; what 02 alone reads is apart."""
    compared = [*study.method_runs(), *study.generated_runs(), *study.beyond_runs()]
    names = {run.run_name for run in compared}
    searched = [run for run in study.grid_runs() if run.run_name not in names]
    return groups(compared, study.runs_together) + groups(searched, study.runs_together)


def main() -> None:
    """Train the named runs of a study."""
    study = load(sys.argv[1])
    chosen = [study.run_named(name) for name in sys.argv[2:]]
    from asc_lib.train.training import fit_together  # torch: after what needs none

    for some in groups(chosen):
        fit_together(some)


if __name__ == "__main__":
    sys.exit(exit_code(main))
