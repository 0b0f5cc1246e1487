"""Pictures of a run: its windows and patches, how it learns, what it confuses, how sure it is.

Data in, `fig, axes` out; nothing is computed or saved here. Methods are named as in
`methods.METHODS`, devices and families as in `tau22.FAMILIES`. Log-mels are (128, frames) from
`LogMel`, normalised.
"""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator, NullFormatter

from asc_lib.data.tau22 import FAMILIES
from asc_lib.model.frontend import HOP, MELS, SAMPLE_RATE, LogMel
from asc_lib.model.passt import PATCH
from asc_lib.show.labels import name_ends
from asc_lib.show.style import FAMILY_TITLE, GUESSING, PALETTE, WIDE, heat, side_by_side

# of few colours: noise in many makes a picture of half a megabyte
LEVELS = mpl.colormaps["magma"].resampled(20)
_TICKS_HZ = (250, 1000, 2000, 4000, 8000)


def decibel(log_mel: np.ndarray) -> np.ndarray:
    """Undo PaSST's normalisation of natural-log power, and turn it to decibel."""
    return (5 * log_mel - 4.5) * 10 / np.log(10)


def draw_log_mel(ax: Axes, log_mel: np.ndarray, of: np.ndarray | None = None) -> AxesImage:
    """A log-mel in dB over seconds and mel bands; `of`: whose range the colours have."""
    seconds = log_mel.shape[1] * HOP / SAMPLE_RATE
    # of untouched windows: masks would stretch it
    low, high = np.percentile(decibel(log_mel if of is None else of), [1, 99.8])
    ax.grid(False)
    ax.set_xticks([0, seconds / 2, seconds], ["0", f"{seconds / 2:g}", f"{seconds:g}"])
    mel = np.log1p(np.array(_TICKS_HZ) / 700) / np.log1p(LogMel.fmax_hz / 700)
    ax.set_yticks(mel * MELS, [f"{hertz / 1000:g}" for hertz in _TICKS_HZ])
    return ax.imshow(
        decibel(log_mel), origin="lower", aspect="auto", extent=(0, seconds, 0, MELS), cmap=LEVELS,
        vmin=low, vmax=high, interpolation="nearest",
    )  # fmt: skip


def windows_before_and_after(
    before: Sequence[np.ndarray], after: Sequence[np.ndarray], titles: Sequence[str],
    below: Sequence[str],
) -> tuple[Figure, np.ndarray]:  # fmt: skip
    """Some windows of a batch: above as recorded, below as the network gets them.

    `titles` of each window; `below`: the device class that it has then.
    """
    fig, axes = plt.subplots(
        2, len(before), figsize=(WIDE, 3.9), sharex=True, sharey=True, squeeze=False
    )
    for column, pair in enumerate(zip(before, after, strict=True)):
        for ax, window in zip(axes[:, column], pair, strict=True):
            image = draw_log_mel(ax, window, np.stack(before))
        axes[0, column].set_title(textwrap.fill(titles[column], 18), fontsize=8)
        said = textwrap.fill(below[column], 20, break_long_words=False)
        axes[1, column].set_title(said, fontsize=7)
    axes[0, 0].set_ylabel("as recorded\nfrequency in kHz")
    axes[1, 0].set_ylabel("as trained on\nfrequency in kHz")
    fig.supxlabel("time in s", fontsize=9)
    fig.colorbar(image, ax=axes, label="level in dB", pad=0.01, aspect=40)
    return fig, axes


def way_of_a_window(
    recording: np.ndarray, start_s: float, stages: Mapping[str, np.ndarray]
) -> tuple[Figure, dict[str, Axes]]:
    """A recording with the window that is drawn from it, and below what becomes of that window.

    `stages`: title -> log-mel; the first is the untouched, the second the one through a DIR, whose
    difference, median and middle 80 % of the frames, stands on the right.
    """
    titles = list(stages)
    layout = [["recording"] * (len(titles) + 1), [*titles, "change"]]
    fig, axes = plt.subplot_mosaic(
        layout, figsize=(WIDE, 4.3), height_ratios=[0.8, 1], width_ratios=[*[1] * len(titles), 0.8]
    )
    untouched = stages[titles[0]]
    draw_log_mel(axes["recording"], recording, untouched)
    axes["recording"].axvspan(start_s, start_s + 1, fill=False, edgecolor="cyan", linewidth=2)
    axes["recording"].set(title="the recording; framed: the window", ylabel="frequency in kHz")
    for title in titles:
        image = draw_log_mel(axes[title], stages[title], untouched)
        axes[title].set(title=title, xlabel="time in s")
        axes[title].tick_params(labelleft=title == titles[0])
    axes[titles[0]].set_ylabel("frequency in kHz")
    fig.colorbar(image, ax=axes["recording"], pad=0.01, label="level in dB")
    ax, change_db = axes["change"], decibel(stages[titles[1]]) - decibel(untouched)
    low, middle, high = np.quantile(change_db, [0.1, 0.5, 0.9], axis=1)
    mel = np.arange(MELS) + 0.5
    ax.fill_betweenx(mel, low, high, color=PALETTE[0], alpha=0.3, linewidth=0)
    ax.plot(middle, mel, color=PALETTE[0])
    ax.axvline(0, color="0.35", linestyle="--", linewidth=0.9)
    ax.set(xlabel="change in dB", title="by the DIR", yticks=[], ylim=(0, MELS))
    return fig, axes


