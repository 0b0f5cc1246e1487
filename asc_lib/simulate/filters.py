"""Building blocks of the simulation: magnitude curves in dB, minimum-phase responses, seeds.

Frequencies are in Hz, curves in dB, impulse responses start with their direct sound. The recording
devices and the augmentation microphones share these blocks, never a generator.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.floating]

SPEED_OF_SOUND = 343.0  # m/s
_FLOOR_DB = -110.0  # keeps the logarithm of a deep notch finite


def generator(seed: int, *numbers: int) -> np.random.Generator:
    """Random numbers of one thing of one simulated world, independent of who computes it when."""
    # a fixed length, since SeedSequence takes (1,) and (1, 0) for the same
    entropy = [seed, len(numbers), *numbers, *[0] * (6 - len(numbers))]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy)))


def flat_noise(shape: int | tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Independent, evenly distributed numbers with mean 0 and standard deviation 1."""
    noise = rng.random(shape, dtype=np.float32)
    noise -= np.float32(0.5)
    noise *= np.float32(12**0.5)
    return noise


def _positive(frequency: Array) -> Array:
    return np.maximum(frequency, 1.0)


def highpass_db(frequency: Array, corner_hz: float, order: float) -> Array:
    """Butterworth high-pass."""
    return -10 * np.log10(1 + (corner_hz / _positive(frequency)) ** (2 * order))


def lowpass_db(frequency: Array, corner_hz: float, order: float) -> Array:
    """Butterworth low-pass."""
    return -10 * np.log10(1 + (frequency / corner_hz) ** (2 * order))


def resonance_db(frequency: Array, centre_hz: float, gain_db: float, octaves: float) -> Array:
    """A bell of `gain_db` (negative: a dip), `octaves` its standard deviation."""
    distance = np.log2(_positive(frequency) / centre_hz) / octaves
    return gain_db * np.exp(-(distance**2) / 2)


def tilt_db(frequency: Array, db_per_octave: float, pivot_hz: float = 1000.0) -> Array:
    """A straight line over log frequency, held below 50 Hz and above 16 kHz."""
    return db_per_octave * np.log2(np.clip(frequency, 50, 16_000) / pivot_hz)


def hump_db(frequency: Array, peak_hz: float, rise: float, fall: float) -> Array:
    """Broad noise: `rise` dB per octave up to `peak_hz`, then `fall` dB per octave down."""
    ratio = _positive(frequency) / peak_hz
    return -10 * np.log10(ratio ** (-rise / 3.01) + ratio ** (fall / 3.01))


def wander_db(frequency: Array, rng: np.random.Generator, spread_db: float) -> Array:
    """Smooth random colour: independent values of `spread_db` at octaves from 31 Hz."""
    octaves = np.log2(_positive(frequency) / 31.25)
    return np.interp(octaves, np.arange(11), rng.normal(0, spread_db, 11))


def reflections(
    frequency: Array, delays_s: Array, gains_db: Array, signs: Array | float = 1.0
) -> NDArray[np.complexfloating]:
    """Direct sound plus delayed copies, as a factor on a spectrum."""
    phases = np.exp(-2j * np.pi * frequency[:, None] * delays_s)  # (bins, reflections)
    return 1 + phases @ (signs * 10 ** (gains_db / 20))


def minimum_phase(curve_db: Array) -> NDArray[np.complexfloating]:
    """The causal spectrum that has this magnitude and the least delay (homomorphic method).

    Oppenheim and Schafer, Discrete-Time Signal Processing, ch. 13. `curve_db` stands on the grid of
    a real FFT, (..., bins); so does the result.
    """
    log_magnitude = np.maximum(curve_db, _FLOOR_DB) * (np.log(10) / 20)
    cepstrum = fft.irfft(log_magnitude, axis=-1)
    half = cepstrum.shape[-1] // 2
    cepstrum[..., 1:half] *= 2
    cepstrum[..., half + 1 :] = 0
    return np.exp(fft.rfft(cepstrum, axis=-1))
