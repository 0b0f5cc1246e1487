"""Modern microphones on a turntable at three distances, in the place of the Surrey set.

The names of the 39 configurations are the real ones (Franco Hernandez et al., JAES 70(10), 2022,
doi 10.17743/jaes.2022.0027), so that a path is all that changes with the real set. Transducer,
pattern and rough size are theirs (data/microphone_table.py; a changed size there is another world),
the rest is drawn. Free field, point source.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special

from asc_lib.data.microphone_table import Traits, traits
from asc_lib.simulate import filters
from asc_lib.simulate.filters import SPEED_OF_SOUND, Array, generator, resonance_db

MULTI_RATE = 48_000
MULTI_LENGTH = 4800  # 0.1 s; the real files are 10 s long and nearly all silence
MULTI_ONSET_S = 0.02  # the recording starts before the loudspeaker sounds
_ANGLES_DEG = np.arange(0, 360, 5)
_FREQUENCIES = fft.rfftfreq(MULTI_LENGTH, 1 / MULTI_RATE)
DISTANCES = {"50cm": 0.5, "125cm": 1.25, "5m": 5.0}
_NOT_MEASURED = {("NeumannU47FET", "5m"), ("RodeNTG8", "50cm")}
_SEED = 30  # with 1 and 2 behind it: this module's random numbers
_KINDS = {"moving coil": "dynamic", "ribbon": "ribbon", "condenser": "small"}
# names with their patterns; a place in this list is a seed: never reorder
_SET = """
AKGC414:Bidirect,Cardioid,Hyper,Omni AKGC451:Cardioid,Omni AKGD112 AKGD12 Coles4038 DPA4006
ElectroVoiceRE20 NTiM2211 NeumannU47FET NeumannU87Ai:Bidirect,Cardioid,Omni
RodeK2:Bidirect,Cardioid,Omni RodeNT2A:Bidirect,Cardioid,Omni RodeNTG8 RodeNTR RodeReporter
RoyerR121 SchoepsCMC5U:Bidirect,Cardioid,Omni SchoepsCMC6_MK2H SchoepsCMC6_MK2H_KA40 SchoepsCMIT5U
SennheiserMD441 ShureBeta52 ShureSM57 ShureSM58 SonyC800:Cardioid,Omni SonyECM670
"""


class Microphone(NamedTuple):
    """A configuration; `kind`: dynamic, ribbon, large or small (condensers), shotgun."""

    name: str
    pattern: str
    kind: str
    of: Traits

    @property
    def distances(self) -> dict[str, float]:
        """Distance in metres by its name in the folder's name."""
        measured = (at for at in DISTANCES if (self.name, at) not in _NOT_MEASURED)
        return {at: DISTANCES[at] for at in measured}


def _configurations() -> tuple[Microphone, ...]:
    out = []
    for name, _, patterns in (entry.partition(":") for entry in _SET.split()):
        for pattern in patterns.split(","):
            of = traits(name, pattern or None)
            kind = "shotgun" if of.tube_m else "large" if of.dual else _KINDS[of.transducer]
            out.append(Microphone(name, pattern, kind, of))
    return tuple(out)


MULTI = _configurations()


def gradient(frequency: Array, angle_rad: Array | float, distance_m: float) -> Array:
    """Figure-of-eight near a point source, complex, relative to the pressure at the microphone.

    cos(angle) (1 + 1 / (j k r)): pattern and proximity effect (Eargle, The Microphone Book, ch. 3
    to 5).
    """
    wavenumber = 2 * np.pi * np.maximum(frequency, 1.0) / SPEED_OF_SOUND
    return np.cos(angle_rad) * (1 + 1 / (1j * wavenumber * distance_m))


def diaphragm(frequency: Array, diameter_m: float, angle_rad: Array | float) -> Array:
    """Cancellation over a round diaphragm, 2 J1(x) / x, x = pi d sin(angle) / wavelength."""
    x = np.pi * diameter_m * np.abs(np.sin(angle_rad)) * frequency / SPEED_OF_SOUND
    small = x < 1e-6
    return np.where(small, 1.0, 2 * special.j1(x) / np.where(small, 1.0, x))


def waves(frequency: Array, diameter_m: float) -> NDArray[np.complexfloating]:
    """The orders of a plane wave's pressure on a rigid sphere, (orders, bins).

    Morse and Ingard, Theoretical Acoustics, ch. 8. The sphere stands for a microphone's body.
    """
    ka = np.maximum(np.pi * diameter_m * frequency / SPEED_OF_SOUND, 1e-3)
    order = np.arange(int(ka.max()) + 12)[:, None]
    slope = special.spherical_jn(order, ka, True) - 1j * special.spherical_yn(order, ka, True)
    with np.errstate(invalid="ignore", over="ignore"):
        terms = 1j ** (order + 1) * (2 * order + 1) / (ka**2 * slope)
    return np.nan_to_num(terms)  # high orders at low frequencies: 1 / infinity


