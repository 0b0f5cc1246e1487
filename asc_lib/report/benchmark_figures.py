"""Pictures of the simulated benchmark: how it is made, and how near it comes to real recordings.

Data in, `fig, ax` out. Where simulated and real stand side by side, `sources` is an ordered mapping
label -> numbers, the simulated first; looks follow that order, in colour, marker and line.
"""

from collections.abc import Mapping
from importlib import resources

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asc_lib.data.dirs import DirSet
from asc_lib.experiment.acoustics import MODULATION_HZ, OCTAVES_HZ
from asc_lib.experiment.dir_spectra import response_bands
from asc_lib.show.style import PALETTE, WIDE, heat, hertz_axis, side_by_side

# 50 Hz to 12.7 kHz
THIRDS_HZ = 1000 * 2 ** (np.arange(-13, 12) / 3)
_FEW_HZ = (125, 1000, 8000)
_LOOKS = ((PALETTE[0], "o", "-"), (PALETTE[1], "s", "--"), (PALETTE[2], "D", ":"))


def dir_quantiles(dirs: DirSet) -> pd.DataFrame:
    """Columns `q10 q50 q90` of a set's third-octave levels, dB re each DIR's 0.3-3 kHz mean."""
    return response_bands(dirs, THIRDS_HZ, octaves=1 / 3)[["q10", "q50", "q90"]]


def micirp_quantiles() -> pd.DataFrame:
    """`dir_quantiles` of the 66 measured responses of MicIRP, in 0.1 dB.

    From the Microphone Impulse Response Project, http://micirp.blogspot.com/, CC BY-SA 4.0.
    """
    file = resources.files("asc_lib") / "reference" / "micirp_quantiles.csv"
    with file.open("rb") as text:
        table = pd.read_csv(text).drop(columns="frequency_hz")
    return table.set_axis(pd.Index(THIRDS_HZ, name="frequency_hz"))


