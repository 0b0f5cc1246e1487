"""The forces of the inverse contrastive loss over the distance, moved by alpha and beta."""

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from asc_lib.experiment.icl_theory import balance_distance, crossing_distance
from asc_lib.report.panels import Panel
from asc_lib.show.style import PALETTE, WIDE

BETAS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)


class Forces(Panel):
    """Penalties, forces and loss of pairs at one distance, for alpha, beta and a share of pairs.

    Args:
        alpha: threshold to begin with.
        beta: barrier strength to begin with, of `BETAS`.
        same_percent: share of same-device pairs to begin with, 1 to 95 %.
    """

    def __init__(self, alpha: float = 0.2, beta: float = 1.0, same_percent: int = 54):
        super().__init__(
            lambda **state: draw_forces(**state)[0],
            alt=_words,
            alpha=widgets.FloatSlider(
                alpha, min=0, max=2, step=0.1, description="alpha", continuous_update=False
            ),
            beta=widgets.SelectionSlider(
                options=BETAS, value=beta, description="beta", continuous_update=False
            ),
            same_percent=widgets.IntSlider(
                same_percent, min=1, max=95, step=1, description="same-device pairs in %",
                continuous_update=False,
            ),
        )  # fmt: skip


def draw_forces(alpha: float, beta: float, same_percent: int) -> tuple[Figure, np.ndarray]:
    """One (alpha, beta): penalties, forces times their share of pairs, the loss of a whole batch.

    The axes are the same whatever alpha, beta and the share: what moves is the curves.
    """
    d, same = np.linspace(0, 3, 400), same_percent / 100
    f, g = np.exp((alpha - d) / beta), d**2
    balance, crossing = balance_distance(same, alpha, beta), crossing_distance(alpha, beta)
    fig, axes = plt.subplots(1, 3, figsize=(WIDE, 2.9))
    for ax, what, curves, at, title, top in (
        (axes[0], "penalty", {"g": g, "f": f}, crossing, "f = g at", 5),
        (axes[1], "force times share of pairs",
         {"pull": (1 - same) * 2 * d, "push": same * f / beta}, balance, "balance at", 4),
        (axes[2], "loss", {"loss": same * f + (1 - same) * g}, balance, "lowest at", 4),
    ):  # fmt: skip
        for (name, values), colour, dash in zip(curves.items(), PALETTE, ("-", "--"), strict=False):
            ax.plot(d, values, dash, color=colour, label=name)
        ax.plot(at, np.interp(at, d, next(iter(curves.values()))), "o", color="black", zorder=5)
        ax.axvline(at, color="0.35", lw=0.8, ls=":")
        ax.set(
            title=f"{title} {at:.2f}",
            ylabel=what,
            xlim=(0, 3),
            ylim=(0, top),
            yticks=range(top + 1),
        )
        ax.legend(loc="upper right", frameon=True, edgecolor="none", framealpha=0.9)
    fig.supxlabel("distance d of two embeddings", fontsize=9)
    fig.suptitle(
        rf"$\alpha$ = {alpha:g}, $\beta$ = {beta:g}, {same_percent} % same-device pairs",
        fontsize=10,
    )
    return fig, axes


def _words(alpha: float, beta: float, same_percent: int) -> str:
    return (
        f"Three panels over the distance for alpha {alpha:g}, beta {beta:g}, {same_percent} % "
        f"same-device pairs: penalties, which cross at {crossing_distance(alpha, beta):.2f}; pull "
        f"and push, which balance at {balance_distance(same_percent / 100, alpha, beta):.2f}; and "
        "the loss, lowest there."
    )
