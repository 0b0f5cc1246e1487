"""Figures 1 and 2 of the paper, polar plots, and a DIR in log-mel."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize, SymLogNorm
from matplotlib.figure import Figure

from asc_lib.dirs.spectra import FREQUENCIES_HZ, OMNI_PART, pattern_db
from asc_lib.show.style import NARROW, PALETTE, WIDE, hertz_axis

_TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
FLOOR_DB = -30.0  # of a polar plot
# columns, share and colour of the bands of `response_bands`, widest first
BANDS = (
    ("q0", "q100", "100 %", "#d3e5f2"),
    ("q10", "q90", "80 %", "#93c0de"),
    ("q25", "q75", "50 %", "#3f8fc6"),
)
DARK = "#002b49"
# as in the paper; blue and red are told apart by all, and grey from both by its lightness
ANGLES_MAP = LinearSegmentedColormap.from_list("angles", ["#1f5fa8", "0.68", "#b2182b"])


def draw_bands(bands: Mapping[str, pd.DataFrame], across: int = 0) -> tuple[Figure, np.ndarray]:
    """Figure 1: one panel for each title -> result of `response_bands`, `across` in a row (0: all).

    The axis ends at -40 and 20 dB; what lies beyond is one response of many.
    """
    across = across or len(bands)
    rows = len(bands) // across
    fig, axes = plt.subplots(
        rows, across, figsize=(WIDE, 0.8 + 2.3 * rows), sharex=True, sharey=True, squeeze=False
    )
    for ax, (title, band) in zip(axes.flat, bands.items(), strict=True):
        for low, high, label, colour in BANDS:
            ax.fill_between(band.index, band[low], band[high], color=colour, lw=0, label=label)
        ax.plot(band.index, band["mean"], color=DARK, lw=0.9, label="mean")
        frequency_axis(ax, few=across > 2)
        ax.set(title=title, ylim=(-40, 20))
        ax.label_outer()
    fig.supylabel("level in dB", fontsize=9)
    lines, names = axes[0, 0].get_legend_handles_labels()
    names = [f"{name} of all" if "%" in name else name for name in names]
    fig.legend(lines, names, loc="outside lower center", ncols=4)
    return fig, axes


def draw_fan(fan: pd.DataFrame) -> tuple[Figure, Axes]:
    """Figure 2: one line for each angle of `angle_fan`, blue (0 degrees), grey, red (180)."""
    fig, ax = plt.subplots(figsize=(WIDE, 3.4))
    shade = Normalize(0, 180)
    at_1_khz = fan.index[np.abs(fan.index - 1000).argmin()]
    for angle in fan.columns:
        bold, colour = angle % 90 == 0, ANGLES_MAP(shade(angle))
        ax.plot(fan.index, fan[angle], color=colour, lw=2 if bold else 0.7, zorder=3 if bold else 2)
        if bold:
            ax.text(
                at_1_khz, fan.loc[at_1_khz, angle], f"{angle:g}°", ha="center", va="center",
                fontsize=8, zorder=4, bbox={"facecolor": "white", "edgecolor": colour, "pad": 1.5},
            )  # fmt: skip
    frequency_axis(ax)
    ax.set(ylabel="level in dB re 0.3-3 kHz at the front")
    scale = ScalarMappable(shade, ANGLES_MAP)
    fig.colorbar(scale, ax=ax, label="angle in degrees", ticks=range(0, 181, 45), pad=0.01)
    return fig, ax


def draw_polar(levels: pd.DataFrame, pattern: str = "") -> tuple[Figure, Axes]:
    """Polar plot of `angle_map`, with the ideal pattern of that name in grey."""
    fig, ax = plt.subplots(figsize=(NARROW + 0.8, 3.6), subplot_kw={"projection": "polar"})
    part = OMNI_PART.get(pattern.lower())
    angles = np.arange(361.0)
    ideal = None if part is None else pd.Series(pattern_db(part, angles), angles)
    polar_lines(ax, levels, ideal, f"ideal {pattern.lower()}")
    ax.set_title("level around the microphone in dB re 0°")
    ax.legend(loc="center left", bbox_to_anchor=(1.14, 0.5))
    return fig, ax


def polar_lines(ax: Axes, levels: pd.DataFrame, ideal: pd.Series | None, words: str) -> None:
    """Levels by frequency_hz (rows) and angle (columns) re 0 degrees, over the `ideal` ones.

    The higher the frequency, the lighter the line.
    """
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1)
    if ideal is not None:
        ax.plot(np.deg2rad(ideal.index), ideal.clip(FLOOR_DB), color="0.8", lw=5, label=words)
    colours = plt.get_cmap("plasma")(np.linspace(0, 0.82, len(levels)))
    for row, (frequency, level) in enumerate(levels.iterrows()):
        around = pd.concat([level, level.iloc[:1]]).clip(FLOOR_DB)  # close the circle
        look = {"color": colours[row], "ls": ("-", "--", "-.")[row % 3], "lw": 1.3}
        ax.plot(np.deg2rad(around.index), around, **look, label=f"{frequency / 1000:g} kHz")
    ax.set_rlim(FLOOR_DB, 6)
    ax.set_rticks([-30, -20, -10, 0])


def draw_offset(
    windows_db: Mapping[str, np.ndarray], offset_db: pd.Series
) -> tuple[Figure, np.ndarray]:
    """Log-mel (128, frames) dry and through a DIR, their difference; its mean over the offset.

    `offset_db`: the DIR's, by frequency_hz. Colours of the difference are linear to 10 dB on
    either side, logarithmic beyond.
    """
    fig, axes = plt.subplots(1, 4, figsize=(WIDE, 2.9), width_ratios=[1, 1, 1, 0.8])
    limit = max(20.0, 10 * np.ceil(np.abs(offset_db).max() / 10))
    top = max(np.quantile(picture, 0.995) for picture in windows_db.values())
    difference = SymLogNorm(10, vmin=-limit, vmax=limit)
    looks = [{"cmap": "cividis", "norm": Normalize(top - 60, top)}] * 2
    looks.append({"cmap": "PuOr", "norm": difference})
    for ax, (name, picture), look in zip(axes, windows_db.items(), looks, strict=False):
        image = ax.imshow(picture, origin="lower", aspect="auto", extent=(0, 1, 0, 128), **look)
        ax.set(title=name, xlabel="time in s", xticks=[0, 0.5, 1])
        ax.grid(False)
        bar = fig.colorbar(image, ax=ax, label="level in dB", location="bottom", extend="both")
    bar.set_ticks(ticks := [-limit, -10, 0, 10, limit], labels=[f"{tick:g}" for tick in ticks])
    bar.minorticks_off()
    bar.ax.tick_params(labelsize=6.5)
    axes[0].set_ylabel("mel band")
    right, bands = axes[3], np.arange(len(offset_db))
    *_, change = windows_db.values()
    right.plot(np.median(change, axis=1), bands, color=PALETTE[1], lw=3)
    right.plot(offset_db, bands, color=DARK, lw=1)
    right.set(xlabel="level in dB", ylim=(0, len(offset_db)))
    right.set_title("its median (thick),\nformula (thin)", fontsize=8)
    marks = [int(np.abs(offset_db.index - hertz).argmin()) for hertz in (200, 1000, 4000, 10_000)]
    right.set_yticks(marks, ["0.2 kHz", "1 kHz", "4 kHz", "10 kHz"])
    right.yaxis.tick_right()
    return fig, axes


def frequency_axis(ax: Axes, few: bool = False) -> None:
    """A logarithmic axis of the frequencies that are drawn, in kHz."""
    hertz_axis(ax, _TICKS_HZ[1::3] if few else _TICKS_HZ)
    ax.set(xlim=(FREQUENCIES_HZ[0], FREQUENCIES_HZ[-1]), xlabel="frequency in kHz")
