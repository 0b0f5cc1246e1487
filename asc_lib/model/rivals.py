"""The rivals of notebook 07, functions that `methods.py` names: losses, weights, changed inputs."""

import math
from typing import Any, NamedTuple

import torch
from scipy.special import betaincinv
from torch import Tensor, nn
from torch.nn import functional

from asc_lib.data.tau22 import DEVICES, TRAINING_DEVICES
from asc_lib.model.frontend import SAMPLE_RATE
from asc_lib.model.transfer import to_device


class About(NamedTuple):
    """What a method's own loss may look at beside the embeddings of a batch."""

    scene: Tensor  # (batch,) position in SCENES
    device: Tensor  # (batch,) position in DEVICES
    device_class: Tensor  # (batch,) the device, or (device, DIR) where convolved
    progress: float  # share of the training that is done
    head: nn.Module | None  # the method's own, trained along


# Domain-adversarial training: Ganin et al., JMLR 17 (2016), https://arxiv.org/abs/1505.07818, with
# the recording device as the domain.


class DeviceHead(nn.Module):
    """Device logits (batch, training devices) of embeddings (batch, dim) through 100 hidden units.

    The source's smaller domain classifier (Sec. 5.2.2, Fig. 4a), a softmax for its logistic unit;
    devices that training never hears have no output.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dim, 100), nn.ReLU(), nn.Linear(100, len(TRAINING_DEVICES))
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


def adversarial_loss(embedding: Tensor, about: About, balanced: bool = True) -> Tensor:
    """Cross-entropy of the device head, on embeddings (batch, dim) whose gradient is reversed.

    The head learns the recording device at full strength, also where a DIR convolves; the embedding
    is pushed against it with lambda_p = 2 / (1 + exp(-10 p)) - 1 of the done share p (Sec. 5.2.2).

    Balanced, each device in the batch weighs alike: so the source averages each domain by itself
    (Sec. 4). Otherwise a head that always says the commonest device is good already.
    """
    strength = 2 / (1 + math.exp(-10.0 * about.progress)) - 1
    logits = about.head(_Reversal.apply(embedding, strength))
    each = functional.cross_entropy(logits, about.device, reduction="none")
    if not balanced:
        return each.mean()
    windows = (about.device[:, None] == about.device[None]).sum(1)  # of the same device
    weight = 1 / windows.to(each.dtype)
    return (weight * each).sum() / weight.sum()


# Maximum mean discrepancy: Gretton et al., JMLR 13 (2012); as a loss with several Gaussian kernels:
# Long et al., ICML 2015, https://arxiv.org/abs/1502.02791.

# of the mean squared distance, as in https://github.com/thuml/Transfer-Learning-Library
_SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)


def device_discrepancy(embedding: Tensor, about: About) -> Tensor:
    """Squared maximum mean discrepancy of embeddings (batch, dim), mean over pairs of devices.

    Pairs of recording devices with two windows each in the batch at least; 0 where there is none.
    Unbiased (Gretton et al., eq. 3): no window is compared with itself, and a value may be below 0.
    """
    kernel = _kernel(embedding)
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


def _kernel(z: Tensor) -> Tensor:
    """Mean of exp(-d^2 / bandwidth) over bandwidths, (batch, batch), 0 on the diagonal."""
    # Differences, not the expanded square: embeddings lie far from 0 and close together.
    squared = (z[:, None] - z[None]).square().sum(-1)
    pairs = max(len(z) * (len(z) - 1), 1)
    bandwidth = (squared.detach().sum() / pairs).clamp_min(1e-30)  # finite where all coincide
    kernel = torch.stack([torch.exp(-squared / (scale * bandwidth)) for scale in _SCALES]).mean(0)
    return kernel * (1 - torch.eye(len(z), dtype=z.dtype, device=z.device))


# Class-balanced loss: Cui et al., CVPR 2019, https://arxiv.org/abs/1901.05555, for devices in the
# place of classes.


def effective_number_weights(windows: Tensor, beta: float) -> Tensor:
    """Weight of each device in the loss, one over its effective number of windows (eq. 1 and 2).

    Of n windows (1 - beta^n) / (1 - beta): beta 0 weighs all windows alike, near 1 each device. The
    mean weight over the training windows is 1 (the published code's sum to the number of classes).
    `windows` (devices,) of training, 0 where never heard, to (devices,) float64, 0 there.
    """
    count = windows.to(torch.float64)
    heard = count > 0
    # 1 - beta^n without the loss of digits near beta = 1
    log_beta = math.log(beta) if beta > 0 else -math.inf
    effective = -torch.expm1(count.where(heard, 1) * log_beta) / (1 - beta)
    weight = (1 / effective).where(heard, 0)
    return weight * count.sum() / (weight * count).sum()


# Freq-MixStyle: Kim et al., Interspeech 2022, https://arxiv.org/abs/2206.12513, find the device in
# each band's mean and spread over time; Schmid et al., DCASE 2022 Task 1, mix these two between
# windows: https://github.com/fschmid56/cpjku_dcase23/blob/main/helpers/utils.py, `mixstyle`.


def mix(log_mel: Tensor, generator: torch.Generator, probability: float, alpha: float) -> Tensor:
    """The batch (batch, 128, frames), or with `probability` the batch with mixed statistics.

    The published function (probability 0.4, alpha 0.4), but before the masks, not after. The whole
    batch is mixed or none of it; the generator gives as many numbers either way.
    """
    mixed = float(torch.rand((), generator=generator, dtype=torch.float64)) < probability
    # Beta(alpha, alpha) by its inverse distribution function: torch's Beta knows no generator
    uniform = torch.rand(len(log_mel), generator=generator, dtype=torch.float64)
    own = torch.from_numpy(betaincinv(alpha, alpha, uniform.numpy())).float()
    partner = torch.randperm(len(log_mel), generator=generator)
    if not mixed:
        return log_mel
    return mix_drawn(log_mel, *(to_device(each, log_mel.device) for each in (own, partner)))


def mix_drawn(log_mel: Tensor, own: Tensor, partner: Tensor) -> Tensor:
    """`log_mel` (batch, 128, frames) with each band's mean and deviation over time mixed.

    `own` (batch,): share of its own statistics that a window keeps; `partner` (batch,): the row
    that gives it the rest.
    """
    mean = log_mel.mean(2, keepdim=True)  # (batch, 128, 1)
    centred = log_mel - mean
    variance = centred.square().sum(2, keepdim=True) / (log_mel.shape[2] - 1)
    deviation = (variance + 1e-6).sqrt()  # as in the published function
    kept = own[:, None, None].to(log_mel.dtype)
    new_mean = torch.lerp(mean[partner], mean, kept)
    new_deviation = torch.lerp(deviation[partner], deviation, kept)
    return torch.addcmul(new_mean, centred, new_deviation / deviation)


# Dynamic range compression, a stand-in for devices' automatic gain and limiting (paper Sec. 2.3).
# After Giannoulis, Massberg and Reiss, J. Audio Eng. Soc. 60(6), 2012: a static curve with a soft
# knee, whose gain reduction in dB runs through their smooth branching detector.

_BLOCK = 64  # samples: 2 ms, below the shortest attack
_KNEE_DB = 9.0


class Compression(NamedTuple):
    """Settings of the compressor for each window, each `(batch,)` float32."""

    threshold_db: Tensor  # against the window's RMS level, since recordings come at any
    ratio: Tensor  # dB in for a dB out above the threshold, 1 or more
    attack_s: Tensor  # time constants: 1 - 1/e of the way
    release_s: Tensor


def draw_settings(windows: int, generator: torch.Generator) -> Compression:
    """Settings for each window: the threshold uniform in dB, the rest in their logarithm.

    From ffmpeg's acompressor (ratio 2, attack 20 ms) to the Web Audio API's compressor (ratio 12,
    attack 3 ms); both release in 250 ms, here half to twice that.
    """
    uniform = torch.rand(4, windows, generator=generator)
    ranges = (2.0, 12.0), (0.003, 0.020), (0.125, 0.500)
    drawn = [low * (high / low) ** u for (low, high), u in zip(ranges, uniform[1:], strict=True)]
    return Compression(-20.0 + 20.0 * uniform[0], *drawn)


def compress_some(waveform: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    """The batch (batch, samples), each window with `probability` compressed by its own settings."""
    drawn = torch.rand(len(waveform), generator=generator) < probability
    settings = draw_settings(len(waveform), generator)
    rows = torch.nonzero(drawn)[:, 0]  # on the CPU: a GPU would have to be waited for
    if len(rows) == 0:
        return waveform
    there = to_device(rows, waveform.device)
    own = Compression(*(to_device(each[rows], waveform.device) for each in settings))
    changed = compress(waveform.index_select(0, there), own)
    return waveform.index_copy(0, there, changed.to(waveform.dtype))


def compress(waveform: Tensor, settings: Compression) -> Tensor:
    """Each waveform (batch, samples) compressed by its settings, float32, at the RMS level it had.

    Without that this would be mostly a random gain, up to 18 dB, which the front end hears.
    """
    waveform = waveform.float()
    # in place: on a CPU fresh memory costs more than the products
    changed = gain(waveform, settings).mul_(waveform)
    before, after = (torch.linalg.vector_norm(each, dim=1) for each in (waveform, changed))
    kept = torch.where(after > 0, before / after, 1)
    return changed.mul_(kept[:, None])


def gain(waveform: Tensor, settings: Compression) -> Tensor:
    """What the compressor multiplies each sample with, `(batch, samples)`, above 0, at most 1.

    A block's gain holds in its middle; between middles it moves in a straight line.
    """
    level_db = _block_levels(waveform.float())
    over_db = level_db - settings.threshold_db[:, None]
    # the static curve (their eq. 4): gain reduction in dB, 0 or more
    bent = (over_db + _KNEE_DB / 2).clamp(0, _KNEE_DB)
    straight = (over_db - _KNEE_DB / 2).clamp_min(0)
    wanted_db = (1 - 1 / settings.ratio[:, None]) * (bent.square() / (2 * _KNEE_DB) + straight)
    reached_db = _smoothed(wanted_db, settings.attack_s, settings.release_s)
    at_middles = torch.pow(10, reached_db / -20)
    whole = level_db.shape[1] * _BLOCK
    between = functional.interpolate(at_middles[:, None], size=whole, mode="linear")
    return between[:, 0, : waveform.shape[1]]


def _block_levels(waveform: Tensor) -> Tensor:
    """RMS level of each block of 2 ms against the whole window's in dB, -120 at least.

    (batch, samples) to (batch, blocks); a shorter block at the end counts by its own length.
    """
    samples = waveform.shape[1]
    missing = -samples % _BLOCK
    full = functional.pad(waveform, (0, missing)) if missing else waveform
    norms = torch.linalg.vector_norm(full.unflatten(1, (-1, _BLOCK)), dim=2)  # (batch, blocks)
    rms = norms / _BLOCK**0.5
    rms[:, -1] *= (_BLOCK / (_BLOCK - missing)) ** 0.5
    whole = torch.linalg.vector_norm(norms, dim=1, keepdim=True) / samples**0.5
    return 20 * torch.log10((rms / whole).nan_to_num(0).clamp_min(1e-6))


def _smoothed(wanted_db: Tensor, attack_s: Tensor, release_s: Tensor) -> Tensor:
    """Smooth branching detector: the reduction follows rises by the attack, falls by the release.

    `wanted_db` (batch, blocks) of 2 ms, `attack_s` at most `release_s`, (batch,). It begins at the
    first block's, as if the sound had been like that before.
    """
    seconds = _BLOCK / SAMPLE_RATE
    kept = torch.exp(-seconds / torch.stack([attack_s, release_s]))  # (2, batch)
    steps = wanted_db.T[:, None]  # (blocks, 1, batch)
    added = (1 - kept) * steps  # (blocks, 2, batch)
    reached = steps[0, 0]
    found = [reached]
    for step in added[1:].unbind():
        # where it rises the attack's new value is the larger one, where it falls the release's
        reached = torch.addcmul(step, kept, reached).amax(0)
        found.append(reached)
    return torch.stack(found, 1)
