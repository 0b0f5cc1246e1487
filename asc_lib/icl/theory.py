"""What the inverse contrastive loss does to a pair, and to a batch: balance and weights.

Section 3, equations (1), (3) and (4) of the paper. Distances, penalties and forces have no unit.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import lambertw


def balance_distance(same: float | np.ndarray, alpha: float, beta: float) -> float | np.ndarray:
    """Distance at which the loss of equally distant pairs is lowest, a share `same` of one device.

    Push and pull balance where same / beta exp((alpha - d) / beta) = 2 (1 - same) d, which
    Lambert's W solves for d.
    """
    same = np.asarray(same, dtype=float)
    push_over_pull = same / (2 * (1 - same) * beta**2)
    distance = beta * lambertw(push_over_pull * np.exp(alpha / beta)).real
    return distance if distance.ndim else float(distance)


def crossing_distance(alpha: float, beta: float) -> float:
    """Distance at which a pair costs the same whether or not it shares a device: f = g."""
    # d = exp((alpha - d) / (2 beta)), so with u = d / (2 beta): u e^u = e^(alpha / 2 beta) / 2 beta
    return float(2 * beta * lambertw(np.exp(alpha / (2 * beta)) / (2 * beta)).real)


def weight_shares(c: np.ndarray, weighting: Literal["pairs", "balanced"]) -> dict[str, float]:
    """How the loss spends its weight on the pairs of a batch of device classes (batch,).

    `commonest`: share of pairs within the commonest class; `others`: within any other class;
    `different`: between classes. They sum to 1. `weighting`: as in `icl.inverse_contrastive_loss`.
    """
    size = np.sort(np.unique(c, return_counts=True)[1])[::-1].astype(float)
    within, between = size * (size - 1), size.sum() ** 2 - (size**2).sum()
    if weighting == "balanced":
        within = max(len(size) - 1, 1) * within / size**2
        between = len(size) * (len(size) - 1)
    total = within.sum() + between
    parts = within[0] / total, within[1:].sum() / total, between / total
    return dict(zip(("commonest", "others", "different"), map(float, parts), strict=True))


def batch_weight_shares(
    devices: Sequence[str], dirs: int, dir_probability: float, batch_size: int, draws: int = 200
) -> pd.DataFrame:
    """Mean of `weight_shares` over random batches; one row a weighting.

    `devices` are those of each training clip; a share `dir_probability` of windows is convolved
    with one of `dirs` DIRs, which makes new device classes.
    """
    rng = np.random.default_rng(0)
    codes, names = pd.factorize(np.asarray(devices))
    drawn = rng.choice(codes, (draws, batch_size))
    which = rng.integers(1, dirs + 1, drawn.shape) * (rng.random(drawn.shape) < dir_probability)
    rows = {
        weighting: pd.DataFrame([weight_shares(c, weighting) for c in drawn + len(names) * which])
        for weighting in ("pairs", "balanced")
    }
    return pd.DataFrame({name: table.mean() for name, table in rows.items()}).T
