"""The recording devices of the simulated TAU22: what each makes of the same ten seconds.

a: binaural electret worn in the ear. b: a phone. c: an action camera in its housing. s1 to s11:
device a's recording, convolved with the response of a small device and compressed, as TAU22's
simulated devices are made (DCASE 2022, task 1). s1 to s3 are for training, s4 to s11 unseen. All of
them come from one distribution, evenly spread over s1-s3, over s4-s6 and over s7-s11, so that no
group is the odd one. Signals are mono, 44.1 kHz, 10 s, full scale 1.

The numbers follow 535 real clips of TAU22, 260 of them by b, c and s1 to s6: mean level against
device a in sixth octaves, noise floors of quiet clips, how levels spread over clips and over 10 ms.
"""

from collections.abc import Sequence
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from asc_lib.data.tau22 import FAMILIES
from asc_lib.simulate import filters
from asc_lib.simulate.filters import Array, highpass_db, lowpass_db, resonance_db

RATE = 44_100
LENGTH = 10 * RATE
BLOCK = 126  # samples over which a compressor measures a level: 2.9 ms, divides LENGTH
TAPS = 4096
_WIDTH = 1.2  # of the small devices' ranges about their centres: how far unseen ones are off
_SEED = 10  # names this module's random numbers

# Of a small device, low and high end; decibels are spread evenly, all else over its logarithm.
_RANGES = {
    # the loudspeaker that they were measured with ends here, and what is left below
    "speaker_hz": (86, 92), "speaker_order": (12, 20), "leak_db": (-28, -18),
    # the capsule's vent, the path through the housing, the cavity in front and the capsule's end
    "vent_hz": (110, 250), "vent_order": (1.2, 2.3),
    "housing_hz": (900, 3800), "housing_order": (0.6, 1.1),
    "cavity_hz": (5000, 8500), "cavity_db": (-3, 13), "cavity_octaves": (0.3, 0.6),
    "end_hz": (9600, 29_000), "end_order": (1.7, 5),
    # the housing's walls, and a surface nearby
    "wall1_hz": (900, 1400), "wall1_db": (0, 5), "wall1_octaves": (0.1, 0.25),
    "wall2_hz": (300, 2500), "wall2_db": (-5, 5), "wall2_octaves": (0.08, 0.5),
    "wall3_hz": (2500, 9000), "wall3_db": (-6, 6), "wall3_octaves": (0.06, 0.15),
    "echo_s": (0.15e-3, 1e-3), "echo_db": (-26, -16),
    # its compressor
    "threshold_db": (-28, -17), "ratio": (1.5, 3.5), "attack_s": (2e-3, 10e-3),
    "release_s": (0.05, 0.5), "makeup_db": (9, 13),
}  # fmt: skip


class Compressor(NamedTuple):
    """Level-dependent gain: above `threshold_db` a rise of `ratio` dB comes out as 1 dB."""

    threshold_db: float
    ratio: float
    attack_s: float
    release_s: float
    makeup_db: float


class Device(NamedTuple):
    """Impulse response (TAPS,), self-noise in dBFS (RMS), and a compressor if any.

    The noise is white, differenced `noise_order` times: a converter shapes its noise upwards.
    """

    name: str
    response: Array
    noise_db: float
    compressor: Compressor | None
    noise_order: int = 0

    @property
    def hears_a(self) -> bool:
        """Whether it is fed with device a's recording rather than with the air."""
        return self.name not in FAMILIES["real"]


def all_devices() -> dict[str, Device]:
    """Every device: the same ones in every world, as TAU22's are the same in every city."""
    devices = [_ear(), _phone(), _camera()]
    for group, family in enumerate(("simulated", "unseen", "further")):
        devices += _family(FAMILIES[family], filters.generator(0, _SEED, group))
    return {device.name: device for device in devices}


def spectra(devices: dict[str, Device]) -> dict[str, NDArray[np.complex64]]:
    """Their responses on the grid of a whole recording's real FFT."""
    every = devices.items()
    return {name: fft.rfft(one.response.astype(np.float32), LENGTH) for name, one in every}


