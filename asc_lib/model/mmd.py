"""Maximum mean discrepancy between devices: how far apart their embeddings lie as distributions.

Gretton et al., "A kernel two-sample test", JMLR 13 (2012); as a loss with several Gaussian kernels:
Long et al., "Learning transferable features with deep adaptation networks", ICML 2015,
https://arxiv.org/abs/1502.02791.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from asc_lib.data.tau22 import DEVICES

if TYPE_CHECKING:  # training finds this module by the table of methods
    from asc_lib.train.step import About

_SMALLEST = 1e-30  # bandwidth where all embeddings coincide; its inverse is finite in float32


def device_discrepancy(
    embedding: Tensor, about: "About", scales: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0)
) -> Tensor:
    """Squared maximum mean discrepancy of embeddings (batch, dim), mean over pairs of devices.

    Pairs of recording devices with two windows each in the batch at least; 0 where there is none.
    Unbiased (Gretton et al., eq. 3): no window is compared with itself, and a value may be below 0.
    The biased form is much larger for a device with few windows, whatever their distribution.

    The kernel is the mean of exp(-d^2 / bandwidth) over bandwidths of `scales` times the mean
    squared distance in the batch, without a gradient: Long et al.'s convex combination, evenly
    weighted, with the multiples of https://github.com/thuml/Transfer-Learning-Library.
    """
    kernel = _kernel(embedding, scales)
    known = torch.arange(len(DEVICES), device=about.device.device)
    member = (about.device[:, None] == known).to(kernel.dtype)  # (batch, devices)
    windows = member.sum(0)
    share = member / windows.clamp_min(1)
    between = share.T @ kernel @ share  # (devices, devices) means over pairs of windows
    # kernel's diagonal is 0, so that n (n - 1) of n^2 pairs are left within a device
    within = between.diagonal() * windows / (windows - 1).clamp_min(1)
    squared = within[:, None] + within[None] - 2 * between
    enough = windows >= 2
    pair = (enough[:, None] & enough[None]).to(kernel.dtype).fill_diagonal_(0)
    return (pair * squared).sum() / pair.sum().clamp_min(1)


def _kernel(z: Tensor, scales: Sequence[float]) -> Tensor:
    """Kernel of each two windows `(batch, batch)`, 0 on the diagonal."""
    # Differences, not the expanded square: embeddings lie far from 0 and close together.
    squared = (z[:, None] - z[None]).square().sum(-1)
    pairs = max(len(z) * (len(z) - 1), 1)
    bandwidth = (squared.detach().sum() / pairs).clamp_min(_SMALLEST)
    kernel = torch.stack([torch.exp(-squared / (scale * bandwidth)) for scale in scales]).mean(0)
    return kernel * (1 - torch.eye(len(z), dtype=z.dtype, device=z.device))
