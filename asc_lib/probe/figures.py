"""Pictures and tables of notebook 04: every encoder read by every probe, maps of embeddings."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.methods import ALL_METHODS
from asc_lib.probe.ladder import LOG_MEL, SHUFFLED, UNTRAINED
from asc_lib.show.forest import forest
from asc_lib.show.style import PALETTE, WIDE

_CONTROLS = {
    UNTRAINED: "untrained encoder", LOG_MEL: "log-mel statistics", SHUFFLED: "shuffled devices",
}  # fmt: skip
_WORDS = {
    "linear_raw": "linear raw", "linear_standardised": "linear standardised",
    "two_layer": "two layers", "unseen less seen": "unseen minus seen",
    "gap less untrained's": "gap minus untrained's",
}  # fmt: skip
LABELS = {name: method.label for name, method in ALL_METHODS.items()} | _CONTROLS
LABELS["chance"] = "guessing"


def in_percent(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """A table of shares as `forest` draws it: `value low high` in percent, controls in words."""
    ends = 100 * table[[column, "low", "high"]].set_axis(["value", "low", "high"], axis=1)
    return table.replace(_CONTROLS | _WORDS).assign(**ends)


def ladder(table: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Every encoder read by every probe, a panel a probe: `probe_intervals.ladder_table`."""
    means = in_percent(table[table["seed"] == "mean"], "balanced_accuracy")
    label = "device accuracy in % (dashed: guessing)"
    return forest(means, label, rows="encoder", panels="probe", line=100 * table["chance"].iloc[0])


def maps(points: Mapping[str, np.ndarray], device: np.ndarray) -> tuple[Figure, np.ndarray]:
    """A map of embeddings a panel, three devices coloured: one of each family, where there are.

    `points`: by encoder, (clips, 2). `device`: of the clips.
    """
    present = [d for d in dict.fromkeys(["a", "s1", "s4", *sorted(set(device))]) if d in device]
    rows = -(-(len(points) + 1) // 3)
    fig, axes = plt.subplots(rows, 3, figsize=(WIDE, 2.1 * rows), squeeze=False)
    for ax, (encoder, at) in zip(axes.flat, points.items(), strict=False):
        rest = ~np.isin(device, present[:3])
        ax.plot(*at[rest].T, ".", color="0.85", markersize=3, label="other devices")
        for number, name in enumerate(present[:3]):
            ax.plot(*at[device == name].T, "osD"[number], color=PALETTE[number], markersize=2.5,
                    markeredgewidth=0, label=f"device {name.upper()}")  # fmt: skip
        ax.set(xticks=[], yticks=[], title=LABELS[encoder])
    handles = axes[0, 0].get_legend_handles_labels()
    for ax in axes.flat[len(points) :]:
        ax.axis("off")
    axes.flat[len(points)].legend(*handles, loc="center", markerscale=2.5)
    return fig, axes
