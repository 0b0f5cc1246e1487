"""Short tonal sounds of the scenes, in the time domain: voices, birds, chimes, brakes, horns.

Each function draws one event and returns it at an RMS of about 1 while it sounds, (samples,), 44.1
kHz. Where it stands, how loud it is and in what room, is the scene's business.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from asc_lib.simulate.devices import LENGTH, RATE
from asc_lib.simulate.filters import flat_noise

Sound = NDArray[np.float32]
DRONE_RATE, DRONE_LENGTH = RATE // 5, LENGTH // 5
_TABLE = 1024  # samples of one period
# first three formants in Hz of five vowels, adult averages (Peterson and Barney, JASA 24, 1952)
_VOWELS = np.array(
    [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]]
)


def tone(
    seconds: float,
    start_hz: float,
    end_hz: float,
    partials: NDArray[np.floating],
    attack_s: float = 0.01,
    decay_s: float = np.inf,
    vibrato: tuple[float, float] = (0.0, 0.0),
) -> Sound:
    """A harmonic sound gliding from `start_hz` to `end_hz`; `partials` are amplitudes.

    `vibrato` is its depth (relative) and rate (Hz). Partials above 20 kHz are left out.
    """
    samples = max(int(seconds * RATE), 64)
    time = np.arange(samples, dtype=np.float32) / RATE
    period = _period(partials[: int(20_000 // max(start_hz, end_hz))])
    phase = start_hz * time + (end_hz - start_hz) / (2 * seconds) * time**2
    depth, rate = vibrato
    if depth:
        phase += start_hz * depth / (2 * np.pi * rate) * np.sin(2 * np.pi * rate * time)
    out = period[(phase * _TABLE).astype(np.int32) % _TABLE]
    edge = min(int(attack_s * RATE) + 1, samples // 2)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    if np.isfinite(decay_s):
        out = out * np.exp(-time / np.float32(decay_s))
    out[:edge] *= ramp
    out[-edge:] *= ramp[::-1]
    return out


def _period(partials: NDArray[np.floating]) -> Sound:
    """One period of these sine partials, RMS 1, (_TABLE,)."""
    line = np.zeros(_TABLE // 2 + 1, complex)
    line[1 : len(partials) + 1] = partials
    period = fft.irfft(line * -0.5j * _TABLE).astype(np.float32)
    return period / max(float(period.std()), 1e-9)


def drone(pitch_hz: NDArray[np.floating], partials: NDArray[np.floating]) -> Sound:
    """A lasting tone with this pitch over frames, (DRONE_LENGTH,) at DRONE_RATE, RMS 1.

    A fifth of the rate is enough for what sounds below 4 kHz.
    """
    frames = np.arange(len(pitch_hz))
    pitch = np.interp(np.linspace(0, frames[-1], DRONE_LENGTH), frames, pitch_hz)
    period = _period(partials[: max(1, int(4000 // pitch_hz.max()))])
    phase = np.cumsum(pitch) * (_TABLE / DRONE_RATE)
    return period[phase.astype(np.int32) % _TABLE]


def _in_a_row(parts: list[Sound], gaps_s: NDArray[np.floating]) -> Sound:
    pieces = []
    for part, gap in zip(parts, gaps_s, strict=True):
        pieces += [part, np.zeros(int(gap * RATE), np.float32)]
    return np.concatenate(pieces)


def voice(rng: np.random.Generator, seconds: float | None = None) -> Sound:
    """Somebody near says something: syllables of voiced vowels at 4 a second with a pitch line."""
    seconds = rng.uniform(0.5, 2.5) if seconds is None else seconds
    pitch = rng.uniform(95, 240)
    stretch = 1 + (pitch - 95) / 900  # shorter throats, higher formants
    count = max(1, round(seconds * rng.uniform(3.2, 4.8)))
    harmonics = np.arange(1, 48)
    parts = []
    for formants in _VOWELS[rng.integers(0, 5, count)] * stretch:
        f0 = pitch * rng.uniform(0.85, 1.2)
        distance = (harmonics[:, None] * f0 - formants) / (50 + 0.06 * formants)
        weights = (1 / np.sqrt(1 + distance**2)) @ np.array([1, 0.6, 0.35]) / harmonics**0.5
        length = seconds / count * rng.uniform(0.5, 0.9)
        vowel = tone(length, f0, f0 * rng.uniform(0.85, 1.05), weights, attack_s=0.03)
        vowel = vowel * np.float32(rng.uniform(0.4, 1.2))
        parts.append(np.concatenate([vowel, _fricative(rng, seconds / count)]))
    return _in_a_row(parts, seconds / count * rng.uniform(0.05, 0.2, count))


def _fricative(rng: np.random.Generator, syllable_s: float) -> Sound:
    """Noise above some 4 kHz after every other vowel, or nothing."""
    samples = int(rng.uniform(0.1, 0.35) * syllable_s * RATE)
    if rng.random() < 0.5:
        return np.zeros(0, np.float32)
    noise = np.diff(flat_noise(samples, rng), 2) * np.hanning(samples - 2).astype(np.float32)
    return noise * np.float32(0.25 * rng.lognormal(0, 0.6))


def child(rng: np.random.Generator) -> Sound:
    """A child calls: one to three high vowels that glide."""
    f0, count = rng.uniform(320, 620), rng.integers(1, 4)
    partials = rng.uniform(0.3, 1, 14) * np.arange(1, 15) ** -0.7
    ends = f0 * rng.uniform(0.8, 1.3, (count, 2))
    parts = [tone(rng.uniform(0.15, 0.6), a, b, partials, 0.03) for a, b in ends]
    return _in_a_row(parts, rng.uniform(0.05, 0.25, count))


def dog(rng: np.random.Generator) -> Sound:
    """One to five barks."""
    f0, count = rng.uniform(350, 800), rng.integers(1, 6)
    bark = tone(rng.uniform(0.1, 0.2), f0, 0.6 * f0, np.arange(1, 12) ** -0.6, 0.01, 0.08)
    return _in_a_row([bark] * count, rng.uniform(0.15, 0.5, count))


def announce(rng: np.random.Generator) -> Sound:
    """A gong, perhaps, and a loudspeaker's voice for two to five seconds."""
    said = voice(rng, rng.uniform(2, 5))
    return np.concatenate([chime(rng), said]) if rng.random() < 0.4 else said


