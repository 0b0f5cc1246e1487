"""Inverse contrastive loss: equations (1), (3) and (4) of the paper (Sec. 3); (2) adds it up.

Akash et al., "Learning invariant representations using inverse contrastive loss", AAAI 2021,
https://arxiv.org/abs/2102.08343, for device classes: windows of one device are pushed apart,
windows of different devices are pulled together, so that the embedding forgets the device.
"""

from typing import Literal

import torch
from torch import Tensor

from asc_lib.files import InputError


def inverse_contrastive_loss(
    z: Tensor,
    c: Tensor,
    alpha: float = 0.2,
    beta: float = 1.0,
    weighting: Literal["pairs", "balanced"] = "pairs",
    groups: Tensor | None = None,
) -> Tensor:
    """Inverse contrastive loss of embeddings (batch, dim), eq. (1) with (3) and (4): a scalar.

    Estimated from the ordered pairs of two different windows; 0 where there is none. A window
    paired with itself (the original code keeps these) would add a constant without gradient and
    scale the rest down by the batch size.

    Args:
        c: device class of each window, `(batch,)`, any integers.
        weighting: "pairs" counts every pair alike, as eq. (1) says. "balanced" is the original's:
            each window counts 1 / (size of its class in the batch), and pairs of one class
            (classes in the batch - 1) times more: attraction and repulsion weigh about the same.
        groups: `(batch,)`, any integers; only pairs of one group count, as if each were a batch.
            With scenes: a device commoner in one scene gives no reason to forget the scene.

    Raises:
        InputError: alpha / beta is so large that the exponential leaves float32.
    """
    if beta <= 0 or alpha / beta > 80:
        raise InputError(
            f"alpha, beta: exp(alpha / beta) overflows at alpha {alpha:g}, beta {beta:g}; "
            "take beta > 0 and alpha / beta <= 80"
        )
    # Not torch.cdist: it loses small distances on a GPU and has no gradient on Apple devices.
    # The norm's gradient at 0 is 0, that of a square root is not finite.
    distance = torch.linalg.vector_norm(z[:, None] - z[None], dim=-1)  # (batch, batch)
    same = c[:, None] == c[None]
    # equal device classes repel, f of eq. (4); different ones attract, g of eq. (3)
    penalty = torch.where(same, torch.exp((alpha - distance) / beta), distance.square())
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
