"""Table 1 and what it leaves out: grid runs scored, compared pair by pair, and what they choose.

Section 5.2 of the paper. A search is "alpha" (at a fixed lambda) or "lambda_icl" (at a fixed
alpha). Log-loss is in nats, accuracy in percent, both means over devices.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from asc_lib.experiment import metrics
from asc_lib.experiment.probe import ProbeResult
from asc_lib.experiment.runs import Run

MEASURES = ("log_loss", "accuracy_percent")
# The paper raises alpha as long as the log-loss gets worse only "slightly": by 0.4 % of the lowest
# up to the value that it chose, by 3.8 % at the next. Here slight means at most this much.
SLIGHT = 0.01


def scores_and_draws(
    runs: Sequence[Run], search: str, choice: str, side: str, draws: int = 1000
) -> dict[float, pd.DataFrame]:
    """By value searched: log_loss (nats) and accuracy_percent, means over devices and seeds.

    Row 0 is as measured, the rows below are bootstrap draws, the same locations in all of them.
    `choice`: of the epoch, on validation ("clean") or on the test side ("paper").
    """
    found = {}
    for value, group in _by_value(runs, search).items():
        tables = [_of(run, choice, side) for run in group]
        rows = [pd.DataFrame([_scores(run, choice, side) for run in group]).mean().to_frame().T]
        drawn = [
            metrics.bootstrap_by_location(tables, draws, measure=measure)["overall"]
            for measure in ("log_loss", "accuracy")
        ]
        rows.append(pd.DataFrame(dict(zip(MEASURES, (drawn[0], 100 * drawn[1]), strict=True))))
        found[value] = pd.concat(rows, ignore_index=True)
    return found


def grid_scores(
    runs: Sequence[Run], search: str, drawn: Mapping[float, pd.DataFrame]
) -> pd.DataFrame:
    """Log-loss and accuracy by the value searched: a row a seed, and one for their "mean".

    The mean's row also has the 95 % interval over redrawn locations and seeds, `_low` and `_high`.
    `drawn`: `scores_and_draws` of these runs, epochs chosen clean, on the test side.
    """
    rows = []
    for value, group in _by_value(runs, search).items():
        for run in group:
            rows.append({search: value, "seed": str(run.config.seed)} | _scores(run))
        mean = {search: value, "seed": "mean"} | drawn[value].iloc[0].to_dict()
        for measure, (low, high) in metrics.interval(drawn[value].iloc[1:]).iterrows():
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
        change = values.sub(values[_best(values.loc[0], measure)], axis=0)
        ends = metrics.interval(change.iloc[1:])
        table[measure] = change.loc[0]
        table[f"{measure}_low"], table[f"{measure}_high"] = ends["low"], ends["high"]
        table[f"{measure}_sure"] = (ends["low"] > 0) | (ends["high"] < 0)
    return table


def chosen(searched: Mapping[str, Sequence[Run]], validated: bool) -> pd.DataFrame:
    """The value that each criterion would choose: rows criteria, columns searches.

    `validated`: the study has a validation side, on which values can be chosen, too.
    """
    ways = {
        "validation side (clean)": ("clean", "validation"),
        "test side (clean epoch)": ("clean", "test"),
        "test side, epoch chosen on it (the paper's way)": ("paper", "test"),
    }
    table: dict[str, dict[str, float]] = {search: {} for search in searched}
    for search, runs in searched.items():
        for name, way in list(ways.items())[not validated :]:
            scores = pd.DataFrame(
                [{search: getattr(run.config, search)} | _scores(run, *way) for run in runs]
            )
            means = scores.groupby(search).mean()
            for measure in MEASURES:
                table[search][f"{name}, {measure}"] = _best(means[measure], measure)
        rule = papers_rule(means["log_loss"], search)  # of the paper's way, the last one
        table[search]["the paper's rule, on its own choice of epoch"] = rule
    return pd.DataFrame(table).rename_axis("criterion")


def papers_rule(log_loss: pd.Series, search: str) -> float:
    """The value that the paper's own reasoning (Sec. 5.2) would choose, of log-loss by value.

    alpha: the largest before the log-loss is more than slightly (`SLIGHT`) above the lowest;
    lambda_icl: that of the lowest log-loss.
    """
    log_loss = log_loss.sort_index()
    if search == "lambda_icl":
        return float(log_loss.idxmin())
    after = log_loss.loc[log_loss.idxmin() :]
    bad = after > (1 + SLIGHT) * log_loss.min()
    return float(after[~bad.cummax()].index[-1])


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


def _of(run: Run, choice: str, side: str) -> pd.DataFrame:
    table = run.predictions
    return table[(table["choice"] == choice) & (table["side"] == side)]


def _scores(run: Run, choice: str = "clean", side: str = "test") -> dict[str, float]:
    predictions = _of(run, choice, side)
    return {
        "log_loss": metrics.overall(predictions, "log_loss"),
        "accuracy_percent": 100 * metrics.overall(predictions, "accuracy"),
    }


def _best(means: pd.Series, measure: str) -> float:
    return float(means.idxmin() if measure == "log_loss" else means.idxmax())
