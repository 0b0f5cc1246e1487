"""What is heard, against plain convolution, known filters and known remainders."""

import numpy as np
import pytest
from scipy import linalg, signal

from asc_lib.dirs import listening

RATE = 32_000
RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(0, 0.1, 2 * RATE).astype(np.float32)


def response(*taps: tuple[int, float]) -> np.ndarray:
    out = np.zeros(1024, np.float32)
    for at, gain in taps:
        out[64 + at] = gain
    return out


def test_a_dir_that_does_nothing_changes_nothing_not_even_the_time():
    np.testing.assert_allclose(listening.through(NOISE, response((0, 1.0))), NOISE, atol=1e-6)
    later = listening.through(NOISE, response((5, 0.5)))
    np.testing.assert_allclose(later[5:], 0.5 * NOISE[:-5], atol=1e-6)


def test_through_is_convolution_without_the_delay_of_the_peak():
    taps = RANDOM.normal(0, 1, 1024).astype(np.float32)
    wanted = signal.convolve(NOISE, taps)[64:][: len(NOISE)]
    np.testing.assert_allclose(listening.through(NOISE, taps), wanted, atol=1e-4)


def test_difference_of_level_alone_is_nothing_and_of_half_the_band_is_half():
    assert listening.difference(0.3 * NOISE, NOISE).level_db == -120
    assert listening.difference(-0.3 * NOISE, NOISE).level_db == -120
    echo = listening.through(NOISE, response((0, 1.0), (400, 1.0)))
    # of two unlike parts of one power, half is left at the best gain: sin^2 of 45 degrees
    found = listening.difference(echo, NOISE)
    assert found.level_db == pytest.approx(-3, abs=0.2)
    assert found.sound.shape == NOISE.shape
    assert listening.difference(NOISE * 0, NOISE).level_db == pytest.approx(0)


def test_a_sweep_gives_each_angle_its_turn():
    """Gains 1, 2, 3, 4 by quarter turns: at each angle its own gain, between them mixed."""
    ones = np.ones(2 * RATE, np.float32)
    taps = np.stack([response((0, gain)) for gain in (1.0, 2.0, 3.0, 4.0)])
    out = listening.sweep(ones, taps, seconds=1.0)
    quarter = RATE // 4
    assert out[::quarter] == pytest.approx([1, 2, 3, 4], abs=0.03)
    half_way = quarter // 2 - 64 + quarter * np.arange(4)
    assert out[half_way] == pytest.approx([1.5, 2.5, 3.5, 2.5], abs=0.03)


def test_best_filter_is_the_least_squares_solution():
    target = signal.lfilter([0.5, 0.2], [1, -0.6], NOISE[:4000]) + RANDOM.normal(0, 0.01, 4000)
    found = listening.best_filter(NOISE[:4000], target, taps=32, before=4)
    padded = np.pad(NOISE[:4000].astype(float), (0, 31))
    matrix = linalg.toeplitz(padded, np.zeros(32))
    wanted = np.pad(target, (4, 27))
    np.testing.assert_allclose(found, np.linalg.lstsq(matrix, wanted)[0], atol=1e-6)


def test_what_a_dir_can_do_leaves_nothing_and_what_it_cannot_is_left():
    taps = response((0, 0.8), (3, 0.4), (200, -0.2), (-10, 0.1))
    linear = listening.through(NOISE, taps)
    found = listening.imitate(NOISE, linear)
    assert found.level_db < -35  # the edges of the clip, where the filter's past is unknown
    hiss = RANDOM.normal(0, linear.std() * 0.1, len(linear)).astype(np.float32)
    assert listening.imitate(NOISE, linear + hiss).level_db == pytest.approx(-20, abs=0.5)
    gain = np.where(np.arange(len(linear)) % RATE < RATE // 2, 1.0, 0.5).astype(np.float32)
    # the best constant gain for 1 and 1/2 in halves of the time, 0.75, leaves 0.25^2 / 0.625
    assert listening.imitate(NOISE, gain * linear).level_db == pytest.approx(-10, abs=0.3)
    np.testing.assert_allclose(found.imitated + found.left, found.device, atol=1e-6)


def test_a_full_scale_sine_has_0_db_in_its_bin():
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    table = listening.spectrogram_db(tone)
    middle = table.iloc[:, table.shape[1] // 2]
    assert middle.idxmax() == 1000 and middle.max() == pytest.approx(0, abs=0.1)
    assert listening.spectrogram_db(0 * tone).to_numpy().max() == -120
