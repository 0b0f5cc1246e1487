"""Loudness against the standard's own statements, and sounds brought to one."""

import numpy as np
import pytest
from scipy import signal

from asc_lib.dirs.loudness import k_weighted, loudness, matching_gains

RATE = 32_000


def sine(hertz: float, level_db: float = 0.0, seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * time)


@pytest.mark.parametrize("rate", [32_000, 48_000])
def test_a_full_scale_sine_of_1_khz_has_3_01_lufs_below(rate):
    """BS.1770: 0 dBFS at 997 Hz in one channel reads -3.01 LKFS."""
    assert loudness(sine(997, rate=rate), rate) == pytest.approx(-3.01, abs=0.1)


def test_loudness_follows_level_down_to_where_the_gate_would_be():
    loud = loudness(sine(997, -10))
    for level in (-30, -60, -90):
        assert loudness(sine(997, level)) == pytest.approx(loud + 10 + level, abs=0.01)
    assert loudness(np.zeros(RATE)) == -np.inf


def test_k_weighting_is_the_standards_at_its_own_rate():
    """Against the coefficients that BS.1770 prints for 48 kHz."""
    shelf = ([1.53512485958697, -2.69169618940638, 1.19839281085285],
             [1.0, -1.69065929318241, 0.73248077421585])  # fmt: skip
    low_cut = ([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621])
    hertz = np.array([40, 100, 500, 1000, 2000, 5000, 10_000])
    impulse = np.zeros(48_000)
    impulse[0] = 1
    found = np.abs(np.fft.rfft(k_weighted(impulse, 48_000)))[hertz]
    wanted = np.ones(len(hertz))
    for numerator, denominator in (shelf, low_cut):
        _, response = signal.freqz(numerator, denominator, hertz, fs=48_000)
        wanted = wanted * np.abs(response)
    np.testing.assert_allclose(20 * np.log10(found / wanted), 0, atol=0.1)


def test_matched_sounds_are_equally_loud_and_none_clips():
    noise = np.random.default_rng(0).normal(0, 0.01, RATE)
    sounds = {"quiet bass": sine(80, -50), "loud": sine(1000, -3), "noise": noise, "": noise * 0}
    gains = matching_gains(sounds)
    for name in ("quiet bass", "loud", "noise"):
        assert loudness(gains[name] * sounds[name]) == pytest.approx(-20, abs=0.01)
    assert gains[""] == 1
    clicks = noise.copy()
    clicks[::4000] = 0.5
    gains = matching_gains({"clicks": clicks, "noise": noise})
    assert np.abs(gains["clicks"] * clicks).max() <= 0.971
    levels = [loudness(gains[n] * s) for n, s in (("clicks", clicks), ("noise", noise))]
    assert levels[0] == pytest.approx(levels[1], abs=0.01) and levels[0] < -21
