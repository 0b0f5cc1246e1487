"""The inverse contrastive loss in pictures: penalties, forces, their balance, weights and scales.

Section 3, equations (1), (3) and (4) of the paper. Data in, `fig, ax` out; the numbers come from
`asc_lib.experiment.icl_theory`. They follow from equations, so no title says "simulated", except
where a study's own encoder is drawn.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asc_lib.show.style import PALETTE, WIDE, side_by_side

DISTANCE = "Distance d of two embeddings (no unit)"
_DASHES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))
_MARKERS = "osD^v"
_PARTS = {
    "commonest": ("same device, the commonest", "///"),
    "others": ("same device, any other", "..."),
    "different": ("different devices", ""),
}


def draw_penalties(table: pd.DataFrame, balance: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Left: result of `icl_theory.penalties`. Right: result of `icl_theory.balances`."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 3.4))
    left.plot(table.index, table["g"], color="black", lw=2, label="g (different devices)")
    for number, name in enumerate(table.columns.drop("g")):
        left.plot(table.index, table[name], **_line(number), label=_greek(name))
    left.set(
        xlabel=DISTANCE, ylabel="Penalty of the pair (no unit)", title="What a pair costs",
        ylim=(0, 5),
    )  # fmt: skip
    for number, name in enumerate(balance.columns):
        right.plot(balance.index, balance[name], **_line(number), label=_greek(name))
    right.set(
        xlabel="Share of same-device pairs", ylabel="Balanced distance (no unit)",
        title="Where push and pull cancel", xlim=(0, 1),
    )  # fmt: skip
    # the right panel has the lines of the left one, so one legend serves both
    fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig, np.array([left, right])


def mark_shares(ax: Axes, shares: Mapping[str, float]) -> None:
    """Mark shares of same-device pairs (label -> share) on the right panel of `draw_penalties`."""
    for label, share in shares.items():
        ax.axvline(share, color="0.35", lw=1, ls=":")
        ax.text(
            share - 0.01, 0.97, label, rotation=90, ha="right", va="top", fontsize=7, color="0.25",
            transform=ax.get_xaxis_transform(),
        )  # fmt: skip


def draw_pair(
    penalties: pd.DataFrame,
    forces: pd.DataFrame,
    mean: pd.Series,
    crossing: float,
    balance: float,
    title: str,
) -> tuple[Figure, np.ndarray]:
    """One (alpha, beta) in three panels: penalties, forces, and the loss of a whole batch.

    Args:
        penalties, forces: of one point, see `icl_theory`; forces already weighed by the share of
            pairs that they act on, so that they cross where they balance.
        mean: `icl_theory.mean_penalty` by distance.
        crossing: distance at which f = g.
        balance: distance at which `mean` is lowest.
        title: of the figure.
    """
    fig, axes = plt.subplots(1, 3, figsize=(WIDE, 2.9))
    for ax, table, at, what in (
        (axes[0], penalties, crossing, f"f = g at {crossing:.2f}"),
        (axes[1], forces, balance, f"balance at {balance:.2f}"),
        (axes[2], mean.to_frame("loss"), balance, f"lowest at {balance:.2f}"),
    ):
        for number, (name, values) in enumerate(table.items()):
            label = name.partition(",")[0]
            ax.plot(values.index, values, **_line(number), label=label)
        height = np.interp(at, table.index, table.iloc[:, 0])
        ax.plot(at, height, "o", color="black", ms=6, zorder=5)
        ax.axvline(at, color="0.35", lw=0.8, ls=":")
        ax.set(title=what, xlim=(0, float(table.index[-1])))
        top = 3 * max(float(height), 0.15)
        ax.set_ylim(0, min(top, 1.05 * float(table.max().max())))
        ax.legend(loc="lower right")
    axes[0].set_ylabel("Penalty (no unit)")
    axes[1].set_ylabel("Weighed force (no unit)")
    axes[2].set_ylabel("Loss (no unit)")
    fig.supxlabel(DISTANCE, fontsize=9)
    fig.suptitle(title, fontsize=10)
    return fig, axes


def draw_limit(
    table: pd.DataFrame, balance: pd.DataFrame, alpha: float
) -> tuple[Figure, np.ndarray]:
    """The limit beta -> 0. Left: f for falling beta. Right: the balanced distance over beta.

    `table`: result of `icl_theory.penalties` for one alpha and several beta. `balance`: balanced
    distance by beta, one column a share of same-device pairs. `alpha`: the threshold, marked in
    both panels.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 3.0))
    for number, name in enumerate(table.columns.drop("g")):
        left.plot(table.index, table[name], **_line(number), label=_greek(name.split(", ")[-1]))
    left.plot(table.index, table["g"], color="black", lw=2, label="g")
    left.axvline(alpha, color="0.35", lw=0.8, ls=":")
    left.set(xlabel=DISTANCE, ylabel="Penalty of a pair (no unit)", ylim=(0, 3))
    left.set_title(rf"f becomes a wall at $\alpha$ = {alpha:g}")
    left.legend(loc="upper right")
    for number, name in enumerate(balance.columns):
        right.plot(balance.index, balance[name], **_line(number), label=name)
    right.axhline(alpha, color="0.35", lw=0.8, ls=":", label=rf"$\alpha$ = {alpha:g}")
    right.set(
        xlabel=r"Barrier strength $\beta$ (no unit)", ylabel="Balanced distance (no unit)",
        title="The balance moves to the wall", xscale="log", ylim=(0, None),
    )  # fmt: skip
    right.legend()
    return fig, np.array([left, right])