def patches_kept(
    log_mel: np.ndarray, kept: np.ndarray, rows: Sequence[int], stride: int
) -> tuple[Figure, np.ndarray]:
    """A window with the bands that no kept row of patches reads, and the patches that are left.

    `kept`: (rows, columns, 16, 16), the patches of these `rows`.
    """
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 3.0))
    draw_log_mel(axes[0], log_mel)
    second = HOP / SAMPLE_RATE  # of a frame
    seconds = log_mel.shape[1] * second
    read = np.zeros(MELS, bool)
    for row in rows:
        read[row * stride : row * stride + PATCH] = True
    edges = np.flatnonzero(np.diff(np.r_[True, read, True].astype(int)))
    for low, high in edges.reshape(-1, 2):
        axes[0].axhspan(low, high, facecolor="white", edgecolor="0.45", hatch="////", linewidth=0.6)
    starts = np.arange(kept.shape[1]) * stride * second
    axes[0].vlines(starts, 0, MELS, color="white", linewidth=0.5, alpha=0.8)
    axes[0].hlines(np.arange(0, MELS, stride), 0, seconds, color="white", linewidth=0.5, alpha=0.8)
    for column, line in zip(starts[:2], ("-", "--"), strict=False):
        corner = (column, rows[len(rows) // 2] * stride)
        axes[0].add_patch(
            plt.Rectangle(
                corner, PATCH * second, PATCH, fill=False, edgecolor="cyan", lw=2, linestyle=line
            )
        )
    axes[0].set(xlabel="time in s", ylabel="frequency in kHz", title="cut; hatched: left out")
    gaps = np.pad(decibel(kept), ((0, 0), (0, 0), (0, 3), (0, 3)), constant_values=np.nan)
    low, high = axes[0].images[0].get_clim()
    axes[1].imshow(
        gaps.transpose(0, 2, 1, 3).reshape(len(rows) * (PATCH + 3), -1), origin="lower",
        aspect="auto", cmap=LEVELS, vmin=low, vmax=high, interpolation="nearest",
    )  # fmt: skip
    axes[1].set(title=f"what is read: {len(rows)} × {kept.shape[1]} patches")
    axes[1].axis("off")
    return fig, axes


def learning_curves(
    history: pd.DataFrame, chosen: dict[str, int], title: str = ""
) -> tuple[Figure, np.ndarray]:
    """Log-loss of training, validation and test side by epoch; ICL and learning rate below.

    `history`: one row an epoch, columns as in a run's `history.csv`. `chosen`: epoch of each choice
    ("clean", "paper"), marked by a vertical line.
    """
    icl = history["train_icl"].abs().gt(0).any()
    ratios = [3, *[1.1] * (1 + icl)]
    fig, axes = plt.subplots(
        len(ratios), 1, figsize=(WIDE, 3.9 + 1.1 * icl), sharex=True, height_ratios=ratios
    )
    marker = "." if len(history) <= 60 else ""
    for column, (label, style, colour) in {
        "train_ce": ("training (augmented windows)", "-", PALETTE[0]),
        "validation_log_loss": ("validation (other training places)", "--", PALETTE[1]),
        "test_log_loss": ("test side", "-.", PALETTE[2]),
    }.items():
        if history[column].notna().any():  # a study may set nothing apart for validation
            look = {"marker": marker, "color": colour, "label": label}
            axes[0].plot(history["epoch"], history[column], style, **look)
    for epoch in dict.fromkeys(chosen.values()):
        choices = [choice for choice, at in chosen.items() if at == epoch]
        style = {"clean": ":", "paper": (0, (1, 4))}[choices[0]]
        label = f"epoch chosen: {' and '.join(choices)}"
        axes[0].axvline(epoch, color="0.35", linestyle=style, label=label)
    axes[0].axhline(GUESSING, color="0.6", linewidth=0.8, zorder=0, label="guessing")
    axes[0].set(ylabel="log-loss in nats", title=title)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    if icl:
        axes[1].plot(history["epoch"], history["train_icl"], marker=marker, color=PALETTE[3])
        wide = history["train_icl"].max() > 20 * history["train_icl"].min() > 0
        axes[1].set(ylabel="ICL", yscale="log" if wide else "linear")
        axes[1].yaxis.set_minor_formatter(NullFormatter())
    rate = {"drawstyle": "steps-mid", "marker": marker, "color": PALETTE[4]}
    axes[-1].plot(history["epoch"], history["learning_rate"], **rate)
    axes[-1].set(xlabel="epoch", ylabel="learning rate", ylim=(0, None))
    axes[-1].ticklabel_format(axis="y", scilimits=(-2, 2))
    _epochs(axes[-1], history["epoch"])
    fig.align_ylabels(axes)
    return fig, axes


def log_loss_over_epochs(history: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Log-loss of each device on the test side by epoch, one panel a device family."""
    known = [column.removeprefix("test_log_loss_") for column in history]
    families = {family: [d for d in some if d in known] for family, some in FAMILIES.items()}
    families = {family: devices for family, devices in families.items() if devices}
    fig, axes = side_by_side(len(families), 3.0)
    epochs = history["epoch"]
    every = max(1, len(epochs) // 10)  # so many markers can be told apart
    for ax, (family, devices) in zip(axes, families.items(), strict=True):
        for device, marker, colour in zip(devices, "osD^v", PALETTE, strict=False):
            values = history[f"test_log_loss_{device}"]
            look = {"marker": marker, "markersize": 3.5, "markevery": every, "color": colour}
            ax.plot(epochs, values, linewidth=1.4 if every < 6 else 0.8, **look)
        ax.axhline(GUESSING, color="0.6", linestyle="--", linewidth=0.8, zorder=0)
        ax.set(xlabel="epoch", title=FAMILY_TITLE[family].replace(" ", "\n", len(families) > 3))
        _epochs(ax, epochs, ticks=5)
    # names stand where the lines end: of so many lines a legend would be a riddle
    for ax, devices in zip(axes, families.values(), strict=True):
        name_ends(ax, {device.upper(): history[f"test_log_loss_{device}"] for device in devices})
    axes[0].set_ylabel("test log-loss in nats")
    axes[0].annotate("guessing", (0.02, GUESSING), xycoords=("axes fraction", "data"), fontsize=7,
                     color="0.4", va="bottom")  # fmt: skip
    return fig, axes


def confusion_matrix(
    counts: pd.DataFrame, title: str = "", what: str = "scene"
) -> tuple[Figure, Axes]:
    """Share of each true class's clips by predicted class, in percent; `counts` is square."""
    share = 100 * counts.div(counts.sum(axis=1).where(lambda n: n > 0), axis=0)
    size = 1.9 + 0.38 * len(counts)
    fig, ax = plt.subplots(figsize=(min(size + 0.9, WIDE), size))
    look = {"cmap": "Blues", "vmin": 0, "vmax": 100, "linewidths": 0.4, "linecolor": "0.9"}
    image = heat(ax, share.where(share >= 0.5), "{:.0f}", **look)
    plt.setp(ax.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    ax.set(xlabel=f"predicted {what}", ylabel=f"true {what}", title=title, aspect="equal")
    fig.colorbar(image, ax=ax, label="% of the true class", shrink=0.8)
    return fig, ax


def reliability_diagram(bins: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Above: accuracy of each bin over its mean confidence; below: share of clips in each bin.

    `bins`: `calibration.reliability` of each group of `devices`, one below the other.
    """
    groups = dict(list(bins.groupby("devices", sort=False)))
    fig, axes = plt.subplots(
        2, len(groups), figsize=(WIDE if len(groups) > 1 else WIDE * 0.6, 4.4), sharex=True,
        sharey="row", height_ratios=[2.6, 1], squeeze=False,
    )  # fmt: skip
    for (above, below), (title, table) in zip(axes.T, groups.items(), strict=True):
        some, clips = table[table["clips"] > 0], table["clips"].sum()
        above.plot([0, 1], [0, 1], "--", color="0.35", linewidth=0.9, label="as sure as right")
        above.vlines(some["confidence"], some["accuracy"], some["confidence"], color="0.75", lw=3)
        spans = [some["accuracy"] - some["low"], some["high"] - some["accuracy"]]
        above.errorbar(
            some["confidence"], some["accuracy"], np.maximum(spans, 0), fmt="o", markersize=4,
            color=PALETTE[0], elinewidth=1, label="accuracy of the bin, 95 % interval",
        )  # fmt: skip
        above.set(xlim=(0, 1), ylim=(0, 1.02), title=f"{title}\n{clips:,} clips")
        below.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
        below.set_xlabel("confidence")
        sure, right = (
            (some[of] * some["clips"]).sum() / clips for of in ("confidence", "accuracy")
        )
        width = 1 / len(table)
        below.bar(
            (table["bin"] - 0.5) * width, 100 * table["clips"] / clips, width, color=PALETTE[0],
            edgecolor="white", lw=0.5,
        )  # fmt: skip
        below.axvline(sure, color="0.15", linestyle="-", lw=1.2, label="mean confidence")
        below.axvline(right, color=PALETTE[3], linestyle=":", lw=1.8, label="accuracy")
    axes[0, 0].set_ylabel("accuracy")
    axes[1, 0].set_ylabel("% of clips")
    shown = [ax.get_legend_handles_labels() for ax in axes[:, 0]]
    fig.legend(*(a + b for a, b in zip(*shown, strict=True)), loc="outside lower center", ncols=2)
    return fig, axes


def _epochs(ax: Axes, epochs: pd.Series, ticks: int = 10) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(ticks, integer=True))
    if len(epochs) == 1:
        ax.set_xlim(epochs.iloc[0] - 0.6, epochs.iloc[0] + 0.6)