def record(
    device: Device,
    spectrum: NDArray[np.complex64],
    heard: NDArray[np.complex64],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Ten seconds from `device`, (LENGTH,); `spectrum` is its response's, on the grid of `heard`.

    `heard`: real FFT of the air's sound pressure (a, b, c) or of device a's recording (s1 to s11).
    The convolution is circular: what rings on at the end stands at the beginning.
    """
    out = fft.irfft(heard * spectrum, LENGTH)
    if np.isfinite(device.noise_db):
        order = device.noise_order
        noise = np.diff(filters.flat_noise(LENGTH + order, rng), order)
        # differences of white noise: a variance of the central binomial coefficient
        out += noise * np.float32(10 ** (device.noise_db / 20) / comb(2 * order, order) ** 0.5)
    if device.compressor is not None:
        out = compress(out, device.compressor)
    return np.clip(out, -0.999, 0.999)


def compress(signal: NDArray[np.float32], settings: Compressor) -> NDArray[np.float32]:
    """Feed-forward compression with a 6 dB soft knee and separate attack and release.

    Giannoulis, Massberg and Reiss, JAES 60(6), 2012. `signal` (samples,), a multiple of BLOCK.
    """
    blocks = signal.reshape(-1, BLOCK)  # (blocks, BLOCK)
    level_db = 10 * np.log10(np.einsum("ij,ij->i", blocks, blocks) / BLOCK + 1e-12)
    over = level_db - settings.threshold_db
    knee = np.where(np.abs(over) < 3, (over + 3) ** 2 / 12, np.maximum(over, 0))
    wanted = (1 / settings.ratio - 1) * knee
    times = settings.attack_s, settings.release_s
    attack, release = (float(np.exp(-BLOCK / RATE / seconds)) for seconds in times)
    # a slow compressor would begin with a swell: it has listened before
    gain, gain_db = float(wanted[: max(1, int(times[1] * RATE / BLOCK))].mean()), []
    for target in wanted.tolist():
        gain = target + (attack if target < gain else release) * (gain - target)
        gain_db.append(gain)
    gains = (10 ** ((np.array(gain_db) + settings.makeup_db) / 20)).astype(np.float32)
    before = np.concatenate([gains[:1], gains[:-1]])
    ramp = np.arange(1, BLOCK + 1, dtype=np.float32) / BLOCK
    return (blocks * (before[:, None] + (gains - before)[:, None] * ramp)).ravel()


def _grid() -> Array:
    return fft.rfftfreq(4 * TAPS, 1 / RATE)


def _response(curve_db: Array, echoes: Array | float = 1.0) -> Array:
    response = fft.irfft(filters.minimum_phase(curve_db) * echoes)[:TAPS]
    fade = np.ones(TAPS)
    fade[-TAPS // 4 :] = np.cos(np.linspace(0, np.pi / 2, TAPS // 4)) ** 2
    return response * fade


def _ear() -> Device:
    f = _grid()
    curve = (
        highpass_db(f, 35, 1)
        + resonance_db(f, 3200, 3.5, 0.45)  # the outer ear around the capsule
        + resonance_db(f, 5700, -4, 0.1)
        + resonance_db(f, 9000, -7, 0.5)
        + lowpass_db(f, 17_000, 2)
    )
    return Device("a", _response(curve), -86, None)


def _phone() -> Device:
    f = _grid()
    curve = (
        highpass_db(f, 130, 2.1)
        + resonance_db(f, 780, 1.7, 0.8)
        + lowpass_db(f, 1000, 0.47)  # its foam and slot
        + resonance_db(f, 9000, -8, 0.65)
    )
    return Device("b", _response(curve), -79, Compressor(-32, 1.2, 0.8, 3.0, 8), 2)


def _camera() -> Device:
    f = _grid()
    curve = (
        highpass_db(f, 36, 2.2)
        + resonance_db(f, 790, 2.9, 0.4)  # the housing's walls ring
        + resonance_db(f, 6300, 2.4, 0.1)
        + lowpass_db(f, 6500, 0.7)
        + lowpass_db(f, 19_500, 6)
    )
    echoes = filters.reflections(f, np.array([0.47e-3]), np.array([-27.0]))
    return Device("c", _response(curve, echoes), -80, Compressor(-36, 1.45, 0.5, 2.0, 5))


def _family(names: Sequence[str], rng: np.random.Generator) -> list[Device]:
    """Small devices on a Latin hypercube: each parameter spread evenly over the group."""
    count = len(names)
    strata = rng.permuted(np.tile(np.arange(count), (len(_RANGES), 1)), axis=1)
    points = (strata + rng.random(strata.shape)) / count  # (parameters, devices)
    points = 0.5 + _WIDTH * (points - 0.5)
    values = [
        low + (high - low) * point if name.endswith("_db") else low * (high / low) ** point
        for (name, (low, high)), point in zip(_RANGES.items(), points, strict=True)
    ]
    return [
        _small_device(name, dict(zip(_RANGES, map(float, value), strict=True)))
        for name, *value in zip(names, *values, strict=True)
    ]


def _small_device(name: str, of: dict[str, float]) -> Device:
    """A consumer device from its parameters, named as in `_RANGES`."""
    f = _grid()
    speaker = highpass_db(f, of["speaker_hz"], of["speaker_order"])
    curve = np.maximum(speaker, of["leak_db"]) + highpass_db(f, of["vent_hz"], of["vent_order"])
    for part in ("housing", "end"):
        curve = curve + lowpass_db(f, of[f"{part}_hz"], of[f"{part}_order"])
    for part in ("cavity", "wall1", "wall2", "wall3"):
        curve += resonance_db(f, of[f"{part}_hz"], of[f"{part}_db"], of[f"{part}_octaves"])
    echoes = filters.reflections(f, np.array([of["echo_s"]]), np.array([of["echo_db"]]))
    compressor = Compressor(*(of[field] for field in Compressor._fields))
    return Device(name, _response(curve, echoes), -np.inf, compressor)