def draw_recipe(levels_db: pd.DataFrame, rates: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """What sounds in which scene: levels of noise sources, rates of events; columns are scenes.

    `levels_db`: typical level of each source (sources, scenes), dBFS. `rates`: typical events per
    minute (events, scenes).
    """
    fig, axes = plt.subplots(
        1, 2, figsize=(WIDE, 1.6 + 0.17 * max(len(levels_db), len(rates))), layout="constrained"
    )
    _heat(axes[0], levels_db, "{:.0f}", cmap="Blues")
    axes[0].set_title("noise sources: level in dBFS")
    image = _heat(axes[1], np.log10(rates.clip(lower=0.05)), "", cmap="Oranges")
    for (row, column), value in np.ndenumerate(rates.to_numpy()):
        colour = "white" if image.norm(np.log10(max(value, 0.05))) > 0.7 else "0.15"
        text = f"{value:.1f}" if 0.05 <= value < 9.95 else f"{value:.0f}" if value > 1 else ""
        place = column + 0.5, row + 0.5
        axes[1].text(*place, text, ha="center", va="center", fontsize=6, color=colour)
    axes[1].set_title("events: number per minute")
    return fig, axes


def draw_spectra(sources: Mapping[str, pd.DataFrame]) -> tuple[Figure, np.ndarray]:
    """Small multiples: octave levels of each scene, mean (line) and standard deviation (band).

    `sources`: label -> `acoustics.scene_profile` of the octave levels.
    """
    scenes = list(dict.fromkeys(s for table in sources.values() for s in table.index.unique(0)))
    fig, axes = _grid(len(scenes), 5, 1.75)
    for ax, scene in zip(axes, scenes, strict=True):
        for (label, table), (colour, marker, line) in zip(sources.items(), _LOOKS, strict=False):
            if scene not in table.index.unique(0):
                continue
            mean, sd = table.loc[scene, "mean"].to_numpy(), table.loc[scene, "sd"].to_numpy()
            ax.plot(
                OCTAVES_HZ, mean, line, marker=marker, ms=2.5, lw=1.2, color=colour, label=label
            )
            ax.fill_between(OCTAVES_HZ, mean - sd, mean + sd, color=colour, alpha=0.18, lw=0)
        ax.set_title(scene.replace("_", " "), fontsize=8.5)
        hertz_axis(ax, _FEW_HZ)
    _finish(fig, axes, "octave level in dBFS")
    return fig, axes


def draw_variation(
    sources: Mapping[str, pd.DataFrame],
    modulation: Mapping[str, pd.DataFrame],
) -> tuple[Figure, np.ndarray]:
    """How much scenes and clips differ, and how restless a clip is.

    `sources`: label -> columns `between within temporal` by octave, dB. `modulation`: label ->
    columns `mean sd` by modulation band, dB.
    """
    fig, axes = plt.subplots(1, 3, figsize=(WIDE, 2.9))
    for (label, table), (colour, marker, line) in zip(sources.items(), _LOOKS, strict=False):
        look = {"marker": marker, "ms": 4, "color": colour}
        axes[0].plot(OCTAVES_HZ, table["within"], line, **look, label=label)
        axes[0].plot(OCTAVES_HZ, table["between"], line, **look, mfc="white")
        axes[1].plot(OCTAVES_HZ, table["temporal"], line, **look)
        slow = modulation[label]
        place = np.arange(len(slow)) + (0.1 if axes[2].containers else -0.1)
        axes[2].errorbar(place, slow["mean"], slow["sd"], ls=line, **look, elinewidth=1)
    axes[0].plot([], [], "o", color="0.4", label="filled: within a scene")
    axes[0].plot([], [], "o", color="0.4", mfc="white", label="hollow: between scenes")
    for ax in axes[:2]:
        hertz_axis(ax, (63, 250, 1000, 4000))
        ax.set(xlabel="frequency in kHz", ylim=(0, None))
    axes[0].set(ylabel="standard deviation in dB", title="octave levels of clips")
    axes[1].set(title="level over time, 32 ms")
    axes[2].set_xticks(range(len(MODULATION_HZ)), [f"{low}-{high}" for low, high in MODULATION_HZ])
    axes[2].set(xlabel="modulation frequency in Hz", ylabel="power in dB", title="modulation")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return fig, axes


def draw_device_differences(sources: Mapping[str, pd.DataFrame]) -> tuple[Figure, np.ndarray]:
    """Octave levels of each device minus those of device a, dB.

    `sources`: label -> (devices, octaves), as `acoustics.difference_to_a` gives it.
    """
    devices = list(dict.fromkeys(d for table in sources.values() for d in table.index))
    fig, axes = _grid(len(devices), 4, 1.75)
    for ax, device in zip(axes, devices, strict=True):
        ax.axhline(0, color="0.5", lw=0.8)
        for (label, table), (colour, marker, line) in zip(sources.items(), _LOOKS, strict=False):
            if device in table.index:
                level = table.loc[device].to_numpy()
                ax.plot(OCTAVES_HZ, level, line, marker=marker, ms=3.5, color=colour, label=label)
        ax.set_title(device, fontsize=8.5)
        hertz_axis(ax, _FEW_HZ)
    _finish(fig, axes, "level minus device a's, dB")
    return fig, axes


def draw_dir_quantiles(
    panels: Mapping[str, Mapping[str, pd.DataFrame]],
) -> tuple[Figure, np.ndarray]:
    """One panel a DIR set: label -> `dir_quantiles`; median as line, q10 to q90 as band."""
    fig, axes = side_by_side(len(panels), 3.1)
    for ax, (name, sources) in zip(axes, panels.items(), strict=True):
        for (label, table), (colour, _, line) in zip(sources.items(), _LOOKS, strict=False):
            ax.plot(table.index, table["q50"], line, color=colour, label=f"{label}, median")
            ax.fill_between(table.index, table["q10"], table["q90"], color=colour, alpha=0.15, lw=0)
            for edge in ("q10", "q90"):
                ax.plot(table.index, table[edge], line, color=colour, lw=0.7)
        ax.set(xlabel="frequency in kHz", title=name)
        hertz_axis(ax, (50, 100, 200, 500, 1000, 2000, 5000, 10_000))
        ax.legend(loc="lower center")
    axes[0].set_ylabel("level in dB re 0.3-3 kHz")
    return fig, axes


def _heat(ax: Axes, table: pd.DataFrame, form: str, fontsize: float = 6, **look: object):
    image = heat(ax, table, form, fontsize, **look)
    plt.setp(ax.get_xticklabels(), rotation=60, ha="right", rotation_mode="anchor")
    return image


def _grid(count: int, columns: int, height: float) -> tuple[Figure, np.ndarray]:
    rows = -(-count // columns)
    fig, axes = plt.subplots(
        rows, columns, figsize=(WIDE, height * rows + 0.5), sharex=True, sharey=True, squeeze=False
    )
    for ax in axes.ravel()[count:]:
        ax.remove()
    return fig, axes.ravel()[:count]


def _finish(fig: Figure, axes: np.ndarray, ylabel: str) -> None:
    fig.supylabel(ylabel, fontsize=9)
    for ax in axes:
        if ax.get_subplotspec().is_last_row():
            ax.set_xlabel("frequency in kHz")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
