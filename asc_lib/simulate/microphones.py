"""Augmentation microphones from physics: a vintage set and a multi-angle, multi-distance set.

The vintage set stands in for MicIRP (66 old microphones in a booth), the multi set for the
Surrey data (Franco Hernandez et al., JAES 70(10), 2022, doi 10.17743/jaes.2022.0027). The names of
its 39 configurations are the real ones, so that a path is all that changes with the real set; the
responses are not theirs: transducer, pattern and size are, the rest is drawn. None of this is used
by the recording devices.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special

from asc_lib.simulate.filters import (
    SPEED_OF_SOUND,
    Array,
    generator,
    highpass_db,
    lowpass_db,
    minimum_phase,
    reflections,
    resonance_db,
    wander_db,
)

Kind = Literal["dynamic", "ribbon", "large", "small", "shotgun"]
MULTI_RATE = 48_000
MULTI_LENGTH = 4800  # 0.1 s; the real files are 10 s long and nearly all silence
MULTI_ONSET_S = 0.02  # the recording starts before the loudspeaker sounds
VINTAGE_COUNT = 66
DISTANCES = {"50cm": 0.5, "125cm": 1.25, "5m": 5.0}
_SEED = 30  # names this module's random numbers
_OMNI, _SUB, _CARDIOID, _SUPER, _HYPER, _EIGHT = 1.0, 0.7, 0.5, 0.37, 0.25, 0.0
_CAPSULE_MM = {"dynamic": 26, "ribbon": 12, "large": 26, "small": 13, "shotgun": 13}


class Microphone(NamedTuple):
    """A microphone/pattern configuration; `omni` is the pressure share of its pattern."""

    name: str
    pattern: str
    kind: Kind
    omni: float
    without: str = ""  # the distance at which it was not measured

    @property
    def distances(self) -> dict[str, float]:
        """Distance in metres by its name in the folder's name."""
        return {name: metres for name, metres in DISTANCES.items() if name != self.without}


MULTI = (
    Microphone("AKGC414", "Bidirect", "large", _EIGHT),
    Microphone("AKGC414", "Cardioid", "large", _CARDIOID),
    Microphone("AKGC414", "Hyper", "large", _HYPER),
    Microphone("AKGC414", "Omni", "large", _OMNI),
    Microphone("AKGC451", "Cardioid", "small", _CARDIOID),
    Microphone("AKGC451", "Omni", "small", _OMNI),
    Microphone("AKGD112", "", "dynamic", _CARDIOID),
    Microphone("AKGD12", "", "dynamic", _CARDIOID),
    Microphone("Coles4038", "", "ribbon", _EIGHT),
    Microphone("DPA4006", "", "small", _OMNI),
    Microphone("ElectroVoiceRE20", "", "dynamic", _CARDIOID),
    Microphone("NTiM2211", "", "small", _OMNI),
    Microphone("NeumannU47FET", "", "large", _CARDIOID, "5m"),
    Microphone("NeumannU87Ai", "Bidirect", "large", _EIGHT),
    Microphone("NeumannU87Ai", "Cardioid", "large", _CARDIOID),
    Microphone("NeumannU87Ai", "Omni", "large", _OMNI),
    Microphone("RodeK2", "Bidirect", "large", _EIGHT),
    Microphone("RodeK2", "Cardioid", "large", _CARDIOID),
    Microphone("RodeK2", "Omni", "large", _OMNI),
    Microphone("RodeNT2A", "Bidirect", "large", _EIGHT),
    Microphone("RodeNT2A", "Cardioid", "large", _CARDIOID),
    Microphone("RodeNT2A", "Omni", "large", _OMNI),
    Microphone("RodeNTG8", "", "shotgun", _SUPER, "50cm"),
    Microphone("RodeNTR", "", "ribbon", _EIGHT),
    Microphone("RodeReporter", "", "dynamic", _OMNI),
    Microphone("RoyerR121", "", "ribbon", _EIGHT),
    Microphone("SchoepsCMC5U", "Bidirect", "small", _EIGHT),
    Microphone("SchoepsCMC5U", "Cardioid", "small", _CARDIOID),
    Microphone("SchoepsCMC5U", "Omni", "small", _OMNI),
    Microphone("SchoepsCMC6_MK2H", "", "small", _OMNI),
    Microphone("SchoepsCMC6_MK2H_KA40", "", "small", _OMNI),
    Microphone("SchoepsCMIT5U", "", "shotgun", _SUPER),
    Microphone("SennheiserMD441", "", "dynamic", _SUPER),
    Microphone("ShureBeta52", "", "dynamic", _SUPER),
    Microphone("ShureSM57", "", "dynamic", _CARDIOID),
    Microphone("ShureSM58", "", "dynamic", _CARDIOID),
    Microphone("SonyC800", "Cardioid", "large", _CARDIOID),
    Microphone("SonyC800", "Omni", "large", _OMNI),
    Microphone("SonyECM670", "", "shotgun", _SUPER),
)


