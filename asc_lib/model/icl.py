"""Inverse contrastive loss: equations (1), (3) and (4) of the paper (Sec. 3); (2) adds it up.

Akash et al., "Learning invariant representations using inverse contrastive loss", AAAI 2021,
https://arxiv.org/abs/2102.08343, for device classes: windows of one device are pushed apart,
windows of different devices are pulled together, so that the embedding forgets the device.
"""

from typing import Literal

import torch
from torch import Tensor

from asc_lib.files import InputError


def other_class_penalty(distance: Tensor) -> Tensor:
    """g of eq. (3): different device classes attract, d^2."""
    return distance.square()


def same_class_penalty(distance: Tensor, alpha: float, beta: float) -> Tensor:
    """f of eq. (4): equal device classes repel, exp((alpha - d) / beta)."""
    return torch.exp((alpha - distance) / beta)


def inverse_contrastive_loss(
    z: Tensor,
    c: Tensor,
    alpha: float = 0.2,
    beta: float = 1.0,
    weighting: Literal["pairs", "balanced"] = "pairs",
    groups: Tensor | None = None,
) -> Tensor:
    """Inverse contrastive loss of a batch, eq. (1) with (3) and (4).

    The expectation of eq. (1) is over two independent draws, so it is estimated from the ordered
    pairs of two different windows. A window paired with itself (the original code keeps these)
    would add a constant without gradient and scale the rest down by the batch size.

    Weighting "pairs" counts every pair alike, as eq. (1) says: the commonest device then makes up
    most pairs. "balanced" is the original's: each window counts 1 / (size of its class in the
    batch), and pairs of one class (classes in the batch - 1) times more: attraction and repulsion
    weigh about the same, whatever the number of classes, where every class has many windows. A
    class of n windows repels by (n - 1) / n of that, since no window is paired with itself; one of
    a single window, as a DIR makes it, not at all. Weights sum to 1 in both.

    Args:
        z: embeddings `(batch, dim)`; half precision is computed in float32.
        c: device class of each, `(batch,)`, any integers.
        alpha: threshold of eq. (4).
        beta: barrier strength of eq. (4), above 0.
        weighting: "pairs" or "balanced".
        groups: `(batch,)`, any integers; only pairs of one group count, as if each group were a
            batch ("balanced" counts classes in the group), and a group counts as the weights of its
            pairs add up. With scenes: class-conditional, so that a device that is commoner in one
            scene gives no reason to forget the scene. None: all.

    Returns:
        A scalar, 0 where there is no pair; its gradient is finite at distance 0.

    Raises:
        InputError: alpha / beta is so large that the exponential leaves float32.
    """
    if beta <= 0 or alpha / beta > 80:
        raise InputError(
            f"alpha, beta: exp(alpha / beta) overflows at alpha {alpha:g}, beta {beta:g}; "
            "take beta > 0 and alpha / beta <= 80"
        )
    if z.dtype in (torch.float16, torch.bfloat16):
        z = z.float()
    # Not torch.cdist: it loses small distances on a GPU and has no gradient on Apple devices.
    # The norm's gradient at 0 is 0, that of a square root is not finite.
    distance = torch.linalg.vector_norm(z[:, None] - z[None], dim=-1)  # (batch, batch)
    same = c[:, None] == c[None]
    penalty = torch.where(
        same, same_class_penalty(distance, alpha, beta), other_class_penalty(distance)
    )
    together = torch.ones_like(same) if groups is None else groups[:, None] == groups[None]
    weight = together.to(z.dtype)
    if weighting == "balanced":
        weight = weight * _balanced(same & together, together.to(z.dtype))
    weight = weight.fill_diagonal_(0)
    return (weight * penalty).sum() / weight.sum().clamp_min(torch.finfo(z.dtype).tiny)


def _balanced(same: Tensor, together: Tensor) -> Tensor:
    """Weight of each ordered pair, `(batch, batch)`, from which pairs share a class and a group."""
    window = 1 / same.sum(1).to(together.dtype)  # 1 / n_c
    classes = together @ window  # (batch,) in the window's group
    # A group of one class has only repulsion to weigh; times 0 nothing would be left.
    repulsion = (classes - 1).round().clamp_min(1)
    return window[:, None] * window * torch.where(same, repulsion[:, None], 1)
