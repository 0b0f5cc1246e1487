"""Dynamic range compression of some windows: a stand-in for devices' automatic gain and limiting.

The paper names it for non-linear effects of devices (Sec. 2.3, after Hu et al., DCASE 2020 Task 1).
After Giannoulis, Massberg and Reiss, "Digital dynamic range compressor design: a tutorial and
analysis", J. Audio Eng. Soc. 60(6), 2012: a static curve with a soft knee, whose gain reduction in
dB runs through their smooth branching detector; levels of blocks of 2 ms.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from asc_lib.model.frontend import SAMPLE_RATE
from asc_lib.model.transfer import to_device

BLOCK = 64  # samples: 2 ms, below the shortest attack
_FLOOR = 1e-6  # of a block's RMS against its window's: -120 dB, below any threshold

# From ffmpeg's acompressor (ratio 2, attack 20 ms, knee a factor of 2.83) to the Web Audio API's
# DynamicsCompressorNode (ratio 12, attack 3 ms); both release in 250 ms, here half to twice that.
RATIO = (2.0, 12.0)
ATTACK_S = (0.003, 0.020)
RELEASE_S = (0.125, 0.500)
KNEE_DB = 9.0
# Against the window's own level, since recordings come at any: from most of the sound is
# compressed to only what stands out.
THRESHOLD_DB = (-20.0, 0.0)


class Compression(NamedTuple):
    """Settings of the compressor for each window, each `(batch,)` float32."""

    threshold_db: Tensor  # against the window's RMS level
    ratio: Tensor  # dB in for a dB out above the threshold, 1 or more
    attack_s: Tensor  # time constants: 1 - 1/e of the way
    release_s: Tensor


def compress_some(waveform: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    """The batch (batch, samples), each window with `probability` compressed by settings of its own.

    The CPU generator gives as many numbers however many windows are drawn.
    """
    windows = len(waveform)
    drawn = torch.rand(windows, generator=generator) < probability
    settings = draw_settings(windows, generator)
    rows = torch.nonzero(drawn)[:, 0]  # on the CPU: a GPU would have to be waited for
    if len(rows) == 0:
        return waveform
    on = waveform.device
    there = to_device(rows, on)
    own = Compression(*(to_device(each[rows], on) for each in settings))
    changed = compress(waveform.index_select(0, there), own)
    return waveform.index_copy(0, there, changed.to(waveform.dtype))


def draw_settings(windows: int, generator: torch.Generator) -> Compression:
    """Settings for each window: the threshold uniform in dB, the rest in their logarithm."""
    uniform = torch.rand(4, windows, generator=generator)
    low, high = THRESHOLD_DB
    drawn = [low + (high - low) * uniform[0]]
    for (low, high), each in zip((RATIO, ATTACK_S, RELEASE_S), uniform[1:], strict=True):
        drawn.append(low * (high / low) ** each)
    return Compression(*drawn)


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

    A block's gain holds in its middle; between middles it moves in a straight line, so that it
    looks ahead by 2 ms at most.
    """
    level_db = block_levels(waveform.float())
    over_db = level_db - settings.threshold_db[:, None]
    wanted_db = reduction_db(over_db, settings.ratio[:, None])
    reached_db = smoothed(wanted_db, settings.attack_s, settings.release_s)
    at_middles = torch.pow(10, reached_db / -20)
    whole = level_db.shape[1] * BLOCK
    between = functional.interpolate(at_middles[:, None], size=whole, mode="linear")
    return between[:, 0, : waveform.shape[1]]


def block_levels(waveform: Tensor) -> Tensor:
    """RMS level of each block of 2 ms against the whole window's in dB, -120 at least.

    (batch, samples) to (batch, blocks); a shorter block at the end counts by its own length.
    """
    samples = waveform.shape[1]
    missing = -samples % BLOCK
    full = functional.pad(waveform, (0, missing)) if missing else waveform
    norms = torch.linalg.vector_norm(full.unflatten(1, (-1, BLOCK)), dim=2)  # (batch, blocks)
    rms = norms / BLOCK**0.5
    rms[:, -1] *= (BLOCK / (BLOCK - missing)) ** 0.5
    whole = torch.linalg.vector_norm(norms, dim=1, keepdim=True) / samples**0.5
    return 20 * torch.log10((rms / whole).nan_to_num(0).clamp_min(_FLOOR))


def reduction_db(over_db: Tensor, ratio: Tensor) -> Tensor:
    """Static curve (their eq. 4): gain reduction in dB, 0 or more, of a level above threshold."""
    bent = (over_db + KNEE_DB / 2).clamp(0, KNEE_DB)
    straight = (over_db - KNEE_DB / 2).clamp_min(0)
    return (1 - 1 / ratio) * (bent.square() / (2 * KNEE_DB) + straight)


def smoothed(wanted_db: Tensor, attack_s: Tensor, release_s: Tensor) -> Tensor:
    """Smooth branching detector: the reduction follows rises by the attack, falls by the release.

    `wanted_db` (batch, blocks) of 2 ms, `attack_s` at most `release_s`, (batch,). It begins at the
    first block's, as if the sound had been like that before.
    """
    seconds = BLOCK / SAMPLE_RATE
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
