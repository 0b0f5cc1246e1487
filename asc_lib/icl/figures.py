"""The inverse contrastive loss and its grid search in pictures.

Section 3, equations (1), (3) and (4), and Section 5.2 of the paper. Data in, `fig, ax` out.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from asc_lib.show import paper
from asc_lib.show.style import GUESSING, PALETTE, WIDE, heat

_DASHES = ("-", "--", "-.", ":", (0, (1, 1)))
_SEARCHES = {"alpha": r"threshold $\alpha$", "lambda_icl": r"weight $\lambda_{ICL}$"}


def curves(ax: Axes, table: pd.DataFrame, names: Sequence[tuple[str, float, float]] = ()) -> None:
    """One line a column over the index; `g` in black, the others alike in panels side by side.

    `names`: of each column the text beside its line, at which x, and how many points to the right.
    """
    others = iter(zip(PALETTE, _DASHES, strict=False))
    for number, (column, values) in enumerate(table.items()):
        colour, dash = ("black", "-") if column == "g" else next(others)
        label = column.replace("alpha", r"$\alpha$").replace("beta", r"$\beta$")
        ax.plot(values.index, values, color=colour, linestyle=dash, label=label)
        if names:
            name, x, right = names[number]
            at = x, np.interp(x, values.index, values)
            ax.annotate(
                name, at, (right, 0), textcoords="offset points", color=colour, fontsize=8,
                ha="left" if right > 0 else "right", va="bottom", fontweight="bold",
            )  # fmt: skip


def scale(
    distances: pd.DataFrame, marks: Mapping[str, float], dim: int
) -> tuple[Figure, np.ndarray]:
    """Distances of pairs of clips before and after the last LayerNorm, on one logarithmic axis.

    Equal clips have distance 0, which such an axis has no place for: they count in the first bin.

    `distances`: result of `encoders.pair_distances`. `marks`: distances to compare with, by name.
    `dim`: of the embedding; unit variance in each dimension gives sqrt(2 dim).
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDE, 3.9), sharex=True)
    found = distances[["before_norm", "after_norm"]].to_numpy()
    ends = [*marks.values(), *found[found > 0]]
    bins = np.geomspace(0.8 * min(ends), 1.25 * max(ends), 80)
    for ax, layer in zip(axes, ("before_norm", "after_norm"), strict=True):
        for same, fill, label in (
            (False, {"color": "0.8"}, "different devices"),
            (True, {"color": PALETTE[0], "histtype": "step", "lw": 1.6}, "same device"),
        ):
            values = distances.loc[distances["same_device"] == same, layer]
            share = np.full(len(values), 100 / max(len(values), 1))
            ax.hist(values.clip(lower=bins[0]), bins, weights=share, label=label, **fill)
        for (label, at), dash in zip(marks.items(), _DASHES[1:], strict=False):
            ax.axvline(at, color="black", lw=1, ls=dash, label=label)
        ax.set(
            title=layer.replace("_norm", " the last LayerNorm"), ylabel="% of pairs", xscale="log"
        )
    axes[1].axvline(np.sqrt(2 * dim), color=PALETTE[3], lw=1.4, label=rf"$\sqrt{{2 \cdot {dim}}}$")
    axes[1].set_xlabel("distance d of two clips' embeddings")
    axes[1].xaxis.set_major_formatter("{x:g}")
    fig.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig, axes


def searches(scores: Mapping[str, pd.DataFrame]) -> tuple[Figure, np.ndarray]:
    """Log-loss over each value searched, with the paper's Table 1 below; axes (2, searches).

    `scores`: `grid.grid_scores` by search. The paper's numbers come from other data and have axes
    of their own; its choice is dotted.
    """
    fig, axes = plt.subplots(2, len(scores), figsize=(WIDE, 4.4), sharex="col")
    for (ours, below), (search, of) in zip(axes.T, scores.items(), strict=True):
        mean, seeds = of[of["seed"] == "mean"], of[of["seed"] != "mean"]
        ours.vlines(mean[search], mean["log_loss_low"], mean["log_loss_high"], color=PALETTE[0])
        ours.plot(mean[search], mean["log_loss"], color=PALETTE[0])
        ours.plot(seeds[search], seeds["log_loss"], "o", color=PALETTE[0], mfc="white", ms=4)
        printed = paper.table_1(search)["log_loss"]
        below.plot(printed.index, printed, "D--", color=PALETTE[3], ms=4)
        values = sorted({*of[search], *printed.index})
        if search == "lambda_icl":
            below.set_xscale("symlog", linthresh=values[0] or values[1])
        below.set_xticks(values, [f"{value:g}" for value in values])
        below.xaxis.set_minor_locator(NullLocator())
        below.set_xlabel(_SEARCHES[search])
        for ax in (ours, below):
            ax.axvline(paper.CHOSEN[search], color="0.35", linestyle=":", linewidth=1)
    axes[0, 0].set_ylabel("this study:\nlog-loss in nats")
    axes[1, 0].set_ylabel("paper, TAU22:\nlog-loss in nats")
    return fig, axes


