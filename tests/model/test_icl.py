"""The inverse contrastive loss against plain double loops in float64."""

import math

import pytest
import torch

from asc_lib.files import InputError
from asc_lib.model.icl import (
    inverse_contrastive_loss,
)

WEIGHTINGS = ["pairs", "balanced"]
BATCHES = {
    "mixed": [0, 0, 0, 0, 0, 1, 1, 2, -3, -3, 1000, 2],
    "one class": [4] * 6,
    "all different": list(range(7)),
    "two of one class": [1, 1],
    "two of two classes": [1, 2],
}


def embeddings(size: int, dim: int = 5) -> torch.Tensor:
    return torch.randn(size, dim, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def double_loop(z, c, alpha, beta, weighting) -> float:
    """Equations (1), (3), (4) word by word, over ordered pairs of two different windows."""
    total = weights = 0.0
    classes = len(set(c))
    for i in range(len(c)):
        for j in range(len(c)):
            if i == j:
                continue
            d = math.sqrt(sum((float(a) - float(b)) ** 2 for a, b in zip(z[i], z[j], strict=True)))
            same = c[i] == c[j]
            penalty = math.exp((alpha - d) / beta) if same else d**2
            weight = 1.0
            if weighting == "balanced":
                weight = 1 / (c.count(c[i]) * c.count(c[j]))
                weight *= max(classes - 1, 1) if same else 1
            total += weight * penalty
            weights += weight
    return total / weights


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("c", BATCHES.values(), ids=BATCHES.keys())
@pytest.mark.parametrize(("alpha", "beta"), [(0.2, 1.0), (1.5, 0.3), (0.0, 4.0)])
def test_equals_the_double_loop(c, weighting, alpha, beta) -> None:
    z = embeddings(len(c))
    given = inverse_contrastive_loss(z, torch.tensor(c), alpha, beta, weighting)
    assert given.shape == ()
    assert float(given) == pytest.approx(double_loop(z, c, alpha, beta, weighting), rel=1e-12)


def test_balanced_pulls_in_the_direction_of_the_original_code() -> None:
    """Original: diagonal kept, not normalised. Neither changes where the gradient points."""
    c = torch.tensor(BATCHES["mixed"])
    z = embeddings(len(c)).requires_grad_()
    ours = torch.autograd.grad(inverse_contrastive_loss(z, c, 0.2, 1.0, "balanced"), z)[0]
    d = (z[:, None] - z[None]).norm(dim=-1)
    share = torch.tensor([1 / int((c == k).sum()) for k in c], dtype=torch.float64)
    pair = share[:, None] * share[None]
    same = c[:, None] == c[None]
    original = (pair * d**2)[~same].sum()
    original = original + (len(c.unique()) - 1) * (pair * (0.2 - d).exp())[same].sum()
    theirs = torch.autograd.grad(original, z)[0]
    ratio = ours / theirs
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio))
    assert ratio.mean() > 0


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_gradient_equals_finite_differences(weighting) -> None:
    c = torch.tensor(BATCHES["mixed"])
    z = embeddings(len(c)).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda z: inverse_contrastive_loss(z, c, 0.4, 0.7, weighting), (z,)
    )


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("c", BATCHES.values(), ids=BATCHES.keys())
def test_gradient_is_finite_where_embeddings_coincide(c, weighting) -> None:
    z = torch.ones(len(c), 768, requires_grad=True)
    loss = inverse_contrastive_loss(z, torch.tensor(c), 0.2, 1.0, weighting)
    loss.backward()
    assert loss.isfinite() and torch.equal(z.grad, torch.zeros_like(z))


def test_small_distances_survive_a_large_offset() -> None:
    """As embeddings of one batch lie: far from 0, close together."""
    z = 1000 + 0.01 * embeddings(40, 768)
    c = torch.arange(40) % 3
    exact = inverse_contrastive_loss(z.float().double(), c)
    assert float(inverse_contrastive_loss(z.float(), c)) == pytest.approx(float(exact), rel=1e-5)


def test_wrong_parameters_are_named() -> None:
    z, c = embeddings(2), torch.tensor([0, 1])
    with pytest.raises(InputError, match=r"beta 0\.01"):
        inverse_contrastive_loss(z, c, alpha=1.0, beta=0.01)


GROUPS = torch.tensor([8, 8, 8, -2, -2, 8, -2, 8, 8, -2, 5, -2])  # of "mixed"; 5 is alone


def weight_of(c: list[int], weighting: str) -> float:
    """Of all ordered pairs of a group: their number; balanced, k (k - 1) for those of two classes
    and k - 1 times the sum of 1 - 1 / n_c for those of one, with k classes."""
    if weighting == "pairs":
        return len(c) * (len(c) - 1)
    k = len(set(c))
    return k * (k - 1) + max(k - 1, 1) * sum(1 - 1 / c.count(each) for each in set(c))


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("c", [BATCHES["mixed"], [4] * 12, [*range(12)]])
def test_groups_are_batches_of_their_own(c, weighting) -> None:
    z, c = embeddings(12), torch.tensor(c)
    total = weights = 0.0
    for group in GROUPS.unique():
        inside = group == GROUPS
        weight = weight_of(c[inside].tolist(), weighting)
        alone = inverse_contrastive_loss(z[inside], c[inside], 0.4, 0.7, weighting)
        total += weight * float(alone)
        weights += weight
    given = inverse_contrastive_loss(z, c, 0.4, 0.7, weighting, GROUPS)
    assert float(given) == pytest.approx(total / weights, rel=1e-12)
    assert abs(float(given) - float(inverse_contrastive_loss(z, c, 0.4, 0.7, weighting))) > 1e-4