def on_sphere(waves: NDArray[np.complexfloating], angle_rad: Array) -> Array:
    """Pressure at these angles from the source, re the free field, (angles, bins)."""
    legendre = special.eval_legendre(np.arange(len(waves)), np.cos(angle_rad)[:, None])
    return np.abs(legendre @ waves)


def multi_responses(
    microphone: Microphone, distance_m: float, angles_deg: Sequence[int]
) -> NDArray[np.float64]:
    """Its impulse responses at these angles, (angles, MULTI_LENGTH) at 48 kHz.

    Largest magnitude over all 72 angles 0.9: levels between the angles of a microphone are kept.
    """
    leak, housing, on_axis = _anywhere(microphone)
    wait = np.exp(-2j * np.pi * _FREQUENCIES * (MULTI_ONSET_S + distance_m / SPEED_OF_SOUND))
    spectrum = _directional(microphone, distance_m, leak) * housing * on_axis * wait
    responses = fft.irfft(spectrum, MULTI_LENGTH, axis=-1)
    rng = generator(0, _SEED, 2, MULTI.index(microphone), int(100 * distance_m))
    responses *= 0.9 / np.abs(responses).max()
    responses += rng.normal(0, 10 ** (-95 / 20), responses.shape)
    return responses[np.searchsorted(_ANGLES_DEG, angles_deg)]


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
    return leak, housing, filters.minimum_phase(_on_axis_db(f, microphone.kind, rng))


def _directional(
    microphone: Microphone, distance_m: float, leak: float
) -> NDArray[np.complexfloating]:
    """Everything that depends on the angle; 1 on the axis, but for proximity and little else."""
    f, theta = _FREQUENCIES, np.radians(_ANGLES_DEG)[:, None]
    kind, of = microphone.kind, microphone.of
    share = of.omni_share
    # ports and the two faces of a diaphragm: wider at low frequencies; pure patterns stay
    widening = 1.0 if kind == "large" else 0.5  # two joined cardioids lose most
    omni = share + share * (1 - share) * widening / (1 + (f / 120) ** 2)
    # the pressure part lies in the shadow of the body; flat on the axis, as the makers see to it
    front, rear = _shadow(of.body_mm / 1000)
    pressure = omni * front
    if kind == "large":  # two cardioids back to back, the rear one with the weight 2 a - 1
        pressure = (front + (2 * omni - 1) * rear) / 2
    response = pressure + (1 - omni) * gradient(f, theta, distance_m)
    response *= _floored(diaphragm(f, of.diaphragm_mm / 1000, theta), 0.05)
    if kind == "shotgun":  # an interference tube: copies from along its length
        difference = f * of.tube_m * (1 - np.cos(theta)) / SPEED_OF_SOUND
        response *= _floored(np.sinc(difference), 0.15)
    return response + 1j * leak


@cache  # of a dozen sizes, each of which ten microphones and distances share
def _shadow(diameter_m: float) -> tuple[Array, Array]:
    """`on_sphere` re its value on the axis, towards and away from each of `_ANGLES_DEG`."""
    terms, theta = waves(_FREQUENCIES, diameter_m), np.radians(_ANGLES_DEG)
    axis = on_sphere(terms, np.zeros(1))
    return on_sphere(terms, theta) / axis, on_sphere(terms, np.pi - theta) / axis


def _floored(factor: Array, floor: float) -> Array:
    return np.sqrt((factor**2 + floor**2) / (1 + floor**2))


def _on_axis_db(f: Array, kind: str, rng: np.random.Generator) -> Array:
    def peak(low_hz: float, high_hz: float, low_db: float, high_db: float) -> Array:
        return resonance_db(f, rng.uniform(low_hz, high_hz), rng.uniform(low_db, high_db), 0.5)

    def lowpass(low_hz: float, high_hz: float, order: float) -> Array:
        return filters.lowpass_db(f, rng.uniform(low_hz, high_hz), order)

    def highpass(low_hz: float, high_hz: float, order: float) -> Array:
        return filters.highpass_db(f, rng.uniform(low_hz, high_hz), order)

    curve = filters.wander_db(f, rng, 0.3)
    curve = curve + filters.highpass_db(f, 25, 2) + filters.lowpass_db(f, 21_500, 6)
    match kind:
        case "dynamic":
            curve = curve + highpass(50, 120, 2) + peak(3000, 6000, 3, 8)
            curve = curve + lowpass(12_000, 16_000, 2)
        case "ribbon":
            curve = curve + lowpass(10_000, 14_000, 1.5)
        case "large":
            curve = curve + peak(5000, 12_000, 2, 5) + lowpass(16_000, 20_000, 2)
        case "shotgun":
            curve = curve + highpass(60, 100, 1) + peak(3000, 9000, 1, 3)
        case "small":
            curve = curve + peak(8000, 14_000, 0, 2.5)
    ripple = 1.5 if kind == "dynamic" else 0.5  # cavities, a membrane that no longer moves as one
    for place in 10 ** rng.uniform(3.2, 4.3, 8):
        curve += resonance_db(f, place, rng.normal(0, ripple), rng.uniform(0.05, 0.15))
    return curve
