"""Offsets against the filters' own transfer functions; coverage of made-up devices."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import signal

from asc_lib.data.bank import Bank
from asc_lib.dirs import coverage as dir_coverage
from asc_lib.dirs.coverage import covered_bands, mel_hz
from asc_lib.model.frontend import mel_bank
from tests.dir_sets import RATE, noisy_responses


def test_decibels_are_those_of_the_mel_power() -> None:
    silence = dir_coverage.log_mel_db(torch.zeros(1, RATE))
    np.testing.assert_allclose(silence, dir_coverage.FLOOR_DB, atol=1e-3)
    noise = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    louder = dir_coverage.log_mel_db(10 * noise) - dir_coverage.log_mel_db(noise)
    assert float((louder - 20).abs().mean()) < 0.01  # here and there a quiet band meets the floor


def test_offsets_are_the_bands_means_of_the_transfer_function() -> None:
    responses = noisy_responses(3)
    bank = mel_bank(0, 15_000).numpy()
    _, transfer = signal.freqz(responses[1], worN=513, fs=RATE, include_nyquist=True)
    expected = 10 * np.log10(np.abs(transfer) ** 2 @ bank / bank.sum(0))
    np.testing.assert_allclose(dir_coverage.mel_offsets_db(responses)[1], expected, atol=1e-3)


def octave(centre_hz: float, gain_db: float) -> np.ndarray:
    """(128,) a bump of an octave."""
    return gain_db * np.exp(-0.5 * np.square(np.log2(mel_hz() / centre_hz)))


OFFSETS = np.stack([octave(200, 6), octave(1000, -8), octave(5000, 9), octave(9000, -20)])


def levels(difference_db: np.ndarray) -> pd.DataFrame:
    """Device b differs from a by `difference_db`, a little else at each of eight places."""
    rng = np.random.default_rng(0)
    rows = {}
    for place in range(8):
        at_place = rng.normal(0, 0.2, 128)
        for moment in range(1 + place % 2):
            scene = rng.normal(0, 10, 128)
            rows["a", f"p{place}", f"m{place}{moment}"] = scene
            rows["b", f"p{place}", f"m{place}{moment}"] = scene + difference_db + at_place
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(table.index, names=["device", "location", "moment"])
    return table


def test_gap_is_the_mean_over_moments_and_draws_vary_with_the_places() -> None:
    table = levels(OFFSETS[2])
    gap = dir_coverage.gaps(table, draws=400)["b"]
    plain = table.loc["b"].mean() - table.loc["a"].mean()
    np.testing.assert_allclose(gap[0], plain, atol=1e-9)
    assert gap.shape == (401, 128)
    assert gap[1:].std(axis=0).mean() == pytest.approx(0.2 / 8**0.5, rel=0.4)


def test_distance_is_the_rms_of_the_difference_without_its_mean() -> None:
    inside = (OFFSETS[0] - OFFSETS[3])[covered_bands()]
    expected = inside.std()
    found = dir_coverage.spectral_distance(OFFSETS[:1], OFFSETS[3:])[0, 0]
    assert found == pytest.approx(expected)


def test_a_mixture_reaches_what_no_single_dir_does() -> None:
    middle = OFFSETS[[0, 2]].mean(axis=0)
    assert dir_coverage.spectral_distance(middle[None], OFFSETS).min() > 1
    assert dir_coverage.mixture_distance(middle, OFFSETS) == pytest.approx(0, abs=0.01)
    # no weight is negative: opposite to the only offset, nothing is better than none
    beside = dir_coverage.mixture_distance(-OFFSETS[0], OFFSETS[:1])
    alone = OFFSETS[0][covered_bands()].std()
    assert beside == pytest.approx(alone, abs=0.01)
    # nor more than one: twice the offset leaves once the offset
    twice = dir_coverage.mixture_distance(2 * OFFSETS[0], OFFSETS[:1])
    assert twice == pytest.approx(alone, abs=0.01)


def test_coverage_says_what_is_left_and_how_many_dirs_help() -> None:
    gaps = dir_coverage.gaps(levels(OFFSETS[2]), draws=100)
    sets = {"fitting": OFFSETS, "not": -OFFSETS}
    table = dir_coverage.coverage(gaps, sets)
    fitting, other = table.loc[("b", "fitting")], table.loc[("b", "not")]
    assert fitting["nearest", "value"] < 0.2 < 2 < other["nearest", "value"]
    alone = OFFSETS[2][covered_bands()].std()
    assert fitting["gap", "value"] == other["gap", "value"] == pytest.approx(alone, abs=0.1)
    assert fitting["nearer", "value"] >= 25 and other["nearer", "value"] <= 50
    assert fitting["gap", "low"] <= fitting["gap", "value"] <= fitting["gap", "high"]
    assert other["mixture", "value"] <= other["gap", "value"] + 1e-6


@pytest.fixture
def heard() -> tuple[Bank, pd.DataFrame]:
    """A bank in which b halves every decibel that a clip is louder than another."""
    rng = np.random.default_rng(0)
    loud = 10 ** (np.linspace(0, 20, 12) / 20)
    of_a = rng.normal(0, 0.03, (12, 32_000)) * loud[:, None]
    sounds = np.concatenate([of_a, of_a / np.sqrt(loud)[:, None]]).astype(np.float32)
    moments = pd.DataFrame(
        {"device": ["a"] * 12 + ["b"] * 12, "location": [f"p{n // 2}" for n in range(12)] * 2,
         "moment": [f"m{n}" for n in range(12)] * 2, "start": 32_000 * np.arange(24), "scale": 1.0}
    )  # fmt: skip
    return Bank(torch.tensor(sounds.ravel()), moments, Path("nowhere"), "none", True), moments


def test_compression_shows_as_gain_that_falls_with_level(heard: tuple) -> None:
    frames = dir_coverage.gain_over_level(*heard, "b")
    slopes = dir_coverage.slope_over_level(frames, draws=50)
    np.testing.assert_allclose(slopes, -0.5, atol=0.05)
    assert frames["gain_db"].mean() == pytest.approx(0, abs=0.2)


def test_a_dir_has_no_gain_over_level(heard: tuple) -> None:
    response = np.random.default_rng(1).normal(size=64) * np.exp(-np.arange(64) / 8)
    frames = dir_coverage.gain_over_level(*heard, "a", response)
    assert dir_coverage.slope_over_level(frames)[0] == pytest.approx(0, abs=0.01)
