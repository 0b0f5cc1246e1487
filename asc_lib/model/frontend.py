"""PaSST's front end: waveform to normalised log-mel spectrogram.

Koutini et al., "Efficient training of audio transformers with patchout", Interspeech 2022,
https://github.com/kkoutini/PaSST; the study's paper uses it in Sec. 5.1 (its "overlap of 320
samples" is PaSST's hop).
"""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchaudio.compliance.kaldi import get_mel_banks

SAMPLE_RATE = 32_000
MELS = 128
FFT = 1024
WINDOW = 800
HOP = 320
PREEMPHASIS = 0.97
LOG_FLOOR = 1e-5

# So many windows' spectra fit a CPU's cache: a third faster than a batch of 64 in one go.
_CPU_CHUNK = 16


def normalise(log_power: Tensor) -> Tensor:
    """PaSST's fixed normalisation of a natural-log mel power spectrogram: (x + 4.5) / 5."""
    return (log_power + 4.5) / 5


class LogMel(nn.Module):
    """Waveform at 32 kHz to 128 log-mel bands, a frame every 10 ms.

    In training the edges of the mel bank are drawn once a batch (Sec. 5.1, "randomized frequency
    cutoff"); in evaluation they are `fmin_hz` and `fmax_hz`. Nothing here is learnt.

    Shape: `(batch, samples)` to `(batch, 128, frames)`; 32,000 samples give 100 frames.
    """

    def __init__(
        self,
        cutoff_jitter_hz: int = 0,
        lower_jitter_hz: int = 0,
        fmin_hz: int = 0,
        fmax_hz: int = 15_000,
    ) -> None:
        """Set the bank's edges in Hz and the ranges from which training draws them.

        15,000 Hz is what the released AudioSet weights are evaluated with (upper range 2,000 Hz,
        lower 10 Hz in their training); the study's paper names one range, 500 Hz, which is taken
        for the upper edge.
        """
        super().__init__()
        self.cutoff_jitter_hz = cutoff_jitter_hz
        self.lower_jitter_hz = lower_jitter_hz
        self.fmin_hz = fmin_hz
        self.fmax_hz = fmax_hz
        # An FFT as long as the padded window keeps the power, wherever the window stands in it.
        pad = (FFT - WINDOW) // 2
        window = functional.pad(torch.hann_window(WINDOW, periodic=False), (pad, pad))
        self.register_buffer("window", window, persistent=False)

    def draw_cutoffs(self, generator: torch.Generator | None = None) -> tuple[int, int]:
        """One draw of the bank's edges in Hz, as PaSST draws them: lower edge first.

        Lower: `fmin_hz` + 0 ... range - 1. Upper: `fmax_hz` + range/2 - (0 ... range - 1), at
        most half the sample rate. A range of 0 or 1 leaves its edge where it is.
        """
        fmin, fmax = self.fmin_hz, self.fmax_hz
        if self.lower_jitter_hz > 1:
            fmin += _draw_below(self.lower_jitter_hz, generator)
        if self.cutoff_jitter_hz > 1:
            fmax += self.cutoff_jitter_hz // 2 - _draw_below(self.cutoff_jitter_hz, generator)
        return fmin, min(fmax, SAMPLE_RATE // 2)

    def forward(self, waveform: Tensor, cutoffs: tuple[int, int] | None = None) -> Tensor:
        """Log-mel spectrogram of each waveform, always computed in float32.

        Args:
            waveform: `(batch, samples)` at 32 kHz, more than 513 samples, full scale 1.
            cutoffs: edges of the bank in Hz; drawn from torch's generator in training and
                nominal in evaluation when left out.

        Returns:
            `(batch, 128, frames)`, frames = (samples - 1) // 320 + 1.
        """
        if cutoffs is None:
            cutoffs = self.draw_cutoffs() if self.training else (self.fmin_hz, self.fmax_hz)
        bank = mel_bank(*cutoffs, waveform.device)
        chunk = _CPU_CHUNK if waveform.device.type == "cpu" else max(len(waveform), 1)
        with torch.autocast(waveform.device.type, enabled=False):
            mel = torch.cat([self._power(part) @ bank for part in waveform.float().split(chunk)])
            return normalise((mel.mT + LOG_FLOOR).log())

    def _power(self, waveform: Tensor) -> Tensor:
        """Power spectrum `(batch, frames, 513)` of the pre-emphasised waveform."""
        signal = torch.sub(waveform[:, 1:], waveform[:, :-1], alpha=PREEMPHASIS)
        signal = functional.pad(signal[:, None], (FFT // 2, FFT // 2), mode="reflect")[:, 0]
        frames = signal.unfold(-1, FFT, HOP) * self.window  # (batch, frames, 1024)
        # Batched real FFTs over an unfolded view are faster on a CPU than torch.stft.
        spectrum = torch.fft.rfft(frames)
        return torch.addcmul(spectrum.real.square(), spectrum.imag, spectrum.imag)


@lru_cache(maxsize=64)
def mel_bank(fmin_hz: int, fmax_hz: int, device: torch.device | str = "cpu") -> Tensor:
    """Kaldi's triangular mel bank, `(513, 128)`: power spectrum @ bank = mel power."""
    bank, _ = get_mel_banks(
        MELS, FFT, SAMPLE_RATE, fmin_hz, fmax_hz, vtln_low=100.0, vtln_high=-500.0,
        vtln_warp_factor=1.0,
    )  # fmt: skip
    return functional.pad(bank, (0, 1)).T.contiguous().to(device)  # kaldi leaves out Nyquist


def _draw_below(limit: int, generator: torch.Generator | None) -> int:
    return int(torch.randint(limit, (1,), generator=generator))
