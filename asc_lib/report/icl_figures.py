"""The inverse contrastive loss and its grid search in pictures.

Section 3, equations (1), (3) and (4), and Section 5.2 of the paper. Data in, `fig, ax` out.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asc_lib.show.style import PALETTE, WIDE

_DASHES = ("-", "--", "-.", ":", (0, (1, 1)))


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
