"""Figures 1 and 2 of the paper, drawn from `experiment.dir_spectra`; polar plots; responses."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from asc_lib.data.dirs import DirSet
from asc_lib.experiment.dir_spectra import FREQUENCIES_HZ, ideal_pattern_db
from asc_lib.show.style import PALETTE, WIDE, hertz_axis, side_by_side

_TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
FLOOR_DB = -30.0  # of a polar plot
# columns, share and colour of the bands of `response_bands`, widest first
BANDS = (
    ("q0", "q100", "100 %", "#d3e5f2"),
    ("q10", "q90", "80 %", "#93c0de"),
    ("q25", "q75", "50 %", "#3f8fc6"),
)
# dark blue to light orange: the paper's blue to red, with a lightness that prints
ANGLES_MAP = LinearSegmentedColormap.from_list(
    "angles", plt.get_cmap("plasma")(np.linspace(0.0, 0.78, 256))
)


def set_label(dirs: DirSet) -> str:
    """Title of a set in a figure: its name, simulated or measured, and how many DIRs."""
    return f"{dirs.label}, n = {len(dirs.table)}"


def draw_taps(taps: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """One panel a column: an impulse response by time_ms, in units of its peak."""
    fig, axes = side_by_side(taps.shape[1], 2.4)
    for ax, (title, response) in zip(axes, taps.items(), strict=True):
        ax.plot(response.index, response, lw=0.9)
        ax.set(title=title, xlabel="Time after the peak in ms")
    axes[0].set_ylabel("Amplitude re peak")
    return fig, axes


def draw_bands(bands: Mapping[str, pd.DataFrame]) -> tuple[Figure, np.ndarray]:
    """Figure 1: one panel for each title -> result of `response_bands`."""
    fig, axes = side_by_side(len(bands), 3.6)
    for ax, (title, band) in zip(axes, bands.items(), strict=True):
        for low, high, label, color in BANDS:
            ax.fill_between(band.index, band[low], band[high], color=color, lw=0, label=label)
        ax.plot(band.index, band["mean"], color="#002b49", label="mean")
        frequency_axis(ax)
        ax.set_title(title)
    axes[0].set(ylabel="Level in dB re 0.3-3 kHz mean", ylim=(-60, 30))
    lines, names = axes[0].get_legend_handles_labels()
    fig.legend(lines, names, title="of all DIRs", loc="outside lower center", ncols=4)
    return fig, axes


def draw_fan(fan: pd.DataFrame, title: str) -> tuple[Figure, Axes]:
    """Figure 2: one line for each angle of `angle_fan`, dark (0 degrees) to light (180)."""
    fig, ax = plt.subplots(figsize=(WIDE * 0.8, 3.4))
    shade = Normalize(0, 180)
    for angle in fan.columns:
        bold = angle % 90 == 0
        ax.plot(
            fan.index, fan[angle], color=ANGLES_MAP(shade(angle)), lw=2 if bold else 0.7,
            ls=(0, (4, 1.5)) if angle == 90 else "-", zorder=3 if bold else 2,
            label=f"{angle:g}°" if bold else None,
        )  # fmt: skip
    frequency_axis(ax)
    ax.set(title=title, ylabel="Level in dB re 0.3-3 kHz at 0°")
    ax.legend(loc="lower center", ncols=3)
    scale = plt.cm.ScalarMappable(shade, ANGLES_MAP)
    fig.colorbar(scale, ax=ax, label="Angle in degrees", ticks=range(0, 181, 45))
    return fig, ax


def draw_polar(levels: pd.DataFrame, title: str, pattern: str = "") -> tuple[Figure, Axes]:
    """Polar plot of `polar_levels`, with the ideal pattern of that name in grey."""
    fig, ax = plt.subplots(figsize=(5.6, 4), subplot_kw={"projection": "polar"})
    angles = np.arange(361.0)
    ideal = ideal_pattern_db(pattern, angles)
    if ideal is not None:
        ideal = pd.Series(ideal, angles)
    polar_lines(ax, levels, ideal, f"ideal {pattern.lower()}")
    ax.set_title(title)
    ax.legend(loc="center left", bbox_to_anchor=(1.14, 0.5), title="Level in dB re 0°")
    return fig, ax


def polar_lines(ax: Axes, levels: pd.DataFrame, ideal: pd.Series | None, words: str) -> None:
    """Levels by frequency_hz (rows) and angle (columns) re 0 degrees, over the `ideal` ones."""
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1)
    if ideal is not None:
        ax.plot(np.deg2rad(ideal.index), ideal.clip(FLOOR_DB), color="0.7", lw=4, label=words)
    for row, (frequency, level) in enumerate(levels.iterrows()):
        around = pd.concat([level, level.iloc[:1]]).clip(FLOOR_DB)  # close the circle
        look = {"color": PALETTE[row], "ls": ("-", "--", "-.", ":")[row % 4], "lw": 1.2}
        ax.plot(np.deg2rad(around.index), around, **look, label=f"{frequency / 1000:g} kHz")
    ax.set_rlim(FLOOR_DB, 6)
    ax.set_rticks([-30, -20, -10, 0])


def frequency_axis(ax: Axes, few: bool = False) -> None:
    """A logarithmic axis of the frequencies that are drawn, in kHz."""
    hertz_axis(ax, _TICKS_HZ[1::3] if few else _TICKS_HZ)
    ax.set(xlim=(FREQUENCIES_HZ[0], FREQUENCIES_HZ[-1]), xlabel="Frequency in kHz")
