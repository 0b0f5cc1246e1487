"""What the inverse contrastive loss does to a pair, and to a batch: forces, balance, weights.

Section 3, equations (1), (3) and (4) of the paper. Distances, penalties and forces have no unit.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import torch
from scipy.special import lambertw
from torch import Tensor

Point = tuple[float, float]  # alpha, beta


def penalties(distances: np.ndarray, points: Sequence[Point]) -> pd.DataFrame:
    """What a pair of embeddings at each distance costs: equations (3) and (4).

    Columns `g` (different devices) and `f, alpha = ..., beta = ...` (same device) for each
    (alpha, beta) of `points`, by distance.
    """
    table = pd.DataFrame({"g": distances**2}, index=pd.Index(distances, name="distance"))
    for alpha, beta in points:
        table[f"f, {_named(alpha, beta)}"] = np.exp((alpha - distances) / beta)
    return table


def forces(distances: np.ndarray, points: Sequence[Point]) -> pd.DataFrame:
    """How hard a pair is pulled together or pushed apart: the derivatives of (3) and (4).

    Columns `pull` = g' = 2 d and `push, alpha = ..., beta = ...` = -f' = exp((alpha - d) / beta) /
    beta, both positive, by distance.
    """
    table = pd.DataFrame({"pull": 2 * distances}, index=pd.Index(distances, name="distance"))
    for alpha, beta in points:
        table[f"push, {_named(alpha, beta)}"] = np.exp((alpha - distances) / beta) / beta
    return table


def mean_penalty(distances: np.ndarray, same: float, alpha: float, beta: float) -> np.ndarray:
    """Equation (1) if all pairs lay at one distance and a share `same` of them had one device."""
    return same * np.exp((alpha - distances) / beta) + (1 - same) * distances**2


def balance_distance(same: float | np.ndarray, alpha: float, beta: float) -> float | np.ndarray:
    """Distance at which `mean_penalty` is lowest; infinite at a share 1, where nothing pulls.

    Push and pull balance where same / beta exp((alpha - d) / beta) = 2 (1 - same) d, which
    Lambert's W solves for d.
    """
    same = np.asarray(same, dtype=float)
    with np.errstate(divide="ignore"):
        push_over_pull = same / (2 * (1 - same) * beta**2)
    distance = beta * lambertw(push_over_pull * np.exp(alpha / beta)).real
    return distance if distance.ndim else float(distance)


def balances(shares: np.ndarray, points: Sequence[Point]) -> pd.DataFrame:
    """`balance_distance` by share of same-device pairs, one column for each (alpha, beta)."""
    columns = {_named(*point): balance_distance(shares, *point) for point in points}
    return pd.DataFrame(columns, index=pd.Index(shares, name="same_share"))


def crossing_distance(alpha: float, beta: float) -> float:
    """Distance at which a pair costs the same whether or not it shares a device: f = g."""
    # d = exp((alpha - d) / (2 beta)), so with u = d / (2 beta): u e^u = e^(alpha / 2 beta) / 2 beta
    return float(2 * beta * lambertw(np.exp(alpha / (2 * beta)) / (2 * beta)).real)


def original_parameters(alpha: float, beta: float) -> Point:
    """(alpha', beta') of exp(alpha' - beta' d), as Akash et al. write the paper's (4); and back."""
    return alpha / beta, 1 / beta


def same_share(classes: pd.Series) -> float:
    """Probability that two clips drawn independently have the same device class, 0 to 1."""
    return float((classes.value_counts(normalize=True) ** 2).sum())


def weight_shares(c: np.ndarray, weighting: Literal["pairs", "balanced"]) -> dict[str, float]:
    """How the loss spends its weight on the pairs of a batch of device classes (batch,).

    `commonest`: share of pairs within the commonest class; `others`: within any other class;
    `different`: between classes. They sum to 1. `weighting`: as in `icl.inverse_contrastive_loss`.
    """
    size = np.sort(np.unique(c, return_counts=True)[1])[::-1].astype(float)
    pairs_within = size * (size - 1)
    pairs_between = size.sum() ** 2 - (size**2).sum()
    if weighting == "balanced":
        pairs_within = max(len(size) - 1, 1) * pairs_within / size**2
        pairs_between = len(size) * (len(size) - 1)
    total = pairs_within.sum() + pairs_between
    return {
        "commonest": float(pairs_within[0] / total),
        "others": float(pairs_within[1:].sum() / total),
        "different": float(pairs_between / total),
    }


def batch_weight_shares(
    devices: Sequence[str],
    dirs: int,
    dir_probability: float,
    batch_size: int,
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Mean of `weight_shares` over random batches; one row a weighting.

    `devices` are those of each training clip; a share `dir_probability` of windows is convolved
    with one of `dirs` DIRs, which makes new device classes.
    """
    rng = np.random.default_rng(seed)
    codes, names = pd.factorize(np.asarray(devices))
    drawn = rng.choice(codes, (draws, batch_size))
    which = rng.integers(1, dirs + 1, drawn.shape) * (rng.random(drawn.shape) < dir_probability)
    rows = {
        weighting: pd.DataFrame([weight_shares(c, weighting) for c in drawn + len(names) * which])
        for weighting in ("pairs", "balanced")
    }
    return pd.DataFrame({name: table.mean() for name, table in rows.items()}).T


def forces_on(loss: Callable[[Tensor], Tensor], z: np.ndarray) -> np.ndarray:
    """Where each embedding would go: minus the loss's gradient times their number, as `z`."""
    at = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(at), at)
    return -len(z) * gradient.numpy()


def change_by_shrinking(
    loss: Callable[[Tensor], Tensor], z: np.ndarray, c: np.ndarray
) -> tuple[float, float]:
    """How a loss of embeddings z (windows, dim) changes as classes c shrink, and as they approach.

    The two derivatives, over the share by which it shrinks: of each class towards its own middle,
    and of all middles, each with its class as it is, towards the mean of all windows.
    """
    middle = np.array([z[c == k].mean(axis=0) for k in c])
    pull = -forces_on(loss, z) / len(z)
    return float((pull * (middle - z)).sum()), float((pull * (z.mean(axis=0) - middle)).sum())


def _named(alpha: float, beta: float) -> str:
    return f"alpha = {alpha:g}, beta = {beta:g}"