def first_order(
    frequency: Array, omni: Array | float, angle_rad: Array | float, distance_m: float
) -> NDArray[np.complexfloating]:
    """A pressure-and-gradient microphone near a point source.

    a + (1 - a) cos(angle) (1 + 1 / (j k r)), relative to the pressure at the microphone: pattern
    and proximity effect (Eargle, The Microphone Book, ch. 3 to 5).
    """
    wavenumber = 2 * np.pi * np.maximum(frequency, 1.0) / SPEED_OF_SOUND
    gradient = 1 + 1 / (1j * wavenumber * distance_m)
    return omni + (1 - omni) * np.cos(angle_rad) * gradient


def diaphragm(frequency: Array, diameter_m: float, angle_rad: Array | float) -> Array:
    """Cancellation over a round diaphragm, 2 J1(x) / x, x = pi d sin(angle) / wavelength."""
    x = np.pi * diameter_m * np.abs(np.sin(angle_rad)) * frequency / SPEED_OF_SOUND
    small = x < 1e-6
    return np.where(small, 1.0, 2 * special.j1(x) / np.where(small, 1.0, x))


def multi_responses(
    microphone: Microphone, distance_m: float, angles_deg: Sequence[int]
) -> NDArray[np.float64]:
    """Its impulse responses at these angles, (angles, MULTI_LENGTH) at 48 kHz.

    Largest magnitude over all 72 angles 0.9: levels between the angles of a microphone are kept.
    """
    angles = np.arange(0, 360, 5)
    spectrum = _multi_spectrum(microphone, distance_m, np.radians(angles))
    responses = fft.irfft(spectrum, MULTI_LENGTH, axis=-1)
    rng = generator(0, _SEED, 2, MULTI.index(microphone), int(100 * distance_m))
    responses *= 0.9 / np.abs(responses).max()
    responses += rng.normal(0, 10 ** (-95 / 20), responses.shape)
    return responses[np.searchsorted(angles, angles_deg)]


def _multi_spectrum(
    microphone: Microphone, distance_m: float, angle_rad: Array
) -> NDArray[np.complexfloating]:
    f = fft.rfftfreq(MULTI_LENGTH, 1 / MULTI_RATE)
    rng = generator(0, _SEED, 1, MULTI.index(microphone))
    theta = angle_rad[:, None]  # (angles, 1), so that the rest is (angles, bins)
    front = (1 + np.cos(theta)) / 2
    # patterns widen at low frequencies and narrow at high ones; pure ones have nothing to trade
    trade = microphone.omni * (1 - microphone.omni)
    wider, narrower = 0.5 / (1 + (f / 120) ** 2), 0.3 / (1 + (9000 / (f + 1)) ** 2)
    omni = microphone.omni + trade * (wider - narrower)
    leak = 10 ** (rng.uniform(-30, -18) / 20)  # what fills a real null
    diameter = _CAPSULE_MM[microphone.kind] * rng.uniform(0.85, 1.2) / 1000
    directional = first_order(f, omni, theta, distance_m) + 1j * leak
    directional = directional * np.maximum(diaphragm(f, diameter, theta), 0.05)
    # on the axis the diaphragm reflects: the pressure rises above ka = 1
    size = (np.pi * diameter * f / SPEED_OF_SOUND) ** 2
    rise_db = rng.uniform(2, 6) * (microphone.omni if microphone.kind == "small" else 0.4)
    directional = directional * 10 ** (rise_db * size / (1 + size) * front / 20)
    if microphone.kind == "shotgun":
        tube = f * rng.uniform(0.12, 0.22) * (1 - np.cos(theta)) / SPEED_OF_SOUND
        directional = directional * np.maximum(np.abs(np.sinc(tube)), 0.08)
    # the housing behind the capsule sends a weak copy, later the more from the side it comes
    path = rng.uniform(0.01, 0.04) * (1.3 - np.cos(theta)) / SPEED_OF_SOUND
    housing = 1 + 10 ** (rng.uniform(-30, -22) / 20) * np.exp(-2j * np.pi * f * path)
    on_axis = minimum_phase(_on_axis_db(f, microphone.kind, rng))
    delay = np.exp(-2j * np.pi * f * (MULTI_ONSET_S + distance_m / SPEED_OF_SOUND))
    return directional * housing * on_axis * delay


