"""Execute notebook 03 for runs of a study: it trains those that are not there, and reports each.

    python -m asc_lib.run_notebooks quick plain-s0-9a8b7c6d icl-s0-1a2b3c4d

One kernel serves all of them: what notebook 03 imports takes longer than what it does for a run
that is trained already. Exit codes as those of `asc_lib.notebook`.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from asc_lib.experiment.config import RunConfig, StudyConfig, load
from asc_lib.experiment.together import runs_named
from asc_lib.garbage import seldom_search
from asc_lib.inputs import ROOT, seconds
from asc_lib.notebook import RunFailedError, execute, exit_code
from asc_lib.parameters_cell import choose_parameters

NOTEBOOK = ROOT / "notebooks" / "03_main_training.ipynb"
RUN_FILES = ["history.csv", "predictions.parquet", "weights.safetensors", "provenance.json"]


def what_differs(run: RunConfig, study: StudyConfig) -> dict[str, Any]:
    """The parameters that make a run one of its study's, by their names."""
    names = ["method", "seed", "alpha", "lambda_icl"]
    if run.icl_warmup_steps != study.icl_warmup_steps:
        names.append("icl_warmup_steps")
    return {name: getattr(run, name) for name in names}


def execute_all(
    study_file: str, runs: Sequence[RunConfig], cell_timeout: int | None = None
) -> list[RunFailedError]:
    """Notebook 03 for each run, in its folder; those that failed, after all have been tried.

    Raises:
        InputError: a notebook met bad input, or a full disk.
    """
    study = load(study_file)
    chosen = [choose_parameters(NOTEBOOK, study_file, what_differs(run, study)) for run in runs]
    waiting = list(zip(runs, chosen, strict=True))
    failed = []
    from asc_lib.kernel import one_kernel  # after what can be wrong with the input

    while waiting:
        with one_kernel() as kernel:
            while waiting:
                run, parameters = waiting.pop(0)
                expected = [run.run_folder / name for name in RUN_FILES]
                output = run.run_folder / NOTEBOOK.name
                try:
                    execute(NOTEBOOK, output, parameters, expected, cell_timeout, kernel)
                except RunFailedError as error:
                    failed.append(error)
                    break  # the others get a new kernel
    return failed


def main(words: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.run_notebooks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("study", help="params/*.yaml, or its name")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="names of runs of the study")
    parser.add_argument(
        "--cell-timeout", type=seconds, metavar="SECONDS", help="most for a cell; default: no limit"
    )
    given = parser.parse_args(words)

    def work() -> None:
        runs = runs_named(given.study, given.runs)
        if failed := execute_all(given.study, runs, given.cell_timeout):
            raise RunFailedError("\n".join(map(str, failed)))

    return exit_code(work, NOTEBOOK)


if __name__ == "__main__":
    seldom_search()
    sys.exit(main())
