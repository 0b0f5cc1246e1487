"""Pictures of Table 3: methods by device, differences, protocols, luck, calibration.

Data in, `fig, ax` out; `data`: what was measured on. Colours, markers and titles are those of
`run_figures`. Values with their intervals come as `comparison.Ends`, whose rows are methods.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from asc_lib.data.tau22 import FAMILIES
from asc_lib.experiment import metrics
from asc_lib.experiment.comparison import Ends
from asc_lib.show.style import FAMILY_TITLE, WIDE, look, method_label, side_by_side

# filled, hollow, half: told apart without colour
_FILLS: tuple[dict[str, str], ...] = (
    {},
    {"markerfacecolor": "white"},
    {"fillstyle": "left", "markerfacecoloralt": "white"},
)


def log_loss_table(
    rows: pd.DataFrame,
    low: pd.DataFrame | None,
    high: pd.DataFrame | None,
    title: str,
    ylabel: str = "log-loss in nats",
    singles: pd.DataFrame | None = None,
    guessing: float | None = None,
) -> tuple[Figure, np.ndarray]:
    """Table 3 as dots with intervals: families and overall, the paper's devices, further ones.

    Args:
        rows: rows are methods, columns those of `metrics.table_columns`.
        low, high: the same shape; ends of the intervals, or None for none.
        title: says what the numbers were measured on.
        singles: single runs, indexed by method and seed: small dots right of the mean; None: none.
        guessing: what guessing gives, a dashed line; None: no line.
    """
    further = [name for name in rows if name in FAMILIES["further"]]
    panels = [
        metrics.families(rows),
        [name for name in rows if name not in FAMILY_TITLE and name not in further],
        further,
    ]
    panels = [columns for columns in panels if columns]
    fig, axes = plt.subplots(
        len(panels), 1, figsize=(WIDE, 0.6 + 2.3 * len(panels)), sharey=True, squeeze=False
    )
    axes = axes[:, 0]
    for ax, columns in zip(axes, panels, strict=True):
        for shift, (method, row) in zip(_dodge(len(rows)), rows.iterrows(), strict=True):
            colour, marker = look(method)
            x = np.arange(len(columns)) + shift
            span = None
            if low is not None and high is not None:
                ends = low.loc[method, columns], high.loc[method, columns]
                span = np.maximum([row[columns] - ends[0], ends[1] - row[columns]], 0)
            ax.errorbar(
                x, row[columns], span, fmt=marker, color=colour, label=method_label(method),
                elinewidth=1.1,
            )  # fmt: skip
            if singles is not None:
                single = singles.loc[[method], columns]
                beside = np.tile(x + 0.35 * 0.7 / max(len(rows), 2), len(single))
                ax.plot(
                    beside, single.to_numpy().ravel(), ".", color="0.15", markersize=4,
                    markeredgewidth=0, label="single seeds",
                )  # fmt: skip
        if guessing is not None:
            ax.axhline(guessing, color="0.35", linestyle="--", linewidth=0.9, label="guessing")
        names = [FAMILY_TITLE.get(name, name.upper()) for name in columns]
        ax.set_xticks(range(len(columns)), names)
        ax.set_xlim(-0.5, len(columns) - 0.5)
        ax.set_ylabel(ylabel)
        ax.grid(False, axis="x")
        for edge in np.arange(0.5, len(columns) - 1):
            ax.axvline(edge, color="0.85", linewidth=0.8)
    axes[0].set_title(title)
    axes[-1].set_xlabel("recording device of the test clips")
    handles, labels = axes[0].get_legend_handles_labels()
    once = {label: handle for handle, label in zip(handles, labels, strict=True)}
    fig.legend(once.values(), once, loc="outside lower center", ncols=4)
    return fig, axes


def paired_differences(
    ends: Ends, data: str, what: str = "log-loss less that of plain training, nats"
) -> tuple[Figure, np.ndarray]:
    """Each method less plain training, by family, with paired intervals.

    `ends`: rows are methods other than plain, columns the families and overall. `what`: the
    difference, with its unit and the better side.
    """
    return interval_panels({"": ends}, f"{what} ({data})")


def interval_panels(
    series: Mapping[str, Ends], xlabel: str, zero: bool = True
) -> tuple[Figure, np.ndarray]:
    """Values with intervals by method, a panel a family; up to three series one under the other.

    `series`: what a series is called -> its values, all of one shape. `xlabel`: quantity, unit and
    what it was measured on. `zero`: whether zero means something, and gets a line.
    """
    shown = next(iter(series.values())).value
    columns = metrics.families(shown)
    step = 0.3 if len(series) == 1 else 0.2 + 0.16 * len(series)
    fig, axes = side_by_side(len(columns), 1.4 + step * len(shown))
    shifts = (np.arange(len(series)) - (len(series) - 1) / 2) * 0.26
    for ax, column in zip(axes, columns, strict=True):
        for ends, shift, fill in zip(series.values(), shifts, _FILLS, strict=False):
            for y, method in enumerate(shown.index):
                colour, marker = look(method)
                value, low, high = (part.loc[method, column] for part in ends)
                ax.hlines(y + shift, low, high, color=colour)
                ax.plot(value, y + shift, marker, color=colour, **fill)
        if zero:
            ax.axvline(0, color="0.35", linestyle="--", linewidth=0.9, zorder=1)
        ax.set_title(FAMILY_TITLE[column].replace(" ", "\n"))
        ax.set_yticks(range(len(shown)), [method_label(name) for name in shown.index])
        ax.xaxis.set_major_locator(MaxNLocator(3))
    axes[0].set_ylim(len(shown) - 0.5, -0.5)
    fig.supxlabel(xlabel, fontsize=9)
    if len(series) > 1:
        marks = [
            Line2D([], [], marker="o", linestyle="", color="0.25", label=name, **fill)
            for name, fill in zip(series, _FILLS, strict=False)
        ]
        fig.legend(handles=marks, loc="outside upper center", ncols=len(marks))
    return fig, axes


def luck(
    levels: pd.DataFrame, differences: pd.DataFrame, seeds: int, data: str
) -> tuple[Figure, np.ndarray]:
    """Luck of training beside luck of places: overall log-loss, and its difference to plain.

    `levels`, `differences`: as `comparison.luck` gives them, in nats. `seeds`: runs of each method.
    """
    fig, axes = plt.subplots(
        1, 2, figsize=(WIDE, 1.5 + 0.3 * len(levels)), sharey=True, sharex=True
    )
    for ax, table in zip(axes, (levels, differences), strict=True):
        for y, method in enumerate(levels.index):
            if method not in table.index:
                continue
            colour, marker = look(method)
            training, places = table.loc[method, ["of_training", "of_places"]]
            ax.plot(places, y, marker, color=colour)
            ax.plot(training, y, marker, color=colour, fillstyle="none")
        ax.set_yticks(range(len(levels)), [method_label(name) for name in levels.index])
    axes[0].set_title("overall log-loss")
    axes[1].set_title("its difference to plain")
    axes[0].set(ylim=(len(levels) - 0.5, -0.5), xlim=(0, None))
    fig.supxlabel(f"standard error in nats ({data})", fontsize=9)
    names = {"full": "luck of places", "none": f"luck of training, mean of {seeds} seed(s)"}
    marks = [
        Line2D([], [], marker="o", linestyle="", color="0.25", fillstyle=fill, label=name)
        for fill, name in names.items()
    ]
    fig.legend(handles=marks, loc="outside upper center", ncols=2)
    return fig, axes


def temperatures(by_run: pd.DataFrame, data: str) -> tuple[Figure, Axes]:
    """The temperature of each run, by method. `by_run`: columns `method seed temperature`."""
    methods = list(dict.fromkeys(by_run["method"]))
    fig, ax = plt.subplots(figsize=(WIDE, 1.2 + 0.25 * len(methods)))
    for y, method in enumerate(methods):
        colour, marker = look(method)
        values = by_run.loc[by_run["method"] == method, "temperature"]
        ax.plot(values, np.full(len(values), y), marker, color=colour, fillstyle="none")
    ax.axvline(1, color="0.35", linestyle="--", linewidth=0.9, zorder=1)
    ax.set_yticks(range(len(methods)), [method_label(name) for name in methods])
    ax.set(
        ylim=(len(methods) - 0.5, -0.5),
        xlabel=f"temperature: above 1 the network was too sure of itself ({data})",
    )
    return fig, ax


def _dodge(count: int) -> np.ndarray:
    """Places of `count` dots side by side within one tick."""
    return (np.arange(count) - (count - 1) / 2) * 0.7 / max(count, 2)