def draw_weights(shares: pd.DataFrame, title: str) -> tuple[Figure, Axes]:
    """How a batch's weight is spent: stacked bars, one a row of `icl_theory.batch_weight_shares`.

    `shares`: rows are bars, columns `commonest`, `others`, `different`, 0 to 1. `title`: says where
    the batches come from.
    """
    fig, ax = plt.subplots(figsize=(WIDE, 0.9 + 0.42 * len(shares)))
    left = np.zeros(len(shares))
    colours = (PALETTE[3], PALETTE[1], "0.85")
    for (part, (label, hatch)), colour in zip(_PARTS.items(), colours, strict=True):
        width = 100 * shares[part].to_numpy()
        ax.barh(
            range(len(shares)), width, left=left, label=label, color=colour, hatch=hatch,
            edgecolor="white", linewidth=0.5,
        )  # fmt: skip
        for y, (start, size) in enumerate(zip(left, width, strict=True)):
            if size >= 6:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
                ax.text(start + size / 2, y, f"{size:.0f} %", ha="center", va="center", bbox=box,
                        fontsize=7)  # fmt: skip
        left += width
    ax.set_yticks(range(len(shares)), list(shares.index))
    ax.set(xlabel="Share of the loss's weight in %", xlim=(0, 100), title=title)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig, ax


def draw_scale(
    distances: pd.DataFrame, marks: Mapping[str, float], dim: int, data: str
) -> tuple[Figure, np.ndarray]:
    """Distances of pairs of clips before and after the last LayerNorm, on one logarithmic axis.

    Equal clips have distance 0, which such an axis has no place for: they count in the first bin.

    `distances`: result of `encoders.pair_distances`. `marks`: distances to compare with, by label,
    such as alpha or a balance. `dim`: of the embedding.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDE, 3.9), sharex=True)
    layers = {"before_norm": "Before the last LayerNorm", "after_norm": "After it"}
    found = distances[list(layers)].to_numpy()
    ends = [*marks.values(), *found[found > 0]]
    bins = np.geomspace(0.8 * min(ends), 1.25 * max(ends), 80)
    for ax, (layer, name) in zip(axes, layers.items(), strict=True):
        for same, fill, label in (
            (False, {"color": "0.8"}, "different devices"),
            (True, {"color": PALETTE[0], "histtype": "step", "lw": 1.6}, "same device"),
        ):
            values = distances.loc[distances["same_device"] == same, layer]
            share = np.full(len(values), 100 / max(len(values), 1))
            ax.hist(values.clip(lower=bins[0]), bins, weights=share, label=label, **fill)
        for (label, at), style in zip(marks.items(), _DASHES[1:], strict=False):
            ax.axvline(at, color="black", lw=1, ls=style, label=label)
        ax.set(title=name, ylabel="Share of pairs in %", xscale="log")
    axes[1].axvline(np.sqrt(2 * dim), color=PALETTE[3], lw=1.4, label=rf"$\sqrt{{2 \cdot {dim}}}$")
    axes[1].set_xlabel("Distance d of two clips' embeddings (no unit)")
    fig.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    fig.suptitle(f"The scale of an embedding ({data}, plain training)", fontsize=10)
    return fig, axes


def draw_contrast(
    z: np.ndarray, c: np.ndarray, forces: Mapping[str, np.ndarray]
) -> tuple[Figure, np.ndarray]:
    """The same points under several losses: arrows where each would send them, longest alike.

    `z`: (points, 2). `c`: class of each, small integers. `forces`: (points, 2) by the loss's name.
    """
    fig, axes = side_by_side(len(forces), 3.9)
    reach = 0.0
    for ax, (name, force) in zip(axes, forces.items(), strict=True):
        scaled = 0.7 * np.abs(z).max() * force / max(np.linalg.norm(force, axis=1).max(), 1e-12)
        ax.quiver(
            *z.T, *scaled.T, angles="xy", scale_units="xy", scale=1, width=0.004, color="0.45"
        )
        for number in np.unique(c):
            ax.scatter(
                *z[c == number].T, s=34, color=PALETTE[number], marker=_MARKERS[number],
                edgecolor="black", linewidth=0.6, label=f"device {'abcde'[number]}", zorder=3,
            )  # fmt: skip
        ax.set(title=name, xlabel="$z_1$ (no unit)")
        reach = max(reach, 1.1 * np.abs([z, z + scaled]).max())
    axes[0].set(xlim=(-reach, reach), ylim=(-reach, reach))  # shared
    for ax in axes:
        ax.set_box_aspect(1)
    axes[0].set_ylabel("$z_2$ (no unit)")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return fig, axes


def _line(number: int) -> dict[str, object]:
    return {"color": PALETTE[number % len(PALETTE)], "ls": _DASHES[number % len(_DASHES)]}


def _greek(name: str) -> str:
    return name.replace("alpha", r"$\alpha$").replace("beta", r"$\beta$")
