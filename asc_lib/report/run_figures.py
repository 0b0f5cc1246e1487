"""Pictures of runs: learning curves, log-loss by device, confusion.

Data in, `fig, ax` out; nothing is computed or saved here. Methods are named as in
`methods.METHODS`, devices and families as in `tau22.FAMILIES`. `data` is the label that says what
the numbers were measured on, as `page.data_label` gives it.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from asc_lib.data.tau22 import FAMILIES
from asc_lib.show.labels import name_ends
from asc_lib.show.style import FAMILY_TITLE, GUESSING, PALETTE, WIDE, heat, side_by_side


def learning_curves(
    history: pd.DataFrame, chosen: dict[str, int], data: str
) -> tuple[Figure, np.ndarray]:
    """Log-loss of training, validation and test side by epoch; ICL and learning rate below.

    `history`: one row an epoch, columns as in a run's `history.csv`. `chosen`: epoch of each choice
    ("clean", "paper"), marked by a vertical line.
    """
    icl = history["train_icl"].abs().gt(0).any()
    fig, axes = plt.subplots(
        2 + icl,
        1,
        figsize=(WIDE, 4.2 + 1.1 * icl),
        sharex=True,
        height_ratios=[3, *[1.1] * (1 + icl)],
        squeeze=False,
    )
    axes = axes[:, 0]
    marker = _marker(len(history))
    for column, (label, style, colour) in {
        "train_ce": ("training (augmented windows)", "-", PALETTE[0]),
        "validation_log_loss": ("validation (other training places)", "--", PALETTE[1]),
        "test_log_loss": ("test side", "-.", PALETTE[2]),
    }.items():
        if history[column].notna().any():  # a study may set nothing apart for validation
            look = {"marker": marker, "color": colour, "label": label}
            axes[0].plot(history["epoch"], history[column], style, **look)
    for epoch, choices in _by_epoch(chosen).items():
        style = {"clean": ":", "paper": (0, (1, 4))}[choices[0]]
        label = f"epoch chosen: {' and '.join(choices)}"
        axes[0].axvline(epoch, color="0.35", linestyle=style, label=label)
    axes[0].axhline(GUESSING, color="0.6", linewidth=0.8, zorder=0, label="guessing")
    axes[0].set(ylabel="log-loss in nats", title=f"Learning curves ({data})")
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


def log_loss_over_epochs(history: pd.DataFrame, data: str) -> tuple[Figure, np.ndarray]:
    """Log-loss of each device on the test side by epoch, one panel a device family."""
    families = _present({column.removeprefix("test_log_loss_") for column in history})
    fig, axes = side_by_side(len(families), 3.1)
    epochs = history["epoch"]
    every = max(1, len(epochs) // 10)  # so many markers can be told apart
    for ax, (family, devices) in zip(axes, families.items(), strict=True):
        for device, marker, colour in zip(devices, "osD^v", PALETTE, strict=False):
            values = history[f"test_log_loss_{device}"]
            look = {"marker": marker, "markersize": 3.5, "markevery": every, "color": colour}
            ax.plot(epochs, values, linewidth=1.4 if every < 6 else 0.8, **look)
        ax.axhline(GUESSING, color="0.6", linewidth=0.8, zorder=0)
        ax.set(xlabel="epoch", title=FAMILY_TITLE[family])
        _epochs(ax, epochs, ticks=5)
    # names stand where the lines end: of so many lines a legend would be a riddle
    for ax, devices in zip(axes, families.values(), strict=True):
        name_ends(ax, {device.upper(): history[f"test_log_loss_{device}"] for device in devices})
    axes[0].set_ylabel("test log-loss in nats")
    fig.suptitle(f"Test log-loss by device ({data}); grey line: guessing", fontsize=10)
    return fig, axes


def confusion_matrix(counts: pd.DataFrame, data: str, what: str = "scene") -> tuple[Figure, Axes]:
    """Share of each true class's clips by predicted class, in percent; `counts` is square."""
    share = 100 * counts.div(counts.sum(axis=1).where(lambda n: n > 0), axis=0)
    size = 1.9 + 0.38 * len(counts)
    fig, ax = plt.subplots(figsize=(size + 0.9, size))
    image = heat(ax, share.where(share >= 0.5), "{:.0f}", cmap="Blues", vmin=0, vmax=100)
    plt.setp(ax.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    ax.set(xlabel=f"predicted {what}", ylabel=f"true {what}", title=f"Confusion of {what}s\n{data}")
    ax.set_aspect("equal")
    fig.colorbar(image, ax=ax, label="% of the true class", shrink=0.8)
    return fig, ax


def _present(devices: set[str]) -> dict[str, list[str]]:
    found = {family: [d for d in all_of if d in devices] for family, all_of in FAMILIES.items()}
    return {family: some for family, some in found.items() if some}


def _by_epoch(chosen: dict[str, int]) -> dict[int, list[str]]:
    return {epoch: [c for c, e in chosen.items() if e == epoch] for epoch in chosen.values()}


def _epochs(ax: Axes, epochs: pd.Series, ticks: int = 10) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(ticks, integer=True))
    if len(epochs) == 1:
        ax.set_xlim(epochs.iloc[0] - 0.6, epochs.iloc[0] + 0.6)


def _marker(points: int) -> str:
    return "." if points <= 60 else ""
