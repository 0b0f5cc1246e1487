"""Pictures of what DIRs do to log-mel, and of how much of the devices' difference they cover."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, SymLogNorm
from matplotlib.figure import Figure

from asc_lib.show.style import PALETTE, WIDE

_LOOKS = ((PALETTE[0], "o", "-"), (PALETTE[1], "s", "--"), (PALETTE[3], "D", ":"))


def draw_offset(
    windows_db: Mapping[str, np.ndarray], offset_db: pd.Series, title: str
) -> tuple[Figure, np.ndarray]:
    """Log-mel pictures (128, frames) side by side, and at the right the offset by frequency_hz.

    Colours of the difference take in the whole offset, spread out where it is small.
    """
    count = len(windows_db)
    fig, axes = plt.subplots(
        1, count + 1, figsize=(WIDE, 2.9), width_ratios=[*[1] * count, 0.6], squeeze=False
    )
    limit = max(12.0, 10 * np.ceil(np.abs(offset_db).max() / 10))
    wide = SymLogNorm(10, linscale=1.0, vmin=-limit, vmax=limit)
    of_difference = wide if limit > 12 else Normalize(-limit, limit)
    ticks = [-limit, -10, 0, 10, limit] if limit > 12 else [-10, 0, 10]
    top = max(np.quantile(picture, 0.995) for picture in windows_db.values())
    for ax, (name, picture) in zip(axes[0], windows_db.items(), strict=False):
        change = name.startswith("difference")
        look = {"cmap": "PuOr", "norm": of_difference} if change else {"cmap": "cividis"}
        look = look if change else look | {"vmin": top - 60, "vmax": top}
        image = ax.imshow(picture, origin="lower", aspect="auto", extent=(0, 1, 0, 128), **look)
        ax.set(title=name, xlabel="Time in s")
        ax.grid(False)
        bar = fig.colorbar(image, ax=ax, label="Level in dB", location="bottom", extend="both")
        if change:
            bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
            bar.minorticks_off()
    axes[0, 0].set_ylabel("Mel band")
    right = axes[0, -1]
    right.plot(offset_db, range(len(offset_db)), color=_LOOKS[0][0])
    right.set(title="offset", xlabel="Level in dB", ylim=(0, len(offset_db)))
    marks = [int(np.abs(offset_db.index - hertz).argmin()) for hertz in (200, 1000, 4000, 10_000)]
    right.set_yticks(marks, ["0.2 kHz", "1 kHz", "4 kHz", "10 kHz"])
    right.yaxis.tick_right()
    fig.suptitle(title, fontsize=10)
    return fig, axes[0]


def draw_residual(
    by_frequency: Mapping[str, pd.DataFrame],
    by_level: Mapping[str, pd.DataFrame],
    by_length: Mapping[str, pd.Series],
    window_ms: float,
    title: str,
) -> tuple[Figure, np.ndarray]:
    """Where log-mel of a convolved window is not the dry one's plus the offset.

    `by_frequency`, `by_level`: label -> `dir_offsets.binned_residual`. `by_length`: label -> RMS
    residual in dB by length in ms. `window_ms`: of the front end, marked.
    """
    fig, axes = plt.subplots(1, 3, figsize=(WIDE, 3.0))
    for ax, tables, part in ((axes[0], by_frequency, "rms"), (axes[1], by_level, "mean")):
        for (label, table), (color, marker, line) in zip(tables.items(), _LOOKS, strict=False):
            ax.plot(table.index, table[part], line, marker=marker, ms=3, color=color, label=label)
    axes[0].set_xscale("log")
    axes[0].set_xticks([100, 1000, 10_000], ["0.1", "1", "10"])
    axes[0].set(xlabel="Frequency in kHz", ylabel="RMS residual in dB", ylim=(0, None))
    axes[1].axhline(0, color="0.5", lw=0.8)
    axes[1].set(xlabel="Predicted level in dB", ylabel="Mean residual in dB")
    for (label, rms), (color, marker, line) in zip(by_length.items(), _LOOKS, strict=False):
        axes[2].plot(rms.index, rms, line, marker=marker, ms=4, color=color, label=label)
    axes[2].axvline(window_ms, color="0.3", ls=":", lw=1.2)
    axes[2].text(window_ms * 1.08, 0.2, "window", rotation=90, fontsize=7, color="0.3")
    axes[2].set_xscale("log")
    ticks = [1, 10, 100, 1000]
    axes[2].set_xticks(ticks, [str(tick) for tick in ticks])
    axes[2].set(xlabel="Length in ms", ylabel="RMS residual in dB", ylim=(0, None))
    for ax, name in zip(axes, ("by frequency", "by level", "by length"), strict=True):
        ax.set_title(name)
        ax.legend(fontsize=7)
    fig.suptitle(title, fontsize=10)
    return fig, axes


def draw_gain(curves: Mapping[str, pd.Series], title: str) -> tuple[Figure, Axes]:
    """Median gain over device a by level_db, one line a device ("a ..." black); 0 is linear."""
    fig, ax = plt.subplots(figsize=(WIDE, 3.1))
    ax.axhline(0, color="0.5", lw=0.8)
    for number, (name, gain) in enumerate(curves.items()):
        color = "k" if name.startswith("a ") else PALETTE[number % 10]
        look = {"color": color, "marker": "osD^v<>pX*"[number % 10], "ms": 4}
        ax.plot(gain.index, gain, ls=("-", "--", "-.", ":")[number % 4], **look, label=name)
    ax.set(xlabel="Level of the frame by device a in dB", ylabel="Gain re its mean in dB")
    ax.set_title(title)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig, ax


def draw_coverage(table: pd.DataFrame, title: str) -> tuple[Figure, np.ndarray]:
    """`dir_coverage.coverage`: what is left of each device's gap; share of DIRs that help."""
    devices = list(dict.fromkeys(table.index.get_level_values(0)))
    sets = list(dict.fromkeys(table.index.get_level_values(1)))
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 3.3))
    place = np.arange(len(devices))
    gap = table.xs(sets[0], level=1).loc[devices, "gap"]
    axes[0].bar(place, gap["value"], 0.8, color="0.88", label="gap to device a")
    for number, name in enumerate(sets):
        part, shift = table.xs(name, level=1).loc[devices], 0.36 * (number - 0.5)
        color, marker, _ = _LOOKS[number]
        for ax, measure in zip(axes, ("nearest", "nearer"), strict=True):
            value = part[measure]
            ends = (value["value"] - value["low"], value["high"] - value["value"])
            ends = [np.maximum(end, 0) for end in ends]
            label = f"{name}: best single DIR" if measure == "nearest" else name
            look = {"color": color, "marker": marker, "ls": "none", "ms": 5, "elinewidth": 1.2}
            ax.errorbar(place + shift, value["value"], ends, **look, label=label)
        mixture = part["mixture", "value"]
        axes[0].plot(
            place + shift, mixture, marker, mfc="white", color=color, label=f"{name}: best mixture"
        )
    axes[0].set(ylabel="RMS distance in dB", title="left of the gap", ylim=(0, None))
    axes[1].set(ylabel="Share of DIRs in %", title="bring device a nearer", ylim=(0, 100))
    for ax in axes:
        ax.set_xticks(place, devices)
        ax.set_xlabel("Device")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    fig.suptitle(title, fontsize=10)
    return fig, axes
