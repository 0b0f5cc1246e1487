"""The forces of the inverse contrastive loss over the distance, moved by alpha and beta."""

from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.experiment import icl_theory
from asc_lib.report.icl_figures import draw_pair
from asc_lib.report.panels import Panel

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
            self._drawing,
            alt=self._words,
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

    def balance(self, alpha: float, beta: float, same_percent: int) -> float:
        """Distance at which push and pull balance in a state."""
        return icl_theory.balance_distance(same_percent / 100, alpha, beta)

    def _drawing(self, **state: Any) -> Figure:
        alpha, beta, same = state["alpha"], state["beta"], state["same_percent"] / 100
        balance, crossing = self.balance(**state), icl_theory.crossing_distance(alpha, beta)
        distances = np.linspace(0, max(1.0, 2.2 * max(balance, crossing)), 400)
        forces = icl_theory.forces(distances, [(alpha, beta)])
        mean = icl_theory.mean_penalty(distances, same, alpha, beta)
        penalties = icl_theory.penalties(distances, [(alpha, beta)])
        title = rf"$\alpha$ = {alpha:g}, $\beta$ = {beta:g}, {100 * same:.0f} % same-device pairs"
        return draw_pair(
            penalties, forces * [1 - same, same], pd.Series(mean, forces.index), crossing,
            balance, title,
        )[0]  # fmt: skip

    def _words(self, **state: Any) -> str:
        return (
            f"Three panels over the distance for alpha {state['alpha']:g}, beta {state['beta']:g}, "
            f"{state['same_percent']} % same-device pairs: penalties, which cross at "
            f"{icl_theory.crossing_distance(state['alpha'], state['beta']):.2f}; pull and push, "
            f"which balance at {self.balance(**state):.2f}; and the loss, lowest there."
        )