def chime(rng: np.random.Generator) -> Sound:
    """Two to four gong notes."""
    notes = rng.uniform(420, 900) * 2 ** (rng.choice([0, 3, 4, 5, 7, 12], rng.integers(2, 5)) / 12)
    parts = [tone(0.6, f, f, np.array([1, 0.3, 0.12, 0.05]), decay_s=0.35) for f in notes]
    return _in_a_row(parts, np.full(len(parts), 0.02))


def bird(rng: np.random.Generator) -> Sound:
    """A phrase of chirps between 2.2 and 7 kHz."""
    base = rng.uniform(2200, 6000)
    count = rng.integers(2, 9)
    ends, partials = base * rng.uniform(0.8, 1.25, (count, 2)), np.array([1, 0.1])
    parts = [tone(rng.uniform(0.04, 0.16), a, b, partials, 0.012) for a, b in ends]
    return _in_a_row(parts, rng.uniform(0.03, 0.2, count))


def squeal(rng: np.random.Generator) -> Sound:
    """Wheel flange or brake: a wavering harmonic whistle."""
    f = rng.uniform(1100, 4800)
    partials = rng.uniform(0.1, 1, 4) / np.arange(1, 5)
    end = f * rng.uniform(0.9, 1.06)
    return tone(rng.uniform(0.6, 2.5), f, end, partials, attack_s=0.2, vibrato=(2e-3, 9.0))


def bell(rng: np.random.Generator) -> Sound:
    """A bicycle's or a tram's bell: a struck, nearly harmonic spectrum, once or a few times."""
    f = rng.uniform(900, 2600)
    strike = tone(0.5, f, f, np.array([1, 0.2, 0.7, 0.1, 0.4, 0.3]), 0.002, rng.uniform(0.08, 0.2))
    count = rng.integers(1, 5)
    return _in_a_row([strike[: int(0.25 * RATE)]] * count, np.full(count, 0.05))


def gong(rng: np.random.Generator) -> Sound:
    """A tram's foot gong: lower than a bicycle's bell, struck two to eight times."""
    f, count = rng.uniform(480, 900), rng.integers(2, 9)
    strike = tone(0.35, f, f, np.array([1, 0.1, 0.6, 0, 0.4, 0.1, 0.3]), 0.002, 0.12)
    every = int(rng.uniform(0.12, 0.3) * RATE)
    return _in_a_row([strike[:every]] * count, np.zeros(count))


