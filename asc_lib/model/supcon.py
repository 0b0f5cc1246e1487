"""Supervised contrastive loss: what the inverse contrastive loss turns round, for comparison.

Khosla et al., "Supervised contrastive learning", NeurIPS 2020, https://arxiv.org/abs/2004.11362,
equation (2), reference [23] of the paper. No run of the study trains with it.
"""

import torch
from torch import Tensor
from torch.nn import functional


def supervised_contrastive_loss(z: Tensor, c: Tensor, temperature: float = 0.1) -> Tensor:
    """Mean over windows of -log p(partner | window), averaged over its class's other windows.

    Embeddings (batch, dim), of which only the directions count, and classes (batch,); windows alone
    in their class are left out.
    """
    unit = functional.normalize(z, dim=-1)
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    similarity = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)
    log_p = similarity.log_softmax(1).masked_fill(itself, 0)
    partner = (c[:, None] == c[None]) & ~itself
    count = partner.sum(1)
    mean = (log_p * partner).sum(1) / count.clamp_min(1)
    return -mean.sum() / (count > 0).sum().clamp_min(1)
