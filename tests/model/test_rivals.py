"""The rivals against their sources, closed forms and plain loops."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
import torch
from scipy.spatial.distance import pdist
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_sample_weight
from torch import Tensor

from asc_lib.data.tau22 import TRAINING_DEVICES
from asc_lib.model import rivals
from asc_lib.model.frontend import LogMel
from asc_lib.model.rivals import About, Compression, compress, device_discrepancy, gain


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def embeddings(size: int, dim: int = 4, seed: int = 1) -> Tensor:
    return torch.randn(size, dim, dtype=torch.float64, generator=seeded(seed))


def about(device: list[int], progress: float = 0.1, head: object = None) -> About:
    unused = torch.zeros(len(device), dtype=torch.int64)
    return About(unused, torch.tensor(device), unused, progress, head)


# the adversary

HEARD = [0] * 9 + [1, 2, 2, 5, 0, 4, 4]


@pytest.fixture
def head() -> rivals.DeviceHead:
    torch.manual_seed(2)
    return rivals.DeviceHead(4).double()


def test_value_of_the_adversary_is_scikit_learns_balanced_log_loss(head) -> None:
    z = embeddings(len(HEARD))
    given = rivals.adversarial_loss(z, about(HEARD, head=head))
    p, labels = head(z).softmax(1).detach().numpy(), range(len(TRAINING_DEVICES))
    weight = compute_sample_weight("balanced", HEARD)
    expected = log_loss(HEARD, p, labels=labels, sample_weight=weight)
    assert float(given.detach()) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("progress", [0, 0.01, 0.5, 1])
def test_head_descends_and_embedding_ascends(head, progress) -> None:
    z = embeddings(len(HEARD)).requires_grad_()
    given = rivals.adversarial_loss(z, about(HEARD, progress, head))
    inputs = [z, *head.parameters()]
    turned = torch.autograd.grad(given, inputs)
    each = torch.nn.functional.cross_entropy(head(z), torch.tensor(HEARD), reduction="none")
    devices = torch.tensor(HEARD)
    by_device = torch.stack([each[devices == d].mean() for d in devices.unique()]).mean()
    plain = torch.autograd.grad(by_device, inputs)
    strength = math.tanh(5 * progress)  # 2 / (1 + exp(-10 p)) - 1
    torch.testing.assert_close(turned[0], -strength * plain[0])
    for one, other in zip(turned[1:], plain[1:], strict=True):
        torch.testing.assert_close(one, other)


# maximum mean discrepancy

BATCHES = {
    "as in training": [0] * 12 + [1, 1, 1, 2, 2, 3, 3, 3, 5, 5],
    "two devices": [13, 4, 4, 13, 13],
    "lone windows beside": [0, 0, 0, 1, 2, 2, 3],
}


def by_definition(z: np.ndarray, device: list[int], unit: float) -> float:
    """Gretton et al., eq. (3), word by word, for each two devices."""

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        squared, scales = float(((a - b) ** 2).sum()), (0.25, 0.5, 1.0, 2.0, 4.0)
        return sum(math.exp(-squared / (scale * unit)) for scale in scales) / len(scales)

    values = []
    for one, two in itertools.combinations(sorted(set(device)), 2):
        x, y = ([z[i] for i in range(len(z)) if device[i] == d] for d in (one, two))
        if min(len(x), len(y)) < 2:
            continue
        within = [[kernel(a, b) for a, b in itertools.permutations(some, 2)] for some in (x, y)]
        across = [kernel(a, b) for a, b in itertools.product(x, y)]
        values.append(np.mean(within[0]) + np.mean(within[1]) - 2 * np.mean(across))
    return float(np.mean(values))


@pytest.mark.parametrize("device", BATCHES.values(), ids=BATCHES.keys())
def test_discrepancy_equals_the_definition_and_its_slopes(device) -> None:
    z = (embeddings(len(device)) + torch.tensor(device)[:, None] / 3).requires_grad_()
    given = device_discrepancy(z, about(device))
    given.backward()
    x = z.detach().numpy().copy()
    unit = float(np.mean(pdist(x, "sqeuclidean")))  # bandwidths have no gradient
    assert float(given.detach()) == pytest.approx(by_definition(x, device, unit), rel=1e-11)
    for place in np.random.default_rng(0).permutation(x.size)[:6]:
        step = np.zeros(x.size)
        step[place] = 1e-5
        ends = [by_definition(x + s * step.reshape(x.shape), device, unit) for s in (1, -1)]
        assert float(z.grad.flatten()[place]) == pytest.approx(np.subtract(*ends) / 2e-5, abs=1e-8)


def test_devices_alike_give_zero_in_the_mean() -> None:
    """With three windows against 45; a biased value would be about 0.2 on each."""
    told = about([0] * 45 + [1] * 3)
    values = [float(device_discrepancy(embeddings(48, seed=s), told)) for s in range(400)]
    error = np.std(values) / math.sqrt(len(values))
    assert error < 0.005 and abs(np.mean(values)) < 4 * error


@pytest.mark.parametrize("device", [[3] * 5, [0, 0, 1, 2], [2]])
def test_without_two_devices_to_compare_it_is_zero(device) -> None:
    z = embeddings(len(device)).float().requires_grad_()
    loss = device_discrepancy(z, about(device))
    loss.backward()
    assert float(loss.detach()) == 0 and torch.equal(z.grad, torch.zeros_like(z))


def test_gradient_is_finite_where_embeddings_coincide() -> None:
    device = BATCHES["as in training"]
    z = torch.ones(len(device), 768, requires_grad=True)
    device_discrepancy(z, about(device)).backward()
    assert torch.equal(z.grad, torch.zeros_like(z))


# weights of rare devices


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.9999])
def test_weights_are_the_published_codes_with_a_mean_of_1(beta: float) -> None:
    """`cifar_main.py` of richardaecn/class-balanced-loss; only the scale differs."""
    counts = torch.tensor([27_000, 0, 2_000, 1_500, 40, 1])
    given = rivals.effective_number_weights(counts, beta)
    heard = counts > 0
    published = (1.0 - beta) / (1.0 - np.power(beta, counts[heard].numpy()))
    np.testing.assert_allclose(given[heard] / given[0], published / published[0], rtol=1e-10)
    assert float(given[1]) == 0  # never heard
    assert float(torch.repeat_interleave(given, counts).mean()) == pytest.approx(1, rel=1e-12)


# Freq-MixStyle


def published_mixstyle(x: np.ndarray, lmda: np.ndarray, perm: np.ndarray) -> np.ndarray:
    """`mixstyle` of fschmid56/cpjku_dcase23 in float64; `x` (batch, 1, freq, time)."""
    f_mu = x.mean(axis=(1, 3), keepdims=True)
    f_sig = np.sqrt(x.var(axis=(1, 3), keepdims=True, ddof=1) + 1e-6)  # torch divides by n - 1
    x_normed = (x - f_mu) / f_sig
    lmda = lmda[:, None, None, None]
    mu_mix = f_mu * lmda + f_mu[perm] * (1 - lmda)
    sig_mix = f_sig * lmda + f_sig[perm] * (1 - lmda)
    return x_normed * sig_mix + mu_mix


def test_mixing_equals_the_published_function() -> None:
    waveform = torch.randn(6, 32_000, generator=seeded(0)) * torch.logspace(-3, 0, 6)[:, None]
    log_mel = LogMel().eval()(waveform)
    own, partner = torch.rand(6, generator=seeded(1)), torch.tensor([1, 2, 0, 4, 5, 3])
    given = rivals.mix_drawn(log_mel, own, partner)
    expected = published_mixstyle(log_mel[:, None].double().numpy(), own.numpy(), partner.numpy())
    np.testing.assert_allclose(given, expected[:, 0], rtol=0, atol=1e-5)
    log_mel[0] = -1.4  # a window that stands still
    assert rivals.mix_drawn(log_mel, own, partner).isfinite().all()


def test_coefficients_are_beta_and_the_whole_batch_is_mixed_or_none(monkeypatch) -> None:
    drawn = []
    monkeypatch.setattr(rivals, "mix_drawn", lambda x, own, partner: drawn.append((own, partner)))
    log_mel, generator = torch.zeros(50, 128, 2), seeded(2)
    given = [rivals.mix(log_mel, generator, 0.4, 0.4) for _ in range(400)]
    assert all(one is None or one is log_mel for one in given)
    assert 0.3 < len(drawn) / 400 < 0.5  # 4 sigma
    own = torch.cat([one for one, _ in drawn])
    assert scipy.stats.kstest(own, scipy.stats.beta(0.4, 0.4).cdf).statistic < 0.025
    assert all(torch.equal(partner.sort().values, torch.arange(50)) for _, partner in drawn)


# compression

SINE = torch.sin(2 * torch.pi * 500 * torch.arange(32_000, dtype=torch.float64) / 32_000).float()


def settings(*rows: tuple[float, float, float, float]) -> Compression:
    return Compression(*torch.tensor(rows).T)


@pytest.fixture
def lively() -> torch.Tensor:
    """Noise whose level rises and falls by 30 dB, at different scales."""
    noise = torch.randn(8, 32_000, generator=seeded(5))
    time = torch.arange(32_000) / 32_000
    swing = 15 * torch.sin(2 * torch.pi * torch.arange(1, 9)[:, None] * time)
    return noise * 10 ** (swing / 20) * torch.logspace(-4, 0, 8)[:, None]


def static_curve(x: float, T: float, R: float, W: float) -> float:
    """Giannoulis et al. 2012, eq. (4): output level in dB, case by case."""
    if 2 * (x - T) < -W:
        return x
    if 2 * abs(x - T) <= W:
        return x + (1 / R - 1) * (x - T + W / 2) ** 2 / (2 * W)
    return T + (x - T) / R


def plain_gain(x: np.ndarray, T: float, R: float, attack: float, release: float) -> np.ndarray:
    """The compressor of one window, block after block, in float64."""
    whole = np.sqrt(np.mean(x**2))
    middles, gains = [], []
    for number, start in enumerate(range(0, len(x), 64)):
        level = 20 * np.log10(np.sqrt(np.mean(x[start : start + 64] ** 2)) / whole)
        wanted = level - static_curve(level, T, R, 9.0)
        if number == 0:
            y = wanted
        else:
            a = np.exp(-1 / ((attack if wanted > y else release) * 500))
            y = a * y + (1 - a) * wanted
        middles.append(start + 31.5)
        gains.append(10 ** (-y / 20))
    return np.interp(np.arange(len(x)), middles, gains)


@pytest.mark.parametrize("samples", [32_000, 31_990, 700])
def test_gain_equals_a_plain_recursion(lively: torch.Tensor, samples: int) -> None:
    drawn = rivals.draw_settings(8, seeded(1))
    given = gain(lively[:, :samples], drawn)
    for row in range(8):
        own = [float(each[row]) for each in drawn]
        expected = plain_gain(lively[row, :samples].double().numpy(), *own)
        np.testing.assert_allclose(given[row], expected, rtol=0, atol=2e-5)
    assert 0 < given.min() < 0.5 and given.max() <= 1 + 1e-6


@pytest.mark.parametrize("threshold", [-20.0, -3.0, 4.6])
@pytest.mark.parametrize("ratio", [1.0, 12.0])
def test_a_steady_sine_gets_the_static_curve(threshold: float, ratio: float) -> None:
    given = gain(0.01 * SINE[None], settings((threshold, ratio, 0.01, 0.2)))
    expected = torch.full((1, 32_000), static_curve(0.0, threshold, ratio, 9.0))
    torch.testing.assert_close(20 * given.log10(), expected, rtol=0, atol=1e-3)


def test_some_windows_are_compressed_each_by_itself_at_its_level(lively: torch.Tensor) -> None:
    many, before = lively.repeat(50, 1), lively.repeat(50, 1)
    given = rivals.compress_some(many, seeded(7), 0.5)
    assert torch.equal(many, before)
    generator = seeded(7)
    drawn = torch.rand(400, generator=generator) < 0.5
    own = rivals.draw_settings(400, generator)
    assert 0.4 < float(drawn.float().mean()) < 0.6
    assert torch.equal(given[~drawn], many[~drawn])
    for row in drawn.nonzero()[:5, 0].tolist():
        alone = compress(many[row : row + 1], Compression(*(each[row : row + 1] for each in own)))
        torch.testing.assert_close(given[row : row + 1], alone, rtol=1e-4, atol=1e-7)
        assert not torch.equal(given[row], many[row])
    rms = [each.square().mean(1).sqrt() for each in (many, given)]
    torch.testing.assert_close(rms[1], rms[0], rtol=1e-5, atol=0)


def test_settings_are_drawn_as_promised() -> None:
    drawn = rivals.draw_settings(20_000, seeded(9))
    laws = {
        "threshold_db": scipy.stats.uniform(-20, 20),
        "ratio": scipy.stats.loguniform(2, 12),
        "attack_s": scipy.stats.loguniform(0.003, 0.02),
        "release_s": scipy.stats.loguniform(0.125, 0.5),
    }
    for name, law in laws.items():
        assert scipy.stats.kstest(getattr(drawn, name), law.cdf).statistic < 0.012, name
    assert np.abs(np.corrcoef(torch.stack(drawn)) - np.eye(4)).max() < 0.03
