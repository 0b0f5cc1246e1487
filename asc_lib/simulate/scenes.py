"""Ten acoustic scenes as mixtures of the sources that are there.

World -> scene -> city -> location -> recording -> second: a scene has typical levels of its
sources and rates of its events; a city shifts them a little, a location about as much as scenes
differ among each other, a recording a little again; within a recording sources come and go and
single events tell, or mislead. Scenes of one family (halls, vehicles, streets) share most of
their sources.

Noise-like sources are added as power over (frames, bins) and sounded together by one draw of
noise; tonal events (sounds.py) are added in the time domain, and sent through the location's room.
What is typical stands in scene_tables.py. The difficulty was set by hand: the spreads below, and a
few rates of trams and pedestrian streets, were changed until a logistic regression on log-mel
means and deviations was right for 45 to 65 % of the test clips of device a. No compared method
(augmentation, ICL) was run for it.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from asc_lib.simulate.devices import LENGTH, RATE
from asc_lib.simulate.filters import (
    Array,
    flat_noise,
    generator,
    hump_db,
    lowpass_db,
    tilt_db,
    wander_db,
)
from asc_lib.simulate.scene_tables import (
    CITIES,
    DECAY_S,
    LEVELS,
    MOTION,
    NOISES,
    RATE_NAMES,
    RATES,
    ROOMS,
    SCENES,
    SOURCES,
)
from asc_lib.simulate.sounds import EVENTS, tone

HOP = 490  # 900 frames of 11 ms; frames are two hops long and overlap by one
FRAMES = LENGTH // HOP
FRAME_RATE = RATE / HOP
_CITY_DB, _LOCATION_DB, _RECORDING_DB = 1.0, 1.8, 1.5
_SEED = 20  # names this module's random numbers

_FREQUENCY = fft.rfftfreq(2 * HOP, 1 / RATE)


def _shape(peak_hz: float, rise: float, fall: float) -> Array:
    power = 10 ** (hump_db(_FREQUENCY, peak_hz, rise, fall) / 10)
    power[0] = 0
    return power / power.sum()


SHAPES = np.array([_shape(*NOISES[name][0]) for name in SOURCES])  # (sources, bins)


@dataclass(frozen=True)
class Place:
    """A recording location: what is typical there."""

    scene: str
    levels_db: Array  # (sources,)
    rates: dict[str, float]
    colour_db: Array  # (bins,)
    reverberation_s: float
    room: NDArray[np.complex64]  # spectrum on the grid of a whole recording's real FFT


@lru_cache(maxsize=2)  # recordings of a place follow each other
def place(seed: int, scene: str, city: str, location: int) -> Place:
    """The location number `location` of the world `seed`, the same for all its recordings."""
    scene_id, city_id = SCENES.index(scene), CITIES.index(city)
    town = generator(seed, _SEED, 1, scene_id, city_id)
    rng = generator(seed, _SEED, 2, location)
    count = len(SOURCES)
    levels = LEVELS[scene] + town.normal(0, _CITY_DB, count) + rng.normal(0, _LOCATION_DB, count)
    levels += rng.normal(0, 2.0)
    colour = tilt_db(_FREQUENCY, rng.normal(0, 0.4)) + wander_db(_FREQUENCY, rng, 0.8)
    rates = RATES[scene] * np.exp(town.normal(0, 0.25, len(RATE_NAMES)))
    rates *= np.exp(rng.normal(0, 0.4, len(RATE_NAMES)))
    shortest, longest, level_db = ROOMS[scene]
    seconds = float(rng.uniform(shortest, longest))
    return Place(
        scene=scene,
        levels_db=levels,
        rates=dict(zip(RATE_NAMES, rates.tolist(), strict=True)),
        colour_db=colour,
        reverberation_s=seconds,
        room=_room(seconds, level_db + rng.normal(0, 3), rng),
    )


def air(where: Place, rng: np.random.Generator) -> NDArray[np.complex64]:
    """Ten seconds of sound at the listener's ear: their real FFT, (LENGTH // 2 + 1,)."""
    moves, whine = MOTION.get(where.scene, (1.0, 0.0))
    speed = _speed(rng, moves) if where.scene in MOTION else _mostly_steady(rng)
    noise = _sound_noise(_power(where, speed, rng), rng)
    events = _events(where, rng)
    if rng.random() < whine:
        events += _whine(speed, rng)
    return fft.rfft(noise) + fft.rfft(events) * where.room


