"""What is heard at the listening bench: a scene through a DIR, around a microphone, and the rest.

Sounds are mono, float32, at 32 kHz, full scale 1. A DIR has its peak at sample 64; here that delay
is taken out, so that dry and wet lie one over the other.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
import torch

from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import BEFORE_PEAK, TAPS
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.dirs.loudness import k_weighted
from asc_lib.model.augment import convolve_dir

HEARD_S = 4.0  # of a scene, where it is unbroken for so long
_FLOOR_DB = -120.0


class Difference(NamedTuple):
    """What one sound has and the other has not, in the other's scale; its level re it in dB."""

    sound: np.ndarray
    level_db: float


class Remainder(NamedTuple):
    """A device's sound, the best that a DIR makes of a's, and what is left of it.

    `level_db`: what is left re the device's sound, as an ear weighs them (K-weighting).
    """

    device: np.ndarray
    imitated: np.ndarray
    left: np.ndarray
    level_db: float


def takes(bank: Bank, scene: str) -> pd.DataFrame:
    """Unbroken stretches of device a in a scene, longest first: columns start scale samples."""
    clips = bank.clips[(bank.clips["device"] == "a") & (bank.clips["scene"] == scene)]
    found = clips.drop_duplicates("stretch_start")[["stretch_start", "scale", "stretch_samples"]]
    found = found.set_axis(["start", "scale", "samples"], axis=1)
    return found.sort_values("samples", ascending=False, kind="stable", ignore_index=True)


def cut_take(bank: Bank, take: pd.Series, seconds: float = HEARD_S) -> np.ndarray:
    """The first seconds of a row of `takes`, or all of it: (samples,)."""
    samples = min(int(take["samples"]), round(seconds * SAMPLE_RATE))
    start, scale = torch.tensor([int(take["start"])]), torch.tensor([float(take["scale"])])
    return bank.windows(start, scale, samples)[0].numpy()


def through(dry: np.ndarray, response: np.ndarray, before: int = BEFORE_PEAK) -> np.ndarray:
    """A sound (samples,) through a DIR (taps,), without the delay of `before` samples."""
    padded = torch.tensor(np.pad(dry, (0, before)), dtype=torch.float32)
    wet = convolve_dir(padded[None], torch.tensor(response, dtype=torch.float32)[None])
    return wet[0, before:].numpy()


def difference(wet: np.ndarray, dry: np.ndarray) -> Difference:
    """Wet minus dry, wet at the level that leaves the least (least squares).

    Both as an ear weighs them (K-weighting): unweighted, a scene's bass would decide alone.
    """
    of_wet, of_dry = k_weighted(wet), k_weighted(dry)
    power = float(of_wet @ of_wet)
    gain = float(of_wet @ of_dry) / power if power > 0 else 0.0
    sound = (gain * wet - dry).astype(np.float32)
    return Difference(sound, _ratio_db(gain * of_wet - of_dry, of_dry))


def sweep(sound: np.ndarray, responses: np.ndarray, seconds: float = 8.0) -> np.ndarray:
    """A sound while the microphone turns once: (seconds * 32,000,), looped where it is shorter.

    Each of the responses (angles, taps), evenly spaced on the circle, fades into the next; turn and
    sound end where they began.
    """
    angles, taps = responses.shape
    step = round(seconds * SAMPLE_RATE / angles)
    around = np.resize(_loopable(sound), angles * step)
    before = step + taps - 1  # half a fade and a filter's memory
    padded = np.pad(around, (before, step), mode="wrap")
    parts = np.lib.stride_tricks.sliding_window_view(padded, before + step)[::step][:angles]
    wet = convolve_dir(torch.tensor(parts.copy()), torch.tensor(responses, dtype=torch.float32))
    fade = np.sin(0.5 * np.pi * (np.arange(step) + 0.5) / step) ** 2
    faded = wet.numpy()[:, taps - 1 :] * np.concatenate([fade, fade[::-1]])  # (angles, 2 * step)
    # angle k is at its fullest where the next one begins to come in
    out = faded[:, step:] + np.roll(faded[:, :step], -1, axis=0)
    return np.roll(out.ravel(), -BEFORE_PEAK).astype(np.float32)


def _loopable(sound: np.ndarray) -> np.ndarray:
    """The sound, its end faded over its beginning, so that it can follow itself without a click."""
    fade = round(0.05 * SAMPLE_RATE)
    up = np.sqrt((np.arange(fade) + 0.5) / fade)  # of unlike sounds powers add, not amplitudes
    body = sound[:-fade].copy()
    body[:fade] = up * sound[:fade] + up[::-1] * sound[-fade:]
    return body


def best_filter(
    source: np.ndarray, target: np.ndarray, taps: int = TAPS, before: int = BEFORE_PEAK
) -> np.ndarray:
    """The FIR filter (taps,) that brings `source` nearest to `target` in least squares.

    Its output is `target` delayed by `before` samples, as a DIR has its peak there.
    """
    size = 1 << (2 * len(source) + taps).bit_length()
    of_source = np.fft.rfft(np.asarray(source, float), size)
    of_target = np.fft.rfft(np.pad(np.asarray(target, float), (before, 0)), size)
    alike = np.fft.irfft(np.abs(of_source) ** 2, size)[:taps]
    crossed = np.fft.irfft(np.conj(of_source) * of_target, size)[:taps]
    # where the source has next to nothing, nothing is boosted; of silence nothing is made
    alike[0] = (1 + 1e-9) * alike[0] + 1e-30
    return scipy.linalg.solve_toeplitz(alike, crossed)


def imitate(of_a: np.ndarray, of_device: np.ndarray) -> Remainder:
    """A device's sound beside the best that any DIR of 1024 taps makes of a's at the same moment.

    The filter is fitted to these very sounds, as an ear weighs them, so no DIR does better.
    """
    imitated = through(of_a, best_filter(k_weighted(of_a), k_weighted(of_device)))
    left = of_device - imitated
    level_db = _ratio_db(k_weighted(left), k_weighted(of_device))
    return Remainder(of_device, imitated, left, level_db)


def spectrogram_db(sound: np.ndarray) -> pd.DataFrame:
    """Power in dB re full scale by frequency in Hz (rows) and time in s (columns), at least -120.

    Frames of 32 ms, 8 ms apart; a sine of full scale has 0 dB.
    """
    hertz, seconds, power = scipy.signal.spectrogram(
        sound, SAMPLE_RATE, "hann", 1024, 1024 - 256, scaling="spectrum"
    )
    level = 10 * np.log10(np.maximum(2 * power, 10 ** (_FLOOR_DB / 10)))
    return pd.DataFrame(level, index=hertz, columns=seconds)


def _ratio_db(part: np.ndarray, whole: np.ndarray) -> float:
    """Power of a part re the whole, in dB, at least -120; 0 where the whole is silent."""
    of_whole = float(np.sum(np.square(whole, dtype=float)))
    share = float(np.sum(np.square(part, dtype=float))) / of_whole if of_whole else 1.0
    return 10 * np.log10(max(share, 10 ** (_FLOOR_DB / 10)))
