"""Table 1 in pictures: the two searches, their differences, the joint grid, warm-up of lambda.

Section 5.2 of the paper. Data in, `fig, ax` out; the numbers come from `asc_lib.experiment.grid`.
`data` is the label that says what the numbers were measured on.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from asc_lib.report import paper
from asc_lib.show.labels import NAME_POINTS, name_points
from asc_lib.show.style import PALETTE, WIDE, heat

MEASURES = {"log_loss": "Log-loss in nats", "accuracy_percent": "Accuracy in %"}
_SEARCHES = {"alpha": r"threshold $\alpha$", "lambda_icl": r"weight $\lambda_{ICL}$"}
_PROBE = "Device probe's accuracy in %"


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


def draw_differences(
    alpha: pd.DataFrame, lambda_icl: pd.DataFrame, data: str
) -> tuple[Figure, np.ndarray]:
    """How much worse each value is than the best one, with paired intervals; axes (2,).

    `alpha`, `lambda_icl`: results of `grid.differences_to_best`.
    """
    rows = max(len(alpha), len(lambda_icl))
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 1.2 + 0.32 * rows), sharex=True)
    for ax, table, search in zip(axes, (alpha, lambda_icl), _SEARCHES, strict=True):
        for y, (_, row) in enumerate(table.iterrows()):
            ax.hlines(y, row["log_loss_low"], row["log_loss_high"], color=PALETTE[0])
            full = PALETTE[0] if row["log_loss_sure"] else "white"
            ax.plot(row["log_loss"], y, "o", color=PALETTE[0], mfc=full)
        ax.axvline(0, color="0.35", ls="--", lw=0.9, zorder=0)
        ax.set_yticks(range(len(table)), [f"{value:g}" for value in table.index])
        ax.set(ylabel=_SEARCHES[search], ylim=(len(table) - 0.5, -0.5))
    fig.supxlabel(f"Log-loss less that of the best value, nats ({data})", fontsize=9)
    return fig, axes


def draw_joint(scores: pd.DataFrame, chance_percent: float, data: str) -> tuple[Figure, np.ndarray]:
    """Both weights at once as heat maps: log-loss, and the device that a probe still reads.

    `scores`: result of `grid.joint_scores`; points that are missing stay white. `chance_percent`:
    accuracy of a probe that guesses.
    """
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 3.6), sharey=True)
    shown = {
        "log_loss": ("Log-loss", "{:.2f}", "nats"),
        "probe_standardised_percent": (
            "Device probe, standardised", "{:.0f}", f"% (guessing: {chance_percent:.1f})",
        ),
    }  # fmt: skip
    for ax, (column, (title, style, unit)) in zip(axes, shown.items(), strict=True):
        table = scores.pivot(index="alpha", columns="lambda_icl", values=column)
        table = table.rename(index="{:g}".format, columns="{:g}".format)[::-1]
        image = heat(ax, table, style, cmap="cividis_r")
        ax.set(xlabel=_SEARCHES["lambda_icl"], title=title)
        fig.colorbar(image, ax=ax, pad=0.02, label=unit)
    axes[0].set_ylabel(_SEARCHES["alpha"])
    fig.suptitle(f"The joint grid ({data})", fontsize=10)
    return fig, axes


def draw_trade_off(
    scores: pd.DataFrame, plain: Mapping[str, float], chance_percent: float, data: str
) -> tuple[Figure, Axes]:
    """Log-loss over the device that a probe still reads, one named point a pair (alpha, lambda).

    The axis takes in what the points fill; guessing is drawn where it is near.

    `scores`: result of `grid.joint_scores`. `plain`: the same columns of training without ICL.
    `chance_percent`: accuracy of a probe that guesses.
    """
    inches = max(3.0, 0.6 + 1.3 * NAME_POINTS / 72 * len(scores))
    fig, ax = plt.subplots(figsize=(WIDE, inches + 1.2))
    probed = [f"probe_{variant}_percent" for variant in ("raw", "standardised")]
    for number, (column, marker) in enumerate(zip(probed, "oD", strict=True)):
        variant = column.split("_")[1]
        ax.plot(scores[column], scores["log_loss"], marker, color=PALETTE[number], ms=5,
                label=f"ICL, {variant} embedding")  # fmt: skip
        ax.plot(plain[column], plain["log_loss"], marker, color=PALETTE[number], mfc="white",
                ms=8, label=f"without ICL, {variant}")  # fmt: skip
    for _, point in scores.iterrows():
        ax.plot(point[probed], [point["log_loss"]] * 2, color="0.75", lw=0.8, zorder=0)
    read = np.append(scores[probed].to_numpy().ravel(), [plain[column] for column in probed])
    if chance_percent > read.min() - 0.5 * np.ptp(read):
        ax.axvline(chance_percent, color="0.35", ls="--", lw=0.9, label="guessing")
    ax.set(xlabel=f"{_PROBE} (guessing: {chance_percent:.1f})", ylabel="Test log-loss in nats",
           title=f"What invariance costs ({data})")  # fmt: skip
    ax.margins(0.05)
    names = [
        rf"$\alpha$ {a:g}, $\lambda$ {w:g}" for a, w in scores[["alpha", "lambda_icl"]].to_numpy()
    ]
    name_points(ax, names, scores[probed].max(axis=1), scores["log_loss"], inches)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return fig, ax


def draw_warmup(
    histories: Mapping[str, Sequence[pd.DataFrame]], data: str
) -> tuple[Figure, np.ndarray]:
    """Learning curves with and without warm-up side by side: cross-entropy above, ICL below.

    `histories`: `Run.history` of each seed, by what is compared.
    """
    fig, axes = plt.subplots(
        2, len(histories), figsize=(WIDE, 4.2), sharex=True, sharey="row", squeeze=False
    )
    for column, (name, seeds) in enumerate(histories.items()):
        above, below = axes[:, column]
        for seed, history in enumerate(seeds):
            for of, style, marker, colour, label in (
                ("train_ce", "-", "o", PALETTE[0], "training"),
                ("test_log_loss", "--", "D", PALETTE[3], "test side"),
            ):
                name_once = None if seed else label
                above.plot(
                    history["epoch"], history[of], style, marker=marker, ms=3, color=colour,
                    label=name_once,
                )  # fmt: skip
            below.plot(history["epoch"], history["train_icl"], "-o", ms=3, color=PALETTE[4])
        above.axhline(np.log(10), color="0.6", lw=0.8, zorder=0)
        above.set_title(name)
        below.set(xlabel="Epoch", yscale="log")
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0, 0].set_ylabel("Log-loss in nats")
    axes[1, 0].set_ylabel("ICL (no unit)")
    axes[0, 0].legend()
    fig.suptitle(f"Warm-up of lambda ({data})", fontsize=10)
    return fig, axes
