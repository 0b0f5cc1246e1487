"""What a study has made to hold claims against: runs, and tables of other notebooks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from asc_lib.experiment import dir_statements, grid, metrics
from asc_lib.experiment.ledger import Evidence, once_and_drawn
from asc_lib.experiment.runs import Run
from asc_lib.files import InputError, reading
from asc_lib.study import RunConfig, StudyConfig

_PROBES = ("probe", "left", "right", "difference", "low", "high", "measured_on")
_GENERATOR = ("held_out", "measure", "right", "value", "low", "high", "seen_share", "microphones",
              "measured_on")  # fmt: skip
_DEPTH = ("encoder", "deeper", "linear", "difference", "low", "high", "measured_on")


def gather(
    config: StudyConfig, methods: Mapping[str, Sequence[pd.DataFrame]], measured_on: str
) -> Evidence:
    """The evidence of a study; what was not made stays empty.

    Args:
        methods: by method, the predictions of its runs on the clips that are reported.
        measured_on: label of these clips.

    Raises:
        InputError: a table of another notebook is not as that notebook writes it.
    """
    tables = config.output / "tables"
    dirs, dirs_measured_on = None, ""
    if (tables / "dir_measures.csv").is_file():
        dirs, dirs_measured_on = dir_statements.read(tables / "dir_measures.csv")
    methods = {**methods, **_tested(config.generated_runs())}
    beyond = _tested(config.beyond_runs())
    shared = {method: runs[: config.beyond_seeds] for method, runs in methods.items() if beyond}
    return Evidence(
        log_loss=_by_method(methods, "log_loss", config.bootstrap_draws),
        accuracy=_by_method(methods, "accuracy", config.bootstrap_draws),
        beyond=_by_method(shared | beyond, "log_loss", config.bootstrap_draws),
        alpha=_search(config.alpha_runs(), "alpha", config.bootstrap_draws),
        lambda_icl=_search(config.lambda_runs(), "lambda_icl", config.bootstrap_draws),
        probes=_read(tables / "probe_differences.csv", _PROBES),
        beyond_probes=_read(tables / "beyond_probes.csv", _PROBES, "07") if beyond else None,
        depth=_read(tables / "probe_depth.csv", _DEPTH),
        dirs=dirs,
        generator=_read(tables / "generator_differences.csv", _GENERATOR, "06"),
        measured_on=measured_on,
        dirs_measured_on=dirs_measured_on,
    )


def _tested(configs: Sequence[RunConfig]) -> dict[str, list[pd.DataFrame]]:
    """Test predictions by method, of the methods all of whose runs are trained."""
    runs: dict[str, list[Run]] = {}
    for wanted in configs:
        runs.setdefault(wanted.method, []).append(Run(wanted.run_folder))
    return {
        method: [run.predictions.query("side == 'test' and choice == 'clean'") for run in of_method]
        for method, of_method in runs.items()
        if all(run.complete for run in of_method)
    }


def _read(file: Path, columns: Sequence[str], notebook: str = "04") -> pd.DataFrame | None:
    """A table of another notebook; None where it has not made it."""
    if not file.is_file():
        return None
    with reading(file, "csv", f"run notebook {notebook} again"):
        table = pd.read_csv(file)
    if missing := [column for column in columns if column not in table]:
        raise InputError(f"{file}: no column {', '.join(missing)}; run notebook {notebook} again")
    return table


def _by_method(
    methods: Mapping[str, Sequence[pd.DataFrame]], measure: metrics.Measure, draws: int
) -> dict[str, pd.DataFrame]:
    return {
        method: once_and_drawn(
            metrics.table_row(runs, measure),
            metrics.bootstrap_by_location(runs, draws, measure=measure),
        )
        for method, runs in methods.items()
    }


def _search(wanted: Sequence[RunConfig], search: str, draws: int) -> dict[float, pd.DataFrame]:
    """The values of a search all of whose seeds are trained; the clean choice of epoch."""
    runs = [(getattr(config, search), Run(config.run_folder)) for config in wanted]
    unfinished = {value for value, run in runs if not run.complete}
    finished = [run for value, run in runs if value not in unfinished]
    return grid.scores_and_draws(finished, search, "clean", "test", draws)
