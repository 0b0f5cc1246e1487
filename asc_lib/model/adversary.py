"""Domain-adversarial training: a device classifier that the embedding is trained to mislead.

Ganin et al., "Domain-adversarial training of neural networks", JMLR 17 (2016),
https://arxiv.org/abs/1505.07818, with the recording device as the domain.
"""

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from asc_lib.data.tau22 import TRAINING_DEVICES

if TYPE_CHECKING:  # training finds this module by the table of methods
    from asc_lib.train.step import About

_HIDDEN = 100
_GAMMA = 10.0


class DeviceHead(nn.Module):
    """Device logits (batch, training devices) of embeddings (batch, dim) through 100 hidden units.

    The source's smaller domain classifier (Sec. 5.2.2, Fig. 4a), a softmax for its logistic unit.
    Devices that training never hears have no output: nothing could teach the head to name them.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dim, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, len(TRAINING_DEVICES))
        )

    def forward(self, embedding: Tensor) -> Tensor:
        return self.layers(embedding)


class _Reversal(torch.autograd.Function):
    """The source's pseudo-function R: itself forwards, its gradient times -strength backwards."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradients[0], None


def reverse_gradient(x: Tensor, strength: float) -> Tensor:
    """`x` itself, whose gradient comes back times `-strength` (gradient reversal layer)."""
    return _Reversal.apply(x, strength)


def reversal_strength(progress: float) -> float:
    """lambda_p = 2 / (1 + exp(-10 p)) - 1 of the done share p, 0 to 1 (source, Sec. 5.2.2)."""
    return 2 / (1 + math.exp(-_GAMMA * progress)) - 1


def adversarial_loss(embedding: Tensor, about: "About", balanced: bool = True) -> Tensor:
    """Cross-entropy of the device head, on embeddings (batch, dim) whose gradient is reversed.

    The head (`about.head`) learns the recording device at full strength, also where a DIR
    convolves; the embedding is pushed against it with lambda_p, as in the source.

    Balanced, each device in the batch weighs alike: so the source averages each domain by itself
    (Sec. 4), and the paper's device classifier is balanced, too (Sec. 5.4). Otherwise a head that
    always says the commonest device is good already.
    """
    logits = about.head(reverse_gradient(embedding, reversal_strength(about.progress)))
    each = cross_entropy(logits, about.device, reduction="none")
    if not balanced:
        return each.mean()
    windows = (about.device[:, None] == about.device[None]).sum(1)  # of the same device
    weight = 1 / windows.to(each.dtype)
    return (weight * each).sum() / weight.sum()
