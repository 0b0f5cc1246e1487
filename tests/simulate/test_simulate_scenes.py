"""Scenes: levels, spreads and modulations near those of real recordings, places, determinism."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import fft

from asc_lib.simulate import devices, scenes
from asc_lib.simulate.filters import generator

# mean octave levels in dBFS, 63 Hz to 16 kHz, and mean RMS of 275 clips of TAU22 by device a
REAL_LEVELS = {
    "airport": (-39, -40, -41, -41, -45, -48, -53, -64, -65, -31),
    "bus": (-29, -36, -41, -44, -49, -53, -58, -66, -70, -20),
    "metro": (-28, -32, -35, -38, -43, -49, -54, -64, -68, -21),
    "metro_station": (-31, -32, -33, -36, -39, -41, -46, -57, -59, -23),
    "park": (-38, -44, -50, -54, -54, -56, -62, -71, -75, -32),
    "public_square": (-34, -38, -40, -42, -44, -47, -52, -60, -64, -27),
    "shopping_mall": (-35, -37, -38, -38, -42, -46, -51, -62, -61, -28),
    "street_pedestrian": (-33, -35, -36, -37, -40, -43, -49, -60, -62, -25),
    "street_traffic": (-27, -32, -36, -39, -38, -41, -47, -58, -64, -21),
    "tram": (-28, -31, -37, -42, -47, -50, -53, -62, -66, -21),
}
# of the same clips, root mean square over scenes: standard deviations within a scene of octave
# levels and RMS, of the spectrum's shape (octave levels without their mean), and, mean over clips,
# within one second over frames of 10 ms
REAL_WITHIN = np.array((5.2, 6.0, 6.3, 6.9, 7.0, 7.3, 7.4, 7.9, 8.5, 4.9))
REAL_SHAPE = np.array((4.5, 3.8, 2.9, 2.8, 2.7, 2.7, 3.2, 3.9, 5.7))
REAL_SECOND = np.array((5.6, 4.1, 3.3, 2.9, 2.6, 2.3, 2.4, 2.8, 3.0))
_CENTRES = 1000 * 2.0 ** np.arange(-4, 5)
_PLACES, _RECORDINGS, _SEED = 12, 2, 1001
Matrix = NDArray[np.floating]


class Measured(NamedTuple):
    """Device a's recordings, octave levels and RMS in dBFS, octave levels' moves in a second."""

    levels: Matrix  # (scenes, places, recordings, seconds, 10)
    moves: Matrix  # (scenes, places, 9), dB


def _octaves(clips: Matrix) -> Matrix:
    """Octave powers over frames of clips (seconds, samples): (seconds, frames, 9)."""
    window = np.hanning(1024)
    frames = np.lib.stride_tricks.sliding_window_view(clips, 1024, axis=-1)[:, ::441] * window
    power = np.abs(fft.rfft(frames)) ** 2 * 2 / (window**2).sum() / 1024
    frequency = fft.rfftfreq(1024, 1 / devices.RATE)
    inside = np.abs(np.log2((frequency[:, None] + 1e-9) / _CENTRES)) < 0.5  # (bins, 9)
    return power @ inside.astype(power.dtype)


@pytest.fixture(scope="module")
def measured() -> Measured:
    device = devices.all_devices()["a"]
    spectrum = devices.spectra({"a": device})["a"]
    levels = np.empty((10, _PLACES, _RECORDINGS, 4, 10))
    moves = np.empty((10, _PLACES, 9))
    for number, scene in enumerate(scenes.SCENES):
        for place in range(_PLACES):
            city = scenes.CITIES[place % 10]
            where = scenes.place(_SEED, scene, city, 100 * number + place)
            for recording in range(_RECORDINGS):
                air = scenes.air(where, generator(_SEED, 77, number, place, recording))
                sound = devices.record(device, spectrum, air, generator(_SEED, 78))
                seconds = sound.reshape(10, -1)[::3]
                power = _octaves(seconds)
                out = levels[number, place, recording]
                out[:, :9] = 10 * np.log10(power.mean(1))
                out[:, 9] = 10 * np.log10((seconds**2).mean(1))
            moves[number, place] = (10 * np.log10(power[0])).std(0)
    return Measured(levels, moves)


def test_mean_levels_are_near_real_ones(measured: Measured) -> None:
    """Within 2.5 dB on average over scenes and octaves, 8 dB anywhere: a mean over twelve places of
    7 dB spread is itself good to 2 dB."""
    means = measured.levels.mean((1, 2, 3))
    error = means - np.array([REAL_LEVELS[scene] for scene in scenes.SCENES])
    assert np.abs(error).mean() < 2.5, error.round(1)
    assert np.abs(error).max() < 8, error.round(1)
    assert np.abs(error.mean(0)).max() < 2.5, error.mean(0).round(1)  # no octave is off


def test_levels_spread_as_real_ones(measured: Measured) -> None:
    within = np.sqrt(measured.levels.reshape(10, -1, 10).var(1).mean(0))
    assert within == pytest.approx(REAL_WITHIN, rel=0.3)
    shape = measured.levels[..., :9] - measured.levels[..., :9].mean(-1, keepdims=True)
    within = np.sqrt(shape.reshape(10, -1, 9).var(1).mean(0))
    assert within == pytest.approx(REAL_SHAPE, rel=0.35)


def test_levels_move_within_a_second_as_real_ones(measured: Measured) -> None:
    assert measured.moves.mean((0, 1)) == pytest.approx(REAL_SECOND, rel=0.3)


def test_places_differ_about_as_much_as_scenes(measured: Measured) -> None:
    """Recordings of a place are alike; places of a scene differ about as scenes do."""
    levels = measured.levels.mean(3)  # (scenes, places, recordings, 10)
    of_recordings = levels.var(2, ddof=1).mean()
    of_places = levels.mean(2).var(1, ddof=1).mean() - of_recordings / 2
    of_scenes = levels.mean((1, 2)).var(0, ddof=1).mean() - of_places / _PLACES
    assert of_recordings < 0.8 * of_places
    assert 0.5 < of_places / of_scenes < 2.5
