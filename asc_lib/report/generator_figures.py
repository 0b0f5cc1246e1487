"""Pictures of the DIR generator (Section 5.3): how it learnt, what it makes, distances."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.data.dirs import BEFORE_PEAK
from asc_lib.experiment.dir_spectra import FREQUENCIES_HZ, level_db
from asc_lib.experiment.generator_evaluation import TARGET
from asc_lib.show.style import PALETTE, WIDE, hertz_axis, side_by_side

_OWN = "the set's own"
_LINES = {
    TARGET: {"color": "black", "lw": 2.2, "alpha": 0.55, "label": _OWN},
    "generator": {"color": PALETTE[3], "lw": 1.2, "ls": "--", "label": "generated"},
    "interpolation": {"color": PALETTE[0], "lw": 1.2, "ls": ":", "label": "interpolated"},
}


def learning(histories: Mapping[str, pd.DataFrame]) -> tuple[Figure, np.ndarray]:
    """Error and the discriminator's loss by step, a line a fold; axes (2,)."""
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 2.8), sharex=True)
    for number, (fold, history) in enumerate(histories.items()):
        look = {"color": PALETTE[number % 10], "ls": ("-", "--", "-.", ":")[number % 4]}
        axes[0].plot(history["step"], 100 * history["error_share"], label=fold, **look)
        axes[1].plot(history["step"], history["discriminator"], **look)
    axes[1].axhline(2 * np.log(2), color="0.35", linestyle="--", linewidth=0.9)
    axes[0].set(xlabel="step", ylabel="error of a batch, % of silence's", ylim=(0, None))
    axes[1].set(xlabel="step", ylabel="discriminator's loss, nats")
    fig.legend(loc="outside lower center", ncols=4)
    return fig, axes


def examples(
    found: Mapping[str, Mapping[str, np.ndarray]], titles: Sequence[str], rate: int
) -> tuple[Figure, np.ndarray]:
    """Responses and their levels, a column an example: the set's own, generated, interpolated.

    `found`: by name of the example, its responses (1024,).
    """
    fig, axes = plt.subplots(2, len(found), figsize=(WIDE, 4.4), sharey="row", squeeze=False)
    for (top, bottom), title, responses in zip(axes.T, titles, found.values(), strict=True):
        time_ms = 1000 * (np.arange(len(responses[TARGET])) - BEFORE_PEAK) / rate
        for name, response in responses.items():
            top.plot(time_ms, response, **_LINES[name])
            level = level_db(response[None], FREQUENCIES_HZ, rate)[0]
            bottom.plot(FREQUENCIES_HZ, level, **_LINES[name])
        top.set(xlim=(-0.5, 1.5), xlabel="time from the peak in ms")
        top.set_title(title, fontsize=8)
        hertz_axis(bottom, (50, 200, 1000, 5000))
        bottom.set_xlabel("frequency in kHz")
    axes[0, 0].set_ylabel("response")
    axes[1, 0].set_ylabel("level in dB")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig, axes


def proximity(levels: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Level against the farthest distance, by frequency: the set's, generated, by the formula.

    `levels`: as `generator_evaluation.proximity_levels`.
    """
    fig, axes = side_by_side(levels.columns.get_level_values(0).nunique(), 2.6)
    names = {TARGET: _OWN, "generator": "generated", "formula": "first-order formula"}
    for ax, name in zip(axes, dict.fromkeys(levels.columns.get_level_values(0)), strict=True):
        for number, metres in enumerate(levels[name]):
            ax.plot(levels.index, levels[(name, metres)], color=PALETTE[number],
                    ls=("-", "--", ":")[number % 3], label=f"{metres:g} m")  # fmt: skip
        ax.set_title(names[name])
        hertz_axis(ax, (50, 200, 1000))
        ax.set_xlabel("frequency in kHz")
    axes[0].set_ylabel("level in dB re the farthest")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig, axes
