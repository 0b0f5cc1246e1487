"""Dots with intervals, one row a name: the one picture of every comparison; and its words."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from asc_lib.methods import ALL_METHODS
from asc_lib.results.intervals import verdict
from asc_lib.show.style import FAMILY_TITLE, PALETTE, WIDE, look, method_label

# filled, hollow, half: series are told apart without colour
_FILLS: tuple[dict[str, str], ...] = (
    {},
    {"markerfacecolor": "white"},
    {"fillstyle": "left", "markerfacecoloralt": "white"},
)
# where a claim wants a value, and what the paper prints
_WANTED = "0.9"
_PRINTED = {"marker": "|", "color": "0.2", "markersize": 11, "linestyle": ""}


def forest(
    table: pd.DataFrame,
    xlabel: str,
    *,
    rows: str = "method",
    panels: str | None = None,
    series: str | None = None,
    singles: pd.DataFrame | None = None,
    line: float | None = 0.0,
    titles: Mapping[str, str] | None = None,
    columns: int = 4,
    sharex: bool = True,
) -> tuple[Figure, np.ndarray]:
    """A dot and its interval for each row of a long table; (panels,) axes.

    Args:
        table: columns `value` and those named here, in the order in which they are drawn.
            Optional: `low`, `high` (NaN: no interval); `wanted_low`, `wanted_high`, where a claim
            wants the value (a grey band; NaN: no end); `printed`, the paper's value (a stroke);
            `low_all`, `high_all`, an interval that holds for all rows at once (a thin line); and
            `left`, the method whose colour a difference has.
        xlabel: quantity, unit and the better side.
        rows: the column that names a row. Methods get their colours, markers and labels.
        panels: the column with a panel's name, such as a device family; None: one panel.
        series: the column that tells up to three dots of a row apart; None: one dot.
        singles: the same columns without ends; small dots, such as single seeds.
        line: a dashed line, such as no difference or guessing; None: none.
        titles: names of panels, where they are not families of devices.
        columns: panels side by side.
        sharex: whether all panels have one axis.
    """
    names = list(dict.fromkeys(table[rows]))
    groups = list(dict.fromkeys(table[panels])) if panels else [None]
    kinds = list(dict.fromkeys(table[series])) if series else [None]
    across = min(columns, len(groups))
    down = -(-len(groups) // across)
    words = 1 + max(str(name).count("\n") for name in names)
    row_height = max(0.09 + 0.15 * len(kinds), 0.05 + 0.16 * words)
    height = 0.9 + down * (0.35 + row_height * len(names))
    fig, grid = plt.subplots(
        down, across, figsize=(WIDE, height), sharex=sharex, sharey=True, squeeze=False
    )
    axes = grid.ravel()
    # what is no method, such as a control, is grey beside methods
    other = "0.45" if set(names) & set(ALL_METHODS) else PALETTE[0]
    shifts = (np.arange(len(kinds)) - (len(kinds) - 1) / 2) * 0.26
    for ax, group in zip(axes, groups, strict=False):
        part = table if group is None else table[table[panels] == group]
        for kind, shift, fill in zip(kinds, shifts, _FILLS, strict=False):
            of_kind = part if kind is None else part[part[series] == kind]
            for row in of_kind.to_dict("records"):
                method = row.get("left", row[rows])
                colour, marker = look(method) if method in ALL_METHODS else (other, "o")
                _dot(ax, row, names.index(row[rows]) + shift, colour, marker, fill)
        if singles is not None:
            few = singles if group is None else singles[singles[panels] == group]
            few = few[few[rows].isin(names)]
            y = few[rows].map(names.index) + 0.28
            ax.plot(few["value"], y, ".", color="0.15", markersize=3.5, markeredgewidth=0)
        if line is not None:
            ax.axvline(line, color="0.35", linestyle="--", linewidth=0.9, zorder=1)
        if group is not None:
            title = (titles or FAMILY_TITLE).get(group, str(group))
            wraps = across > 2 and "\n" not in title and len(title) > 10
            ax.set_title(title.replace(" ", "\n", 1) if wraps else title)
        ax.set_yticks(range(len(names)), [_name(name) for name in names])
        ax.grid(False, axis="y")
        ax.xaxis.set_major_locator(MaxNLocator(4 if across > 2 else 6, min_n_ticks=2))
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    if "wanted_low" in table:
        for ax, group in zip(axes, groups, strict=False):
            part = table if group is None else table[table[panels] == group]
            _bands(ax, part, part[rows].map(names.index))
    for ax in axes[len(groups) :]:
        ax.remove()
    if len(groups) == 1:
        axes[0].set_xlabel(xlabel)
    else:
        fig.supxlabel(xlabel, fontsize=9)
    marks = [
        Line2D([], [], marker="o", linestyle="", color="0.25", label=kind, **fill)
        for kind, fill in zip(kinds, _FILLS, strict=False)
        if len(kinds) > 1
    ]
    if singles is not None:
        marks.append(
            Line2D(
                [], [], marker=".", linestyle="", color="0.15", markersize=4, label="single seeds"
            )
        )
    if "wanted_low" in table:
        marks.append(Patch(color=_WANTED, label="where the claim wants it"))
    if "printed" in table and table["printed"].notna().any():
        marks.append(Line2D([], [], label="printed in the paper", **_PRINTED))
    if marks:
        fig.legend(handles=marks, loc="outside upper center", ncols=len(marks))
    return fig, axes[: len(groups)]


def spans(table: pd.DataFrame, digits: int = 2) -> pd.Series:
    """`value [low, high]` of each row, as text; the value alone where there is no interval."""
    number = f"{{:.{digits}f}}".format
    ends = " [" + table["low"].map(number) + ", " + table["high"].map(number) + "]"
    return table["value"].map(number) + ends.where(table["low"].notna(), "")


def beside(
    table: pd.DataFrame,
    rows: str,
    columns: str,
    digits: int = 2,
    better: str = "",
    seeds: int | None = None,
) -> pd.DataFrame:
    """`spans` of a long table, a row a name; with a verdict, where `better` is lower or higher.

    `seeds`: see `intervals.verdict`.
    """
    text = spans(table, digits)
    if better:
        text += " " + verdict(table["low"], table["high"], better, seeds)
    grid = table.assign(text=text).pivot_table("text", rows, columns, "first", sort=False)
    return grid.rename(index=_name)


def _bands(ax: plt.Axes, table: pd.DataFrame, y: pd.Series) -> None:
    """Where a claim wants each row's value; without an end, to the end of the axis."""
    ends = table[["wanted_low", "wanted_high"]].to_numpy(float)
    ax.update_datalim([(end, 0) for end in ends[np.isfinite(ends)]])
    ax.autoscale_view(scaley=False)
    left, right = ax.get_xlim()
    low, high = table["wanted_low"].fillna(left), table["wanted_high"].fillna(right)
    has = table[["wanted_low", "wanted_high"]].notna().any(axis=1)
    width = (high.clip(left, right) - low.clip(left, right))[has]
    ax.barh(y[has], width, 0.8, low.clip(left, right)[has], color=_WANTED, zorder=0)
    ax.set_xlim(left, right)


def _dot(ax: plt.Axes, row: dict, y: float, colour: str, marker: str, fill: dict[str, str]) -> None:
    if "low" in row:
        ax.hlines(y, row["low"], row["high"], color=colour)
    if "low_all" in row:
        ax.hlines(y, row["low_all"], row["high_all"], color=colour, linewidth=0.6)
    ax.plot(row["value"], y, marker, color=colour, **fill)
    if not np.isnan(row.get("printed", np.nan)):
        ax.plot(row["printed"], y, **_PRINTED)


def _name(name: object) -> str:
    return method_label(name) if name in ALL_METHODS else str(name).replace("_", " ")
