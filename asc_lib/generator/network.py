"""A conditional GAN: a microphone's twelve variables -> its impulse response (Sec. 5.3).

After the description of FAST-RIR (Ratnarajah et al., 2022, https://arxiv.org/abs/2110.04057): no
noise at the input, transposed convolutions of kernel 41 and stride 4, written anew.
"""

import torch
from torch import Tensor, nn

CONDITIONS = 12
_STEPS = 16  # samples before the first transposed convolution; three of them quadruple it thrice
_KERNEL, _STRIDE = 41, 4
_QUIET = 0.02


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
            Longer(4 * width, 2 * width), nn.BatchNorm1d(2 * width), nn.PReLU(),
            Longer(2 * width, width), nn.BatchNorm1d(width), nn.PReLU(),
            Longer(width, 1), nn.Tanh(),
        )  # fmt: skip
        # begin near silence: responses are small beside 1, and loud noise takes long to be unlearnt
        with torch.no_grad():
            for parameter in self.grow[-2].parameters():
                parameter.mul_(_QUIET)

    def forward(self, condition: Tensor) -> Tensor:
        hidden = self.first(condition).view(len(condition), -1, _STEPS)
        return self.grow(hidden)[:, 0]


class Longer(nn.Module):
    """A transposed convolution of stride 4 and kernel 44: (batch, many, n) -> (batch, few, 4 n).

    Computed where the signal is still short, each of the four new samples by a kernel of 11, which
    takes half the time of `nn.ConvTranspose1d` on a CPU. Kernel 41 is the same with three zeros.
    """

    def __init__(self, many: int, few: int) -> None:
        super().__init__()
        self.each = nn.Conv1d(many, _STRIDE * few, _KERNEL // _STRIDE + 1, padding="same")

    def forward(self, signal: Tensor) -> Tensor:
        batch, _, length = signal.shape
        phases = self.each(signal).view(batch, -1, _STRIDE, length)
        return phases.transpose(2, 3).reshape(batch, -1, _STRIDE * length)


class Discriminator(nn.Module):
    """Response (batch, 1024), condition (batch, 12) -> logit (batch,): real, and of this one?

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

    def forward(self, response: Tensor, *conditions: Tensor) -> list[Tensor]:
        """The logits with each of these conditions; the response is looked at once."""
        seen = self.look(response[:, None])
        logits = []
        for condition in conditions:
            there = condition[:, :, None].expand(-1, -1, seen.shape[2])
            logits.append(self.judge(torch.cat([seen, there], dim=1))[:, 0])
        return logits
