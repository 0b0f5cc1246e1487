"""Ten acoustic scenes as mixtures of the sources that are there.

World -> scene -> city -> location -> recording -> second: a scene has typical levels of its
sources and rates of its events; a city shifts them a little, a location about as much as scenes
differ (some lean towards another scene of their family), a recording again; within a recording
sources come and go, and single events tell, or mislead. What is typical, and all spreads, stand in
scene_tables.py; how they were set, in notebooks/00_simulated_benchmark.ipynb.

Noise-like sources (envelopes.py) are added as power over (frames, bands) and sounded together by
one draw of noise; tonal events (sounds.py) are added in the time domain, and sent through the
location's room; engines and motors that sound on and on follow the vehicle's speed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from asc_lib.data.tau22 import SCENES
from asc_lib.simulate import envelopes, filters
from asc_lib.simulate import scene_tables as tables
from asc_lib.simulate.devices import LENGTH, RATE
from asc_lib.simulate.envelopes import FRAMES, HOP, wander
from asc_lib.simulate.filters import Array, generator, tilt_db
from asc_lib.simulate.scene_tables import CITIES, LEVELS, NOISES, RATE_NAMES, RATES, SOURCES
from asc_lib.simulate.sounds import EVENTS, Sound, drone

_SEED = 20  # names this module's random numbers

_FREQUENCY = fft.rfftfreq(2 * HOP, 1 / RATE)  # frames are two hops long and overlap by one
# bands of a ninth of an octave, or of one bin where bins are wider: first bin, band of a bin, bins
_NINTHS = (9 * np.log2(np.arange(HOP + 1) + 1)).astype(int)
_, _FIRST, _BAND, _WIDTH = np.unique(_NINTHS, True, True, True)
_CENTRES = np.add.reduceat(_FREQUENCY, _FIRST) / _WIDTH
_CENTRES[0] = 15  # the first bin stands for what is below 22 Hz
_LIVELY = np.where(np.isin(SOURCES, tables.STANDING), tables.STANDING_SHARE, 1.0)


@dataclass(frozen=True)
class Place:
    """A recording location: what is typical there."""

    scene: str
    levels_db: Array  # (sources,)
    rates: Array  # (events,)
    shapes: Array  # (sources, bands), power per bin
    reverberation_s: float
    room: NDArray[np.complex64]  # spectrum on the grid of a whole recording's real FFT


@lru_cache(maxsize=2)  # recordings of a place follow each other
def place(seed: int, scene: str, city: str, location: int) -> Place:
    """The location number `location` of the world `seed`, the same for all its recordings."""
    scene_id, city_id = SCENES.index(scene), CITIES.index(city)
    town = generator(seed, _SEED, 1, scene_id, city_id)
    rng = generator(seed, _SEED, 2, location)
    count, events = len(SOURCES), len(RATE_NAMES)
    levels, rates = _typical(scene, rng)
    lively = rng.normal(0, tables.LOCATION_DB * tables.OPENNESS[scene])
    levels = levels + lively * _LIVELY
    levels += town.normal(0, tables.CITY_SOURCE_DB, count)
    levels += rng.normal(0, tables.LOCATION_SOURCE_DB, count)
    rates = rates * np.exp(town.normal(0, tables.CITY_RATE, events))
    rates *= np.exp(rng.normal(0, tables.LOCATION_RATE, events))
    colour = tilt_db(_CENTRES, rng.normal(0, tables.LOCATION_TILT), tables.PIVOT_HZ)
    colour += filters.wander_db(_CENTRES, rng, tables.LOCATION_COLOUR_DB)
    octaves = np.log2(_CENTRES / 63)
    colour += np.interp(octaves, np.arange(9), tables.COLOUR_DB[scene])
    peaks = 2 ** rng.normal(0, tables.PEAK_OCTAVES, count)
    shortest, longest, level_db = tables.ROOMS[scene]
    seconds = float(rng.uniform(shortest, longest))
    room = _room(seconds, level_db + rng.normal(0, 3), rng)
    return Place(scene, levels, rates, _shapes(peaks) * 10 ** (colour / 10), seconds, room)


def _typical(scene: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Levels and rates of the scene, or between it and another one of its family."""
    (family,) = (names for names in tables.FAMILIES if scene in names)
    other = rng.choice([name for name in family if name != scene])
    lean = rng.uniform(0.3, 0.7) if rng.random() < tables.ATYPICAL else 0.0
    levels = (1 - lean) * LEVELS[scene] + lean * LEVELS[other]
    return levels, (1 - lean) * RATES[scene] + lean * RATES[other]


def _shapes(factors: Array) -> Array:
    """Spectra of the sources with their peaks moved by these factors, (sources, bands)."""
    shapes = []
    for name, factor in zip(SOURCES, factors, strict=True):
        peak, rise, fall = NOISES[name][0]
        power = 10 ** (filters.hump_db(_CENTRES, peak * factor, rise, fall) / 10)
        shapes.append(power / (power @ _WIDTH))
    return np.array(shapes)


