"""Modern microphones on a turntable at three distances, in the place of the Surrey set.

The names of the 39 configurations are the real ones (Franco Hernandez et al., JAES 70(10), 2022,
doi 10.17743/jaes.2022.0027), so that a path is all that changes with the real set. The responses
are not theirs: transducer, pattern and rough size are, the rest is drawn. Free field, point source.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
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
    resonance_db,
    wander_db,
)

Kind = Literal["dynamic", "ribbon", "large", "small", "shotgun"]
MULTI_RATE = 48_000
MULTI_LENGTH = 4800  # 0.1 s; the real files are 10 s long and nearly all silence
MULTI_ONSET_S = 0.02  # the recording starts before the loudspeaker sounds
_ANGLES_DEG = np.arange(0, 360, 5)
_FREQUENCIES = fft.rfftfreq(MULTI_LENGTH, 1 / MULTI_RATE)
DISTANCES = {"50cm": 0.5, "125cm": 1.25, "5m": 5.0}
_SEED = 30  # with 1 and 2 behind it: this module's random numbers
_OMNI, _CARDIOID, _SUPER, _HYPER, _EIGHT = 1.0, 0.5, 0.37, 0.25, 0.0
_TUBE_M = {"RodeNTG8": 0.45, "SchoepsCMIT5U": 0.15, "SonyECM670": 0.18}


class Microphone(NamedTuple):
    """A microphone/pattern configuration.

    `omni`: pressure share of its pattern. `diaphragm_mm`: across the moving part, of a ribbon its
    width. `body_mm`: across what casts the shadow: of a side-address microphone the capsule, else
    the body or the basket. Sizes are general knowledge, rounded.
    """

    name: str
    pattern: str
    kind: Kind
    omni: float
    diaphragm_mm: float
    body_mm: float
    without: str = ""  # the distance at which it was not measured

    @property
    def distances(self) -> dict[str, float]:
        """Distance in metres by its name in the folder's name."""
        return {name: metres for name, metres in DISTANCES.items() if name != self.without}


