"""Table 1 and what it leaves out: grid runs scored, compared pair by pair, and read by a probe.

Section 5.2 of the paper. A search is "alpha" (at a fixed lambda) or "lambda_icl" (at a fixed
alpha). Log-loss is in nats, accuracy in percent, both means over devices of the test side; the
epoch is chosen on validation.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from asc_lib.probe.probe import ProbeResult
from asc_lib.results import metrics
from asc_lib.results.intervals import ends, redraw
from asc_lib.train.runs import Run

MEASURES = ("log_loss", "accuracy_percent")


def scores_and_draws(
    runs: Sequence[Run], search: str, draws: int = 1000
) -> dict[float, pd.DataFrame]:
    """By value searched: log_loss (nats) and accuracy_percent, means over devices and seeds.

    Row 0 is as measured, the rows below are bootstrap draws, the same locations in all of them.
    """
    found = {}
    for value, group in _by_value(runs, search).items():
        tables = [_tested(run) for run in group]
        drawn = [
            redraw(tables, draws, measure)["overall"].iloc[1:].reset_index(drop=True)
            for measure in ("log_loss", "accuracy")
        ]
        mean = pd.DataFrame([_scores(run) for run in group]).mean().to_frame().T
        drawn = pd.DataFrame(dict(zip(MEASURES, (drawn[0], 100 * drawn[1]), strict=True)))
        found[value] = pd.concat([mean, drawn], ignore_index=True)
    return found


def grid_scores(
    runs: Sequence[Run], search: str, drawn: Mapping[float, pd.DataFrame]
) -> pd.DataFrame:
    """Log-loss and accuracy by the value searched: a row a seed, and one for their "mean".

    The mean's row also has the 95 % interval over redrawn locations and seeds, `_low` and `_high`.
    `drawn`: `scores_and_draws` of these runs.
    """
    rows = []
    for value, group in _by_value(runs, search).items():
        for run in group:
            rows.append({search: value, "seed": str(run.config.seed)} | _scores(run))
        mean = {search: value, "seed": "mean"} | drawn[value].iloc[0].to_dict()
        for measure, (low, high) in ends(drawn[value])[["low", "high"]].iterrows():
            mean |= {f"{measure}_low": low, f"{measure}_high": high}
        rows.append(mean)
    return pd.DataFrame(rows).assign(choice="clean", side="test")


def differences_to_best(drawn: Mapping[float, pd.DataFrame], search: str) -> pd.DataFrame:
    """How much worse each value is than the best one, with 95 % intervals of a paired bootstrap.

    Rows: values. Columns: `log_loss` (nats, the value's minus the best value's) and
    `accuracy_percent`, each with `_low`, `_high`, and `_sure`: whether the interval leaves out 0.
    The best value's own row is 0. `drawn`: `scores_and_draws`.
    """
    table = pd.DataFrame(index=pd.Index(drawn, name=search))
    for measure in MEASURES:
        values = pd.DataFrame({value: of[measure] for value, of in drawn.items()})
        best = values.loc[0].idxmin() if measure == "log_loss" else values.loc[0].idxmax()
        change = values.sub(values[best], axis=0)
        bounds = ends(change)
        table[measure] = change.loc[0]
        table[f"{measure}_low"], table[f"{measure}_high"] = bounds["low"], bounds["high"]
        table[f"{measure}_sure"] = (bounds["low"] > 0) | (bounds["high"] < 0)
    return table


def joint_scores(
    runs: Sequence[Run], probes: Mapping[tuple[Run, str], ProbeResult]
) -> pd.DataFrame:
    """Each point's log-loss beside the device that is left: one row an (alpha, lambda_icl).

    Columns: `alpha`, `lambda_icl`, `log_loss` (nats), `accuracy_percent`, `probe_raw_percent` and
    `probe_standardised_percent` (balanced accuracy, see `encoders.probe_runs`), means over `seeds`.
    A run that stands twice counts once.
    """
    rows = []
    for run in dict.fromkeys(runs):
        row = {"alpha": run.config.alpha, "lambda_icl": run.config.lambda_icl} | _scores(run)
        for variant in ("raw", "standardised"):
            row[f"probe_{variant}_percent"] = 100 * probes[run, variant].balanced_accuracy
        rows.append(row)
    points = pd.DataFrame(rows).groupby(["alpha", "lambda_icl"])
    return points.mean().assign(seeds=points.size()).reset_index()


def _by_value(runs: Sequence[Run], search: str) -> dict[float, list[Run]]:
    values = sorted({getattr(run.config, search) for run in runs})
    return {value: [r for r in runs if getattr(r.config, search) == value] for value in values}


def _tested(run: Run) -> pd.DataFrame:
    return run.predictions.query("choice == 'clean' and side == 'test'")


def _scores(run: Run) -> dict[str, float]:
    log_loss, accuracy = (
        metrics.overall(_tested(run), measure) for measure in ("log_loss", "accuracy")
    )
    return {"log_loss": log_loss, "accuracy_percent": 100 * accuracy}
