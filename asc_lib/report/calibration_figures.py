"""Pictures of calibration: accuracy by confidence, and how often which confidence is given.

Data in, `fig, ax` out; `data`: what was measured on; tables as `experiment.calibration` gives them.
"""

from collections.abc import Mapping
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.show.style import PALETTE, WIDE


class Calibrated(NamedTuple):
    """One panel: clips of some devices."""

    table: pd.DataFrame  # `calibration.reliability`
    intervals: pd.DataFrame  # `calibration.accuracy_intervals`
    error: float  # expected calibration error, 0 to 1


def reliability_diagram(groups: Mapping[str, Calibrated], data: str) -> tuple[Figure, np.ndarray]:
    """Above: accuracy of each bin over its mean confidence; below: share of clips in each bin.

    `groups`: title -> what is drawn in its panel; all with the same bins.
    """
    fig, axes = plt.subplots(
        2, len(groups), figsize=(WIDE if len(groups) > 1 else WIDE * 0.6, 4.6), sharex=True,
        sharey="row", height_ratios=[2.6, 1], squeeze=False,
    )  # fmt: skip
    for (above, below), (title, (table, ends, error)) in zip(axes.T, groups.items(), strict=True):
        filled = table["clips"] > 0
        some, ends = table[filled], ends[filled]
        above.plot([0, 1], [0, 1], "--", color="0.35", linewidth=0.9, label="as sure as right")
        above.vlines(some["confidence"], some["accuracy"], some["confidence"], color="0.75", lw=3)
        spans = [some["accuracy"] - ends["low"], ends["high"] - some["accuracy"]]
        above.errorbar(
            some["confidence"], some["accuracy"], np.maximum(spans, 0), fmt="o", markersize=4,
            color=PALETTE[0], elinewidth=1, label="accuracy of the bin, 95 % interval",
        )  # fmt: skip
        above.set(xlim=(0, 1), ylim=(0, 1), title=f"{title}\n{table['clips'].sum():,} clips")
        above.text(0.04, 0.94, f"ECE {error:.3f}", transform=above.transAxes, va="top")
        width = 1 / len(table)
        share = 100 * table["clips"] / table["clips"].sum()
        below.bar(
            (table["bin"] - 0.5) * width, share, width, color=PALETTE[0], edgecolor="white", lw=0.5
        )
        mean = (some["confidence"] * some["clips"]).sum() / some["clips"].sum()
        right = (some["accuracy"] * some["clips"]).sum() / some["clips"].sum()
        below.axvline(mean, color="0.15", linestyle="-", lw=1.2, label="mean confidence")
        below.axvline(right, color=PALETTE[3], linestyle=":", lw=1.8, label="accuracy")
        below.set_xlabel("confidence (probability of the scene named)")
    axes[0, 0].set_ylabel("accuracy")
    axes[1, 0].set_ylabel("% of clips")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    more = axes[1, 0].get_legend_handles_labels()
    fig.legend(handles + more[0], labels + more[1], loc="outside lower center", ncols=2)
    fig.suptitle(f"Reliability ({data})", fontsize=10)
    return fig, axes
