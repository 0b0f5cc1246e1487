"""Pictures of runs: learning curves, log-loss by device, confusion.

Data in, `fig, ax` out; nothing is computed or saved here. Methods are named as in
`config.METHODS`, devices and families as in `tau22.FAMILIES`. `data` is the label that says what
the numbers were measured on, as `data_label` gives it.
"""

from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from asc_lib.data.simulated import is_simulated
from asc_lib.data.tau22 import FAMILIES
from asc_lib.experiment.methods import ALL_METHODS, METHODS
from asc_lib.files import resolve
from asc_lib.report.style import PALETTE, WIDE, heat, side_by_side
from asc_lib.study import RunConfig

# one colour and one marker a method, in every figure: readable in grey, too
METHOD_LOOK = dict(zip(METHODS, zip(PALETTE, "osD^v", strict=False), strict=False))
# more methods than colours: what shares a colour has another marker
_MORE_COLOURS = [PALETTE[5], "#c51b7d", *PALETTE[7:10:2], "#6a51a3", "0.2", *PALETTE[:5]]
_MORE_MARKERS = "P*<>Xph8Hd"
FAMILY_TITLE = {
    "real": "real devices",
    "simulated": "simulated devices",
    "unseen": "unseen devices",
    "overall": "overall",
    "further": "further devices",  # unseen, too; not in overall
}
NAME_POINTS = 7.5
CHANCE_LOG_LOSS = float(np.log(10))


def look(method: str) -> tuple[str, str]:
    """Colour and marker of a row of the table of methods; the same wherever it stands."""
    if method in METHOD_LOOK:
        return METHOD_LOOK[method]
    further = [name for name in ALL_METHODS if name not in METHOD_LOOK]
    number = further.index(method)
    return (_MORE_COLOURS[number % len(_MORE_COLOURS)], _MORE_MARKERS[number % len(_MORE_MARKERS)])


def method_label(method: str) -> str:
    """What the table of methods calls it."""
    return ALL_METHODS[method].label


def data_label(config: RunConfig) -> str:
    """What the numbers of a run or study were measured on, in words for titles and captions."""
    simulated = {
        name: is_simulated(resolve(root))
        for name, root in (
            ("recordings", config.tau22_root),
            ("Vintage DIRs", config.vintage_root),
            ("Multi DIRs", config.multi_root),
        )
    }
    if all(simulated.values()):
        return "simulated benchmark"
    label = "simulated recordings" if simulated.pop("recordings") else "TAU22 recordings"
    return ", ".join([label, *(f"simulated {name}" for name, is_so in simulated.items() if is_so)])


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
    axes[0].axhline(CHANCE_LOG_LOSS, color="0.6", linewidth=0.8, zorder=0, label="guessing")
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
        ax.axhline(CHANCE_LOG_LOSS, color="0.6", linewidth=0.8, zorder=0)
        ax.set(xlabel="epoch", title=FAMILY_TITLE[family])
        _epochs(ax, epochs, ticks=5)
    # names stand where the lines end: of so many lines a legend would be a riddle
    for ax, devices in zip(axes, families.values(), strict=True):
        _name_ends(ax, {device.upper(): history[f"test_log_loss_{device}"] for device in devices})
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


def _name_ends(ax: Axes, lines: dict[str, pd.Series], size: float = 7.5) -> None:
    """Each line's name behind its end, in its colour, moved apart where they would overlap."""
    low, high = ax.get_ylim()
    apart = (high - low) * size * 1.15 / 72 / 2.0  # of a panel about two inches high
    ends = sorted((float(values.iloc[-1]), number) for number, values in enumerate(lines.values()))
    places = spread([end for end, _ in ends], apart)
    names = list(lines)
    for (_, number), y in zip(ends, places, strict=True):
        ax.annotate(
            names[number], (1.02, y), xycoords=("axes fraction", "data"), va="center",
            fontsize=size, color=PALETTE[number], fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def name_points(
    ax: Axes, names: Iterable[str], x: Sequence[float], y: Sequence[float], inches: float
) -> np.ndarray:
    """Each point's name in a column right of the panel, joined to it, none upon another.

    `inches`: height of the panel. Returns the names' heights as shares of the panel.
    """
    low, high = ax.get_ylim()
    apart = (high - low) * NAME_POINTS * 1.3 / 72 / inches
    x, y = np.asarray(x), np.asarray(y)
    order = np.argsort(y, kind="stable")
    places = np.array(spread(y[order].tolist(), apart))
    # near an end of the axis the column would leave the panel
    places += max(0, low + apart / 2 - places[0])
    places -= max(0, places[-1] - (high - apart / 2))
    shares = np.empty(len(y))
    shares[order] = (places - low) / (high - low)
    for name, *point, share in zip(names, x, y, shares, strict=True):
        ax.annotate(
            name, point, (1.05, share), textcoords="axes fraction", va="center",
            fontsize=NAME_POINTS, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "0.7", "linewidth": 0.5, "shrinkB": 3,
                        "relpos": (0, 0.5)},
        )  # fmt: skip
    return shares


def spread(places: list[float], apart: float) -> list[float]:
    """Rising numbers moved as little as needed to be `apart` from each other.

    Neighbours that meet are set around their mean.
    """
    groups: list[list[float]] = []
    for place in places:
        groups.append([place])
        while (
            len(groups) > 1
            and _middle(groups[-1]) - _middle(groups[-2])
            < apart * (len(groups[-1]) + len(groups[-2])) / 2
        ):
            last = groups.pop()
            groups[-1] += last
    return [
        _middle(group) + (number - (len(group) - 1) / 2) * apart
        for group in groups
        for number in range(len(group))
    ]


def _middle(group: list[float]) -> float:
    return sum(group) / len(group)
