"""Offsets in log-mel against the filters' own transfer functions, and where they break."""

import numpy as np
import pytest
import torch
from scipy import signal

from asc_lib.experiment import dir_offsets as offsets
from asc_lib.model.frontend import mel_bank
from tests.dir_sets import RATE, noisy_responses


@pytest.fixture(scope="module")
def windows() -> torch.Tensor:
    """Three seconds of pink-like noise, loud enough to lie above the floor."""
    rng = np.random.default_rng(0)
    noise = signal.lfilter([1], [1, -0.7], rng.normal(0, 0.05, (3, RATE)))
    return torch.tensor(noise, dtype=torch.float32)


def test_decibels_are_those_of_the_mel_power() -> None:
    silence = offsets.log_mel_db(torch.zeros(1, RATE))
    np.testing.assert_allclose(silence, offsets.FLOOR_DB, atol=1e-3)
    noise = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    louder = offsets.log_mel_db(10 * noise) - offsets.log_mel_db(noise)
    assert float((louder - 20).abs().mean()) < 0.01  # here and there a quiet band meets the floor


def test_offsets_are_the_bands_means_of_the_transfer_function() -> None:
    responses = noisy_responses(3)
    bank = mel_bank(0, 15_000).numpy()
    _, transfer = signal.freqz(responses[1], worN=513, fs=RATE, include_nyquist=True)
    expected = 10 * np.log10(np.abs(transfer) ** 2 @ bank / bank.sum(0))
    np.testing.assert_allclose(offsets.mel_offsets_db(responses)[1], expected, atol=1e-3)


def test_offsets_of_a_longer_response_keep_its_power() -> None:
    noise = np.random.default_rng(1).normal(size=(1, 6000))
    mean = 10 * np.log10(np.mean(10 ** (offsets.mel_offsets_db(noise)[0, 60:] / 10)))
    assert mean == pytest.approx(10 * np.log10(6000), abs=1)
    click = np.zeros((1, 6000))
    click[0, 5] = 2
    np.testing.assert_allclose(offsets.mel_offsets_db(click), 20 * np.log10(2), atol=1e-6)


def test_a_click_is_its_offset_to_the_letter(windows: torch.Tensor) -> None:
    click = np.zeros(64)
    click[0] = 7.0
    table = offsets.offset_residual(windows, click)
    np.testing.assert_allclose(table["residual_db"], 0, atol=1e-3)
    assert len(table) == 3 * 128 * (100 - offsets.SETTLED)


def test_the_longer_a_response_the_less_an_offset(windows: torch.Tensor) -> None:
    rms = [
        offsets.rms_residual(offsets.offset_residual(windows, offsets.room_like(decay_s)))
        for decay_s in (0.002, 0.02, 0.2, 1.0)
    ]
    assert rms[0] < 1 and rms[-1] > 4 and rms == sorted(rms)


def test_a_truncated_response_ends_where_it_should() -> None:
    kept = offsets.truncated(np.ones(1024), 2.0, before_tap=64)
    assert kept.sum() == 64 + 64 and kept[127] == 1 and kept[128] == 0
    tail = offsets.room_like(0.1)
    half = len(tail) // 2
    lost = 10 * np.log10(np.square(tail[:half]).sum() / np.square(tail[half:]).sum())
    assert lost == pytest.approx(60 * half / RATE / 0.1, abs=2)
