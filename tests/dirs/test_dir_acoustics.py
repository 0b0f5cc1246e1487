"""Delay, phase, pattern and distance against scipy and closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy import signal

from asc_lib.dirs import acoustics
from tests.dir_sets import ANGLES, RATE, dir_set, noisy_responses

ONE_SIDED = np.geomspace(100, 12_000, 50)


def minimum_phase_response() -> np.ndarray:
    """Poles and zeros inside the unit circle."""
    click = np.zeros(1024)
    click[0] = 1
    return signal.lfilter([1, 0.5, 0.3], [1, -0.9, 0.5], click)


def test_group_delay_is_scipys_where_there_is_energy() -> None:
    for response in noisy_responses(4):
        mine = acoustics.group_delay_ms(response, ONE_SIDED, RATE, after_tap=0)
        _, theirs = signal.group_delay((response, [1.0]), ONE_SIDED, fs=RATE)
        there = np.isfinite(mine)
        assert 0.3 < there.mean() < 1  # noise has notches
        np.testing.assert_allclose(mine[there], theirs[there] / RATE * 1000, atol=1e-6)


def test_delay_is_left_out_in_a_notch_and_where_nothing_is_left() -> None:
    click = np.zeros(1024)
    click[[64, 96]] = 1, 0.98  # an echo after 1 ms cancels 500 Hz, 1500 Hz, ...
    with_echo = acoustics.group_delay_ms(click, np.array([500.0, 1000.0, 1500.0]), RATE)
    assert np.isnan(with_echo).tolist() == [True, False, True]
    low = signal.firwin(1023, 2000, fs=RATE, window=("kaiser", 10))
    delay = acoustics.group_delay_ms(low, np.array([500.0, 8000.0]), RATE, after_tap=511)
    assert delay[0] == pytest.approx(0, abs=1e-6) and np.isnan(delay[1])


def test_a_minimum_phase_filter_has_no_excess_but_its_delay() -> None:
    late = np.roll(minimum_phase_response(), 70)
    found = acoustics.phases(late, ONE_SIDED, RATE, after_tap=64)
    expected = np.angle(signal.freqz(minimum_phase_response(), worN=ONE_SIDED, fs=RATE)[1])
    np.testing.assert_allclose(found["minimum"], np.unwrap(expected), atol=2e-3)
    delay = -2 * np.pi * ONE_SIDED * 6 / RATE
    np.testing.assert_allclose(found["excess"], delay, atol=3e-3)


def test_minimum_and_excess_phase_are_the_phase() -> None:
    response = np.roll(minimum_phase_response(), 64)
    response[200:400] += 3 * minimum_phase_response()[:200]  # stronger than what precedes it
    found = acoustics.phases(response, ONE_SIDED, RATE, after_tap=64)
    np.testing.assert_allclose(found["minimum"] + found["excess"], found["phase"], atol=1e-12)
    moved = signal.freqz(response, worN=ONE_SIDED, fs=RATE)[1]
    moved *= np.exp(2j * np.pi * ONE_SIDED * 64 / RATE)
    np.testing.assert_allclose(np.exp(1j * found["phase"]), moved / np.abs(moved), atol=0.02)
    assert found["excess"].iloc[-1] < -20  # all-pass: radians by the dozen


def test_pure_gradient_is_lifted_by_the_closed_form() -> None:
    kr = 2 * np.pi * ONE_SIDED * 0.5 / acoustics.SPEED_OF_SOUND
    closed = 20 * np.log10(np.sqrt(1 + kr**2) / kr)
    np.testing.assert_allclose(acoustics.proximity_db(ONE_SIDED, 0.5, 0.0), closed)
    # Eargle: 20.2 dB at 5.4 cm and 100 Hz
    assert acoustics.proximity_db(np.array([100.0]), 0.054, 0.0)[0] == pytest.approx(20.2, abs=0.1)
    np.testing.assert_allclose(acoustics.proximity_db(ONE_SIDED, 0.5, 1.0), 0, atol=1e-12)
    assert acoustics.proximity_db(np.array([1e4]), 5.0, 0.5, 180.0)[0] < -60


def test_levels_of_distances_are_those_of_the_filters_re_1_khz() -> None:
    # near a point source the velocity holds the integral of the pressure; it leaks, to end in time
    integral = np.exp(-2 * np.pi * 30 * np.arange(960) / RATE) / RATE
    integral[0] /= 2
    responses = np.zeros((2, 1024))
    responses[:, 64] = 1
    for response, metres in zip(responses, (5.0, 0.5), strict=True):
        response[64:] += acoustics.SPEED_OF_SOUND / metres * integral
    dirs = dir_set(responses, distance_m=[5.0, 0.5], angle_deg=0.0)
    found = acoustics.distance_levels(dirs, "Mic", "Cardioid", octaves=0.0)
    assert list(found.columns) == [0.5, 5.0]
    omega = 2 * np.pi * np.append(found.index, 1000.0)
    for metres in found:
        lifted = 1 + acoustics.SPEED_OF_SOUND / metres / (1j * omega + 2 * np.pi * 30)
        level = 20 * np.log10(np.abs(lifted))
        np.testing.assert_allclose(found[metres], level[:-1] - level[-1], atol=0.05)


@pytest.mark.parametrize("omni_part", [1.0, 0.7, 0.5, 0.37, 0.25, 0.0])
def test_the_pattern_that_was_put_in_is_fitted(omni_part: float) -> None:
    measured = pd.Series(acoustics.pattern_db(omni_part, ANGLES) + 3, index=ANGLES)
    assert acoustics.fit_omni_part(measured) == pytest.approx(omni_part, abs=2e-3)