def church(rng: np.random.Generator) -> Sound:
    """A church bell's hum, prime, minor third, fifth and octave, rung a few times."""
    prime, count, every = rng.uniform(190, 520), rng.integers(2, 6), rng.uniform(0.9, 1.8)
    ratios, levels = (0.5, 1, 1.2, 1.5, 2, 3), (0.5, 0.6, 0.8, 0.3, 1, 0.4)
    strike = sum(
        tone(every, ratio * prime, ratio * prime, np.ones(1), 0.003, decay) * np.float32(level)
        for ratio, level, decay in zip(ratios, levels, (3, 2, 1.2, 1, 0.8, 0.5), strict=True)
    )
    return _in_a_row([strike] * count, np.zeros(count))


def rev(rng: np.random.Generator) -> Sound:
    """A car or a motorcycle pulls away: the firing order glides up, perhaps through a shift."""
    f, seconds = rng.uniform(30, 75), rng.uniform(1.2, 3.5)
    partials = np.arange(1, 40) ** -0.7 * 10 ** (rng.normal(0, 4, 39) / 20)
    parts = [tone(seconds, f, f * rng.uniform(1.5, 3), partials, 0.3)]
    if rng.random() < 0.5:
        parts.append(tone(seconds, 1.2 * f, f * rng.uniform(1.8, 3), partials, 0.1))
    return _in_a_row(parts, np.zeros(len(parts)))


def horn(rng: np.random.Generator) -> Sound:
    """A car's two-tone horn."""
    f, seconds = rng.uniform(330, 480), rng.uniform(0.2, 0.9)
    partials = np.arange(1, 25) ** -0.6
    return (tone(seconds, f, f, partials) + tone(seconds, 1.26 * f, 1.26 * f, partials)) / 2


def beep(rng: np.random.Generator) -> Sound:
    """Pips of a closing door, a ticket gate, a till, a reversing van."""
    f, count = rng.uniform(700, 2800), rng.integers(1, 6)
    pip = tone(rng.uniform(0.06, 0.2), f, f, np.array([1, 0, 0.35, 0, 0.15]), 0.003)
    return _in_a_row([pip] * count, np.full(count, rng.uniform(0.06, 0.25)))


def music(rng: np.random.Generator) -> Sound:
    """Some bars out of a shop's or a player's loudspeaker: chords over a walking bass."""
    key, beat = rng.uniform(110, 220), rng.uniform(0.25, 0.5)
    bars = []
    for step in rng.choice([0, 3, 5, 7, 8, 10], rng.integers(6, 14)):
        notes = key * 2 ** ((step + np.array([0, 12, 16, 19])) / 12)
        bars.append(sum(tone(beat, f, f, np.arange(1, 9) ** -1.2, 0.005, 0.4) for f in notes) / 2)
    return _in_a_row(bars, np.zeros(len(bars)))


def busker(rng: np.random.Generator) -> Sound:
    """A tune on an accordion, a violin or a guitar."""
    key, beat, plucked = rng.uniform(220, 520), rng.uniform(0.14, 0.4), rng.random() < 0.4
    partials = rng.uniform(0.4, 1, 16) * np.arange(1, 17) ** rng.uniform(-1.3, -0.5)
    scale = np.array([0, 2, 3, 5, 7, 8, 10, 12])
    notes = key * 2 ** (scale[rng.integers(0, 8, rng.integers(6, 20))] / 12)
    decay, vibrato = (0.25, (0.0, 0.0)) if plucked else (np.inf, (4e-3, 5.5))
    lengths = beat * rng.choice([1, 1, 2], len(notes))
    both = zip(lengths, notes, strict=True)
    parts = [tone(s, f, f, partials, 0.01, decay, vibrato) for s, f in both]
    return _in_a_row(parts, np.full(len(parts), 0.01))


_ALL = (
    voice, announce, chime, child, bird, dog, squeal, bell, gong, church, rev, horn, beep, music,
    busker,
)  # fmt: skip
# in the order in which a recording draws them
EVENTS: dict[str, Callable[[np.random.Generator], Sound]] = {one.__name__: one for one in _ALL}
