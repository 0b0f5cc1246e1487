"""The explorer's pictures of one DIR: each draws its data into a figure or a part of one.

They are drawn again for each move of a slider, so their layout is fixed: to find one automatically
costs as much as the drawing. `where` is a figure or a subfigure of about 7.5 x 3.4 inches.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from asc_lib.report.dir_figures import BANDS, FLOOR_DB, frequency_axis, polar_lines
from asc_lib.show.style import PALETTE, WIDE

SIZE = (WIDE, 3.4)
Where = Figure | SubFigure
_EDGES = {"left": 0.09, "right": 0.98, "bottom": 0.15, "top": 0.89}
_DARK = "#002b49"


def blank(width: float, height: float) -> Figure:
    """An empty figure, inches, whose layout stays as it is set."""
    # a figure without an engine would get the style's one as soon as it has been saved
    return Figure((width, height), layout=PlaceHolderLayoutEngine(True, True))


def message(where: Where, title: str, text: str) -> None:
    """A sentence in place of a picture that there is not."""
    where.suptitle(title, fontsize=10)
    where.text(0.5, 0.5, text, ha="center", va="center", fontsize=10, wrap=True)


def impulse(where: Where, title: str, response: pd.Series, window: np.ndarray, words: str) -> Axes:
    """A response by time_ms re its peak: its first ms (left), level, crop and window (right)."""
    left, right = _panels(where, title, 2)
    shape = response / response.abs().max()
    left.plot(shape.index, shape, color=PALETTE[0], lw=1, marker=".", ms=2.5)
    left.set(xlim=(-1, 4), ylabel="Amplitude in units of the peak")
    level = 20 * np.log10(np.maximum(shape.abs(), 1e-5))
    right.plot(level.index, level, color=PALETTE[0], lw=0.7, label="response")
    weights = 20 * np.log10(np.maximum(window, 1e-5))
    right.plot(level.index, weights, color=PALETTE[3], ls="--", lw=1.2, label=words)
    for edge in (level.index[0], level.index[-1]):  # what is cut away lies beyond
        right.axvline(edge, color="0.4", ls=":", lw=1)
    right.set(xlim=(level.index[0] - 1.5, level.index[-1] + 1.5), ylim=(-80, 5))
    right.set_ylabel("Level in dB re peak")
    for ax in (left, right):
        ax.set_xlabel("Time after the peak in ms")
    right.legend(loc="upper right", bbox_to_anchor=(1, 0.9))
    return left


def magnitude(
    where: Where, title: str, level: pd.Series, bands: pd.DataFrame, share: int, ylabel: str
) -> Axes:
    """A response over the band that holds `share` (50, 80 or 100) percent of its set."""
    (ax,) = _panels(where, title, 1)
    low, high, label, color = next(band for band in BANDS if band[2] == f"{share} %")
    ax.fill_between(bands.index, bands[low], bands[high], color=color, lw=0, label=f"{label} band")
    ax.plot(bands.index, bands["mean"], color=_DARK, ls="--", label="mean of the set")
    ax.plot(level.index, level, color=PALETTE[3], lw=2, label="this response")
    lowest, highest = max(bands["q0"].min(), bands["mean"].max() - 70), bands["q100"].max()
    ax.set(ylabel=ylabel, ylim=(10 * np.floor(lowest / 10), 10 * np.ceil(highest / 10 + 0.1)))
    frequency_axis(ax)
    ax.legend(loc="lower left")
    return ax


def polar(
    where: Where, title: str, levels: pd.DataFrame, ideal: pd.Series, angle_deg: float, words: str
) -> Axes:
    """Levels by frequency_hz (rows) and angle (columns) re 0 degrees, over the `ideal` ones."""
    ax = where.add_axes((0.06, 0.1, 0.54, 0.68), projection="polar")
    where.suptitle(title, fontsize=10)
    polar_lines(ax, levels, ideal, words)
    ax.plot(np.deg2rad([angle_deg] * 2), [FLOOR_DB, 6], color="k", lw=1, label=f"{angle_deg:g}°")
    ax.set_xticks(np.deg2rad(range(0, 360, 45)))
    ax.legend(loc="center left", bbox_to_anchor=(1.2, 0.5), title="Level in dB re 0°")
    return ax


def angle_map(where: Where, title: str, levels: pd.DataFrame, angle_deg: float) -> Axes:
    """Level in dB re 0 degrees by frequency_hz (rows) and angle (columns), one angle marked."""
    (ax,) = _panels(where, title, 1)
    where.subplots_adjust(right=0.94)
    mesh = ax.pcolormesh(
        levels.index, levels.columns, levels.T, cmap="cividis", vmin=-30, vmax=5, rasterized=True
    )
    ax.axhline(angle_deg, color="w", lw=2.5)
    ax.axhline(angle_deg, color="k", lw=1, ls="--")
    frequency_axis(ax)
    ax.grid(False)
    ax.set(ylabel="Angle in degrees", yticks=range(0, 361, 45))
    where.colorbar(mesh, ax=ax, label="Level in dB re 0°", pad=0.02, extend="both")
    return ax


def distance(
    where: Where,
    title: str,
    levels: pd.DataFrame,
    change: pd.DataFrame,
    formula: pd.DataFrame,
    words: str,
) -> Axes:
    """Left: level by frequency_hz and distance_m (columns). Right: re the farthest, and formula.

    `levels`: in dB re 1 kHz. `change`: the same less the farthest distance's. `formula`: what
    proximity makes of `change`; `words` says with which pattern.
    """
    left, right = _panels(where, title, 2)
    for number, metres in enumerate(levels):
        look = {"color": PALETTE[(0, 1, 3, 2)[number % 4]], "label": f"{metres:g} m"}
        left.plot(levels.index, levels[metres], **look, ls=("-", "--", ":")[number % 3])
        right.plot(change.index, change[metres], **look)
        right.plot(formula.index, formula[metres], color=look["color"], ls="--", lw=1)
    right.plot([], [], color="0.4", ls="--", lw=1, label=words)
    left.set(ylabel="Level in dB re 1 kHz", ylim=(-20, 15))
    right.set(ylabel=f"Level in dB re {levels.columns[-1]:g} m", ylim=(-6, 12))
    for ax in (left, right):
        frequency_axis(ax, few=True)
        ax.legend(loc="lower left" if ax is left else "upper right")
    return left


def group_delay(where: Where, title: str, delay_ms: pd.Series) -> Axes:
    """Group delay by frequency_hz in ms after the peak; gaps where there is no energy."""
    (ax,) = _panels(where, title, 1)
    ax.axhline(0, color="0.5", lw=0.8)
    ax.plot(delay_ms.index, delay_ms, color=PALETTE[0], marker=".", ms=2.5)
    low, high = np.nanquantile(delay_ms, [0.02, 0.98]) if delay_ms.notna().any() else (0, 0)
    ax.set(ylim=(min(-1.0, low - 0.5), max(3.0, high + 0.5)))
    ax.set_ylabel("Group delay after the peak in ms")
    frequency_axis(ax)
    return ax


def phase(where: Where, title: str, phases: pd.DataFrame) -> Axes:
    """`dir_acoustics.phases` in degrees; gaps where there is no energy."""
    (ax,) = _panels(where, title, 1)
    looks = {"phase": ("-", "0.55", 2.5), "minimum": ("--", PALETTE[0], 1.6)}
    looks["excess"] = ("-.", PALETTE[3], 1.6)
    words = {"phase": "phase", "minimum": "minimum phase", "excess": "excess phase"}
    for name, (line, color, width) in looks.items():
        degrees = np.rad2deg(phases[name])
        ax.plot(degrees.index, degrees, ls=line, color=color, lw=width, label=words[name])
    ax.set_ylabel("Phase in degrees (peak at 0 ms)")
    frequency_axis(ax)
    ax.legend(loc="lower left")
    return ax


def _panels(where: Where, title: str, count: int) -> list[Axes]:
    where.suptitle(title, fontsize=10)
    axes = where.subplots(1, count, squeeze=False)[0]
    where.subplots_adjust(**_EDGES, wspace=0.24)
    return list(axes)
