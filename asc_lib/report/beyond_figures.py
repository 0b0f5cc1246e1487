"""Pictures of notebook 07: differences of many methods, invariance against log-loss, power.

Data in, `fig, ax` out. Methods are named as in the table of methods; `data` is what was measured
on, as `page.data_label` gives it.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from asc_lib.experiment.beyond import BIAS, RARE
from asc_lib.experiment.power import MOST, POWER
from asc_lib.show.labels import name_points
from asc_lib.show.style import FAMILY_TITLE, PALETTE, WIDE, look, method_label, side_by_side

TITLES = FAMILY_TITLE | {
    "a": "device A", RARE: "other heard devices", BIAS: "bias to device A"
}  # fmt: skip
_DASHED = {"color": "0.35", "linestyle": "--", "linewidth": 0.9, "zorder": 0}


def forest(table: pd.DataFrame, xlabel: str) -> tuple[Figure, np.ndarray]:
    """Differences with intervals, a panel a column and a row a comparison; full: zero is outside.

    Args:
        table: `column value low high`, and `method`, or `left` and `right`; with `low_all` and
            `high_all` thin lines show the intervals that hold all at once, and these decide.
        xlabel: the difference, its unit, what it was measured on.
    """
    paired = "left" in table
    first = table["left" if paired else "method"]
    names = first.map(method_label)
    if paired:
        names = names + "\nless " + table["right"].map(method_label)
    order, columns = list(dict.fromkeys(names)), list(dict.fromkeys(table["column"]))
    fig, axes = side_by_side(len(columns), 1.2 + (0.42 if paired else 0.28) * len(order))
    decide = ("low_all", "high_all") if "low_all" in table else ("low", "high")
    for ax, column in zip(axes, columns, strict=True):
        of = table["column"] == column
        for name, method, (_, row) in zip(names[of], first[of], table[of].iterrows(), strict=True):
            (colour, marker), y = look(method), order.index(name)
            sure = row[decide[0]] > 0 or row[decide[1]] < 0
            ax.hlines(y, row[decide[0]], row[decide[1]], color=colour, linewidth=0.8)
            ax.hlines(y, row["low"], row["high"], color=colour, linewidth=2.4)
            ax.plot(row["value"], y, marker, color=colour, markersize=6,
                    markerfacecolor=colour if sure else "white")  # fmt: skip
        ax.axvline(0, **_DASHED)
        ax.set_title(TITLES[column].replace(" ", "\n", 1), fontsize=9)
        ax.xaxis.set_major_locator(MaxNLocator(3))
    axes[0].set_yticks(range(len(order)), order)
    axes[0].set_ylim(len(order) - 0.5, -0.5)
    fig.supxlabel(xlabel, fontsize=9)
    return fig, axes


def trade_off(
    points: pd.DataFrame, chance: float, guessing: float, data: str
) -> tuple[Figure, np.ndarray]:
    """Log-loss over the device information left, a panel a column, every method a named point.

    `points`: as `beyond.trade_off`. `chance`: device accuracy of guessing, 0 to 1; drawn where it
    is near. `guessing`: log-loss of guessing the scene, nats; likewise.
    """
    columns = [c for c in points if c != "device_accuracy" and not c.endswith(("_low", "_high"))]
    high = max(2.5, 0.6 + 0.16 * len(points))
    fig, axes = plt.subplots(
        len(columns), 1, figsize=(WIDE, 0.7 + high * len(columns)), sharex=True, squeeze=False
    )
    axes = axes[:, 0]
    x = 100 * points[["device_accuracy", "device_accuracy_low", "device_accuracy_high"]].to_numpy()
    for ax, column in zip(axes, columns, strict=True):
        y = points[[column, f"{column}_low", f"{column}_high"]].to_numpy()
        for method, at, of in zip(points.index, x, y, strict=True):
            colour, marker = look(method)
            ax.hlines(of[0], at[1], at[2], color=colour, linewidth=0.9, alpha=0.7)
            ax.vlines(at[0], of[1], of[2], color=colour, linewidth=0.9, alpha=0.7)
            ax.plot(at[0], of[0], marker, color=colour, markersize=7, markeredgecolor="white",
                    markeredgewidth=0.6, zorder=3)  # fmt: skip
        if 100 * chance > np.nanmin(x) - 0.5 * np.ptp(x[np.isfinite(x)]):
            ax.axvline(100 * chance, **_DASHED)
        if guessing < np.nanmax(y) + 0.2 * np.ptp(y[np.isfinite(y)]):
            ax.axhline(guessing, **(_DASHED | {"linestyle": ":"}))
        ax.set_ylabel(f"log-loss, {TITLES[column]}, nats")
    axes[-1].set_xlabel("device accuracy of a linear probe in %: the less, the more invariant")
    for ax, column in zip(axes, columns, strict=True):
        heights = points[column].to_numpy()
        shares = name_points(ax, map(method_label, points.index), x[:, 0], heights, high - 0.3)
        for method, share in zip(points.index, shares, strict=True):
            colour, marker = look(method)
            ax.plot(1.03, share, marker, color=colour, transform=ax.transAxes, clip_on=False,
                    markersize=4.5)  # fmt: skip
    fig.suptitle(
        f"Does invariance buy log-loss? ({data})\nguessing the device: {chance:.0%} (dashed); the "
        f"scene: {guessing:.2f} nats (dotted), where in view", fontsize=9.5,
    )  # fmt: skip
    return fig, axes


def power_needed(
    curve: pd.DataFrame, effects: pd.DataFrame, here: dict[str, float], data: str
) -> tuple[Figure, np.ndarray]:
    """Seeds and places that a difference needs, and where the observed differences stand.

    `curve`: as `power.needed_table`, rising deltas. `effects`: the same for the observed
    |difference| to plain of each method, its index. `here`: number of `seeds` and `places` of this
    study.
    """
    panels = [name for name in ("seeds", "places") if curve[name].notna().any()]
    fig, axes = plt.subplots(1, len(panels), figsize=(WIDE, 3.6), sharex=True, squeeze=False)
    for ax, name in zip(axes[0], panels, strict=True):
        reached = np.isfinite(curve[name])
        ax.plot(curve["delta"][reached], curve[name][reached], color="0.35")
        ax.axhline(here[name], **_DASHED)
        ax.annotate(f"this study: {here[name]:.0f}", (0.01, here[name]), va="bottom",
                    xycoords=("axes fraction", "data"), fontsize=8)  # fmt: skip
        for method, row in effects.iterrows():
            colour, marker = look(method)
            beyond = not np.isfinite(row[name])
            ax.plot(row["delta"], min(row[name], 2 * MOST), marker, color=colour, markersize=7,
                    markerfacecolor="white" if beyond else colour, clip_on=False,
                    label=method_label(method))  # fmt: skip
        ax.set(xscale="log", yscale="log", ylim=(min(1.5, 0.7 * here[name]), 2 * MOST),
               xlabel="difference, nats", ylabel=f"{name} needed")  # fmt: skip
        other = "places" if name == "seeds" else "seed(s)"
        count = here["places" if name == "seeds" else "seeds"]
        ax.set_title(f"{name} needed, at {count:.0f} {other}", fontsize=9)
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    handles, labels = axes[0, 0].get_legend_handles_labels()
    handles.append(Line2D([], [], color="0.35"))
    labels.append(f"found in {POWER:.0%} of studies")
    fig.legend(handles, labels, loc="outside lower center", ncols=3)
    fig.suptitle(f"What it takes to tell two methods apart ({data}); "
                 f"hollow, at the top: more than {MOST:,}", fontsize=9.5)  # fmt: skip
    return fig, axes[0]


def loss_curves(curves: dict[str, Sequence[float]], what: str, data: str) -> tuple[Figure, Axes]:
    """A loss over the steps of a training, a line a training.

    `curves`: name of the training -> a value a step. `what`: the quantity and its unit.
    """
    fig, ax = plt.subplots(figsize=(WIDE, 2.8))
    for (name, values), colour, style in zip(
        curves.items(), PALETTE, ("-", "--", "-.", ":"), strict=False
    ):
        steps = np.arange(1, len(values) + 1)
        ax.plot(steps, values, style, color=colour, label=name, marker="o", markersize=3)
    ax.set(xlabel="step", ylabel=what, yscale="log", title=f"A method of your own ({data})")
    ax.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    ax.legend()
    return fig, ax
