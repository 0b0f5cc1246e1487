"""Scenes: levels and spectra near those of real recordings, hierarchy of places, determinism."""

import numpy as np
import pytest
from scipy import fft

from asc_lib.simulate import devices, scenes
from asc_lib.simulate.filters import generator

# octave levels in dB re 1 kHz, 63 Hz to 16 kHz: one clip of TAU22 by device a for each scene
REAL_OCTAVES = {
    "airport": (10, 5, 5, 4, 0, -4, -8, -17, -21),
    "bus": (18, 17, 9, 5, 0, -7, -10, -23, -25),
    "metro": (28, 17, 12, 8, 0, -1, -5, -12, -14),
    "metro_station": (12, 10, 5, 3, 0, 2, 0, -15, -21),
    "park": (23, 8, 2, -2, 0, -2, -6, -24, -25),
    "public_square": (18, 11, 5, 3, 0, -4, -8, -19, -20),
    "shopping_mall": (7, 7, 4, 5, 0, -6, -10, -23, -18),
    "street_pedestrian": (17, 12, 9, 2, 0, -3, -8, -13, -14),
    "street_traffic": (25, 13, 9, 5, 0, -4, -9, -21, -25),
    "tram": (18, 15, 5, 0, 0, -8, -12, -7, -12),
}
_PLACES = 6


@pytest.fixture(scope="module")
def measured() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Octave levels (places, 9) in dB re 1 kHz and RMS (places,) in dBFS, device a."""
    frequency = fft.rfftfreq(devices.LENGTH, 1 / devices.RATE)
    centres = 63 * 2.0 ** np.arange(9)
    device = devices.all_devices()["a"]
    spectrum = devices.spectra({"a": device})["a"]
    out = {}
    for number, scene in enumerate(scenes.SCENES):
        octaves, rms = [], []
        for place in range(_PLACES):
            where = scenes.place(0, scene, scenes.CITIES[place], 100 * number + place)
            air = scenes.air(where, generator(0, 77, place))
            sound = devices.record(device, spectrum, air, generator(0, 78))
            power = np.abs(fft.rfft(sound)) ** 2
            levels = [
                10 * np.log10(power[(frequency >= f / 2**0.5) & (frequency < f * 2**0.5)].sum())
                for f in centres
            ]
            octaves.append(np.array(levels) - levels[4])
            rms.append(20 * np.log10(sound.std()))
        out[scene] = np.array(octaves), np.array(rms)
    return out


@pytest.mark.parametrize("scene", scenes.SCENES)
def test_spectra_are_near_real_ones(
    scene: str, measured: dict[str, tuple[np.ndarray, np.ndarray]]
) -> None:
    """Within 6 dB on average of the table's single clip, as other clips of a scene are too."""
    octaves, rms = measured[scene]
    error = np.median(octaves, axis=0) - REAL_OCTAVES[scene]
    assert np.abs(error[np.arange(9) != 4]).mean() < 6, error.round()
    assert -40 < np.median(rms) < -15


def test_levels_of_scenes_follow_real_recordings(
    measured: dict[str, tuple[np.ndarray, np.ndarray]],
) -> None:
    """Medians of some 28 real clips a scene by device a, dBFS above 45 Hz, within 6 dB."""
    real = dict(airport=-34, bus=-20, metro=-22, park=-34, shopping_mall=-30, street_traffic=-22)
    for scene, level in real.items():
        assert np.median(measured[scene][1]) == pytest.approx(level, abs=6), scene


def test_a_location_sounds_like_itself() -> None:
    """Two recordings of a place differ less than two places of a scene, on average."""

    def spectrum(location: int, recording: int) -> np.ndarray:
        where = scenes.place(0, "shopping_mall", "vienna", location)
        power = np.abs(scenes.air(where, generator(0, 5, location, recording))) ** 2
        edges = (20 * 100 * 2.0 ** np.arange(0, 7, 0.5)).astype(int)
        return 10 * np.log10(np.add.reduceat(power, edges[:-1])[:-1])

    first = np.array([spectrum(location, 0) for location in range(8)])
    second = np.array([spectrum(location, 1) for location in range(8)])
    within = np.abs(first - second).mean()
    between = np.abs(first - np.roll(first, 1, axis=0)).mean()
    assert within < 0.8 * between


def test_place_is_the_same_each_time_and_another_in_another_world() -> None:
    first = scenes.place(0, "park", "lyon", 3)
    scenes.place.cache_clear()
    again = scenes.place(0, "park", "lyon", 3)
    np.testing.assert_array_equal(first.room, again.room)
    np.testing.assert_array_equal(first.levels_db, again.levels_db)
    assert not np.array_equal(first.levels_db, scenes.place(1, "park", "lyon", 3).levels_db)


def test_noise_has_the_power_asked_for() -> None:
    """White noise of -20 dBFS asked for as power over frames and bins."""
    bins = scenes.HOP + 1
    power = np.full((scenes.FRAMES, bins), 0.01 / bins, np.float32)
    sound = scenes._sound_noise(power, generator(0, 1))
    assert sound.shape == (devices.LENGTH,)
    assert 20 * np.log10(sound.std()) == pytest.approx(-20, abs=0.1)


def test_seconds_of_a_recording_differ() -> None:
    """Events come and go: the level of single seconds moves by more than noise's own 0.1 dB."""
    moves = []
    for scene in scenes.SCENES:
        air = fft.irfft(scenes.air(scenes.place(0, scene, "milan", 1), generator(0, 4)))
        band = np.diff(air, append=0)  # highs count more, as they do to the ear
        moves.append(np.ptp(10 * np.log10((band.reshape(10, -1) ** 2).mean(1))))
    assert np.median(moves) > 1.5
