"""Pictures of notebook 04: Table 2, the ladder of probes, unseen devices, maps of embeddings.

Data in, `fig, ax` out. Methods are named as in `ALL_METHODS`, further encoders by the `labels`
given. `data` is what the numbers were measured on, as `page.data_label` gives it.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asc_lib.data.tau22 import DEVICES, SCENES, TRAINING_DEVICES
from asc_lib.experiment.methods import ALL_METHODS
from asc_lib.experiment.probe_ladder import LOG_MEL, RUNGS, SHUFFLED, UNTRAINED
from asc_lib.show.style import PALETTE, WIDE, heat, look, side_by_side

LABELS = {name: method.label for name, method in ALL_METHODS.items()} | {
    UNTRAINED: "untrained encoder",
    LOG_MEL: "log-mel statistics",
    SHUFFLED: "shuffled devices",
}
_CONTROL_LOOK = {UNTRAINED: ("0.35", "P"), LOG_MEL: ("0.35", "X"), SHUFFLED: ("0.6", "*")}
LOOK = {name: look(name) for name in ALL_METHODS} | _CONTROL_LOOK
_POINTS = "difference of device accuracy in percentage points ({})"


def device_probe(
    ours: pd.DataFrame, printed: pd.Series, chance: float, data: str
) -> tuple[Figure, np.ndarray]:
    """Table 2 as dots: this study's probes, and in a panel of its own what the paper prints.

    Args:
        ours: columns `encoder` (a method, or another label, such as an untrained encoder),
            `variant` ("raw", "standardised"), `seed`, `balanced_accuracy` (0 to 1).
        printed: accuracy in percent by method.
        chance: accuracy of guessing, 0 to 1.
    """
    encoders = list(dict.fromkeys(ours["encoder"]))
    fig, axes = plt.subplots(
        1, 2, figsize=(WIDE, 0.9 + 0.42 * len(encoders)), sharex=True, width_ratios=[1.5, 1]
    )
    variants = {"raw": ("o", 0.14), "standardised": ("D", -0.14)}
    for index, (variant, (marker, shift)) in enumerate(variants.items()):
        rows = ours[ours["variant"] == variant]
        y = rows["encoder"].map(encoders.index) - shift
        axes[0].scatter(
            100 * rows["balanced_accuracy"],
            y,
            s=18,
            marker=marker,
            alpha=0.45,
            color=PALETTE[index],
        )
        mean = 100 * rows.groupby("encoder", sort=False)["balanced_accuracy"].mean()
        axes[0].scatter(
            mean,
            [encoders.index(name) - shift for name in mean.index],
            s=42,
            marker=marker,
            color=PALETTE[index],
            label=f"{variant} embedding, mean",
        )
    axes[0].set_yticks(range(len(encoders)), [LABELS.get(name, name) for name in encoders])
    axes[0].set_title(f"this study ({data})")
    axes[1].scatter(printed, range(len(printed)), s=42, marker="s", color="0.25")
    axes[1].set_yticks(range(len(printed)), [LABELS.get(name, name) for name in printed.index])
    axes[1].set_title("printed in the paper (TAU22)")
    for ax in axes:
        ax.axvline(100 * chance, color="0.35", linestyle="--", label="guessing")
        ax.set(xlabel="device accuracy in %", xlim=(0, 102))
        ax.invert_yaxis()
    axes[1].set_ylim(len(printed) - 0.5, -0.5)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig, axes


def ladder(table: pd.DataFrame, data: str) -> tuple[Figure, np.ndarray]:
    """Every encoder read by every probe: a panel a probe, means with intervals.

    `table`: as `probe_intervals.ladder_table`.
    """
    encoders = list(dict.fromkeys(table["encoder"]))
    rungs = list(dict.fromkeys(table["probe"]))
    fig, axes = side_by_side(len(rungs), 1.2 + 0.3 * len(encoders))
    for ax, rung in zip(axes, rungs, strict=True):
        of_rung = table[table["probe"] == rung]
        for _, row in of_rung[of_rung["seed"] == "mean"].iterrows():
            y, (colour, marker) = encoders.index(row["encoder"]), LOOK[row["encoder"]]
            # a small mark, and ends of the interval that stand out of it
            ends = 100 * row[["low", "high"]].astype(float)
            ax.hlines(y, *ends, color=colour, linewidth=1.2)
            ax.vlines(ends, y - 0.3, y + 0.3, color=colour, linewidth=1.2)
            ax.plot(100 * row["balanced_accuracy"], y, marker, color=colour, markersize=4)
        ax.axvline(100 * table["chance"].iloc[0], color="0.35", linestyle="--", linewidth=0.9)
        ax.set_title(RUNGS[rung].label.replace(", ", ",\n"), fontsize=9)
        ax.set_xlim(0, 104)  # a mark at 100 is whole
        ax.set_xticks([0, 50, 100])
    axes[0].set_yticks(range(len(encoders)), [LABELS[name] for name in encoders])
    axes[0].invert_yaxis()
    fig.supxlabel(f"balanced device accuracy in %; dashed: guessing ({data})", fontsize=9)
    return fig, axes


def losses(
    curves: Mapping[tuple[str, str], Sequence[Sequence[float]]], limit: int, data: str
) -> tuple[Figure, np.ndarray]:
    """Loss of every probe over its epochs, up to where it stopped: a panel a kind of probe.

    `curves`: by (encoder, probe), losses in nats of each seed. `limit`: epoch drawn as a vertical
    line.
    """
    rungs = list(dict.fromkeys(rung for _, rung in curves))
    fig, axes = side_by_side(len(rungs), 2.9)
    for ax, rung in zip(axes, rungs, strict=True):
        for (encoder, of_rung), seeds in curves.items():
            if of_rung != rung:
                continue
            colour, marker = LOOK[encoder]
            for number, loss in enumerate(seeds):
                label = LABELS[encoder] if number == 0 else None
                ax.plot(np.arange(1, len(loss) + 1), loss, color=colour, linewidth=0.9, label=label,
                        marker=marker, markevery=[-1], markersize=5)  # fmt: skip
        ax.axvline(limit, color="0.5", linestyle=":", linewidth=1)
        ax.set(xscale="log", yscale="log", xlabel="epoch", title=RUNGS[rung].label)
    axes[0].set_ylabel("balanced cross-entropy in nats")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    fig.suptitle(f"Losses of the probes ({data})", fontsize=10)
    return fig, axes


def differences(table: pd.DataFrame, data: str) -> tuple[Figure, np.ndarray]:
    """Paired differences of device accuracy, a panel a probe; full where 0 lies outside.

    `table`: as `probe_intervals.differences`, some of its rows.
    """
    pairs = list(dict.fromkeys(zip(table["left"], table["right"], strict=True)))
    names = [f"{LABELS[left]}  less  {LABELS.get(right, right)}" for left, right in pairs]
    keys = list(zip(table["left"], table["right"], strict=True))
    return _forest(table, "probe", keys, pairs, names, _POINTS.format(data))


def depth(table: pd.DataFrame, data: str) -> tuple[Figure, np.ndarray]:
    """What deeper probes read beyond linear ones, a panel a pair; full where 0 lies outside.

    `table`: as `probe_intervals.depth_differences`.
    """
    table = table.assign(pair=table["deeper"] + " less " + table["linear"])
    encoders = list(dict.fromkeys(table["encoder"]))
    names = [LABELS[encoder] for encoder in encoders]
    keys = list(table["encoder"])
    return _forest(table, "pair", keys, encoders, names, _POINTS.format(data))


_ALL = {"seen": "all\nseen", "unseen": "all\nun-\nseen"}  # narrow: they stand side by side
_SHORT = {"two_layer": "two layers", "nearest": "nearest", "linear_raw": "linear raw",
          "linear_standardised": "linear standardised"}  # fmt: skip


def _forest(
    table: pd.DataFrame, panel: str, keys: list, order: list, names: list[str], xlabel: str
) -> tuple[Figure, np.ndarray]:
    """Differences with intervals: panels by a column, rows in an order; full where 0 is outside."""
    panels = list(dict.fromkeys(table[panel]))
    fig, axes = side_by_side(len(panels), 1.1 + 0.26 * len(order))
    table = table.assign(_y=[order.index(key) for key in keys])
    for ax, name in zip(axes, panels, strict=True):
        for _, row in table[table[panel] == name].iterrows():
            sure = row["low"] > 0 or row["high"] < 0
            ax.hlines(row["_y"], 100 * row["low"], 100 * row["high"], color=PALETTE[0])
            ax.plot(100 * row["difference"], row["_y"], "o", color=PALETTE[0],
                    markerfacecolor=PALETTE[0] if sure else "white")  # fmt: skip
        ax.axvline(0, color="0.35", linestyle="--", linewidth=0.9, zorder=0)
        left, _, right = name.partition(" less ")
        title = f"{_SHORT[left]}\nless {_SHORT[right]}" if right else _SHORT[left]
        ax.set_title(title, fontsize=8)
    axes[0].set_yticks(range(len(order)), names)
    axes[0].invert_yaxis()
    fig.supxlabel(xlabel, fontsize=9)
    return fig, axes


def unseen(table: pd.DataFrame, data: str) -> tuple[Figure, Axes]:
    """How often each device is named, encoders by devices, in percent; unseen ones on the right.

    `table`: as `unseen_devices.recall_table`.
    """
    devices = [d for d in dict.fromkeys(table["device"]) if " " not in d]
    single = [d for d in DEVICES if d in devices]
    heard = [d for d in single if d in TRAINING_DEVICES]
    order = heard + [d for d in single if d not in heard]
    order += [d for d in ("seen", "unseen") if d in devices]
    share = 100 * table.pivot(index="encoder", columns="device", values="recall")
    share = share.loc[list(dict.fromkeys(table["encoder"])), order]
    fig, ax = plt.subplots(figsize=(WIDE, 1.2 + 0.34 * len(share)))
    share.columns = [d.upper() if d in single else _ALL[d] for d in order]
    share.index = [LABELS[name] for name in share.index]
    image = heat(ax, share, "{:.0f}", points=8, cmap="Blues", vmin=0, vmax=100)
    ax.tick_params(axis="x", labelsize=7.5)
    ax.set(xlabel="recording device of the test clips", title=f"Devices named, in % ({data})")
    for edge in {len(heard), len(single)} - {len(order)}:
        ax.axvline(edge, color="white", linewidth=5)
    fig.colorbar(image, ax=ax, label="% of its clips")
    return fig, ax


def maps(
    points: Mapping[str, np.ndarray],
    device: np.ndarray,
    scene: np.ndarray,
    numbers: pd.DataFrame,
    data: str,
) -> tuple[Figure, np.ndarray]:
    """Maps of embeddings side by side: above coloured by device, below by scene.

    `points`: by encoder, (clips, 2). `device`, `scene`: of the clips. `numbers`: by encoder,
    agreement of neighbours (0 to 1) in `device` and `scene`, written into the panels.
    """
    fig, axes = plt.subplots(2, len(points), figsize=(WIDE, 4.6), squeeze=False)
    for row, (what, label) in enumerate((("device", device), ("scene", scene))):
        for column, (encoder, at) in enumerate(points.items()):
            ax = axes[row, column]
            for number, name in enumerate(n for n in (*DEVICES, *SCENES) if n in set(label)):
                # ten colours, and a marker each: readable in grey, too; the next ten are hollow,
                # and of another marker than that of their colour
                colour, hollow = PALETTE[number % 10], number >= 10
                ax.scatter(*at[label == name].T, s=6, linewidths=0.5, alpha=0.75,
                           facecolors="none" if hollow else colour, edgecolors=colour,
                           marker="osD^v<>PX*"[(number + 5 * hollow) % 10],
                           label=str(name).replace("_", " "))  # fmt: skip
            ax.set(xticks=[], yticks=[])
            ax.set_xlabel(f"neighbours: {100 * numbers.loc[encoder, what]:.0f} %", fontsize=8)
            if row == 0:
                ax.set_title(LABELS[encoder], fontsize=8)
        axes[row, 0].set_ylabel(f"by {what}")
        fig.legend(
            *axes[row, 0].get_legend_handles_labels(), fontsize=7, markerscale=1.6,
            loc="outside right upper" if row == 0 else "outside right lower", title=what,
        )  # fmt: skip
    fig.suptitle(f"t-SNE of standardised embeddings, no units ({data})", fontsize=10)
    return fig, axes
