"""Pictures of how near the simulated benchmark comes to real recordings and microphones.

Data in, `fig, ax` out. `sources`: label -> numbers, the simulated first; looks follow that order,
in colour, marker and line.
"""

from collections.abc import Mapping
from importlib import resources

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import signal

from asc_lib.data.clip_levels import LEVELS, OCTAVES_HZ
from asc_lib.data.dir_sets import DirSet, load_dirs
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.dirs.spectra import response_bands
from asc_lib.files import resolve
from asc_lib.show.labels import name_ends
from asc_lib.show.style import PALETTE, WIDE, hertz_axis, side_by_side

# 50 Hz to 12.7 kHz
THIRDS_HZ = 1000 * 2 ** (np.arange(-13, 12) / 3)
_LOOKS = ((PALETTE[0], "o", "-"), (PALETTE[1], "s", "--"))


def dir_quantiles(dirs: DirSet) -> pd.DataFrame:
    """Columns `q10 q50 q90` of a set's third-octave levels, dB re each DIR's 0.3-3 kHz mean."""
    return response_bands(dirs, THIRDS_HZ, octaves=1 / 3)[["q10", "q50", "q90"]]


def micirp_quantiles(root: str = "", kept_in: str = "") -> pd.DataFrame:
    """`dir_quantiles` of the measured responses at `root`; without, of the 66 of MicIRP, in 0.1 dB.

    From the Microphone Impulse Response Project, http://micirp.blogspot.com/, CC BY-SA 4.0.
    """
    if root:
        return dir_quantiles(load_dirs("vintage", resolve(root), resolve(kept_in)))
    file = resources.files("asc_lib") / "reference" / "micirp_quantiles.csv"
    with file.open("rb") as text:
        table = pd.read_csv(text).drop(columns="frequency_hz")
    return table.set_axis(pd.Index(THIRDS_HZ, name="frequency_hz"))


def draw_moment(
    sounds: Mapping[str, np.ndarray], levels: pd.DataFrame, shown: tuple[str, str]
) -> tuple[Figure, dict[str, Axes]]:
    """One moment by several devices: spectrograms of two of them, octave levels of all.

    `sounds`: device -> samples at 32 kHz. `levels`: `acoustics.clip_levels`, a row a device.
    """
    fig, axes = plt.subplot_mosaic([[*shown], ["levels"] * 2], figsize=(WIDE, 4.8))
    for device in shown:
        hertz, seconds, power = signal.spectrogram(sounds[device], SAMPLE_RATE, nperseg=1024)
        axes[device].pcolormesh(
            seconds, hertz / 1000, 10 * np.log10(power + 1e-15), cmap="magma", vmin=-115, vmax=-55,
            rasterized=True,
        )  # fmt: skip
        axes[device].set(title=f"device {device}", xlabel="time in s", ylim=(0, 10))
    axes[shown[0]].set_ylabel("frequency in kHz")
    octaves = levels[LEVELS].T.set_axis(OCTAVES_HZ)
    for number, device in enumerate(octaves):
        look = ("o-", "s--", "D-.", "^:")[number % 4]
        axes["levels"].plot(octaves[device], look, color=PALETTE[number])
    name_ends(axes["levels"], dict(octaves.items()), size=9)
    hertz_axis(axes["levels"], OCTAVES_HZ)
    axes["levels"].set(xlabel="octave around so many kHz", ylabel="level in dBFS")
    return fig, axes


def draw_octaves(
    sources: Mapping[str, pd.DataFrame],
    ylabel: str,
    spreads: Mapping[str, pd.DataFrame] | None = None,
    across: int = 4,
) -> tuple[Figure, np.ndarray]:
    """One small panel a row of the tables (rows, octaves), such as a device; band: `spreads`."""
    names = list(dict.fromkeys(name for table in sources.values() for name in table.index))
    rows = -(-len(names) // across)
    fig, grid = plt.subplots(
        rows, across, figsize=(WIDE, 1.7 * rows + 0.5), sharex=True, sharey=True, squeeze=False
    )
    for ax, name in zip(grid.ravel(), names, strict=False):
        for (label, table), (colour, marker, line) in zip(sources.items(), _LOOKS, strict=True):
            if name in table.index:
                level = table.loc[name].to_numpy(float)
                ax.plot(
                    OCTAVES_HZ, level, line, marker=marker, markersize=3, lw=1.2, color=colour,
                    label=label,
                )  # fmt: skip
                if spreads:
                    sd = spreads[label].loc[name].to_numpy(float)
                    ax.fill_between(
                        OCTAVES_HZ, level - sd, level + sd, color=colour, alpha=0.18, lw=0
                    )
        ax.set_title(str(name).replace("_", " "), fontsize=8.5)
        hertz_axis(ax, (125, 1000, 8000))
    for ax in grid.ravel()[len(names) :]:
        ax.remove()
    fig.supylabel(ylabel, fontsize=9)
    fig.supxlabel("frequency in kHz", fontsize=9)
    fig.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig, grid.ravel()[: len(names)]


def draw_dir_quantiles(
    panels: Mapping[str, Mapping[str, pd.DataFrame]],
) -> tuple[Figure, np.ndarray]:
    """One panel a DIR set: label -> `dir_quantiles`; median as line, q10 to q90 as band."""
    fig, axes = side_by_side(len(panels), 2.9)
    for ax, (name, sources) in zip(axes, panels.items(), strict=True):
        for (label, table), (colour, _, line) in zip(sources.items(), _LOOKS, strict=False):
            ax.plot(table.index, table["q50"], line, color=colour, label=label)
            ax.fill_between(table.index, table["q10"], table["q90"], color=colour, alpha=0.15, lw=0)
            for edge in ("q10", "q90"):
                ax.plot(table.index, table[edge], line, color=colour, lw=0.7)
        ax.set(xlabel="frequency in kHz", title=name)
        hertz_axis(ax, (50, 200, 1000, 5000, 10_000))
        ax.legend(loc="lower center")
    axes[0].set_ylabel("level in dB re 0.3 to 3 kHz")
    return fig, axes
