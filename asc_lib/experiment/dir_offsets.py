"""A DIR as an offset in the log-mel picture: how near that comes, and where it breaks.

A response much shorter than the front end's window of 25 ms adds, in each mel band, the same number
of decibels to every frame. Long responses smear over frames, and below its floor log-mel says
nothing.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
import torch

from asc_lib.model.augment import convolve_dir, unit_energy
from asc_lib.model.frontend import FFT, LOG_FLOOR, SAMPLE_RATE, LogMel, mel_bank

COVERED_HZ = (50.0, 14_000.0)
FLOOR_DB = 10 * float(np.log10(LOG_FLOOR))
SETTLED = 4  # frames until a convolved window no longer lacks what came before it
_DB = 10 / float(np.log(10))


def mel_hz() -> np.ndarray:
    """Centre of each of the front end's 128 mel bands in Hz."""
    bank = _mel_weights()
    return (np.arange(len(bank)) * SAMPLE_RATE / FFT) @ bank


@lru_cache
def _mel_weights() -> np.ndarray:
    """The front end's mel bank, the weights of each band summing to 1: (513, 128)."""
    bank = mel_bank(0, LogMel().fmax_hz).numpy()
    return bank / bank.sum(axis=0)


def covered_bands() -> np.ndarray:
    """Which of the mel bands lie between 50 Hz and 14 kHz, where the gaps are measured: bools."""
    hertz = mel_hz()
    return (COVERED_HZ[0] <= hertz) & (hertz <= COVERED_HZ[1])


def log_mel_db(waveform: torch.Tensor) -> torch.Tensor:
    """The front end's log-mel (batch, 128, frames) in dB, as in evaluation: its floor is -50 dB."""
    mel = LogMel().eval()
    with torch.inference_mode():
        return (5 * mel(waveform) - 4.5) * _DB


def mel_offsets_db(responses: np.ndarray) -> np.ndarray:
    """The offset that each response (dirs, taps) should make in log-mel: (dirs, 128), dB.

    10 log10 of the mean of |H|^2 over a mel band, weighted as the band weighs it.
    """
    bank = _mel_weights()
    longer = max(FFT, 1 << (responses.shape[1] - 1).bit_length())
    power = np.abs(np.fft.rfft(responses, longer)) ** 2
    # the bank knows 513 bins: a longer response's finer ones are averaged into them
    every = longer // FFT
    edges = np.pad(power, ((0, 0), (every // 2, every // 2)), mode="reflect")
    power = np.stack([edges[:, k : k + power.shape[1] : every] for k in range(every)]).mean(axis=0)
    return 10 * np.log10(np.maximum(power @ bank, 1e-12))


def offset_residual(windows: torch.Tensor, response: np.ndarray) -> pd.DataFrame:
    """How far a window's log-mel through a DIR (taps,) is from the dry one's plus the DIR's offset.

    One row a mel band and frame of windows (windows, samples): `frequency_hz`, `level_db` (as
    predicted, before the front end's floor), `residual_db` (measured less predicted).
    """
    unit = unit_energy(torch.as_tensor(response, dtype=torch.float32)[None])
    dry = log_mel_db(windows)[..., SETTLED:].numpy()
    convolved = convolve_dir(windows, unit.expand(len(windows), -1))
    through = log_mel_db(convolved)[..., SETTLED:].numpy()
    predicted = dry + mel_offsets_db(unit.numpy())[0][:, None]
    hertz = np.broadcast_to(mel_hz()[:, None], predicted.shape)
    table = {"frequency_hz": hertz, "level_db": predicted, "residual_db": through - predicted}
    return pd.DataFrame({name: values.ravel() for name, values in table.items()})


def rms_residual(table: pd.DataFrame) -> float:
    """RMS of `offset_residual` in dB, 50 Hz to 14 kHz, where levels are 10 dB above the floor."""
    heard = table["frequency_hz"].between(*COVERED_HZ) & (table["level_db"] > FLOOR_DB + 10)
    return float(np.sqrt(np.square(table.loc[heard, "residual_db"]).mean()))


def room_like(decay_s: float, seed: int = 0) -> np.ndarray:
    """Noise that has died away by 60 dB after `decay_s`: what a response becomes in a room."""
    time = np.arange(round(1.2 * decay_s * SAMPLE_RATE) + 1) / SAMPLE_RATE
    noise = np.random.default_rng(seed).normal(size=len(time))
    return noise * 10 ** (-3 * time / decay_s)


def truncated(response: np.ndarray, length_ms: float, before_tap: int) -> np.ndarray:
    """The response (taps,), silent from so many ms after a tap on."""
    kept = response.copy()
    kept[before_tap + round(length_ms / 1000 * SAMPLE_RATE) :] = 0
    return kept


def binned_residual(table: pd.DataFrame, column: str, edges: Sequence[float]) -> pd.DataFrame:
    """`rms` and `mean` of the residual in dB by bins of a column, indexed by the bins' middles."""
    middle = (np.asarray(edges[1:]) + np.asarray(edges[:-1])) / 2
    place = pd.cut(table[column], edges, labels=middle).astype(float)
    by_bin = table["residual_db"].groupby(place)
    rms = by_bin.apply(lambda residual: float(np.sqrt(np.square(residual).mean())))
    return pd.DataFrame({"rms": rms, "mean": by_bin.mean()}).rename_axis(column)