def _power(where: Place, speed: Array, rng: np.random.Generator) -> Array:
    """Power of all noise sources, (FRAMES, bins)."""
    levels = where.levels_db + rng.normal(0, _RECORDING_DB, len(SOURCES)) + rng.normal(0, 1.5)
    envelopes = np.empty((FRAMES, len(SOURCES)))
    decay = float(np.exp(-13.8 / FRAME_RATE / where.reverberation_s))
    for index, name in enumerate(SOURCES):
        _, kind, in_room = NOISES[name]
        envelope = _envelope(name, kind, where, speed, rng)
        if in_room:
            tail = _recursion((1 - decay) * envelope, decay)
            envelope = 0.5 * envelope + 0.5 * tail
        envelopes[:, index] = envelope
    envelopes *= 10 ** (levels / 10)
    # einsum, not a BLAS product: the same bytes whatever the number of threads
    colour = SHAPES * 10 ** (where.colour_db / 10)
    return np.einsum("fs,sb->fb", envelopes.astype(np.float32), colour.astype(np.float32))


def _envelope(name: str, kind: str, where: Place, speed: Array, rng: np.random.Generator) -> Array:
    """Power of one source over time relative to its level, (FRAMES,)."""
    match kind:
        case "drift":
            return 10 ** (_wander(rng, 1.0, 1.5) / 10)
        case "motion":
            return speed * 10 ** (_wander(rng, 0.4, 1.5) / 10)
        case "steady":
            return np.full(FRAMES, 10 ** (rng.normal(0, 0.5) / 10))
        case "gusts":
            return 10 ** (_wander(rng, 1.2, 4.0) / 10)
        case "passes":
            return _passes(rng)
        case "talk":
            return _talk(1 + rng.poisson(where.rates["talkers"]), rng)
        case "steps":
            return _steps(rng.poisson(where.rates["steps"]), rng)
        case _:
            return _bursts(rng.poisson(where.rates[name] / 6), DECAY_S[name], rng)


def _wander(rng: np.random.Generator, seconds: float, spread_db: float) -> Array:
    """A level that drifts with this time constant, dB, (FRAMES,)."""
    keep = float(np.exp(-1 / FRAME_RATE / seconds))
    steps = rng.normal(0, spread_db * np.sqrt(1 - keep**2), FRAMES)
    steps[0] = rng.normal(0, spread_db)
    return _recursion(steps, keep)


def _recursion(values: Array, keep: float) -> Array:
    """y[n] = keep y[n - 1] + x[n]; not lfilter, whose import alone takes a worker seconds."""
    return np.array(list(accumulate(values.tolist(), lambda last, value: keep * last + value)))


def _mostly_steady(rng: np.random.Generator) -> Array:
    return 10 ** (_wander(rng, 2.0, 2.0) / 10)


def _speed(rng: np.random.Generator, moves: float) -> Array:
    """Power of a vehicle's running noise: it stands, runs, starts or stops, (FRAMES,)."""
    time = np.arange(FRAMES) / FRAME_RATE
    speed = np.full(FRAMES, rng.uniform(0.6, 1.2) if rng.random() < moves else 0.1)
    if rng.random() < 0.35:
        turn, steep = rng.uniform(1, 9), rng.uniform(0.7, 2.0) * rng.choice([-1, 1])
        speed = 0.1 + (speed - 0.1 if speed[0] > 0.2 else 0.8) / (1 + np.exp((time - turn) / steep))
    return speed**2.5


def _passes(rng: np.random.Generator) -> Array:
    """Vehicles going by, one now and then over a distant stream."""
    time = np.arange(FRAMES) / FRAME_RATE
    count = rng.poisson(3)
    moments, widths = rng.uniform(-4, 14, count), rng.uniform(0.5, 2.0, count)
    near = 10 ** (rng.normal(0, 3, count) / 10) / (1 + ((time[:, None] - moments) / widths) ** 2)
    return 0.25 + near.sum(1)


def _talk(talkers: int, rng: np.random.Generator) -> Array:
    """Babble: talkers at several distances, each with phrases and syllables of its own."""
    time = np.arange(FRAMES) / FRAME_RATE
    weights = 10 ** (rng.normal(0, 4, talkers) / 10)
    syllables = rng.uniform(3, 5.5, talkers) * time[:, None] + rng.uniform(0, 1, talkers)
    phrases = rng.uniform(0.15, 0.5, talkers) * time[:, None] + rng.uniform(0, 1, talkers)
    speaks = np.clip(4 * np.sin(2 * np.pi * phrases) + 2, 0, 1)
    voices = speaks * (0.1 + np.sin(np.pi * syllables) ** 4)
    return 0.3 + 1.5 * (voices @ weights) / talkers


