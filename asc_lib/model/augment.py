"""Augmentation of a batch on the device it is trained on: impulse responses and masks.

Random numbers are drawn on the CPU: a seed means the same on every device.
"""

import torch
from torch import Tensor

from asc_lib.model.frontend import normalise
from asc_lib.model.transfer import to_device

CLEAN = -1  # in the place of an impulse response's number: the window is left as it is
# On a CPU so many windows at a time: fewer pay more for planning FFTs, more leave its cache.
_CPU_WINDOWS = 16
MASK_VALUE = float(normalise(torch.zeros(())))  # PaSST masks with 0, then normalises


def unit_energy(responses: Tensor) -> Tensor:
    """Impulse responses `(dirs, taps)` scaled to a sum of squares of 1 each.

    The measured sets differ by more than 20 dB, and the model would learn levels.
    """
    # or squares of quiet responses leave float32
    responses = responses / responses.abs().amax(-1, keepdim=True)
    return responses / torch.linalg.vector_norm(responses, dim=-1, keepdim=True)


def convolve_dir(waveform: Tensor, responses: Tensor) -> Tensor:
    """Each waveform (batch, samples) convolved with its own response (batch, taps), float32.

    Row by row `scipy.signal.convolve(waveform, response)[:samples]`, by overlap-save.
    """
    samples, taps = waveform.shape[-1], responses.shape[-1]
    block = max(4096, 1 << (4 * taps - 1).bit_length())  # at most a quarter of it is overlap
    step = block - taps + 1
    blocks = -(-(samples + taps - 1) // step)
    windows = _CPU_WINDOWS if waveform.device.type == "cpu" else max(len(waveform), 1)
    with torch.autocast(waveform.device.type, enabled=False):
        waveform, responses = waveform.float(), responses.float()
        out = waveform.new_empty(len(waveform), blocks, step)
        for first in range(0, len(waveform), windows):
            some = slice(first, first + windows)
            out[some] = _overlap_save(waveform[some], responses[some], block, blocks)
    return out.flatten(1)[:, :samples]


def _overlap_save(waveform: Tensor, responses: Tensor, block: int, blocks: int) -> Tensor:
    """`(windows, blocks, block - taps + 1)`, the blocks of the convolution one after the other."""
    (windows, samples), taps = waveform.shape, responses.shape[-1]
    step = block - taps + 1
    # One window behind the other, with silence for a response to die away between them: so all
    # blocks lie at equal steps, and are transformed where they lie.
    row = waveform.new_zeros(taps - 1 + windows * blocks * step)
    row[taps - 1 :].view(windows, -1)[:, :samples] = waveform
    spectrum = torch.fft.rfft(row.unfold(0, block, step)).view(windows, blocks, -1)
    spectrum *= torch.fft.rfft(responses, n=block)[:, None]
    # The first taps - 1 samples of a block hold what wrapped around.
    return torch.fft.irfft(spectrum, n=block)[..., taps - 1 :]


def draw_dirs(
    windows: int, dir_count: int, probability: float, generator: torch.Generator
) -> Tensor:
    """Number of the impulse response of each window of a batch, `CLEAN` for none: (batch,) int64.

    Each window is convolved with `probability`, each response as likely (Sec. 5.3).
    """
    convolved = torch.rand(windows, generator=generator) < probability
    which = torch.randint(dir_count, (windows,), generator=generator)
    return which.where(convolved, CLEAN)


def convolve_drawn_(waveform: Tensor, responses: Tensor, which: Tensor) -> Tensor:
    """The batch with the windows that `draw_dirs` chose convolved, in place.

    `responses` (dirs, taps) lie on the same device, `which` (batch,) on the CPU.
    """
    on = waveform.device
    drawn = torch.nonzero(which >= 0)[:, 0]  # on the CPU: a GPU would have to be waited for
    if len(drawn) == 0:
        return waveform
    for rows in drawn.split(_CPU_WINDOWS if on.type == "cpu" else len(drawn)):
        own, there = to_device(which[rows], on), to_device(rows, on)
        # of whole rows `index_select` takes a third of the time of an index in brackets
        pair = waveform.index_select(0, there), responses.index_select(0, own)
        waveform.index_copy_(0, there, convolve_dir(*pair).to(waveform.dtype))
    return waveform


def device_classes(devices: Tensor, which: Tensor, dir_count: int) -> Tensor:
    """Device class of each window for the inverse contrastive loss, `(batch,)` int64.

    A clean window keeps its device's number; each (device, response) is a new device (Sec. 3),
    numbered -1, -2, ...
    """
    devices = devices.long()
    return torch.where(which < 0, devices, -1 - (devices * dir_count + which))


def mask_spectrogram(
    log_mel: Tensor, freq_bins: int, time_frames: int, generator: torch.Generator | None = None
) -> Tensor:
    """`log_mel` `(batch, 128, frames)` of `LogMel`, a band and a stretch of each window masked.

    SpecAugment as PaSST uses it (Sec. 5.1: up to 48 bins and 24 frames): the same as torchaudio's
    `FrequencyMasking(freq_bins, True)`, then `TimeMasking(time_frames, True)`, with the same seed.
    """
    batch, mels, frames = log_mel.shape
    inside = []
    for size, longest in ((mels, min(freq_bins, mels)), (frames, min(time_frames, frames))):
        length = torch.rand(batch, generator=generator) * longest
        start = (torch.rand(batch, generator=generator) * (size - length)).long()
        edges = start, start + length.long()
        first, end = (to_device(edge, log_mel.device)[:, None] for edge in edges)
        place = torch.arange(size, device=log_mel.device)
        inside.append((place >= first) & (place < end))
    in_freq, in_time = inside  # (batch, mels), (batch, frames)
    kept = (~in_time).float()[:, :, None] * (~in_freq).float()[:, None]  # (batch, frames, mels)
    # weights 0 and 1 give either end exactly; transposed as `LogMel` leaves it in memory
    return torch.lerp(log_mel.new_full((), MASK_VALUE), log_mel.mT, kept).mT
