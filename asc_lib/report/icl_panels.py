"""The forces of the inverse contrastive loss over the distance, moved by alpha and beta."""

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from asc_lib.experiment.icl_theory import balance_distance, crossing_distance
from asc_lib.report.panels import Panel
from asc_lib.show.style import PALETTE, WIDE

BETAS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
_LINES = (
    {"color": PALETTE[0], "ls": "-", "label": "different devices: g, pull"},
    {"color": PALETTE[1], "ls": "--", "label": "same device: f, push"},
    {"color": "0.25", "ls": "-.", "label": "both: loss"},
)


class Forces(Panel):
    """Penalties, forces and loss of pairs at one distance, moved by alpha, beta and their share.

    `same_percent`: share of same-device pairs to begin with, 1 to 95 %.
    """

    def __init__(self, same_percent: int = 54):
        late = {"continuous_update": False}
        share = {"min": 1, "max": 95, "description": "same-device pairs in %"}
        super().__init__(
            lambda **state: draw_forces(**state)[0],
            alt=_words,
            alpha=widgets.FloatSlider(0.2, min=0, max=2, step=0.1, description="alpha", **late),
            beta=widgets.SelectionSlider(options=BETAS, value=1.0, description="beta", **late),
            same_percent=widgets.IntSlider(same_percent, **share, **late),
        )


def draw_forces(alpha: float, beta: float, same_percent: int) -> tuple[Figure, np.ndarray]:
    """One (alpha, beta): penalties, forces times their share of pairs, the loss of a whole batch.

    The axes are the same whatever alpha, beta and the share: what moves is the curves.
    """
    d, same = np.linspace(0, 3, 400), same_percent / 100
    f, g = np.exp((alpha - d) / beta), d**2
    pull, push = (1 - same) * 2 * d, same * f / beta
    balance, crossing = balance_distance(same, alpha, beta), crossing_distance(alpha, beta)
    fig, axes = plt.subplots(1, 3, figsize=(WIDE, 3))
    for ax, what, curves, lines, at, title, top in (
        (axes[0], "penalty", [g, f], _LINES, crossing, "f = g at", 5),
        (axes[1], "force times share of pairs", [pull, push], _LINES, balance, "balance at", 4),
        (axes[2], "loss", [same * f + (1 - same) * g], _LINES[2:], balance, "lowest at", 4),
    ):
        for values, line in zip(curves, lines, strict=False):
            ax.plot(d, values, **line)
        ax.plot(at, np.interp(at, d, curves[0]), "o", color="black", zorder=5)
        ax.axvline(at, color="0.35", lw=0.8, ls=":")
        ax.set(title=f"{title} {at:.2f}", ylabel=what, xlim=(0, 3), ylim=(0, top))
        ax.set_yticks(range(top + 1))
    axes[1].set_xlabel("distance d of two embeddings")
    fig.legend(handles=[*axes[0].lines[:2], axes[2].lines[0]], loc="outside lower center", ncols=3)
    state = rf"$\alpha$ = {alpha:g}, $\beta$ = {beta:g}, {same_percent} % same-device pairs"
    fig.suptitle(state, fontsize=10)
    return fig, axes


def _words(alpha: float, beta: float, same_percent: int) -> str:
    return (
        f"Three panels over the distance for alpha {alpha:g}, beta {beta:g}, {same_percent} % "
        f"same-device pairs: penalties, which cross at {crossing_distance(alpha, beta):.2f}; pull "
        f"and push, which balance at {balance_distance(same_percent / 100, alpha, beta):.2f}; and "
        "the loss, lowest there."
    )
