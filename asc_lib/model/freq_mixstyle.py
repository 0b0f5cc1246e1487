"""Freq-MixStyle: each window takes over part of another one's spectral statistics.

Kim et al., Interspeech 2022, https://arxiv.org/abs/2206.12513, find the device in each frequency
band's mean and spread over time. Schmid et al., DCASE 2022 Task 1,
https://github.com/CPJKU/cpjku_dcase22, mix these two between windows, as MixStyle does (Zhou et
al., ICLR 2021, https://arxiv.org/abs/2104.02008) for channels.
"""

import torch
from scipy.special import betaincinv
from torch import Tensor

from asc_lib.model.transfer import to_device

_EPS = 1e-6  # added to variances, as in the published function


def mix(log_mel: Tensor, generator: torch.Generator, probability: float, alpha: float) -> Tensor:
    """The batch (batch, 128, frames), or with `probability` the batch with mixed statistics.

    Computes `mixstyle` of https://github.com/fschmid56/cpjku_dcase23/blob/main/helpers/utils.py,
    whose PaSST on TAU22 is trained with probability 0.4 and alpha 0.4, but before the masks, not
    after. The whole batch is mixed or none of it; labels stay. The CPU generator gives as many
    numbers either way.
    """
    mixed = float(torch.rand((), generator=generator, dtype=torch.float64)) < probability
    own, partner = draw_partners(len(log_mel), generator, alpha)
    if not mixed:
        return log_mel
    on = log_mel.device
    return mix_drawn(log_mel, to_device(own, on), to_device(partner, on))


def draw_partners(windows: int, generator: torch.Generator, alpha: float) -> tuple[Tensor, Tensor]:
    """Share of its own statistics that each window keeps, and the row that gives it the rest.

    Beta(alpha, alpha) by its inverse distribution function: torch's Beta knows no generator.
    """
    uniform = torch.rand(windows, generator=generator, dtype=torch.float64)
    own = torch.from_numpy(betaincinv(alpha, alpha, uniform.numpy())).float()
    return own, torch.randperm(windows, generator=generator)


def mix_drawn(log_mel: Tensor, own: Tensor, partner: Tensor) -> Tensor:
    """`log_mel` (batch, 128, frames) with each band's mean and deviation over time mixed.

    `own` and `partner`, (batch,), as `draw_partners` gives them.
    """
    mean = log_mel.mean(2, keepdim=True)  # (batch, 128, 1)
    centred = log_mel - mean
    variance = centred.square().sum(2, keepdim=True) / (log_mel.shape[2] - 1)
    deviation = (variance + _EPS).sqrt()
    kept = own[:, None, None].to(log_mel.dtype)
    new_mean = torch.lerp(mean[partner], mean, kept)
    new_deviation = torch.lerp(deviation[partner], deviation, kept)
    return torch.addcmul(new_mean, centred, new_deviation / deviation)
