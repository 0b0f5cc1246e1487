"""How loud a sound is to an ear, and sounds made equally loud.

ITU-R BS.1770 (https://www.itu.int/rec/R-REC-BS.1770): K-weighting, mean square in blocks of 0.4 s,
quiet blocks left out. Measured by pyloudnorm.
"""

from collections.abc import Mapping

import numpy as np
import pyloudnorm

from asc_lib.data.wav import SAMPLE_RATE

TARGET_LUFS = -20.0
_PEAK = 0.97  # what MP3 adds to a peak stays below full scale


def loudness(sound: np.ndarray, rate: int = SAMPLE_RATE) -> float:
    """Loudness of a mono sound of 0.4 s or more, full scale 1, in LUFS; minus infinity of silence.

    The standard's gate at -70 LUFS is moved with the level, so that a quiet scene has a loudness.
    """
    sound = np.asarray(sound, float)
    level = np.sqrt(np.mean(sound**2))
    if level == 0:
        return -np.inf
    # around -20 dB, far from the gate
    lufs = pyloudnorm.Meter(rate).integrated_loudness(0.1 * sound / level)
    return float(lufs + 20 * np.log10(level / 0.1))


def k_weighted(sound: np.ndarray, rate: int = SAMPLE_RATE) -> np.ndarray:
    """A sound (samples,) filtered as an ear weighs it: no deep bass, 4 dB more above 2 kHz."""
    shelf = pyloudnorm.IIRfilter(4.0, 0.5**0.5, 1500.0, rate, "high_shelf")
    low_cut = pyloudnorm.IIRfilter(0.0, 0.5, 38.0, rate, "high_pass")
    return low_cut.apply_filter(shelf.apply_filter(np.asarray(sound, float)))


def matching_gains(
    sounds: Mapping[str, np.ndarray], rate: int = SAMPLE_RATE, target: float = TARGET_LUFS
) -> dict[str, float]:
    """Factors that bring the sounds to one loudness: `target` in LUFS, or as near as none clips.

    A silent sound takes no part: its factor is 1.
    """
    loud = {name: loudness(sound, rate) for name, sound in sounds.items()}
    gains = {name: 10 ** ((target - lufs) / 20) for name, lufs in loud.items() if lufs > -np.inf}
    peaks = [gain * float(np.abs(sounds[name]).max()) for name, gain in gains.items()]
    shared = min([1.0, *(_PEAK / peak for peak in peaks)])
    return {name: shared * gains[name] if name in gains else 1.0 for name in sounds}