def air(where: Place, rng: np.random.Generator) -> NDArray[np.complex64]:
    """Ten seconds of sound at the listener's ear: their real FFT, (LENGTH // 2 + 1,)."""
    rates = where.rates * np.exp(rng.normal(0, tables.RECORDING_RATE, len(RATE_NAMES)))
    chances = dict(zip(RATE_NAMES, rates.tolist(), strict=True))
    moves = tables.MOVES.get(where.scene)
    speed = np.ones(FRAMES) if moves is None else envelopes.speed(rng, moves)
    power = _power(where, chances, speed, rng)
    noise = _sound_noise(power, rng)
    above = _CENTRES > 400
    loud_db = 10 * np.log10(power[:, above].mean(0) @ _WIDTH[above])
    events = _events(chances, loud_db, rng)
    out = fft.rfft(noise) + fft.rfft(events) * where.room
    for sound in _drones(chances, speed, loud_db, rng):
        lowest = fft.rfft(sound)
        out[: len(lowest)] += lowest * np.float32(LENGTH / len(sound))
    return out


def _power(where: Place, rates: dict[str, float], speed: Array, rng: np.random.Generator) -> Array:
    """Power of all noise sources, (FRAMES, bands) per bin."""
    count = len(SOURCES)
    levels = where.levels_db + rng.normal(0, tables.RECORDING_DB) * _LIVELY
    levels += rng.normal(0, tables.RECORDING_SOURCE_DB, count)
    own = [name for name in SOURCES if NOISES[name][1] != "="]
    power = np.vstack([_envelope(name, rates, speed, rng) for name in own])
    in_room = [NOISES[name][2] for name in SOURCES]
    power[in_room] = envelopes.smear(power[in_room], where.reverberation_s / 13.8)
    slow, quick = np.array([NOISES[name][3] for name in SOURCES]).T
    flutter = wander(rng, count, 0.5, slow) + wander(rng, count, 0.06, quick)
    flutter += wander(rng, count, 1.0, tables.SECONDS_DB * _LIVELY)
    power *= 10 ** ((levels[:, None] + flutter) / 10)
    tilt = tilt_db(_CENTRES, rng.normal(0, tables.RECORDING_TILT), tables.PIVOT_HZ)
    colour = (where.shapes * 10 ** (tilt / 10)).astype(np.float32)
    # einsum, not a BLAS product: the same bytes whatever the number of threads
    sound = np.einsum("sf,sb->fb", power.astype(np.float32), colour)
    sound *= 10 ** (_shimmer(rng) / 10)
    return sound


def _shimmer(rng: np.random.Generator) -> NDArray[np.float32]:
    """Flutter of bands, dB, (FRAMES, bands)."""
    octaves = wander(rng, len(tables.SHIMMER_DB), 0.05, tables.SHIMMER_DB).astype(np.float32)
    place = np.clip(np.log2(_CENTRES / 31.25), 0, len(octaves) - 1.001)
    below = place.astype(int)
    above = (place - below).astype(np.float32)[:, None]  # (bands, 1)
    return ((1 - above) * octaves[below] + above * octaves[below + 1]).T


def _envelope(name: str, rates: dict[str, float], speed: Array, rng: np.random.Generator) -> Array:
    """Power over time relative to the source's level, (FRAMES,) or (bands, FRAMES)."""

    def drawn() -> int:
        return int(rng.poisson(rates[name] / 6))

    kinds: dict[str, Callable[[], Array]] = {
        "even": lambda: np.ones(FRAMES),
        "engine": lambda: 0.25 + 0.75 * speed**2,
        "rolling": lambda: speed**2.5,
        "gusts": lambda: 10 ** (wander(rng, 1, 1.2, 4.0)[0] / 10),
        "passes": lambda: envelopes.passes(rates[name], rng),
        "arrival": lambda: envelopes.arrival(rates[name], rng),
        "talk": lambda: envelopes.talk(1 + rng.poisson(rates["talkers"]), rng),
        "steps": lambda: envelopes.steps(rng.poisson(rates[name]), tables.DECAY_S[name], rng),
        "wheels": lambda: envelopes.wheels(rng.poisson(rates[name]), rng),
        "rattle": lambda: envelopes.rattle(speed, rng),
        "joints": lambda: envelopes.joints(speed, rates[name], rng),
        "blows": lambda: envelopes.blows(drawn(), rng),
        "rustles": lambda: envelopes.rustles(drawn(), rng),
        "bursts": lambda: envelopes.bursts(drawn(), tables.DECAY_S[name], rng),
    }
    return kinds[NOISES[name][1]]()


