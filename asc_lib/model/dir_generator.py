"""A conditional GAN that turns a microphone's twelve variables into its impulse response (Sec. 5.3).

Written from the description of FAST-RIR (Ratnarajah et al., 2022, https://arxiv.org/abs/2110.04057),
not from its code: no noise at the input, transposed convolutions of kernel 41 and stride 4.
"""

import torch
from torch import Tensor, nn

TAPS = 1024
CONDITIONS = 12
_STEPS = 16  # samples before the first transposed convolution; three of them quadruple it thrice
_KERNEL, _STRIDE = 41, 4


class Generator(nn.Module):
    """Condition (batch, 12) -> response (batch, 1024), -1 to 1.

    Args:
        width: channels before the last transposed convolution; four times as many at the start.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Linear(CONDITIONS, 4 * width), nn.PReLU(),
            nn.Linear(4 * width, 4 * width * _STEPS), nn.PReLU(),
        )  # fmt: skip
        self.grow = nn.Sequential(
            *_doubled_back(4 * width, 2 * width),
            *_doubled_back(2 * width, width),
            nn.ConvTranspose1d(width, 1, _KERNEL, _STRIDE, 19, 1),
            nn.Tanh(),
        )

    def forward(self, condition: Tensor) -> Tensor:
        hidden = self.first(condition).view(len(condition), -1, _STEPS)
        return self.grow(hidden)[:, 0]


def _doubled_back(channels: int, fewer: int) -> tuple[nn.Module, ...]:
    """Four times as long, with fewer channels."""
    grow = nn.ConvTranspose1d(channels, fewer, _KERNEL, _STRIDE, 19, 1, bias=False)
    return grow, nn.BatchNorm1d(fewer), nn.PReLU()


class Discriminator(nn.Module):
    """Response (batch, 1024) and condition (batch, 12) -> logit (batch,): real, and of this one?

    Args:
        width: channels after the first convolution; four times as many at the end.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        shrink = {"kernel_size": _KERNEL, "stride": _STRIDE, "padding": 20}
        self.look = nn.Sequential(
            nn.Conv1d(1, width, **shrink), nn.LeakyReLU(0.2),
            nn.Conv1d(width, 2 * width, **shrink, bias=False), nn.BatchNorm1d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv1d(2 * width, 4 * width, **shrink, bias=False), nn.BatchNorm1d(4 * width),
            nn.LeakyReLU(0.2),
        )  # fmt: skip
        # joined at every one of the 16 steps, then judged
        self.judge = nn.Sequential(
            nn.Conv1d(4 * width + CONDITIONS, 4 * width, 1, bias=False), nn.BatchNorm1d(4 * width),
            nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(4 * width * _STEPS, 1),
        )  # fmt: skip

    def forward(self, response: Tensor, condition: Tensor) -> Tensor:
        seen = self.look(response[:, None])
        there = condition[:, :, None].expand(-1, -1, seen.shape[2])
        return self.judge(torch.cat([seen, there], dim=1))[:, 0]
