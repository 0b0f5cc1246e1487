"""PaSST's front end: waveform to normalised log-mel spectrogram.

Koutini et al., Interspeech 2022, https://github.com/kkoutini/PaSST; Sec. 5.1 of the study's paper
(its "overlap of 320 samples" is PaSST's hop).
"""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchaudio.compliance.kaldi import get_mel_banks

from asc_lib.model.transfer import to_device

SAMPLE_RATE = 32_000
MELS = 128
FFT = 1024
WINDOW = 800
HOP = 320
PREEMPHASIS = 0.97
LOG_FLOOR = 1e-5

# On a CPU so many windows stay in its cache, and so many mel bands are computed from the few bins
# that they cover: together twice as fast as a batch of 64 times the whole bank.
_CPU_WINDOWS = 8
_CPU_MELS = 16


def normalise(log_power: Tensor) -> Tensor:
    """PaSST's fixed normalisation of a natural-log mel power spectrogram: (x + 4.5) / 5."""
    return (log_power + 4.5).div_(5)


class LogMel(nn.Module):
    """Waveform at 32 kHz to 128 log-mel bands, a frame every `hop` samples.

    In training the upper edge of the mel bank is drawn once a batch, around `fmax_hz` (Sec. 5.1,
    "randomized frequency cutoff"). Nothing here is learnt. 32,000 samples give 100 frames.
    """

    def __init__(self, cutoff_jitter_hz: int = 0, fmax_hz: int = 15_000, hop: int = HOP) -> None:
        super().__init__()
        self.cutoff_jitter_hz, self.fmax_hz, self.hop = cutoff_jitter_hz, fmax_hz, hop
        # An FFT as long as the padded window keeps the power, wherever the window stands in it.
        pad = (FFT - WINDOW) // 2
        window = functional.pad(torch.hann_window(WINDOW, periodic=False), (pad, pad))
        self.register_buffer("window", window, persistent=False)

    def draw_cutoffs(self, generator: torch.Generator | None = None) -> tuple[int, int]:
        """One draw of the bank's edges in Hz, 0 and, as PaSST draws the upper one,
        `fmax_hz` + range/2 - (0 ... range - 1), at most half the sample rate.
        """
        fmax = self.fmax_hz
        if self.cutoff_jitter_hz > 1:
            below = int(torch.randint(self.cutoff_jitter_hz, (1,), generator=generator))
            fmax += self.cutoff_jitter_hz // 2 - below
        return 0, min(fmax, SAMPLE_RATE // 2)

    def forward(self, waveform: Tensor, cutoffs: tuple[int, int] | None = None) -> Tensor:
        """Log-mel (batch, 128, (samples - 1) // hop + 1) of waveforms (batch, samples), float32.

        More than 513 samples, full scale 1. Without `cutoffs` in Hz they are drawn in training.
        """
        if cutoffs is None:
            cutoffs = self.draw_cutoffs() if self.training else (0, self.fmax_hz)
        on_cpu = waveform.device.type == "cpu"
        bands = mel_bands(*cutoffs, _CPU_MELS if on_cpu else MELS, waveform.device)
        with torch.autocast(waveform.device.type, enabled=False):
            parts = waveform.float().split(_CPU_WINDOWS) if on_cpu else [waveform.float()]
            mel = torch.cat([self._mel(part, bands) for part in parts])
            # in place: on a CPU fresh memory costs more than the sums
            return normalise(mel.add_(LOG_FLOOR).log_()).mT

    def _mel(self, waveform: Tensor, bands: list[tuple[slice, Tensor]]) -> Tensor:
        """Mel power `(batch, frames, 128)`."""
        power = self._power(waveform)
        rows = power.flatten(0, 1)  # two-dimensional pieces are multiplied where they lie
        mel = torch.cat([rows[:, columns] @ weights for columns, weights in bands], 1)
        return mel.view(*power.shape[:2], MELS)

    def _power(self, waveform: Tensor) -> Tensor:
        """Squares of the real and the imaginary part of each bin, `(batch, frames, 2 * 513)`."""
        signal = torch.sub(waveform[:, 1:], waveform[:, :-1], alpha=PREEMPHASIS)
        half = FFT // 2
        mirrored = signal[:, 1 : half + 1].flip(1), signal, signal[:, -half - 1 : -1].flip(1)
        frames = (
            torch.cat(mirrored, 1).unfold(-1, FFT, self.hop) * self.window
        )  # (batch, frames, 1024)
        # Batched real FFTs over an unfolded view are faster on a CPU than torch.stft.
        return torch.view_as_real(torch.fft.rfft(frames)).flatten(-2).square_()


def front_end(config: Any) -> LogMel:
    """The front end of a `RunConfig`."""
    return LogMel(config.cutoff_jitter_hz, config.mel_high_hz, config.hop)


def window_frames(hop: int) -> int:
    """Frames of a 1-s window."""
    return (SAMPLE_RATE - 1) // hop + 1


def mel_bank(fmin_hz: int, fmax_hz: int) -> Tensor:
    """Kaldi's triangular mel bank, `(513, 128)`: power spectrum @ bank = mel power."""
    bank, _ = get_mel_banks(
        MELS, FFT, SAMPLE_RATE, fmin_hz, fmax_hz, vtln_low=100.0, vtln_high=-500.0,
        vtln_warp_factor=1.0,
    )  # fmt: skip
    return functional.pad(bank, (0, 1)).T.contiguous()  # kaldi leaves out Nyquist


@lru_cache(maxsize=600)  # of the paper's 500 cutoffs each is drawn again and again
@torch.inference_mode(False)  # what is kept serves a training, too, whoever asked first
def mel_bands(
    fmin_hz: int, fmax_hz: int, mels: int, device: torch.device
) -> list[tuple[slice, Tensor]]:
    """The mel bank in pieces of `mels` bands, for `LogMel._power`'s two squares a bin.

    Of each piece the columns that it needs, and its weights (columns, mels).
    """
    bank = mel_bank(fmin_hz, fmax_hz).repeat_interleave(2, dim=0)
    pieces = []
    for piece in bank.split(mels, dim=1):
        used = piece.any(1).nonzero()[:, 0]
        columns = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        pieces.append((columns, to_device(piece[columns].contiguous(), device)))
    return pieces
