"""The picture of notebook 07: device information left, against log-loss."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.show.labels import name_beside
from asc_lib.show.style import FAMILY_TITLE, WIDE, look

_DASHED = {"color": "0.35", "linestyle": "--", "linewidth": 0.9, "zorder": 0}


def trade_off(points: pd.DataFrame, chance: float, guessing: float) -> tuple[Figure, np.ndarray]:
    """Log-loss over the device information left, a panel a column, every method a named point.

    `points`: as `beyond.trade_off`, with `label`. `chance`: device accuracy of guessing, 0 to 1.
    `guessing`: log-loss of guessing the scene, nats. Both are drawn where they are in view.
    """
    columns = [c for c in ("overall", "unseen") if c in points]
    fig, axes = plt.subplots(
        len(columns), 1, figsize=(WIDE, 0.4 + 3.2 * len(columns)), sharex=True, squeeze=False
    )
    x = 100 * points["device_accuracy"]
    for ax, column in zip(axes[:, 0], columns, strict=True):
        for method, row in points.iterrows():
            colour, marker = look(method)
            ends = [[row[c] - row[f"{c}_low"], row[f"{c}_high"] - row[c]]
                    for c in ("device_accuracy", column)]  # fmt: skip
            across, along = (np.maximum(e, 0).reshape(2, 1) for e in ends)
            ax.errorbar(
                x[method], row[column], along, 100 * across, fmt=marker, color=colour, markersize=7,
                markeredgecolor="white", markeredgewidth=0.6, elinewidth=1, zorder=3,
                ecolor=(colour, 0.3),
            )  # fmt: skip
        if 100 * chance > x.min() - 10:
            ax.axvline(100 * chance, **_DASHED)
        if guessing < points[column].max() + 0.1:
            ax.axhline(guessing, **(_DASHED | {"linestyle": ":"}))
        ax.set_ylabel(f"log-loss, {FAMILY_TITLE[column]}, nats")
    axes[-1, 0].set_xlabel("device accuracy of a linear probe in % (left: more invariant)")
    fig.suptitle("Does invariance buy log-loss? Guessing the scene: dotted", fontsize=9.5)
    for ax, column in zip(axes[:, 0], columns, strict=True):
        colours = [look(method)[0] for method in points.index]
        name_beside(ax, points["label"].to_list(), x, points[column], colours)
    return fig, axes[:, 0]
