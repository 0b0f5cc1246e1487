"""How noise-like sources go with time: power over the frames of a recording, relative to a level.

900 frames of 11 ms make ten seconds. Time is circular, as everywhere in the simulation: what rings
on at the end stands at the beginning. Envelopes are (FRAMES,) or (bands, FRAMES), where several
bands of one source move together but not alike.
"""

import numpy as np
from scipy import fft

from asc_lib.simulate.devices import LENGTH, RATE
from asc_lib.simulate.filters import Array

HOP = 490
FRAMES = LENGTH // HOP
FRAME_RATE = RATE / HOP
SECONDS = LENGTH / RATE
TIME = np.arange(FRAMES) / FRAME_RATE

_TURN = np.exp(-2j * np.pi * np.arange(FRAMES // 2 + 1) / FRAMES)


def wander(rng: np.random.Generator, rows: int, seconds: float, spread_db: Array | float) -> Array:
    """Levels that drift with this time constant, dB, (rows, FRAMES)."""
    keep = float(np.exp(-1 / FRAME_RATE / seconds))
    steps = rng.standard_normal((rows, FRAMES)) * np.sqrt(1 - keep**2)
    return np.reshape(spread_db, (-1, 1)) * fft.irfft(fft.rfft(steps) / (1 - keep * _TURN), FRAMES)


def ring(power: Array, decay_s: Array | float) -> Array:
    """Each hit rings on and decays to 1/e in `decay_s`, (..., FRAMES)."""
    keep = np.exp(-1 / FRAME_RATE / np.asarray(decay_s, float))[..., None]
    return np.maximum(fft.irfft(fft.rfft(power) / (1 - keep * _TURN), FRAMES), 0)


def smear(power: Array, decay_s: Array | float) -> Array:
    """Reverberation: half of the power arrives late, decaying to 1/e in `decay_s`."""
    keep = np.exp(-1 / FRAME_RATE / np.asarray(decay_s, float))[..., None]
    return 0.5 * power + 0.5 * (1 - keep) * ring(power, decay_s)


def speed(rng: np.random.Generator, moves: float) -> Array:
    """A vehicle's speed over its usual one: it stands, runs, starts or stops, (FRAMES,)."""
    running = np.full(FRAMES, rng.uniform(0.45, 1.15) if rng.random() < moves else 0.0)
    if rng.random() < 0.4:
        turn, steep = rng.uniform(1, 9), rng.uniform(0.7, 2.0) * rng.choice([-1, 1])
        running = (running[0] or 0.8) / (1 + np.exp((TIME - turn) / steep))
    return np.maximum(running * (1 + 0.03 * wander(rng, 1, 1.0, 1.0)[0]), 0.02)


def passes(rate: float, rng: np.random.Generator) -> Array:
    """Vehicles going by over a distant stream: body and tyres, swish of the treads, (2, FRAMES).

    The highs are heard only while a vehicle is near: air and ground take them before and after.
    """
    count = rng.poisson(rate)
    moments, widths = rng.uniform(-3, 13, (count, 1)), rng.uniform(0.4, 2.2, (count, 1))
    near = 10 ** (rng.normal(2, 4, (count, 1)) / 10)
    bright = 10 ** (rng.normal(0, 3, (count, 1)) / 10)
    distance = 1 + ((TIME - moments) / widths) ** 2
    return np.stack([0.3 + (near / distance).sum(0), 0.1 + (near * bright / distance**2).sum(0)])


def arrival(rate: float, rng: np.random.Generator) -> Array:
    """A train or tram that comes, or leaves: rolling noise and its brakes, (2, FRAMES)."""
    out = np.full((2, FRAMES), 1e-3)
    for _ in range(rng.poisson(rate / 6)):
        moment, width, side = rng.uniform(-2, 12), rng.uniform(2, 4.5), rng.choice([-1, 1])
        level = rng.normal(0, 3)
        # it comes slowly and stops soon, or starts and is soon gone
        away = side * (TIME - moment)
        away = np.where(away > 0, away / (0.4 * width), -away / width)
        out[0] += 10 ** ((level - 6 * away**1.5) / 10)
        stop = moment + 0.5 * side * rng.uniform(0, 1)
        away = np.abs(TIME - stop) / rng.uniform(0.5, 1.5)
        out[1] += 10 ** ((level + rng.normal(0, 4) - 6 * away**2) / 10)
    return out


def talk(talkers: int, rng: np.random.Generator) -> Array:
    """Babble: talkers with phrases and syllables of their own, (3, FRAMES).

    Voicing, vowels' upper formants, sibilants. Vowels are each of another colour, sibilants stand
    between vowels, and not between all.
    """
    weights = 10 ** (rng.normal(0, 6, talkers) / 10)
    weights /= weights.sum()
    clock = rng.uniform(3, 5.5, (talkers, 1)) * TIME + rng.uniform(0, 1, (talkers, 1))
    syllable = clock.astype(int)  # (talkers, FRAMES), up to 56
    loud = 10 ** (rng.normal(0, 2.5, (talkers, 3, 60)) / 10)
    loud[:, 1] *= 10 ** (rng.normal(0, 2.5, (talkers, 60)) / 10)
    loud[:, 2] *= rng.random((talkers, 60)) < 0.5
    row = np.arange(talkers)[:, None]
    phrase = rng.uniform(0.1, 0.5, (talkers, 1)) * TIME + rng.uniform(0, 1, (talkers, 1))
    speaks = weights[:, None] * np.clip(4 * np.sin(2 * np.pi * phrase) + 1, 0, 1)
    swell = np.sin(np.pi * clock) ** 2
    vowel, between = speaks * swell**2, speaks * (1 - swell) ** 4
    return np.stack(
        [
            0.1 + 2 * (vowel * loud[row, 0, syllable]).sum(0),
            0.06 + 2 * (vowel * loud[row, 1, syllable]).sum(0),
            0.03 + 4 * (between * loud[row, 2, syllable]).sum(0),
        ]
    )


def steps(walkers: int, decay_s: float, rng: np.random.Generator) -> Array:
    """People walking by: two steps a second each, coming and going."""
    hits = np.zeros(FRAMES)
    for _ in range(walkers):
        every, when = 1 / rng.uniform(1.6, 2.3), rng.uniform(0, SECONDS)
        times = np.arange(rng.uniform(0, every), SECONDS - 0.02, every)
        times = np.clip(times + rng.normal(0, 0.012, len(times)), 0, SECONDS - 0.02)
        near = 1 / (1 + ((times - when) / rng.uniform(1, 4)) ** 2) * rng.lognormal(0, 0.6)
        hits[(times * FRAME_RATE).astype(int)] += 8 * near * rng.lognormal(0, 0.4, len(times))
    return 0.01 + ring(hits, decay_s)


def wheels(carts: int, rng: np.random.Generator) -> Array:
    """Suitcases and trolleys that pass, their wheels over the joints of tiles."""
    out = np.full(FRAMES, 0.03)
    for _ in range(carts):
        moment, width, joints = rng.uniform(-2, 12), rng.uniform(0.8, 3), rng.uniform(4, 14)
        beat = 0.2 + np.abs(np.sin(np.pi * (joints * TIME + rng.random()))) ** 8
        out += 2 * rng.lognormal(0, 0.7) * beat / (1 + ((TIME - moment) / width) ** 2)
    return out


def bursts(count: int, decay_s: float, rng: np.random.Generator) -> Array:
    """Single knocks of different strength."""
    hits = np.zeros(FRAMES)
    np.add.at(hits, rng.integers(0, FRAMES, count), 12 * 10 ** (rng.normal(0, 4, count) / 10))
    return 0.01 + ring(hits, decay_s * rng.uniform(0.6, 1.6))


def blows(count: int, rng: np.random.Generator) -> Array:
    """Compressed air, doors, brakes: half a second to two of noise, quickly up, slowly down."""
    out = np.full(FRAMES, 0.005)
    for _ in range(count):
        since = (TIME - rng.uniform(0, SECONDS)) % SECONDS
        lasts, strength = rng.uniform(0.15, 0.7), rng.lognormal(1, 0.8)
        out += strength * np.minimum(since / 0.04, 1) * np.exp(-since / lasts)
    return out


def rustles(count: int, rng: np.random.Generator) -> Array:
    """Clothes, bags and paper nearby: handfuls of short bursts."""
    hits = np.zeros(FRAMES)
    for _ in range(count):
        many = rng.integers(2, 14)
        times = rng.uniform(0, SECONDS) + np.cumsum(rng.exponential(0.09, many))
        strength = rng.lognormal(0, 0.9) * rng.lognormal(0, 0.8, many)
        np.add.at(hits, (times * FRAME_RATE).astype(int) % FRAMES, 5 * strength)
    return 0.01 + ring(hits, 0.025)


def rattle(running: Array, rng: np.random.Generator) -> Array:
    """Loose panes and panels of a running vehicle: on and off, beating at 5 to 30 Hz."""
    coming = 10 ** (wander(rng, 1, 1.0, 5.0)[0] / 10)
    return running**2 * coming * 10 ** (wander(rng, 1, 0.03, 4.0)[0] / 10)


def joints(running: Array, rate: float, rng: np.random.Generator) -> Array:
    """Wheels over rail joints and points, two axles of a bogie after each other."""
    way = np.cumsum(running) / FRAME_RATE * rate / 60
    hit = np.diff(np.floor(way + rng.random()), prepend=0) > 0
    hits = 12 * hit * 10 ** (rng.normal(0, 3, FRAMES) / 10)
    lag = int(FRAME_RATE * 0.14 / max(float(running.mean()), 0.3))
    return 0.005 + running * ring(hits + 0.7 * np.roll(hits, lag), 0.035)
