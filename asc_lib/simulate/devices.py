"""The recording devices of the simulated TAU22: what each makes of the same ten seconds.

a: binaural electret worn in the ear. b: a phone. c: an action camera in its housing. s1 to s11:
device a's recording, convolved with the response of a small device and compressed, as TAU22's
simulated devices are made (DCASE 2022, task 1). s1 to s3 are for training, s4 to s11 unseen. All of
them come from one distribution, evenly spread over s1-s3, over s4-s6 and over s7-s11, so that no
group is the odd one. Signals are mono, 44.1 kHz, 10 s, full scale 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from asc_lib.simulate.filters import (
    Array,
    flat_noise,
    generator,
    highpass_db,
    lowpass_db,
    minimum_phase,
    reflections,
    resonance_db,
    tilt_db,
)

RATE = 44_100
LENGTH = 10 * RATE
BLOCK = 126  # samples over which a compressor measures a level: 2.9 ms, divides LENGTH
TAPS = 2048
REAL = ("a", "b", "c")
SEEN = ("s1", "s2", "s3")
UNSEEN = ("s4", "s5", "s6")
FURTHER = ("s7", "s8", "s9", "s10", "s11")  # as TAU22's evaluation set goes on; no size uses them
_PARAMETERS = 19  # of a small device
_SEED = 10  # names this module's random numbers


class Compressor(NamedTuple):
    """Level-dependent gain: above `threshold_db` a rise of `ratio` dB comes out as 1 dB."""

    threshold_db: float
    ratio: float
    attack_s: float
    release_s: float
    makeup_db: float


class Device(NamedTuple):
    """A device: impulse response (TAPS,), self-noise in dBFS (RMS), and its compressor if any."""

    name: str
    response: Array
    noise_db: float
    compressor: Compressor | None

    @property
    def hears_a(self) -> bool:
        """Whether it is fed with device a's recording rather than with the air."""
        return self.name not in REAL


def all_devices() -> dict[str, Device]:
    """Every device: the same ones in every world, as TAU22's are the same in every city."""
    devices = [_ear(), _phone(), _camera()]
    for group, names in enumerate((SEEN, UNSEEN, FURTHER)):
        rng = generator(0, _SEED, group)
        # a Latin hypercube: each parameter spread evenly within the group
        strata = rng.permuted(np.tile(np.arange(len(names)), (_PARAMETERS, 1)), axis=1).T
        points = (strata + rng.random(strata.shape)) / len(names)  # (devices, parameters)
        devices += [_small_device(*item) for item in zip(names, points, strict=True)]
    return {device.name: device for device in devices}


def spectra(devices: dict[str, Device]) -> dict[str, NDArray[np.complex64]]:
    """Their responses on the grid of a whole recording's real FFT."""
    return {
        name: fft.rfft(device.response.astype(np.float32), LENGTH)
        for name, device in devices.items()
    }


def record(
    device: Device,
    spectrum: NDArray[np.complex64],
    heard: NDArray[np.complex64],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Ten seconds from `device`, (LENGTH,).

    `heard` is the real FFT of the air's sound pressure (a, b, c) or of device a's recording (s1 to
    s11), `spectrum` the device's response on the same grid. The convolution is circular: what rings
    on at the end stands at the beginning, as from a moment before it.
    """
    out = fft.irfft(heard * spectrum, LENGTH)
    if np.isfinite(device.noise_db):
        out += flat_noise(LENGTH, rng) * np.float32(10 ** (device.noise_db / 20))
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
    attack, release = (
        float(np.exp(-BLOCK / RATE / seconds))
        for seconds in (settings.attack_s, settings.release_s)
    )
    gain_db = []
    # a slow compressor would begin with a swell: it has listened before
    gain = float(wanted[: max(1, int(settings.release_s * RATE / BLOCK))].mean())
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
    response = fft.irfft(minimum_phase(curve_db) * echoes)[:TAPS]
    fade = np.ones(TAPS)
    fade[-TAPS // 4 :] = np.cos(np.linspace(0, np.pi / 2, TAPS // 4)) ** 2
    return response * fade


def _ear() -> Device:
    f = _grid()
    curve = (
        highpass_db(f, 35, 1)
        + resonance_db(f, 3200, 3.5, 0.45)  # the outer ear around the capsule
        + resonance_db(f, 9000, -7, 0.5)
        + lowpass_db(f, 17_000, 2)
    )
    return Device("a", _response(curve), -82, None)


def _phone() -> Device:
    f = _grid()
    curve = (
        highpass_db(f, 110, 2)
        + lowpass_db(f, 2800, 0.7)  # its foam and slot
        + resonance_db(f, 9000, 6, 0.3)  # the port in front of the membrane
        + resonance_db(f, 500, -2, 0.5)
        + lowpass_db(f, 17_500, 4)
    )
    return Device("b", _response(curve), -70, Compressor(-34, 2.0, 0.8, 3.0, 5))


def _camera() -> Device:
    f = _grid()
    curve = (
        highpass_db(f, 130, 1.5)  # against wind
        + resonance_db(f, 2600, 6, 0.3)  # the housing's wall rings
        + lowpass_db(f, 6000, 1)
        + lowpass_db(f, 15_000, 3)
    )
    echoes = reflections(f, np.array([0.21e-3, 0.47e-3]), np.array([-13.0, -17.0]))
    return Device("c", _response(curve, echoes), -76, Compressor(-34, 2.0, 0.5, 2.0, 4))


def _small_device(name: str, point: Array) -> Device:
    """A consumer device from a point of the unit cube, (_PARAMETERS,)."""
    f = _grid()
    unit = iter(point.tolist())

    def between(low: float, high: float) -> float:
        return low + (high - low) * next(unit)

    def between_log(low: float, high: float) -> float:
        return low * (high / low) ** next(unit)

    # ranges about as wide as the octave levels of TAU22's s1 to s6 lie apart, by eye, on 180 clips
    curve = highpass_db(f, between_log(95, 170), between(2, 3))
    curve = curve + lowpass_db(f, between_log(3500, 9000), between(1, 2))
    curve = curve + tilt_db(f, between(-0.7, 0.7))
    for low, high in ((300, 800), (1100, 2600), (3200, 7000)):
        centre, gain = between_log(low, high), between(-4, 5)
        curve = curve + resonance_db(f, centre, gain, between(0.2, 0.5))
    echoes = reflections(f, np.array([between_log(0.2e-3, 2e-3)]), np.array([between(-22, -11)]))
    compressor = Compressor(
        threshold_db=between(-42, -32),
        ratio=between(1.5, 3.5),
        attack_s=0.01,
        release_s=between_log(0.06, 0.4),
        makeup_db=6,
    )
    return Device(name, _response(curve, echoes), -np.inf, compressor)