def trade_off(
    scores: pd.DataFrame, plain: Mapping[str, float], chance_percent: float
) -> tuple[Figure, Axes]:
    """Log-loss over the device that a probe still reads: colour is lambda, size is alpha.

    `scores`: result of `grid.joint_scores`. `plain`: the same columns of training without ICL.
    `chance_percent`: accuracy of a probe that guesses, where the axis begins.
    """
    fig, ax = plt.subplots(figsize=(WIDE, 4.2))
    probes = {"probe_raw_percent": "raw", "probe_standardised_percent": "standardised"}
    shapes = dict(zip(probes.values(), "oD", strict=True))
    ax.hlines(scores["log_loss"], *scores[list(probes)].to_numpy().T, color="0.8", lw=0.8, zorder=0)
    for column, probe in probes.items():
        label = "no ICL" if probe == "raw" else None
        ax.plot(plain[column], plain["log_loss"], shapes[probe], color="black", ms=9, label=label)
    names = probes | {"lambda_icl": r"$\lambda$", "alpha": r"$\alpha$"}
    rows = scores.sort_values(["lambda_icl", "alpha"], ascending=[True, False])  # small ones above
    shown = [r"$\lambda$", r"$\alpha$", "log_loss"]
    rows = rows.rename(columns=names).melt(shown, shapes, "probe", "percent")
    sns.scatterplot(
        rows.astype({r"$\lambda$": str}), x="percent", y="log_loss", hue=r"$\lambda$",
        size=r"$\alpha$", style="probe", palette="viridis_r", sizes=(20, 110), markers=shapes,
        legend="full", ax=ax,
    )  # fmt: skip
    sns.move_legend(ax, "upper left", bbox_to_anchor=(1, 1.02))
    ax.axvline(chance_percent, color="0.35", ls="--", lw=0.9)
    ax.set(xlabel="device accuracy in % (dashed: guessing)", ylabel="test log-loss in nats",
           xlim=(chance_percent - 2, 101))  # fmt: skip
    return fig, ax


def joint(scores: pd.DataFrame, chance_percent: float) -> tuple[Figure, np.ndarray]:
    """Both weights at once as heat maps: log-loss, and the device that a probe still reads.

    `scores`: result of `grid.joint_scores`; points that are missing stay white. `chance_percent`:
    accuracy of a probe that guesses, where the colours begin.
    """
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 3.4), sharey=True)
    for ax, column, title, form, unit, ends in (
        (axes[0], "log_loss", "log-loss", "{:.2f}", "nats", {}),
        (axes[1], "probe_standardised_percent", "device, standardised probe", "{:.0f}",
         f"% (guessing: {chance_percent:.0f})", {"vmin": chance_percent, "vmax": 100}),
    ):  # fmt: skip
        table = scores.pivot(index="alpha", columns="lambda_icl", values=column)
        table = table.rename(index="{:g}".format, columns="{:g}".format)[::-1]
        image = heat(ax, table, form, cmap="cividis_r", **ends)
        ax.set(xlabel=_SEARCHES["lambda_icl"], title=title)
        fig.colorbar(image, ax=ax, pad=0.02, label=unit, location="bottom")
    axes[0].set_ylabel(_SEARCHES["alpha"])
    return fig, axes


def warmup(histories: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Learning curves with and without warm-up side by side: cross-entropy above, ICL below.

    `histories`: rows of `Run.history` with the columns `warm-up`, the panel, and `seed`.
    """
    panels = list(histories.groupby("warm-up", sort=False))
    fig, axes = plt.subplots(2, len(panels), figsize=(WIDE, 4.2), sharex=True, sharey="row")
    for (above, below), (name, rows) in zip(axes.T, panels, strict=True):
        for _, of in rows.groupby("seed"):
            above.plot(of["epoch"], of["train_ce"], "-o", ms=3, color=PALETTE[0])
            above.plot(of["epoch"], of["test_log_loss"], "--D", ms=3, color=PALETTE[3])
            below.plot(of["epoch"], of["train_icl"], "-o", ms=3, color=PALETTE[4])
        above.axhline(GUESSING, color="0.6", lw=0.8, zorder=0)
        above.set_title(name)
        below.set_xlabel("epoch")
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0, 0].set_ylabel("log-loss in nats\n(grey: guessing)")
    axes[1, 0].set_ylabel("ICL")
    axes[0, 0].legend(axes[0, 0].lines[:2], ["training", "test side"])
    return fig, axes
