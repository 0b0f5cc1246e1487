"""The audit as a picture: what was checked where, and "Overall" as printed and as recomputed."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asc_lib.report import paper
from asc_lib.report.audit import AGREES, VERDICTS
from asc_lib.report.paper_text import OPEN, SLIP
from asc_lib.show.style import PALETTE, WIDE

# colour and hatch: told apart in grey
LOOK = {AGREES: ("0.86", ""), SLIP: (PALETTE[3], ""), OPEN: ("white", "/////")}


def counts(checks: pd.DataFrame) -> pd.DataFrame:
    """Number of checks by place (table or section, the first named) and verdict."""
    place = checks["where"].str.split(",").str[0]
    table = pd.crosstab(place, checks["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    return table.loc[sorted(table.index, key=_as_read)].rename_axis("place")


def _as_read(place: str) -> tuple[int, str]:
    """Abstract, sections, tables."""
    return ["Abstract", "Sec.", "Table"].index(place.split()[0]), place


def draw_audit(checks: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Checks by place and verdict on the left, "Overall" of Table 3 on the right; axes (2,).

    `checks`: result of `audit.audit`.
    """
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 3.6), width_ratios=[1.15, 1])
    _draw_counts(axes[0], counts(checks))
    _draw_overall(axes[1], checks)
    fig.suptitle(f"The paper's numbers, checked ({paper.DATA_LABEL})", fontsize=10)
    return fig, axes


def _draw_counts(ax: Axes, table: pd.DataFrame) -> None:
    left = np.zeros(len(table))
    for verdict, (colour, hatch) in LOOK.items():
        ax.barh(
            table.index, table[verdict], 0.7, left, color=colour, hatch=hatch, edgecolor="0.3",
            lw=0.6, label=verdict,
        )  # fmt: skip
        left += table[verdict].to_numpy()
    ax.invert_yaxis()
    ax.set(xlabel="number of checks", title="By place and verdict")
    ax.grid(False, axis="y")
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.9))


def _draw_overall(ax: Axes, checks: pd.DataFrame) -> None:
    overall = checks[checks["what"].str.endswith(": Overall")]
    for y, (_, check) in enumerate(overall.iterrows()):
        ax.plot([check["printed"], check["recomputed"]], [y, y], color="0.6", zorder=1)
    ax.plot(
        overall["printed"], range(len(overall)), "D", color="0.25", mfc="white", label="printed"
    )
    ax.plot(
        overall["recomputed"], range(len(overall)), "o", color=PALETTE[0],
        label="mean of its nine devices",
    )  # fmt: skip
    ax.set_yticks(range(len(overall)), overall["what"].str.removesuffix(": Overall"))
    ax.set(xlabel="log-loss in nats", title='"Overall" of Table 3', ylim=(len(overall), -0.6))
    ax.legend(loc="lower center", ncols=2, fontsize=7, columnspacing=1, handletextpad=0.2)
    ax.grid(False, axis="y")
