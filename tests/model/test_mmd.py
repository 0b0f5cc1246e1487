"""Maximum mean discrepancy against its definition in plain loops, and closed forms."""

import itertools
import math

import numpy as np
import pytest
import torch
from asc_lib.model.mmd import device_discrepancy
from asc_lib.train.step import About
from scipy.spatial.distance import pdist
from torch import Tensor

SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
BATCHES = {
    "as in training": [0] * 12 + [1, 1, 1, 2, 2, 3, 3, 3, 5, 5],
    "two devices": [13, 4, 4, 13, 13],
    "lone windows beside": [0, 0, 0, 1, 2, 2, 3],
}
WITHOUT_PAIR = {"one device": [3] * 5, "one with two": [0, 0, 1, 2], "one window": [2]}


def embeddings(size: int, dim: int = 4, seed: int = 1) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(size, dim, dtype=torch.float64, generator=random)


def discrepancy(z: Tensor, device: list[int] | Tensor, scales=SCALES) -> Tensor:
    device = torch.as_tensor(device)
    unused = torch.full_like(device, 7)
    return device_discrepancy(z, About(unused, device, unused, 0.5, None), scales)


def mean_squared_distance(z: np.ndarray) -> float:
    return float(np.mean(pdist(z, "sqeuclidean")))


def by_definition(z: np.ndarray, device: list[int], unit: float, scales=SCALES) -> float:
    """Gretton et al., eq. (3), word by word, for each two devices."""

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        squared = sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
        return sum(math.exp(-squared / (scale * unit)) for scale in scales) / len(scales)

    values = []
    for one, two in itertools.combinations(sorted(set(device)), 2):
        x = [z[i] for i in range(len(z)) if device[i] == one]
        y = [z[i] for i in range(len(z)) if device[i] == two]
        m, n = len(x), len(y)
        if m < 2 or n < 2:
            continue
        value = 0.0
        for i, j in itertools.permutations(range(m), 2):
            value += kernel(x[i], x[j]) / (m * (m - 1))
        for i, j in itertools.permutations(range(n), 2):
            value += kernel(y[i], y[j]) / (n * (n - 1))
        for i, j in itertools.product(range(m), range(n)):
            value -= 2 * kernel(x[i], y[j]) / (m * n)
        values.append(value)
    return sum(values) / len(values)


@pytest.mark.parametrize("scales", [SCALES, (1.0,), (0.1, 7.0)])
@pytest.mark.parametrize("device", BATCHES.values(), ids=BATCHES.keys())
def test_equals_the_definition(device, scales) -> None:
    z = embeddings(len(device)) + torch.tensor(device)[:, None] / 3
    given = discrepancy(z, device, scales)
    expected = by_definition(z.numpy(), device, mean_squared_distance(z.numpy()), scales)
    assert given.shape == ()
    assert float(given) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("device", BATCHES.values(), ids=BATCHES.keys())
def test_gradient_equals_finite_differences_at_fixed_bandwidths(device) -> None:
    z = embeddings(len(device)).requires_grad_()
    discrepancy(z, device).backward()
    x, step = z.detach().numpy().copy(), 1e-5
    unit = mean_squared_distance(x)
    for place in np.random.default_rng(0).permutation(x.size)[:12]:
        ends = []
        for moved in (step, -step):
            shifted = x.copy()
            shifted.flat[place] += moved
            ends.append(by_definition(shifted, device, unit))
        slope = (ends[0] - ends[1]) / (2 * step)
        assert float(z.grad.flatten()[place]) == pytest.approx(slope, abs=1e-8)
    assert z.grad.abs().max() > 1e-3


def test_devices_alike_give_zero_in_the_mean() -> None:
    """With three windows against 45; a biased value would be about 0.2 on each."""
    device = [0] * 45 + [1] * 3
    values = [float(discrepancy(embeddings(48, seed=s), device)) for s in range(400)]
    error = np.std(values) / math.sqrt(len(values))
    assert error < 0.005 and abs(np.mean(values)) < 4 * error
    apart = embeddings(48)
    apart[45:] += 2
    assert float(discrepancy(apart, device)) > 0.3


@pytest.mark.parametrize("device", WITHOUT_PAIR.values(), ids=WITHOUT_PAIR.keys())
def test_without_two_devices_to_compare_it_is_zero(device) -> None:
    z = embeddings(len(device)).float().requires_grad_()
    loss = discrepancy(z, device)
    loss.backward()
    assert float(loss.detach()) == 0 and torch.equal(z.grad, torch.zeros_like(z))


def test_gradient_is_finite_where_embeddings_coincide() -> None:
    device = BATCHES["as in training"]
    z = torch.ones(len(device), 768, requires_grad=True)
    loss = discrepancy(z, device)
    loss.backward()
    assert abs(float(loss.detach())) < 1e-6 and torch.equal(z.grad, torch.zeros_like(z))