def _steps(walkers: int, rng: np.random.Generator) -> Array:
    """People walking by: two steps a second each, coming and going."""
    hits = np.zeros(FRAMES)
    for _ in range(walkers):
        every, when = 1 / rng.uniform(1.6, 2.2), rng.uniform(0, 10)
        times = np.arange(rng.uniform(0, every), 9.98, every) + rng.normal(0, 0.012)
        loud = 1 / (1 + ((times - when) / rng.uniform(1, 4)) ** 2) * rng.lognormal(0, 0.4)
        hits[(np.clip(times, 0, 9.98) * FRAME_RATE).astype(int)] += 8 * loud
    return _ring(hits, DECAY_S["steps"])


def _bursts(count: int, decay_s: float, rng: np.random.Generator) -> Array:
    hits = np.zeros(FRAMES)
    np.add.at(hits, rng.integers(0, FRAMES, count), 12 * 10 ** (rng.normal(0, 4, count) / 10))
    return _ring(hits, decay_s * rng.uniform(0.6, 1.6))


def _ring(hits: Array, decay_s: float) -> Array:
    """Power decays to 1/e in `decay_s`."""
    return _recursion(hits, float(np.exp(-1 / FRAME_RATE / decay_s)))


def _sound_noise(power: Array, rng: np.random.Generator) -> NDArray[np.float32]:
    """Gaussian noise with this power over (FRAMES, bins), as (LENGTH,)."""
    bins = power.shape[1]
    # flat numbers are drawn twice as fast as normal ones; the sum over bins is normal all the same
    grain = flat_noise((FRAMES, 2 * bins), rng).view(np.complex64)  # (FRAMES, bins)
    # unnormalised inverse: bin magnitudes of sqrt(power / 2 / 2) on both sides make `power`
    grain *= np.sqrt(power / 4)
    frames = fft.irfft(grain, 2 * HOP, axis=-1, norm="forward")  # (FRAMES, 2 HOP)
    # sine windows: their squares add up to 1, so the power is the one asked for
    frames *= np.sin(np.pi * (np.arange(2 * HOP) + 0.5) / (2 * HOP)).astype(np.float32)
    return (frames[:, :HOP] + np.roll(frames[:, HOP:], 1, axis=0)).ravel()


def _events(where: Place, rng: np.random.Generator) -> NDArray[np.float32]:
    """All tonal events of a recording, dry, (LENGTH,). What passes the end stands at the start."""
    out = np.zeros(LENGTH, np.float32)
    loud = 10 * np.log10(10 ** (where.levels_db / 10) @ SHAPES[:, _FREQUENCY > 400].sum(1))
    for name, draw in EVENTS.items():
        for _ in range(rng.poisson(where.rates[name] / 6)):
            sound = draw(rng)[:LENGTH]
            sound *= np.float32(10 ** ((rng.normal(-2, 6) + loud) / 20))
            start = int(rng.integers(LENGTH))
            first = min(len(sound), LENGTH - start)
            out[start : start + first] += sound[:first]
            out[: len(sound) - first] += sound[first:]
    return out


def _whine(speed: Array, rng: np.random.Generator) -> NDArray[np.float32]:
    """A traction motor's or gearbox's tone that follows the speed, (LENGTH,)."""
    pitch = rng.uniform(180, 900) * speed**0.4
    sound = tone(10, float(pitch[0]), float(pitch[-1]), rng.uniform(0.1, 1, 6) / np.arange(1, 7))
    loud = np.sqrt(speed) * 10 ** (rng.normal(-60, 5) / 20)
    return sound * np.repeat(loud.astype(np.float32), HOP)


def _room(seconds: float, level_db: float, rng: np.random.Generator) -> NDArray[np.complex64]:
    """Direct sound and exponentially decaying reverberation `level_db` against it."""
    samples = int(1.2 * seconds * RATE)
    tail = rng.standard_normal(samples, dtype=np.float32)
    tail *= np.exp(-6.9 / seconds / RATE * np.arange(samples, dtype=np.float32))
    tail *= 10 ** (level_db / 20) / np.sqrt((tail**2).sum())
    spectrum = fft.rfft(tail, LENGTH)
    return 1 + spectrum * _damping()


@cache
def _damping() -> NDArray[np.float32]:
    """Air and walls take the highs: a gain on the grid of a whole recording's real FFT."""
    curve = lowpass_db(fft.rfftfreq(LENGTH, 1 / RATE), 5000, 0.5)
    return (10 ** (curve / 20)).astype(np.float32)
