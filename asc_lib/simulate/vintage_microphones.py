"""Sixty-six old microphones in one booth, in the place of MicIRP's (https://micirp.blogspot.com).

All stand before the same loudspeaker in the same booth, so that its colour and its reflections are
common to all; transducer, case, high-pass and faults are each one's own. Draws are spread evenly
over the set. Levels and fine structure follow what MicIRP shows; no response is one of its own.
"""

from functools import cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from asc_lib.simulate import filters
from asc_lib.simulate.filters import Array, generator, highpass_db, lowpass_db, resonance_db

VINTAGE_COUNT = 66
_SEED = 30  # with 3 to 6 behind it: this module's random numbers
_FIRST_FAMILY = 22
_QUIET = {13: 0.13, 35: 0.18, 57: 0.3}  # their peaks; the others are normalised
_MAKERS = ("Alba", "Brook&Hale", "Corvo", "Drumm", "Eltrix", "Fonora", "Gladen", "Harmo", "Ister")
_KINDS = (
    "Dynamic", "Ribbon", "Carbon", "Dynamic", "Ribbon", "Crystal",
    "Dynamic", "Ribbon", "Dynamic", "Ribbon", "Condenser",
)  # fmt: skip
# of each kind: high-pass (Hz, order), peak (Hz, dB, octaves), low-pass (Hz, order). A ribbon is
# mass-controlled, carbon made for speech, crystal stiff: a strong resonance, little behind it
_CURVES = {
    "Ribbon": ((20, 140), 1.5, (4000, 9000), (-3, 4), 0.35, (6000, 20_000), 2),
    "Dynamic": ((30, 210), 2, (3000, 7500), (-1, 7), 0.35, (7000, 20_000), 2.5),
    "Carbon": ((180, 420), 3, (2500, 3600), (1, 6), 0.3, (4000, 8500), 2),
    "Crystal": ((60, 220), 1, (3500, 8000), (4, 11), 0.3, (7000, 13_000), 2),
    "Condenser": ((20, 70), 1, (6000, 11_000), (2, 8), 0.4, None, 0),
}
# loudspeaker and its place in the booth, set by the median of MicIRP's band levels: Hz, dB, octaves
_LOUDSPEAKER = (
    (250, -2.5, 0.70), (780, -3.0, 0.16), (1250, 3.0, 0.28), (1650, -3.0, 0.12),
    (2400, 2.5, 0.12), (2800, -1.0, 0.08), (3200, 5.0, 0.14),
    (4900, 4.0, 0.30), (7700, 1.5, 0.15),
)  # fmt: skip


class Vintage(NamedTuple):
    """File name, response (samples,), sample rate in Hz."""

    name: str
    response: Array
    rate: int


def vintage(number: int) -> Vintage:
    """The old microphone `number` (0 to 65).

    As in MicIRP, the first 22 are named `IR_...` and peak within 0.16 ms, the others are named
    `Maker_Model` and peak at 1.3 to 2.6 ms; five of these are at 48 kHz, three are quiet.
    """
    rng = generator(0, _SEED, 3, number)
    first_family = number < _FIRST_FAMILY
    rate = 48_000 if not first_family and number % 9 == 4 else 44_100
    length = 22_050 if first_family else int(rng.integers(16_446, 16_500) * rate / 44_100)
    f = _frequencies(rate)
    curve = _loudspeaker_db(rate) + _transducer_db(f, number, rng) + _case_db(f, rng)
    curve = np.maximum(curve + _fault_db(f, number, rng), -75)
    spectrum = filters.minimum_phase(curve) * (_booth(rate) * _own_reflections(f, rng))
    wait = rng.uniform(0, 0.05e-3) if first_family else rng.uniform(1.25e-3, 2.3e-3)
    response = fft.irfft(spectrum * np.exp(-2j * np.pi * f * wait))[:length]
    response *= _QUIET.get(number, 0.98) / np.abs(response).max()
    return Vintage(vintage_name(number), response, rate)


def vintage_name(number: int) -> str:
    """Its file name: invented, of MicIRP's two kinds."""
    if number < _FIRST_FAMILY:
        return f"IR_{_kind(number)}{number + 1:02d}.wav"
    return f"{_MAKERS[number % len(_MAKERS)]}_{'ABCKMR'[number % 6]}{number + 11}.wav"


def _kind(number: int) -> str:
    return _KINDS[number % len(_KINDS)]


