"""The inverse contrastive loss in pictures: its two penalties, their balance, and Table 1's grid.

Section 3, equations (3) and (4), and Section 5.2 of the paper.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from scipy.special import lambertw

from asc_lib.experiment import metrics
from asc_lib.experiment.runs import Run
from asc_lib.report import paper
from asc_lib.report.style import PALETTE, WIDE

MEASURES = {"log_loss": "Log-loss in nats", "accuracy_percent": "Accuracy in %"}
_SEARCHES = {"alpha": r"threshold $\alpha$", "lambda_icl": r"weight $\lambda_{ICL}$"}
_DASHES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))


def penalties(distances: np.ndarray, points: Sequence[tuple[float, float]]) -> pd.DataFrame:
    """What a pair of embeddings at each distance costs: equations (3) and (4).

    Columns `g` (different devices) and `f, alpha = ..., beta = ...` (same device) for each
    (alpha, beta) of `points`, by distance; all without unit.
    """
    table = pd.DataFrame({"g": distances**2}, index=pd.Index(distances, name="distance"))
    for alpha, beta in points:
        table[f"f, alpha = {alpha:g}, beta = {beta:g}"] = np.exp((alpha - distances) / beta)
    return table


def same_share(classes: pd.Series) -> float:
    """Probability that two clips drawn independently have the same device class, 0 to 1."""
    return float((classes.value_counts(normalize=True) ** 2).sum())


def balance_distance(same: float | np.ndarray, alpha: float, beta: float) -> float | np.ndarray:
    """Distance at which equation (1) is lowest if all pairs were equally far apart.

    `same` is the share of same-device pairs, 0 <= same < 1. Push and pull balance where
    same / beta exp((alpha - d) / beta) = 2 (1 - same) d, which Lambert's W solves for d.
    """
    same = np.asarray(same, dtype=float)
    push_over_pull = same / (2 * (1 - same) * beta**2)
    distance = beta * lambertw(push_over_pull * np.exp(alpha / beta)).real
    return distance if distance.ndim else float(distance)


def balances(shares: np.ndarray, points: Sequence[tuple[float, float]]) -> pd.DataFrame:
    """`balance_distance` by share of same-device pairs, one column for each (alpha, beta)."""
    columns = {
        f"alpha = {alpha:g}, beta = {beta:g}": balance_distance(shares, alpha, beta)
        for alpha, beta in points
    }
    return pd.DataFrame(columns, index=pd.Index(shares, name="same_share"))


def grid_scores(
    runs: Sequence[Run], search: str, choice: str, side: str, draws: int = 1000
) -> pd.DataFrame:
    """Log-loss and accuracy by the value searched ("alpha" or "lambda_icl"), means over devices.

    One row a value and seed, and one with seed "mean" that also has the 95 % interval over redrawn
    locations (and seeds, where there are several): log_loss (nats), accuracy_percent, each with
    _low and _high. `choice`: epoch chosen on validation ("clean") or on the test side ("paper").
    """
    rows = []
    values = sorted({getattr(run.config, search) for run in runs})
    for value in values:
        group = [run for run in runs if getattr(run.config, search) == value]
        tables = [_of(run, choice, side) for run in group]
        seeds = [_scores(table) for table in tables]
        for run, scores in zip(group, seeds, strict=True):
            rows.append({search: value, "seed": str(run.config.seed)} | scores)
        mean = pd.DataFrame(seeds).mean().to_dict() | _intervals(tables, draws)
        rows.append({search: value, "seed": "mean"} | mean)
    return pd.DataFrame(rows).assign(choice=choice, side=side)


def best_value(scores: pd.DataFrame, search: str, measure: str) -> float:
    """The value of the search that has the lowest mean log-loss or the highest mean accuracy."""
    mean = scores[scores["seed"] == "mean"].set_index(search)[measure]
    return float(mean.idxmin() if measure == "log_loss" else mean.idxmax())


def _of(run: Run, choice: str, side: str) -> pd.DataFrame:
    table = run.predictions
    return table[(table["choice"] == choice) & (table["side"] == side)]


def _scores(predictions: pd.DataFrame) -> dict[str, float]:
    return {
        "log_loss": metrics.overall(predictions, "log_loss"),
        "accuracy_percent": 100 * metrics.overall(predictions, "accuracy"),
    }


def _intervals(tables: Sequence[pd.DataFrame], draws: int) -> dict[str, float]:
    ends = {}
    for name, measure, unit in (("log_loss", "log_loss", 1), ("accuracy_percent", "accuracy", 100)):
        drawn = metrics.bootstrap_by_location(tables, draws, measure=measure)[["overall"]]
        low, high = unit * metrics.interval(drawn).loc["overall"]
        ends |= {f"{name}_low": low, f"{name}_high": high}
    return ends


def draw_penalties(table: pd.DataFrame, balance: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Left: result of `penalties`. Right: result of `balances`."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 3.4))
    left.plot(table.index, table["g"], color="black", lw=2, label="g (different devices)")
    for number, name in enumerate(table.columns.drop("g")):
        left.plot(table.index, table[name], **_line(number), label=_greek(name))
    left.set(
        xlabel="Distance d of two embeddings (no unit)", ylabel="Penalty of the pair (no unit)",
        title="What a pair costs", ylim=(0, 5),
    )  # fmt: skip
    for number, name in enumerate(balance.columns):
        right.plot(balance.index, balance[name], **_line(number), label=_greek(name))
    right.set(
        xlabel="Share of same-device pairs", ylabel="Balanced distance (no unit)",
        title="Where push and pull cancel", xlim=(0, 1),
    )  # fmt: skip
    # the right panel has the lines of the left one, so one legend serves both
    fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig, np.array([left, right])


def mark_shares(ax: Axes, shares: Mapping[str, float]) -> None:
    """Mark shares of same-device pairs (label -> share) on the right panel of `draw_penalties`."""
    for label, share in shares.items():
        ax.axvline(share, color="0.35", lw=1, ls=":")
        ax.text(
            share - 0.01, 0.97, label, rotation=90, ha="right", va="top", fontsize=7, color="0.25",
            transform=ax.get_xaxis_transform(),
        )  # fmt: skip


def draw_grid(
    alpha: pd.DataFrame, lambda_icl: pd.DataFrame, data_label: str
) -> tuple[Figure, np.ndarray]:
    """Table 1 as a picture: results of `grid_scores` above, the paper's printed numbers below.

    The two have a frame and scales of their own: they come from different data. Axes (2, 4).
    """
    fig = plt.figure(figsize=(WIDE, 5.2))
    above, below = fig.subfigures(2, 1, hspace=0.04)
    below.set_facecolor("0.94")
    above.suptitle(f"This run: {data_label}", fontweight="bold")
    below.suptitle(f"For comparison: {paper.DATA_LABEL}", fontweight="bold")
    axes = np.array([above.subplots(1, 4), below.subplots(1, 4)])
    panels = [(search, measure) for search in _SEARCHES for measure in MEASURES]
    ours = {"alpha": alpha, "lambda_icl": lambda_icl}
    for column, (search, measure) in enumerate(panels):
        _draw_ours(axes[0, column], ours[search], search, measure)
        printed = paper.table_1(search)
        axes[1, column].plot(printed.index, printed[measure], "D--", color=PALETTE[3], ms=4)
        values = sorted({*ours[search][search], *printed.index})
        for ax in axes[:, column]:
            _value_axis(ax, search, values)
            ax.set_title(MEASURES[measure], fontsize=8)
    return fig, axes


def _draw_ours(ax: Axes, scores: pd.DataFrame, search: str, measure: str) -> None:
    mean = scores[scores["seed"] == "mean"]
    low, high = mean[f"{measure}_low"], mean[f"{measure}_high"]
    ax.vlines(mean[search], low, high, color=PALETTE[0], lw=1.2)
    ax.plot(mean[search], mean[measure], "-", color=PALETTE[0])
    seeds = scores[scores["seed"] != "mean"]
    ax.plot(seeds[search], seeds[measure], "o", color=PALETTE[0], mfc="white", ms=4)


def _value_axis(ax: Axes, search: str, values: Sequence[float]) -> None:
    low, high = min(values), max(values)
    if search == "lambda_icl":
        smallest = min((value for value in values if value > 0), default=1.0)
        ax.set_xscale("symlog", linthresh=smallest)
        ax.set_xlim(low - 0.3 * smallest, 1.3 * high)
    else:
        margin = 0.06 * (high - low) or 0.1
        ax.set_xlim(low - margin, high + margin)
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    ax.tick_params(labelsize=6.5)
    ax.set_xlabel(_SEARCHES[search])


def _line(number: int) -> dict[str, object]:
    return {"color": PALETTE[number % len(PALETTE)], "ls": _DASHES[number % len(_DASHES)]}


def _greek(name: str) -> str:
    return name.replace("alpha", r"$\alpha$").replace("beta", r"$\beta$")
