"""The ledger of claims as a picture: each effect with its interval, and where the claim wants it.

Data in, `fig, axes` out; `data`: what was measured on. The numbers come from
`asc_lib.experiment.ledger.keep`.
"""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from asc_lib.experiment.ledger import BUILT_IN, CONTRADICTED, NOT_TESTED, SUPPORTED, UNDECIDED
from asc_lib.report import paper
from asc_lib.show.style import PALETTE, WIDE

# colour, marker, face: told apart without colour, too
LOOK = {
    SUPPORTED: (PALETTE[0], "o", PALETTE[0]),
    CONTRADICTED: (PALETTE[3], "X", PALETTE[3]),
    UNDECIDED: ("0.35", "D", "white"),
    BUILT_IN: ("0.55", "s", "0.55"),
}
_PRINTED = {"marker": "|", "color": "black", "ms": 9, "mew": 1.6, "ls": "none"}
_WANTED = "0.91"


def draw_ledger(table: pd.DataFrame, data: str) -> tuple[Figure, np.ndarray]:
    """One panel for each group and unit, one row a claim; claims that are not tested keep theirs.

    Args:
        table: result of `ledger.keep`; a column `printed` (effects in the paper's own tables,
            missing where there is none) is drawn as a stroke.
    """
    panels = [part for _, part in table.groupby(["group", "unit"], sort=False)]
    heights = [len(part) + 1.6 for part in panels]
    fig, axes = plt.subplots(
        len(panels), 1, figsize=(WIDE, 0.9 + 0.225 * sum(heights)), height_ratios=heights,
        squeeze=False,
    )  # fmt: skip
    for ax, part in zip(axes[:, 0], panels, strict=True):
        _draw_panel(ax, part)
    handles = [
        Line2D([], [], color=colour, marker=marker, mfc=face, ls="-", label=verdict)
        for verdict, (colour, marker, face) in LOOK.items()
        if verdict != BUILT_IN or BUILT_IN in set(table["verdict"])
    ]
    handles.append(Patch(color=_WANTED, label="where the claim wants it"))
    if "printed" in table and table["printed"].notna().any():
        handles.append(Line2D([], [], label=paper.DATA_LABEL, **_PRINTED))
    fig.legend(handles=handles, loc="outside lower center", ncols=3)
    fig.suptitle(f"The paper's claims: effects with 95 % intervals ({data})", fontsize=10)
    return fig, axes[:, 0]


def _draw_panel(ax: Axes, part: pd.DataFrame) -> None:
    low, high = _limits(part)
    for y, (_, claim) in enumerate(part.iterrows()):
        if claim["verdict"] == NOT_TESTED:
            ax.annotate(
                f"{NOT_TESTED}: {claim['remark']}", (0.01, y), xycoords=("axes fraction", "data"),
                fontsize=6.5, style="italic", va="center",
                bbox={"color": "white", "pad": 0.5},
            )  # fmt: skip
            continue
        wanted = np.clip([claim["above"], claim["below"]], low, high)
        ax.barh(y, wanted[1] - wanted[0], 0.84, wanted[0], color=_WANTED, zorder=0)
        colour, marker, face = LOOK[claim["verdict"]]
        ax.hlines(y, claim["low"], claim["high"], color=colour, lw=1.3)
        ax.plot(claim["effect"], y, marker, color=colour, mfc=face, ms=5.5)
        if np.isfinite(claim.get("printed", np.nan)):
            ax.plot(claim["printed"], y, **_PRINTED)
    ax.axvline(0, color="0.35", ls="--", lw=0.9, zorder=1)
    labels = [textwrap.fill(f"{c['id']}  {c['claim']}", 58) for _, c in part.iterrows()]
    ax.set_yticks(range(len(part)), labels, fontsize=6.8, linespacing=0.9)
    ax.set(xlim=(low, high), ylim=(len(part) - 0.4, -0.6))
    ax.set_xlabel(part["unit"].iloc[0], fontsize=8, labelpad=1)
    ax.set_title(part["group"].iloc[0], fontsize=9, loc="left", pad=3)
    ax.tick_params(axis="x", labelsize=7)
    ax.tick_params(axis="y", length=0)
    if (part["verdict"] == NOT_TESTED).all():
        ax.set_xticks([])
    ax.grid(False, axis="y")


def _limits(part: pd.DataFrame) -> tuple[float, float]:
    """Around every effect, interval and finite bound, and 0."""
    columns = [c for c in ("effect", "low", "high", "printed", "above", "below") if c in part]
    tested = part[part["verdict"] != NOT_TESTED]
    values = np.append(tested[columns].to_numpy(float).ravel(), 0.0)
    values = values[np.isfinite(values)]
    margin = 0.06 * (np.ptp(values) or 1)
    return float(values.min() - margin), float(values.max() + margin)