def _spread(number: int, column: int, ends: tuple[float, float]) -> float:
    """A value between the ends, evenly spread over the set (Latin hypercube)."""
    low, high = ends
    rng = generator(0, _SEED, 4, column)
    rank = rng.permutation(VINTAGE_COUNT)
    return low + (high - low) * (rank[number] + rng.random(VINTAGE_COUNT)[number]) / VINTAGE_COUNT


def _frequencies(rate: int) -> Array:
    return fft.rfftfreq(2**16, 1 / rate)


@cache  # one loudspeaker and one booth, hence common to all
def _loudspeaker_db(rate: int) -> Array:
    f = _frequencies(rate)
    curve = highpass_db(f, 60, 1.2) + lowpass_db(f, 8000, 5)
    for place, gain, octaves in _LOUDSPEAKER:
        curve = curve + resonance_db(f, place, gain, octaves)
    common = generator(0, _SEED, 6)
    for place in 10 ** common.uniform(3.4, 4.1, 14):  # its cone breaks up
        curve = curve + resonance_db(f, place, common.normal(0, 1.4), common.uniform(0.03, 0.07))
    return curve


def _transducer_db(f: Array, number: int, rng: np.random.Generator) -> Array:
    draw = partial(_spread, number)
    cut_hz, cut, peak_hz, peak_db, octaves, end_hz, end = _CURVES[_kind(number)]
    curve = 0.0
    if _kind(number) == "Ribbon":  # pressure gradient 20 to 30 cm from the source
        nearness = draw(0, (0.1, 1)) / (2 * np.pi * np.maximum(f, 20) * draw(1, (0.2, 0.3)))
        curve = 10 * np.log10(1 + (nearness * filters.SPEED_OF_SOUND) ** 2)
    curve = curve + highpass_db(f, draw(2, cut_hz), cut)
    curve = curve + resonance_db(f, draw(3, peak_hz), draw(4, peak_db), octaves)
    if end_hz:
        curve = curve + lowpass_db(f, draw(5, end_hz), end)
    return curve + filters.wander_db(f, rng, 0.8)


def _case_db(f: Array, rng: np.random.Generator) -> Array:
    """Cavities, slots and grille: narrow peaks and notches, stronger the higher."""
    curve = np.zeros_like(f)
    for place in 10 ** rng.uniform(2.0, 4.2, 36):
        strength = 0.7 + 3.0 * min(1.0, (place / 7500) ** 1.5)
        curve = curve + resonance_db(f, place, rng.normal(0, strength), rng.uniform(0.02, 0.12))
    return curve


def _fault_db(f: Array, number: int, rng: np.random.Generator) -> Array:
    """One microphone in eight is torn, loose, muffled or shrill: a deep notch, and a strong colour.

    They make the total range of the set far wider than its 80 % band.
    """
    if number % 8 != 3:
        return np.zeros_like(f)
    match number // 8 % 4:
        case 0:
            curve = resonance_db(f, rng.uniform(6000, 10_000), rng.uniform(10, 18), 0.4)
        case 1:
            curve = np.maximum(lowpass_db(f, rng.uniform(2700, 4200), 3), -25)
        case 2:
            curve = resonance_db(f, rng.uniform(150, 300), rng.uniform(6, 12), 0.3)
        case _:
            curve = resonance_db(f, rng.uniform(5000, 7000), -rng.uniform(12, 24), 0.5)
    depth = rng.choice([5, 10, 25])
    return curve + resonance_db(f, 10 ** rng.uniform(2.8, 3.5), -depth, rng.uniform(0.04, 0.1))


@cache
def _booth(rate: int) -> NDArray[np.complexfloating]:
    common = generator(0, _SEED, 5)
    delays = common.uniform(0.7e-3, 6e-3, 8)
    gains = -23 - 2500 * delays + common.uniform(-5, 5, 8)
    return filters.reflections(_frequencies(rate), delays, gains, common.choice([-1, 1], 8))


def _own_reflections(f: Array, rng: np.random.Generator) -> NDArray[np.complexfloating]:
    """Each microphone's size changes a little."""
    delays = np.concatenate([rng.uniform(0.15e-3, 1e-3, 3), rng.uniform(1e-3, 25e-3, 12)])
    gains = rng.uniform(-44, -21) + rng.uniform(-6, 6, 15) - 1200 * delays
    return filters.reflections(f, delays, gains, rng.choice([-1, 1], 15))