def _on_axis_db(f: Array, kind: Kind, rng: np.random.Generator) -> Array:
    curve = wander_db(f, rng, 0.6) + highpass_db(f, 25, 2) + lowpass_db(f, 21_500, 6)
    match kind:
        case "dynamic":
            curve = curve + highpass_db(f, rng.uniform(50, 120), 2)
            curve = curve + resonance_db(f, rng.uniform(3000, 6000), rng.uniform(3, 8), 0.5)
            curve = curve + lowpass_db(f, rng.uniform(12_000, 16_000), 2)
        case "ribbon":
            curve = curve + lowpass_db(f, rng.uniform(10_000, 14_000), 1)
        case "large":
            curve = curve + resonance_db(f, rng.uniform(5000, 12_000), rng.uniform(2, 5), 0.5)
            curve = curve + lowpass_db(f, rng.uniform(16_000, 20_000), 2)
        case "shotgun":
            curve = curve + highpass_db(f, rng.uniform(60, 100), 1)
            curve = curve + resonance_db(f, rng.uniform(3000, 9000), rng.uniform(1, 3), 0.5)
        case "small":
            curve = curve + resonance_db(f, rng.uniform(8000, 14_000), rng.uniform(0, 2.5), 0.5)
    return curve


class Vintage(NamedTuple):
    """One old microphone: file name, response (samples,), its sample rate in Hz."""

    name: str
    response: Array
    rate: int


_MAKERS = ("Alba", "Brook&Hale", "Corvo", "Drumm", "Eltrix", "Fonora", "Gladen", "Harmo", "Ister")
_TYPES = ("Dynamic", "Ribbon", "Carbon", "Crystal")
_FIRST_FAMILY = 22


def vintage(number: int) -> Vintage:
    """The old microphone `number` (0 to 65).

    The first 22 are named `IR_...` and peak within 0.16 ms, the others `Maker_Model` and peak at
    1.3 to 2.6 ms; five of these are at 48 kHz. Band levels over the set follow MicIRP's.
    """
    rng = generator(0, _SEED, 3, number)
    first_family = number < _FIRST_FAMILY
    rate = 48_000 if not first_family and number % 9 == 4 else 44_100
    length = 22_050 if first_family else int(rng.integers(16_446, 16_500) * rate / 44_100)
    grid = fft.rfftfreq(2**16, 1 / rate)
    delays, gains = rng.uniform(1e-3, 6e-3, 4), rng.uniform(-35, -15, 4)
    booth = reflections(grid, delays, gains, rng.choice([-1, 1], 4))
    spectrum = minimum_phase(_vintage_db(grid, rng)) * booth
    wait = rng.uniform(0.05e-3, 0.1e-3) if first_family else rng.uniform(1.3e-3, 2.4e-3)
    response = fft.irfft(spectrum * np.exp(-2j * np.pi * grid * wait))[:length]
    loudest = 0.98 if first_family or rng.random() < 0.8 else 10 ** rng.uniform(-0.9, 0)
    response *= loudest / np.abs(response).max()
    return Vintage(vintage_name(number), response, rate)


def vintage_name(number: int) -> str:
    """Its file name: invented, of MicIRP's two kinds."""
    if number < _FIRST_FAMILY:
        return f"IR_{_TYPES[number % len(_TYPES)]}{number + 1:02d}.wav"
    return f"{_MAKERS[number % len(_MAKERS)]}_{'ABCKMR'[number % 6]}{number + 11}.wav"


def _vintage_db(f: Array, rng: np.random.Generator) -> Array:
    # a few are full down to 50 Hz, most roll off, a tenth of them steeply (speech filters)
    corner = 10 ** rng.normal(1.9, 0.3)
    curve = highpass_db(f, corner, rng.uniform(1.2, 3.4))
    curve = curve + resonance_db(f, 70, rng.normal(2.2, 2.2), 0.8)  # proximity, at 20 to 30 cm
    curve = curve + resonance_db(f, 1100, 3, 0.5)
    curve = curve + resonance_db(f, rng.uniform(2800, 5600), rng.uniform(4, 10), 0.6)
    curve = curve + lowpass_db(f, rng.uniform(6700, 9000), rng.uniform(4, 8))
    bumps = rng.uniform(3.0, 4.1, 3)
    for place, gain in zip(10**bumps, rng.normal(0, 2.0, 3), strict=True):
        curve = curve + resonance_db(f, place, gain, 0.12)
    return np.maximum(curve + wander_db(f, rng, 0.8), -60)
