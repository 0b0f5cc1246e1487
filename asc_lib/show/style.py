"""How figures look: colours, markers and names of methods, sizes, heat maps."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from asc_lib.methods import ALL_METHODS, METHODS

# after Okabe and Ito: blue, orange, green, vermilion, purple, ...
PALETTE: list[str] = sns.color_palette("colorblind").as_hex()
DPI = 150
# inches: one column, and the full width of a page
NARROW, WIDE = 4.2, 6.5
SHOWN_DPI = 100
# one colour and one marker a method, in every figure: readable in grey, too
METHOD_LOOK = dict(zip(METHODS, zip(PALETTE, "osD^v", strict=False), strict=False))
# more methods than colours: what shares a colour has another marker
_MORE_COLOURS = [PALETTE[5], "#c51b7d", *PALETTE[7:10:2], "#6a51a3", "0.2", *PALETTE[:5]]
_MORE_MARKERS = "P*<>Xph8Hd"
FAMILY_TITLE = {
    "real": "real devices",
    "simulated": "simulated devices",
    "unseen": "unseen devices",
    "overall": "overall",
    "further": "further devices",  # unseen, too; not in overall
}
GUESSING = float(np.log(10))  # log-loss of ten scenes, nats


def use_style() -> None:
    """Set matplotlib up for figures that read well on paper, in grey and for the colour-blind."""
    sns.set_theme(
        context="paper",
        style="ticks",
        palette=PALETTE,
        rc={
            "figure.constrained_layout.use": True,
            "figure.figsize": (WIDE, 3.2),
            "figure.dpi": SHOWN_DPI,
            "figure.max_open_warning": 0,
            "font.size": 9,
            "axes.titlesize": 10,
            "axes.labelsize": 9,
            "xtick.labelsize": 8,
            "ytick.labelsize": 8,
            "legend.fontsize": 8,
            "legend.frameon": False,
            "axes.grid": True,
            "grid.color": "0.88",
            "grid.linewidth": 0.6,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "lines.linewidth": 1.4,
            "lines.markersize": 5,
            "lines.markeredgewidth": 1.0,
            # text in a PDF stays text
            "pdf.fonttype": 42,
        },
    )


def side_by_side(count: int, height: float, **more: Any) -> tuple[Figure, np.ndarray]:
    """A figure of a page's width, inches high, with (count,) panels that share their axes."""
    shared = {"sharex": True, "sharey": True, "squeeze": False} | more
    fig, axes = plt.subplots(1, count, figsize=(WIDE, height), **shared)
    return fig, axes[0]


def heat(ax: Axes, table: pd.DataFrame, form: str, points: float = 7, **look: Any) -> QuadMesh:
    """A heat map with its numbers written in (`form`, such as "{:.2f}"; empty: none).

    Names lose their underscores; what is NaN stays white. `look`: seaborn.heatmap's, such as cmap.
    """
    numbers = table.map(lambda value: form.format(value) if pd.notna(value) else "")
    names = {
        "xticklabels": [str(name).replace("_", " ") for name in table.columns],
        "yticklabels": [str(name).replace("_", " ") for name in table.index],
    }
    sns.heatmap(
        table.astype(float), ax=ax, annot=numbers if form else None, fmt="", cbar=False,
        annot_kws={"fontsize": points}, **names, **look,
    )  # fmt: skip
    ax.tick_params(axis="y", labelrotation=0)
    ax.grid(False)
    ax.set(xlabel="", ylabel="")
    return ax.collections[0]


def hertz_axis(ax: Axes, ticks_hz: Sequence[int]) -> None:
    """A logarithmic axis of frequencies, labelled in kHz at these ticks and nowhere else.

    Its dozens of small ticks would cost half of a picture's drawing.
    """
    ax.set_xscale("log")
    ax.set_xticks(ticks_hz, [f"{hertz / 1000:g}" for hertz in ticks_hz])
    ax.xaxis.set_minor_locator(NullLocator())


def data_word(simulated: bool) -> str:
    """The word that every title and label carries about its data."""
    return "simulated" if simulated else "measured"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 seed", "3 seeds"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def look(method: str) -> tuple[str, str]:
    """Colour and marker of a row of the table of methods; the same wherever it stands."""
    if method in METHOD_LOOK:
        return METHOD_LOOK[method]
    further = [name for name in ALL_METHODS if name not in METHOD_LOOK]
    number = further.index(method)
    return (_MORE_COLOURS[number % len(_MORE_COLOURS)], _MORE_MARKERS[number % len(_MORE_MARKERS)])


def method_label(method: str) -> str:
    """What the table of methods calls it."""
    return ALL_METHODS[method].label
