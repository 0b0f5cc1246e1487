"""Pictures of what a run learns from: clips by device, windows before and after augmentation.

Data in, `fig, ax` out. Log-mels are (128, frames) from `LogMel`, normalised; `data` says what was
measured on.
"""

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from asc_lib.model.frontend import HOP, MELS, SAMPLE_RATE, LogMel
from asc_lib.show.style import PALETTE, WIDE, side_by_side

SIDE_TITLE = {
    "train": "training side",
    "validation": "validation (set apart from training)",
    "test": "test side",
}
# of few colours: noise in many makes a picture of half a megabyte
LEVELS = mpl.colormaps["magma"].resampled(20)
_TICKS_HZ = (250, 1000, 2000, 4000, 8000)


def clip_counts(counts: pd.DataFrame, data: str) -> tuple[Figure, np.ndarray]:
    """Share of each side's clips by recording device, with clips and places as numbers.

    `counts`: as `tau22.side_counts` gives them.
    """
    sides = list(dict.fromkeys(counts["side"]))
    devices = list(dict.fromkeys(counts["device"]))
    fig, axes = side_by_side(len(sides), 1.0 + 0.2 * len(devices))
    for ax, side in zip(axes, sides, strict=True):
        rows = counts[counts["side"] == side].set_index("device").loc[devices]
        share = 100 * rows["share"]
        ax.barh(range(len(devices)), share, color=PALETTE[0], height=0.7)
        for y, (clips, places, width) in enumerate(
            zip(rows["clips"], rows["places"], share, strict=True)
        ):
            # inside where a long bar leaves no room behind it
            inside = width > 50
            said = f"{clips:,} · {places}" if clips else "none"
            ax.text(
                width - 1.5 if inside else width + 1.5, y, said, va="center", fontsize=7,
                ha="right" if inside else "left", color="white" if inside else "0.15",
            )  # fmt: skip
        ax.set(xlim=(0, 100), xlabel="% of the side's clips", title=SIDE_TITLE[side])
        ax.title.set_fontsize(9)
        ax.grid(False, axis="y")
    axes[0].set_yticks(range(len(devices)), [device.upper() for device in devices])
    axes[0].set_ylabel("recording device")
    axes[0].invert_yaxis()
    fig.suptitle(f"Clips · places of each device ({data})", fontsize=10)
    return fig, axes


def augmented_window(
    windows: dict[str, np.ndarray], change_db: np.ndarray, data: str
) -> tuple[Figure, np.ndarray]:
    """One window in several states, side by side, and what its impulse response adds.

    `windows`: title -> log-mel; the first one is the untouched. `change_db`: (128, frames), level
    through the response less that before.
    """
    fig, axes = plt.subplots(
        1, len(windows) + 1, figsize=(WIDE, 2.6), sharey=True,
        width_ratios=[*[1.0] * len(windows), 0.75],
    )  # fmt: skip
    level = {title: decibel(window) for title, window in windows.items()}
    limits = level_range(next(iter(level.values())))
    for ax, (title, shown) in zip(axes, level.items(), strict=False):
        image = draw_level(ax, shown, limits)
        ax.set(xlabel="time in s", title=title)
    bar = fig.colorbar(image, ax=axes[:-1], pad=0.02, aspect=30)
    bar.set_label("level in dB", fontsize=8)
    low, middle, high = np.quantile(change_db, [0.1, 0.5, 0.9], axis=1)
    mel = np.arange(MELS) + 0.5
    axes[-1].fill_betweenx(mel, low, high, color=PALETTE[0], alpha=0.3, linewidth=0)
    axes[-1].plot(middle, mel, color=PALETTE[0])
    axes[-1].axvline(0, color="0.35", linestyle="--", linewidth=0.9)
    axes[-1].set(xlabel="change in dB", title="by the DIR")
    frequency_ticks(axes[0])
    fig.suptitle(f"One window as the network sees it ({data})", fontsize=10)
    return fig, axes


def batch_windows(
    before: Sequence[np.ndarray], after: Sequence[np.ndarray], titles: Sequence[str],
    classes: Sequence[str], data: str,
) -> tuple[Figure, np.ndarray]:  # fmt: skip
    """Some windows of a batch: above as recorded, below as the network gets them.

    `before`, `after`: log-mels. `titles`: of each window, above. `classes`: device class of each
    window, said between the two.
    """
    fig, axes = plt.subplots(
        2, len(before), figsize=(WIDE, 4.1), sharex=True, sharey=True, squeeze=False
    )
    limits = level_range(np.stack([decibel(window) for window in before]))
    for column, pair in enumerate(zip(before, after, strict=True)):
        for ax, window in zip(axes[:, column], pair, strict=True):
            image = draw_level(ax, decibel(window), limits)
        axes[0, column].set_title(titles[column], fontsize=8)
        axes[1, column].set_title(classes[column], fontsize=7)
        axes[1, column].set_xlabel("time in s")
    for ax, state in zip(axes[:, 0], ("as recorded", "as trained on"), strict=True):
        frequency_ticks(ax)
        ax.set_ylabel(f"{state}\nfrequency in kHz")
    fig.colorbar(image, ax=axes, label="level in dB", pad=0.01, aspect=40)
    fig.suptitle(f"Windows of one batch ({data})", fontsize=10)
    return fig, axes


def decibel(log_mel: np.ndarray) -> np.ndarray:
    """Undo PaSST's normalisation of natural-log power, and turn it to decibel."""
    return (5 * log_mel - 4.5) * 10 / np.log(10)


def level_range(level_db: np.ndarray) -> tuple[float, float]:
    """Limits for colours; of untouched windows, since masks would stretch them."""
    low, high = np.percentile(level_db, [1, 99.8])
    return float(low), float(high)


def draw_level(ax: Axes, level_db: np.ndarray, limits: tuple[float, float]) -> AxesImage:
    """A log-mel in dB over seconds and mel bands."""
    seconds = level_db.shape[1] * HOP / SAMPLE_RATE
    ax.grid(False)
    ax.set_xticks([0, seconds / 2, seconds], ["0", f"{seconds / 2:g}", f"{seconds:g}"])
    return ax.imshow(
        level_db, origin="lower", aspect="auto", extent=(0, seconds, 0, MELS), cmap=LEVELS,
        vmin=limits[0], vmax=limits[1], interpolation="nearest",
    )  # fmt: skip


def frequency_ticks(ax: Axes) -> None:
    """Frequencies in kHz along an axis of mel bands."""
    hertz = np.array(_TICKS_HZ)
    mel = np.log1p(hertz / 700) / np.log1p(LogMel().fmax_hz / 700)
    ax.set_yticks(mel * MELS, [f"{f / 1000:g}" for f in hertz])
    ax.set_ylabel("frequency in kHz (mel scale)")
