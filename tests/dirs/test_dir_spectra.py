"""Levels, bands and patterns against scipy's `freqz` and closed forms."""

import numpy as np
import pytest
from scipy.signal import freqz

from asc_lib.data.dir_sets import DirSet, read_vintage
from asc_lib.dirs import spectra as dir_spectra
from asc_lib.files import InputError
from tests.dir_sets import ANGLES, RATE, dir_set, noisy_responses, turned_microphone


@pytest.fixture
def responses() -> np.ndarray:
    return noisy_responses()


@pytest.fixture
def cardioids() -> DirSet:
    return turned_microphone("Cardioid", 0.5)


def test_levels_are_those_of_freqz(responses):
    frequencies = np.geomspace(50, 15_000, 64)
    mine = dir_spectra.level_db(responses, frequencies, RATE)
    for response, level in zip(responses, mine, strict=True):
        _, transfer = freqz(response, worN=frequencies, fs=RATE)
        assert level == pytest.approx(20 * np.log10(np.abs(transfer)), abs=1e-6)


@pytest.mark.parametrize("octaves", [1 / 12, 1 / 3])
def test_smoothed_levels_average_the_power_of_freqz(responses, octaves):
    frequencies = np.array([100.0, 1000.0, 10_000.0])
    mine = dir_spectra.level_db(responses[:3], frequencies, RATE, octaves)
    for row, response in enumerate(responses[:3]):
        for column, frequency in enumerate(frequencies):
            band = np.linspace(frequency / 2 ** (octaves / 2), frequency * 2 ** (octaves / 2), 4001)
            power = np.mean(np.abs(freqz(response, worN=band, fs=RATE)[1]) ** 2)
            assert mine[row, column] == pytest.approx(10 * np.log10(power), abs=0.05)


def test_bands_hold_the_shares_they_name(responses):
    level = dir_spectra.relative_levels(dir_set(responses))
    bands = dir_spectra.response_bands(dir_set(responses))
    assert np.all(np.diff(bands[[c for c in bands if c != "mean"]], axis=1) >= 0)
    assert bands["q0"].to_numpy() == pytest.approx(level.min().to_numpy())
    assert bands["q90"].to_numpy() == pytest.approx(np.quantile(level, 0.9, axis=0))
    assert bands["mean"].to_numpy() == pytest.approx(level.mean().to_numpy())


def test_fan_falls_with_the_pattern(cardioids):
    fan = dir_spectra.angle_fan(dir_spectra.select(cardioids, "Mic", "Cardioid", 0.5))
    assert list(fan.columns) == list(np.arange(0.0, 181.0, 5.0))
    assert (fan[0.0] - fan[90.0]).to_numpy() == pytest.approx(20 * np.log10(2), abs=1e-3)
    at_2k = np.abs(fan.index.to_numpy() - 2000).argmin()
    assert fan[0.0].iloc[at_2k] - fan[0.0].iloc[0] == pytest.approx(-3, abs=0.3)


def test_polar_levels_are_those_of_the_ideal_pattern(cardioids):
    levels = dir_spectra.angle_map(
        dir_spectra.select(cardioids, "Mic", "Cardioid", 0.5), np.array([250.0, 4000.0])
    )
    ideal = dir_spectra.pattern_db(0.5, ANGLES)
    away = ANGLES != 180  # the null is as deep as float32 lets it be
    for _, level in levels.iterrows():
        assert level.to_numpy()[away] == pytest.approx(ideal[away], abs=1e-3)
    assert levels[180.0].max() < -90


def test_unknown_microphone_is_named_with_those_there_are(cardioids):
    with pytest.raises(
        InputError, match=r"no Mic 'Omni' at 0\.5 m; choose one that it has: Mic 'Cardioid' at"
    ):
        dir_spectra.select(cardioids, "Mic", "Omni", 0.5)


@pytest.mark.parametrize("reference", ["own", "1 kHz", "front", "none"])
def test_levels_are_counted_from_the_reference(cardioids, reference):
    levels = dir_spectra.relative_levels(cardioids, np.array([1000.0]), reference=reference)[1000.0]
    by_angle = levels.groupby(cardioids.table["angle_deg"]).first()
    lost = by_angle[0.0] - by_angle[90.0]
    if reference in ("own", "1 kHz"):
        assert lost == pytest.approx(0, abs=1e-3)
    else:
        assert lost == pytest.approx(20 * np.log10(2), abs=1e-3)
    if reference == "front":  # the smallest angle's own mean, wherever it stands in the table
        own = dir_spectra.relative_levels(cardioids, np.array([1000.0]))[1000.0]
        front = cardioids.table["angle_deg"] == 0
        assert levels[front].item() == pytest.approx(own[front].item(), abs=1e-6)
    absolute = {"1 kHz": 0.0, "none": 20 * np.log10(0.25) - 10 * np.log10(1 + 0.5**2)}
    if reference in absolute:
        assert by_angle[0.0] == pytest.approx(absolute[reference], abs=0.1)


def test_micirps_bands_are_those_of_the_known_quantiles(real_data):
    """1/3-octave levels over the 66 measured responses, dB re the 0.3-3 kHz mean."""
    known = {
        50: (-28, -9, 2), 100: (-16, -3, 2), 315: (-5, -2, 0), 1000: (1, 2, 3), 3150: (4, 5, 9),
        5000: (2, 5, 9), 8000: (-7, -3, 4), 10_000: (-20, -13, -5), 12_700: (-33, -24, -18),
    }  # fmt: skip
    micirp = read_vintage(real_data / "micirp")
    hertz = np.array(list(known), float)
    bands = dir_spectra.response_bands(micirp, hertz, octaves=1 / 3)
    assert len(micirp.table) == 66 and not micirp.simulated
    for column, quantile in zip(
        ("q10", "q50", "q90"), zip(*known.values(), strict=True), strict=True
    ):
        np.testing.assert_allclose(bands[column], quantile, atol=1.5, err_msg=column)
