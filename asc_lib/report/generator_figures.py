"""Figures of the DIR generator (Section 5.3): how it learnt, how far it is off, and where.

Data in, `fig, axes` out; `data`: what was measured on. Tables come from
`experiment.generator_evaluation`.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.data.dirs import BEFORE_PEAK
from asc_lib.experiment.dir_spectra import FREQUENCIES_HZ, level_db
from asc_lib.experiment.generator_diagnosis import TARGET
from asc_lib.experiment.generator_evaluation import GENERATOR, LABELS, REGIONS_HZ, SEEN
from asc_lib.experiment.generator_folds import WORDS
from asc_lib.show.style import PALETTE, WIDE, hertz_axis, side_by_side

ROWS = {SEEN: "generator, on what it learnt from"} | LABELS
LOOK = {
    SEEN: ("0.45", "v"),
    GENERATOR: (PALETTE[3], "X"),
    "interpolation": (PALETTE[0], "o"),
    "nearest": (PALETTE[2], "s"),
    "formula": (PALETTE[4], "D"),
    "mean": (PALETTE[5], "^"),
    "silence": (PALETTE[7], "P"),
}
_STYLES = {"generator": "--", "other": ":"}
_OWN = "the set's own"


def learning(histories: Mapping[str, pd.DataFrame], data: str) -> tuple[Figure, np.ndarray]:
    """Error of the batches and both adversarial losses over the steps, a line a training."""
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 3.2))
    for number, (fold, history) in enumerate(histories.items()):
        look = {"color": PALETTE[number % 10], "marker": "osD^vPX<>*"[number % 10], "markevery": 4}
        axes[0].plot(history["step"], 100 * history["error_share"], label=fold, ms=4, **look)
        axes[1].plot(history["step"], history["discriminator"], ms=4, **look)
    axes[0].axhline(100, color="0.35", ls="--", lw=0.9)
    axes[0].annotate("silence", (0.99, 100), xycoords=("axes fraction", "data"), ha="right",
                     va="bottom", fontsize=8)  # fmt: skip
    axes[0].set(yscale="log", ylabel="MSE in % of silence's")
    ticks = [3, 10, 30, 100, 300, 1000]
    axes[0].set_yticks(ticks, map(str, ticks))
    axes[0].minorticks_off()
    axes[1].axhline(2 * np.log(2), color="0.35", ls="--", lw=0.9)
    axes[1].annotate("cannot tell", (0.99, 2 * np.log(2)), xycoords=("axes fraction", "data"),
                     ha="right", va="bottom", fontsize=8)  # fmt: skip
    axes[1].set(ylabel="discriminator's loss in nats", ylim=(0, None))
    for ax in axes:
        ax.set_xlabel("steps of the generator")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5,
               title="held out")  # fmt: skip
    fig.suptitle(f"Training of the generator ({data})", fontsize=10)
    return fig, axes


def scores(table: pd.DataFrame, data: str) -> tuple[Figure, np.ndarray]:
    """Error of each method on what was held out, with intervals: a column a kind of hold-out.

    `table`: as `generator_evaluation.summary`.
    """
    kinds = list(dict.fromkeys(table["held_out"]))
    methods = [method for method in ROWS if method != "silence"]
    words = {"lsd_db": "log-spectral distance in dB", "error_share": "MSE in % of silence's"}
    fig, axes = plt.subplots(2, len(kinds), figsize=(WIDE, 4.4), sharex="row", sharey="row",
                             squeeze=False)  # fmt: skip
    for of_measure, measure in zip(axes, words, strict=True):
        for ax, kind in zip(of_measure, kinds, strict=True):
            part = table[(table["held_out"] == kind) & (table["measure"] == measure)]
            part = part.set_index("method")
            factor = 100 if measure == "error_share" else 1
            for y, method in enumerate(methods):
                colour, marker = LOOK[method]
                value, low, high = (factor * part.loc[method, ["value", "low", "high"]]).astype(
                    float
                )
                ax.hlines(y, low, high, color=colour, lw=1.4)
                ax.plot(value, y, marker, color=colour, ms=6)
            if measure == "error_share":
                ax.set_xscale("log")
                ax.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
                ax.minorticks_off()
            else:
                ax.set_xlim(0, None)
                ax.set_title(WORDS[kind], fontsize=9)
        # once a row: a label a panel would run into its neighbour's
        of_measure[len(kinds) // 2].set_xlabel(words[measure])
        of_measure[0].set_yticks(range(len(methods)), [ROWS[m] for m in methods])
        of_measure[0].set_ylim(len(methods) - 0.4, -0.6)
    fig.suptitle(f"Error on what was held out; better to the left ({data})", fontsize=10)
    return fig, axes


def regions(table: pd.DataFrame, data: str) -> tuple[Figure, np.ndarray]:
    """Log-spectral distance by frequency region: a panel a kind of hold-out, a line a method.

    `table`: as `generator_evaluation.regions`.
    """
    kinds = list(dict.fromkeys(table["held_out"]))
    fig, axes = side_by_side(len(kinds), 2.9)
    names = list(REGIONS_HZ)
    for ax, kind in zip(axes, kinds, strict=True):
        methods = list(dict.fromkeys(table["method"]))
        for number, method in enumerate(methods):
            of = table[(table["held_out"] == kind) & (table["method"] == method)]
            of = of.set_index("region").loc[names]
            colour, marker = LOOK[method]
            x = np.arange(len(names)) + 0.14 * (number - (len(methods) - 1) / 2)
            ax.vlines(x, of["low"], of["high"], color=colour, lw=1.2)
            ax.plot(x, of["value"], marker, color=colour, label=ROWS[method], ls="none")
        ax.set_title(WORDS[kind], fontsize=9)
        ax.set_xlabel("frequency in kHz")
        ax.set_xticks(range(len(names)), names, fontsize=7.5)
    axes[0].set(ylabel="log-spectral distance in dB", ylim=(0, None))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    fig.suptitle(
        f"Where in the spectrum the error on held-out responses lies ({data})", fontsize=10
    )
    return fig, axes


def examples(
    found: Mapping[str, Mapping[str, np.ndarray]], titles: Sequence[str], rate: int, data: str
) -> tuple[Figure, np.ndarray]:
    """Responses and their levels, a column an example: the set's own, generated, a baseline's.

    `found`: by name of the example, its responses (1024,) by "target", "generator" and another.
    """
    fig, axes = plt.subplots(2, len(found), figsize=(WIDE, 4.6), squeeze=False)
    for (top, bottom), title, responses in zip(axes.T, titles, found.values(), strict=True):
        time_ms = 1000 * (np.arange(len(responses[TARGET])) - BEFORE_PEAK) / rate
        for name, response in responses.items():
            look = _line(name)
            top.plot(time_ms, response, **look)
            level = level_db(response[None], FREQUENCIES_HZ, rate)[0]
            bottom.plot(FREQUENCIES_HZ, level, **look)
        top.set(xlim=(-0.5, 1.5), xlabel="time from the peak in ms")
        top.set_title(title, fontsize=8)
        hertz_axis(bottom, (50, 200, 1000, 5000))
        bottom.set_xlabel("frequency in kHz")
    axes[0, 0].set_ylabel("response")
    axes[1, 0].set_ylabel("level in dB")
    handles = {
        handle.get_label(): handle for ax in axes[0] for handle in ax.get_legend_handles_labels()[0]
    }
    fig.legend(handles=list(handles.values()), loc="outside lower center", ncols=4)
    fig.suptitle(f"Responses that no training saw ({data})", fontsize=10)
    return fig, axes


def _line(name: str) -> dict[str, object]:
    if name == TARGET:
        return {"color": "black", "lw": 2.2, "alpha": 0.55, "label": _OWN}
    return {"color": LOOK[name][0], "lw": 1.2, "ls": _STYLES.get(name, ":"), "label": LABELS[name]}


def proximity(levels: pd.DataFrame, title: str) -> tuple[Figure, np.ndarray]:
    """Level against the farthest distance, by frequency: the set's, generated, by the formula.

    `levels`: rows frequency_hz, columns (who, distance_m); who is target, generator or formula.
    """
    who = list(dict.fromkeys(levels.columns.get_level_values(0)))
    fig, axes = side_by_side(len(who), 2.8)
    distances = list(dict.fromkeys(levels.columns.get_level_values(1)))
    for ax, name in zip(axes, who, strict=True):
        for number, metres in enumerate(distances):
            ax.plot(levels.index, levels[(name, metres)], color=PALETTE[number],
                    ls=("-", "--", ":")[number % 3], label=f"{metres:g} m")  # fmt: skip
        ax.set_title({TARGET: _OWN, "formula": LABELS["formula"]}.get(name, name), fontsize=9)
        hertz_axis(ax, (50, 100, 200, 500, 1000, 3000))
        ax.set_xlabel("frequency in kHz")
        ax.axhline(0, color="0.35", lw=0.8)
    axes[0].set_ylabel(f"level in dB re {distances[-1]:g} m")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    fig.suptitle(title, fontsize=10)
    return fig, axes


def far_from_all(table: pd.DataFrame, data: str) -> tuple[Figure, plt.Axes]:
    """Error of whole microphones over their distance to the nearest seen one, a mark each.

    `table`: columns `configuration distance generator nearest`, the last two in dB.
    """
    fig, ax = plt.subplots(figsize=(0.72 * WIDE, 3.2))
    for method in ("nearest", GENERATOR):
        colour, marker = LOOK[method]
        ax.plot(table["distance"], table[method], marker, color=colour, label=LABELS[method], ls="")
    for row in table.itertuples():
        ax.plot([row.distance] * 2, [row.nearest, row.generator], color="0.7", lw=0.8, zorder=0)
    ax.set(xlabel="distance in the twelve scaled variables to the nearest seen microphone",
           ylabel="log-spectral distance in dB", ylim=(0, None))  # fmt: skip
    ax.legend()
    ax.set_title(f"Microphones that were never seen ({data})")
    return fig, ax
