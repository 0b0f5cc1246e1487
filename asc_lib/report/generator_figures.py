"""Pictures of the DIR generator (Section 5.3): how it learnt, and what it makes of a distance."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.experiment.generator_evaluation import TARGET
from asc_lib.show.style import PALETTE, hertz_axis, side_by_side

_STYLES = ("-", "--", "-.", ":")


def learning(histories: Mapping[str, pd.DataFrame]) -> tuple[Figure, np.ndarray]:
    """Error and the discriminator's loss by step, a line a fold; axes (2,)."""
    fig, axes = side_by_side(2, 2.8, sharey=False)
    for number, (fold, history) in enumerate(histories.items()):
        look = {"color": PALETTE[number % 10], "ls": _STYLES[number % 4]}
        axes[0].plot(history["step"], 100 * history["error_share"], label=fold, **look)
        axes[1].plot(history["step"], history["discriminator"], **look)
    for ax, value, words in zip(axes, (100, 2 * np.log(2)), ("silence", "coin toss"), strict=True):
        ax.axhline(value, color="0.35", linestyle="--", linewidth=0.9)
        ax.annotate(words, (0.99, value), xycoords=("axes fraction", "data"), ha="right",
                    va="bottom", fontsize=8)  # fmt: skip
        ax.set(xlabel="step", xlim=(0, None), ylim=(0, None))
    axes[0].set_ylabel("error in % of silence's")
    axes[1].set_ylabel("discriminator's loss in nats")
    fig.legend(loc="outside lower center", ncols=4)
    return fig, axes


def proximity(levels: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Level against the farthest distance, by frequency: the set's, generated, by the formula.

    `levels`: as `generator_evaluation.proximity_levels`.
    """
    names = {TARGET: "the set's own", "generator": "generated", "formula": "first-order formula"}
    fig, axes = side_by_side(len(names), 2.6)
    for ax, (name, title) in zip(axes, names.items(), strict=True):
        for number, metres in enumerate(levels[name]):
            ax.plot(levels.index, levels[(name, metres)], color=PALETTE[number],
                    ls=_STYLES[number % 4], label=f"{metres:g} m")  # fmt: skip
        hertz_axis(ax, (50, 200, 1000))
        ax.set(title=title, xlabel="frequency in kHz")
    axes[0].set_ylabel("level in dB re the farthest")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig, axes
