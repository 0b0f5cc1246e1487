import numpy as np
import pytest
import scipy.stats
import torch

from asc_lib.model import freq_mixstyle
from asc_lib.model.frontend import LogMel


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def log_mel() -> torch.Tensor:
    waveform = torch.randn(6, 32_000, generator=seeded(0)) * torch.logspace(-3, 0, 6)[:, None]
    return LogMel().eval()(waveform)


def published(x: np.ndarray, lmda: np.ndarray, perm: np.ndarray) -> np.ndarray:
    """`mixstyle` of fschmid56/cpjku_dcase23 in float64; `x` (batch, 1, freq, time)."""
    f_mu = x.mean(axis=(1, 3), keepdims=True)
    f_sig = np.sqrt(x.var(axis=(1, 3), keepdims=True, ddof=1) + 1e-6)  # torch divides by n - 1
    x_normed = (x - f_mu) / f_sig
    lmda = lmda[:, None, None, None]
    mu_mix = f_mu * lmda + f_mu[perm] * (1 - lmda)
    sig_mix = f_sig * lmda + f_sig[perm] * (1 - lmda)
    return x_normed * sig_mix + mu_mix


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_published_function(log_mel: torch.Tensor, seed: int) -> None:
    before = log_mel.clone()
    given = freq_mixstyle.mix(log_mel, seeded(seed), 1.0, 0.4)
    generator = seeded(seed)
    torch.rand((), generator=generator, dtype=torch.float64)
    own, partner = freq_mixstyle.draw_partners(6, generator, 0.4)
    expected = published(log_mel[:, None].double().numpy(), own.numpy(), partner.numpy())[:, 0]
    np.testing.assert_allclose(given, expected, rtol=0, atol=1e-5)
    assert torch.equal(log_mel, before)
    assert (given - log_mel).abs().max() > 0.1


def test_a_window_takes_the_others_statistics_or_keeps_its_own() -> None:
    scale = torch.rand(6, 128, 1, generator=seeded(1)) + 0.1
    log_mel = scale * torch.randn(6, 128, 100, generator=seeded(2)) + 3 * scale
    partner = torch.tensor([1, 2, 3, 4, 5, 0])
    taken = freq_mixstyle.mix_drawn(log_mel, torch.zeros(6), partner)
    torch.testing.assert_close(taken.mean(2), log_mel[partner].mean(2), rtol=0, atol=1e-4)
    torch.testing.assert_close(taken.std(2), log_mel[partner].std(2), rtol=1e-3, atol=1e-4)
    kept = freq_mixstyle.mix_drawn(log_mel, torch.ones(6), partner)
    torch.testing.assert_close(kept, log_mel, rtol=0, atol=1e-5)


def test_bands_that_stand_still_stay_finite() -> None:
    log_mel = torch.randn(4, 128, 100)
    log_mel[0] = -1.4
    for own in (torch.zeros(4), torch.full((4,), 0.5)):
        given = freq_mixstyle.mix_drawn(log_mel, own, torch.tensor([1, 0, 3, 2]))
        assert given.isfinite().all()


@pytest.mark.parametrize("alpha", [0.4, 0.8, 2.0])
def test_coefficients_are_beta_and_partners_a_permutation(alpha: float) -> None:
    own, partner = freq_mixstyle.draw_partners(20_000, seeded(1), alpha)
    assert own.dtype == torch.float32 and own.min() >= 0 and own.max() <= 1
    assert scipy.stats.kstest(own, scipy.stats.beta(alpha, alpha).cdf).statistic < 0.012
    assert torch.equal(partner.sort().values, torch.arange(20_000))


def test_the_whole_batch_is_mixed_or_none_of_it(log_mel: torch.Tensor) -> None:
    generator, mixed = seeded(2), 0
    for _ in range(400):
        given = freq_mixstyle.mix(log_mel, generator, 0.4, 0.4)
        if given is not log_mel:
            mixed += 1
            assert (given - log_mel).abs().amax((1, 2)).gt(0).sum() >= 3
    assert 0.3 < mixed / 400 < 0.5  # 4 sigma
    assert freq_mixstyle.mix(log_mel, generator, 0.0, 0.4) is log_mel
