"""The explorer's pictures of one DIR: each draws its data into an empty figure of `blank`.

They are drawn again for each move of a slider, so their layout is fixed: to find one automatically
costs as much as the drawing.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from asc_lib.dirs.figures import BANDS, DARK, FLOOR_DB, frequency_axis, polar_lines
from asc_lib.show.style import PALETTE, WIDE

_EDGES = {"left": 0.09, "right": 0.98, "bottom": 0.15, "top": 0.89, "wspace": 0.24}


def blank(title: str) -> Figure:
    """An empty figure whose layout stays as it is set."""
    # a figure without an engine would get the style's one as soon as it has been saved
    fig = Figure((WIDE, 3.4), layout=PlaceHolderLayoutEngine(True, True))
    fig.suptitle(title, fontsize=10)
    return fig


def impulse(fig: Figure, response: pd.Series, window: np.ndarray, words: str) -> None:
    """A response by time_ms re its peak: its first ms (left), level, crop and window (right)."""
    left, right = _panels(fig, 2)
    shape = response / response.abs().max()
    left.plot(shape, lw=1, marker=".", ms=2.5)
    left.set(xlim=(-1, 4), ylabel="Amplitude in units of the peak")
    time = shape.index
    right.plot(time, _level(shape), lw=0.7, label="response")
    right.plot(time, _level(window), color=PALETTE[3], ls="--", lw=1.2, label=words)
    for edge in (time[0], time[-1]):  # what is cut away lies beyond
        right.axvline(edge, color="0.4", ls=":", lw=1)
    right.set(xlim=(time[0] - 1.5, time[-1] + 1.5), ylim=(-80, 5), ylabel="Level in dB re peak")
    for ax in (left, right):
        ax.set_xlabel("Time after the peak in ms")
    right.legend(loc="upper right", bbox_to_anchor=(1, 0.9))


def magnitude(fig: Figure, level: pd.Series, bands: pd.DataFrame, share: int, ylabel: str) -> None:
    """A response over the band that holds `share` (50, 80 or 100) percent of its set."""
    (ax,) = _panels(fig)
    low, high, label, colour = next(band for band in BANDS if band[2] == f"{share} %")
    ax.fill_between(bands.index, bands[low], bands[high], color=colour, lw=0, label=f"{label} band")
    ax.plot(bands["mean"], color=DARK, ls="--", lw=1, label="mean of the set")
    ax.plot(level, color=PALETTE[3], lw=2, label="this response")
    lowest, highest = max(bands["q0"].min(), bands["mean"].max() - 70), bands["q100"].max()
    ax.set(ylabel=ylabel, ylim=(10 * np.floor(lowest / 10), 10 * np.ceil(highest / 10 + 0.1)))
    frequency_axis(ax)
    ax.legend(loc="lower left")


def polar(
    fig: Figure, levels: pd.DataFrame, ideal: pd.Series, angle_deg: float, words: str
) -> None:
    """Levels by frequency_hz (rows) and angle (columns) re 0 degrees, over the `ideal` ones."""
    ax = fig.add_axes((0.06, 0.1, 0.54, 0.68), projection="polar")
    polar_lines(ax, levels, ideal, words)
    ax.plot(np.deg2rad([angle_deg] * 2), [FLOOR_DB, 6], color="k", lw=1, label=f"{angle_deg:g}°")
    ax.set_xticks(np.deg2rad(range(0, 360, 45)))
    ax.legend(loc="center left", bbox_to_anchor=(1.2, 0.5), title="Level in dB re 0°")


def angle_map(fig: Figure, levels: pd.DataFrame, angle_deg: float) -> None:
    """Level in dB re 0 degrees by frequency_hz (rows) and angle (columns), one angle marked."""
    (ax,) = _panels(fig)
    fig.subplots_adjust(right=0.94)
    look = {"cmap": "cividis", "vmin": -30, "vmax": 5, "rasterized": True}
    mesh = ax.pcolormesh(levels.index, levels.columns, levels.T, **look)
    ax.axhline(angle_deg, color="w", lw=2.5)
    ax.axhline(angle_deg, color="k", lw=1, ls="--")
    frequency_axis(ax)
    ax.grid(False)
    ax.set(ylabel="Angle in degrees", yticks=range(0, 361, 45))
    fig.colorbar(mesh, ax=ax, label="Level in dB re 0°", pad=0.02, extend="both")


def distance(fig: Figure, levels: pd.DataFrame, formula: pd.DataFrame, words: str) -> None:
    """Left: level by frequency_hz and distance_m (columns). Right: re the farthest, and formula.

    `levels`: in dB re 1 kHz. `formula`: what proximity makes of the right side; `words` says with
    which pattern.
    """
    left, right = _panels(fig, 2)
    farthest = levels.columns[-1]
    for number, metres in enumerate(levels):
        look = {"color": PALETTE[(0, 1, 3, 2)[number % 4]], "label": f"{metres:g} m"}
        left.plot(levels[metres], **look, ls=("-", "--", ":")[number % 3])
        right.plot(levels[metres] - levels[farthest], **look)
        right.plot(formula[metres], color=look["color"], ls="--", lw=1)
    right.plot([], [], color="0.4", ls="--", lw=1, label=words)
    left.set(ylabel="Level in dB re 1 kHz", ylim=(-20, 15))
    right.set(ylabel=f"Level in dB re {farthest:g} m", ylim=(-6, 12))
    for ax in (left, right):
        frequency_axis(ax, few=True)
        ax.legend(loc="lower left" if ax is left else "upper right")


def group_delay(fig: Figure, delay_ms: pd.Series) -> None:
    """Group delay by frequency_hz in ms after the peak; gaps where there is no energy."""
    (ax,) = _panels(fig)
    ax.axhline(0, color="0.5", lw=0.8)
    ax.plot(delay_ms, marker=".", ms=2.5)
    low, high = np.nanquantile(delay_ms, [0.02, 0.98]) if delay_ms.notna().any() else (0, 0)
    ax.set(ylim=(min(-1.0, low - 0.5), max(3.0, high + 0.5)))
    ax.set_ylabel("Group delay after the peak in ms")
    frequency_axis(ax)


def phase(fig: Figure, phases: pd.DataFrame) -> None:
    """`dir_acoustics.phases` in degrees; gaps where there is no energy."""
    (ax,) = _panels(fig)
    looks = ("-", "0.55", 2.5), ("--", PALETTE[0], 1.6), ("-.", PALETTE[3], 1.6)
    for (name, radians), (line, colour, width) in zip(phases.items(), looks, strict=True):
        label = name if name == "phase" else f"{name} phase"
        ax.plot(np.rad2deg(radians), ls=line, color=colour, lw=width, label=label)
    ax.set_ylabel("Phase in degrees (peak at 0 ms)")
    frequency_axis(ax)
    ax.legend(loc="lower left")


def _panels(fig: Figure, count: int = 1) -> list[Axes]:
    axes = fig.subplots(1, count, squeeze=False)[0]
    fig.subplots_adjust(**_EDGES)
    return list(axes)


def _level(gain: np.ndarray | pd.Series) -> np.ndarray:
    return 20 * np.log10(np.maximum(np.abs(gain), 1e-5))