def _sound_noise(power: Array, rng: np.random.Generator) -> Sound:
    """Gaussian noise with this power per bin over (FRAMES, bands), as (LENGTH,)."""
    # flat numbers are drawn twice as fast as normal ones; the sum over bins is normal all the same
    grain = filters.flat_noise((FRAMES, 2 * (HOP + 1)), rng).view(np.complex64)  # (FRAMES, bins)
    # unnormalised inverse: bin magnitudes of sqrt(power / 2 / 2) on both sides make `power`
    grain *= np.sqrt(power / 4)[:, _BAND]
    frames = fft.irfft(grain, 2 * HOP, axis=-1, norm="forward")  # (FRAMES, 2 HOP)
    # sine windows: their squares add up to 1, so the power is the one asked for
    frames *= np.sin(np.pi * (np.arange(2 * HOP) + 0.5) / (2 * HOP)).astype(np.float32)
    return (frames[:, :HOP] + np.roll(frames[:, HOP:], 1, axis=0)).ravel()


def _events(rates: dict[str, float], loud_db: float, rng: np.random.Generator) -> Sound:
    """All tonal events of a recording, dry, (LENGTH,). What passes the end stands at the start."""
    out = np.zeros(LENGTH, np.float32)
    for name, draw in EVENTS.items():
        for _ in range(rng.poisson(tables.CUE_RATE * rates[name] / 6)):
            sound = draw(rng)[:LENGTH]
            gain_db = loud_db + rng.normal(tables.CUE_DB, tables.CUE_SPREAD_DB)
            sound *= np.float32(10 ** (gain_db / 20))
            start = int(rng.integers(LENGTH))
            first = min(len(sound), LENGTH - start)
            out[start : start + first] += sound[:first]
            out[: len(sound) - first] += sound[first:]
    return out


def _drones(
    rates: dict[str, float], speed: Array, loud_db: float, rng: np.random.Generator
) -> list[Sound]:
    """Tones that last: a diesel's firing orders, a traction motor or gear, each (DRONE_LENGTH,)."""
    out = []
    if rng.random() < rates["diesel"]:
        # half orders: cylinders differ. Gears bring the revolutions down again
        turns = 0.45 + 0.55 * (rng.uniform(1.5, 2.5) * speed + rng.random()) % 1
        turns = np.where(speed < 0.1, 0.35, turns)
        turns = np.convolve(np.pad(turns, 20, mode="edge"), np.full(41, 1 / 41), "valid")
        partials = np.arange(1, 100) ** -0.8 * 10 ** (rng.normal(0, 5, 99) / 20)
        partials[::2] *= 0.4
        out.append(_loud(drone(rng.uniform(35, 50) * turns, partials), 0.5 + 0.5 * turns, rng, 0))
    if rng.random() < rates["gear"]:
        partials = rng.uniform(0.2, 1, 8) * np.arange(1, 9) ** -0.7
        out.append(_loud(drone(rng.uniform(120, 420) * speed**0.7, partials), speed, rng, -3))
    if rng.random() < rates["inverter"]:
        pitch = rng.uniform(600, 1600) * speed**0.8
        out.append(_loud(drone(pitch, np.array([1, 0.3])), speed, rng, -5))
        # its carrier, as it starts and brakes
        carrier = rng.uniform(900, 2200) * (1 + 0.05 * np.round(4 * speed))
        change = np.abs(np.gradient(speed)) * 300
        out.append(_loud(drone(carrier, np.ones(1)), 0.1 + np.minimum(change, 1), rng, -7))
    return [sound * np.float32(10 ** (loud_db / 20)) for sound in out]


def _loud(sound: Sound, envelope: Array, rng: np.random.Generator, level_db: float) -> Sound:
    """The tone at this mean level, its amplitude following `envelope` over frames."""
    gain = envelope * 10 ** (rng.normal(level_db, 5) / 20)
    sound = sound * np.repeat(gain.astype(np.float32), len(sound) // FRAMES)
    fade = np.linspace(0, 1, 100, dtype=np.float32)  # time is circular, the tone is not
    sound[:100] *= fade
    sound[-100:] *= fade[::-1]
    return sound


def _room(seconds: float, level_db: float, rng: np.random.Generator) -> NDArray[np.complex64]:
    """Direct sound and exponentially decaying reverberation `level_db` against it."""
    samples = int(1.2 * seconds * RATE)
    tail = rng.standard_normal(samples, dtype=np.float32)
    tail *= np.exp(-6.9 / seconds / RATE * np.arange(samples, dtype=np.float32))
    tail *= 10 ** (level_db / 20) / np.sqrt((tail**2).sum())
    return 1 + fft.rfft(tail, LENGTH) * _damping()


@cache
def _damping() -> NDArray[np.float32]:
    """Air and walls take the highs: a gain on the grid of a whole recording's real FFT."""
    curve = filters.lowpass_db(fft.rfftfreq(LENGTH, 1 / RATE), 5000, 0.5)
    return (10 ** (curve / 20)).astype(np.float32)