MULTI = (
    Microphone("AKGC414", "Bidirect", "large", _EIGHT, 25, 34),
    Microphone("AKGC414", "Cardioid", "large", _CARDIOID, 25, 34),
    Microphone("AKGC414", "Hyper", "large", _HYPER, 25, 34),
    Microphone("AKGC414", "Omni", "large", _OMNI, 25, 34),
    Microphone("AKGC451", "Cardioid", "small", _CARDIOID, 16, 19),
    Microphone("AKGC451", "Omni", "small", _OMNI, 16, 19),
    Microphone("AKGD112", "", "dynamic", _CARDIOID, 30, 50),
    Microphone("AKGD12", "", "dynamic", _CARDIOID, 30, 50),
    Microphone("Coles4038", "", "ribbon", _EIGHT, 6, 40),
    Microphone("DPA4006", "", "small", _OMNI, 16, 19),
    Microphone("ElectroVoiceRE20", "", "dynamic", _CARDIOID, 30, 50),
    Microphone("NTiM2211", "", "small", _OMNI, 12.7, 13),
    Microphone("NeumannU47FET", "", "large", _CARDIOID, 27, 34, "5m"),
    Microphone("NeumannU87Ai", "Bidirect", "large", _EIGHT, 27, 34),
    Microphone("NeumannU87Ai", "Cardioid", "large", _CARDIOID, 27, 34),
    Microphone("NeumannU87Ai", "Omni", "large", _OMNI, 27, 34),
    Microphone("RodeK2", "Bidirect", "large", _EIGHT, 25, 34),
    Microphone("RodeK2", "Cardioid", "large", _CARDIOID, 25, 34),
    Microphone("RodeK2", "Omni", "large", _OMNI, 25, 34),
    Microphone("RodeNT2A", "Bidirect", "large", _EIGHT, 25, 34),
    Microphone("RodeNT2A", "Cardioid", "large", _CARDIOID, 25, 34),
    Microphone("RodeNT2A", "Omni", "large", _OMNI, 25, 34),
    Microphone("RodeNTG8", "", "shotgun", _SUPER, 13, 19, "50cm"),
    Microphone("RodeNTR", "", "ribbon", _EIGHT, 5, 35),
    Microphone("RodeReporter", "", "dynamic", _OMNI, 20, 34),
    Microphone("RoyerR121", "", "ribbon", _EIGHT, 5, 25),
    Microphone("SchoepsCMC5U", "Bidirect", "small", _EIGHT, 15, 20),
    Microphone("SchoepsCMC5U", "Cardioid", "small", _CARDIOID, 15, 20),
    Microphone("SchoepsCMC5U", "Omni", "small", _OMNI, 15, 20),
    Microphone("SchoepsCMC6_MK2H", "", "small", _OMNI, 15, 20),
    Microphone("SchoepsCMC6_MK2H_KA40", "", "small", _OMNI, 15, 40),  # with a 40 mm sphere
    Microphone("SchoepsCMIT5U", "", "shotgun", _SUPER, 15, 21),
    Microphone("SennheiserMD441", "", "dynamic", _SUPER, 25, 36),
    Microphone("ShureBeta52", "", "dynamic", _SUPER, 30, 50),
    Microphone("ShureSM57", "", "dynamic", _CARDIOID, 22, 32),
    Microphone("ShureSM58", "", "dynamic", _CARDIOID, 22, 32),
    Microphone("SonyC800", "Cardioid", "large", _CARDIOID, 27, 34),
    Microphone("SonyC800", "Omni", "large", _OMNI, 27, 34),
    Microphone("SonyECM670", "", "shotgun", _SUPER, 13, 21),
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


def sphere(frequency: Array, diameter_m: float, angle_rad: Array) -> Array:
    """Pressure on a rigid sphere in a plane wave, relative to the free field: (angles, bins).

    Twice the free pressure towards the source and a shadow behind, for wavelengths below the girth
    (Morse and Ingard, Theoretical Acoustics, ch. 8). Stands for a microphone's body.
    """
    return _on_sphere(_waves(frequency, diameter_m), angle_rad)


def _waves(frequency: Array, diameter_m: float) -> NDArray[np.complexfloating]:
    """The orders that add up to `sphere`'s pressure, (orders, bins)."""
    ka = np.maximum(np.pi * diameter_m * frequency / SPEED_OF_SOUND, 1e-3)
    order = np.arange(int(ka.max()) + 12)[:, None]
    slope = special.spherical_jn(order, ka, True) - 1j * special.spherical_yn(order, ka, True)
    with np.errstate(invalid="ignore", over="ignore"):
        terms = 1j ** (order + 1) * (2 * order + 1) / (ka**2 * slope)
    return np.nan_to_num(terms)  # high orders at low frequencies: 1 / infinity


def _on_sphere(waves: NDArray[np.complexfloating], angle_rad: Array) -> Array:
    legendre = special.eval_legendre(np.arange(len(waves)), np.cos(angle_rad)[:, None])
    return np.abs(legendre @ waves)


def multi_responses(
    microphone: Microphone, distance_m: float, angles_deg: Sequence[int]
) -> NDArray[np.float64]:
    """Its impulse responses at these angles, (angles, MULTI_LENGTH) at 48 kHz.

    Largest magnitude over all 72 angles 0.9: levels between the angles of a microphone are kept.
    """
    spectrum = _spectrum(microphone, distance_m)
    responses = fft.irfft(spectrum, MULTI_LENGTH, axis=-1)
    rng = generator(0, _SEED, 2, MULTI.index(microphone), int(100 * distance_m))
    responses *= 0.9 / np.abs(responses).max()
    responses += rng.normal(0, 10 ** (-95 / 20), responses.shape)
    return responses[np.searchsorted(_ANGLES_DEG, angles_deg)]


def _spectrum(microphone: Microphone, distance_m: float) -> NDArray[np.complexfloating]:
    leak, housing, on_axis = _anywhere(microphone)
    delay = np.exp(-2j * np.pi * _FREQUENCIES * (MULTI_ONSET_S + distance_m / SPEED_OF_SOUND))
    return _directional(microphone, distance_m, leak) * housing * on_axis * delay


@lru_cache(maxsize=1)  # a microphone's distances follow each other
def _anywhere(
    microphone: Microphone,
) -> tuple[float, NDArray[np.complexfloating], NDArray[np.complexfloating]]:
    """What does not depend on the distance: leak, housing (angles, bins), level on the axis."""
    f = _FREQUENCIES
    rng = generator(0, _SEED, 1, MULTI.index(microphone))
    theta = np.radians(_ANGLES_DEG)[:, None]  # (angles, 1), so that the rest is (angles, bins)
    leak = 10 ** (rng.uniform(-30, -18) / 20)  # fills a null: ports and faces never match
    # the housing behind the capsule sends weak copies, later the more from the side it comes
    housing = np.ones((len(theta), len(f)), complex)
    for depth, sign in zip(rng.uniform(0.01, 0.06, 4), rng.choice([-1, 1], 4), strict=True):
        path = depth * (1.1 - np.cos(theta)) / SPEED_OF_SOUND
        housing += sign * 10 ** (rng.uniform(-36, -26) / 20) * np.exp(-2j * np.pi * f * path)
    return leak, housing, minimum_phase(_on_axis_db(f, microphone.kind, rng))


def _directional(
    microphone: Microphone, distance_m: float, leak: float
) -> NDArray[np.complexfloating]:
    """Everything that depends on the angle; 1 on the axis, but for proximity and little else."""
    f, theta = _FREQUENCIES, np.radians(_ANGLES_DEG)[:, None]
    _, _, kind, share, diaphragm_mm, body_mm, _ = microphone
    # ports and the two faces of a diaphragm: wider at low frequencies; pure patterns stay
    widening = 1.0 if kind == "large" else 0.5  # two joined cardioids lose most
    omni = share + share * (1 - share) * widening / (1 + (f / 120) ** 2)
    # the pressure part lies in the shadow of the body; flat on the axis, as the makers see to it
    front, rear = _shadow(body_mm / 1000)
    pressure = omni * front
    if kind == "large":  # two cardioids back to back, the rear one with the weight 2 a - 1
        pressure = (front + (2 * omni - 1) * rear) / 2
    response = pressure + (1 - omni) * first_order(f, 0.0, theta, distance_m)
    response *= _floored(diaphragm(f, diaphragm_mm / 1000, theta), 0.05)
    if kind == "shotgun":  # an interference tube: copies from along its length
        difference = f * _TUBE_M[microphone.name] * (1 - np.cos(theta)) / SPEED_OF_SOUND
        response *= _floored(np.sinc(difference), 0.15)
    return response + 1j * leak


@cache  # of a dozen sizes, each of which ten microphones and distances share
def _shadow(diameter_m: float) -> tuple[Array, Array]:
    """`sphere` re its value on the axis, towards and away from each of `_ANGLES_DEG`."""
    waves, theta = _waves(_FREQUENCIES, diameter_m), np.radians(_ANGLES_DEG)
    axis = _on_sphere(waves, np.zeros(1))
    return _on_sphere(waves, theta) / axis, _on_sphere(waves, np.pi - theta) / axis


def _floored(factor: Array, floor: float) -> Array:
    return np.sqrt((factor**2 + floor**2) / (1 + floor**2))


def _on_axis_db(f: Array, kind: Kind, rng: np.random.Generator) -> Array:
    curve = wander_db(f, rng, 0.3) + highpass_db(f, 25, 2) + lowpass_db(f, 21_500, 6)
    ripple = 0.5
    match kind:
        case "dynamic":
            curve = curve + highpass_db(f, rng.uniform(50, 120), 2)
            curve = curve + resonance_db(f, rng.uniform(3000, 6000), rng.uniform(3, 8), 0.5)
            curve = curve + lowpass_db(f, rng.uniform(12_000, 16_000), 2)
            ripple = 1.5  # cavities and a membrane that no longer moves as one
        case "ribbon":
            curve = curve + lowpass_db(f, rng.uniform(10_000, 14_000), 1.5)
        case "large":
            curve = curve + resonance_db(f, rng.uniform(5000, 12_000), rng.uniform(2, 5), 0.5)
            curve = curve + lowpass_db(f, rng.uniform(16_000, 20_000), 2)
        case "shotgun":
            curve = curve + highpass_db(f, rng.uniform(60, 100), 1)
            curve = curve + resonance_db(f, rng.uniform(3000, 9000), rng.uniform(1, 3), 0.5)
        case "small":
            curve = curve + resonance_db(f, rng.uniform(8000, 14_000), rng.uniform(0, 2.5), 0.5)
    for place in 10 ** rng.uniform(3.2, 4.3, 8):
        gain = rng.normal(0, ripple)
        curve = curve + resonance_db(f, place, gain, rng.uniform(0.05, 0.15))
    return curve
