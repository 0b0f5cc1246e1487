"""Scenes: levels, spreads and modulations near those of real recordings, places, determinism."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import fft

from asc_lib.simulate import devices, scene_tables, scenes
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


def test_scenes_overlap_by_level_and_spectrum(measured: Measured) -> None:
    """A recording's nearest neighbour from elsewhere is often of another scene, by chance 9 of 10
    times."""
    points = measured.levels[:, :, 0].mean(2).reshape(-1, 10)
    scene = np.repeat(np.arange(10), _PLACES)
    distance = np.linalg.norm(points[:, None] - points, axis=-1) + 1e9 * np.eye(len(points))
    assert 0.15 < (scene[distance.argmin(1)] == scene).mean() < 0.6


def test_atypical_places_lean_towards_their_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as asked for, each on the line between two scenes of one family."""
    own, vehicles = scene_tables.LEVELS["bus"], [scene_tables.LEVELS[s] for s in ("metro", "tram")]
    levels = [scenes._typical("bus", generator(0, 1, n))[0] for n in range(400)]
    leaning = [level for level in levels if not np.array_equal(level, own)]
    assert len(leaning) / 400 == pytest.approx(scene_tables.ATYPICAL, abs=0.05)
    for level in leaning:
        lean = [(level - own) @ (v - own) / ((v - own) @ (v - own)) for v in vehicles]
        fits = [
            np.allclose(level, own + x * (v - own)) for x, v in zip(lean, vehicles, strict=True)
        ]
        assert sum(fits) == 1
        assert 0.2 < lean[fits.index(True)] < 0.8
    monkeypatch.setattr(scene_tables, "ATYPICAL", 0.0)
    np.testing.assert_array_equal(scenes._typical("bus", generator(0, 1, 1))[0], own)


def test_place_is_the_same_each_time_and_another_in_another_world() -> None:
    first = scenes.place(0, "park", "lyon", 3)
    scenes.place.cache_clear()
    again = scenes.place(0, "park", "lyon", 3)
    np.testing.assert_array_equal(first.room, again.room)
    np.testing.assert_array_equal(first.levels_db, again.levels_db)
    np.testing.assert_array_equal(first.shapes, again.shapes)
    assert not np.array_equal(first.levels_db, scenes.place(1, "park", "lyon", 3).levels_db)


@pytest.mark.parametrize("scene", scenes.SCENES)
def test_recordings_follow_their_random_numbers(scene: str) -> None:
    where = scenes.place(0, scene, "paris", 3)
    first, again, other = (scenes.air(where, generator(0, 1, n)) for n in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.complex64
    assert first.shape == (devices.LENGTH // 2 + 1,)
    assert np.isfinite(first).all()
    assert not np.array_equal(first, other)


def test_noise_has_the_power_asked_for() -> None:
    """White noise of -20 dBFS asked for as power over frames and bands."""
    power = np.full((scenes.FRAMES, scenes.BANDS), 0.01 / (scenes.HOP + 1), np.float32)
    sound = scenes._sound_noise(power, generator(0, 1))
    assert sound.shape == (devices.LENGTH,)
    assert 20 * np.log10(sound.std()) == pytest.approx(-20, abs=0.1)


def test_shapes_have_unit_power() -> None:
    """A source's level is its level, wherever its peak is moved."""
    width = np.bincount(scenes._BAND)
    shapes = scenes._shapes(np.full(len(scenes.SOURCES), 1.3))
    np.testing.assert_allclose(shapes @ width, 1, rtol=1e-9)


def test_seconds_of_a_recording_differ(measured: Measured) -> None:
    """Sources and events come and go: more than noise's own 0.1 to 1 dB in an octave."""
    moves = measured.levels.std(3)[..., 3:9].mean((1, 2, 3))  # 500 Hz and above, by scene
    assert (moves > 1).all(), moves.round(1)


def test_telling_events_are_sometimes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bicycle's bell: in some recordings of pedestrian streets, seldom elsewhere."""
    rung: list[str] = []
    scene = ""

    def silent(rng: np.random.Generator) -> NDArray[np.float32]:
        rung.append(scene)
        return np.zeros(100, np.float32)

    monkeypatch.setattr(scenes, "EVENTS", {"bell": silent})
    for scene in ("street_pedestrian", "street_traffic"):
        rates = dict(zip(scenes.RATE_NAMES, scenes.RATES[scene], strict=True))
        for number in range(100):
            scenes._events(rates, -40.0, generator(0, 5, number))
    often, seldom = rung.count("street_pedestrian"), rung.count("street_traffic")
    assert 20 < often < 150
    assert 0 < seldom < often / 2
