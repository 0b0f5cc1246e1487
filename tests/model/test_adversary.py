"""The adversary against scikit-learn's log-loss, closed forms and finite differences."""

import math

import numpy as np
import pytest
import torch
from asc_lib.model.adversary import (
    DeviceHead,
    adversarial_loss,
    reversal_strength,
    reverse_gradient,
)
from asc_lib.train.step import About
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_sample_weight
from torch import Tensor

from asc_lib.data.tau22 import TRAINING_DEVICES

DEVICE = torch.tensor([0] * 9 + [1, 2, 2, 5, 0, 4, 4])
DIM = 6


def about(device: Tensor = DEVICE, progress: float = 0.3, head: object = None) -> About:
    unused = torch.zeros_like(device)
    return About(unused, device, unused, progress, head)


@pytest.fixture
def head() -> DeviceHead:
    torch.manual_seed(2)
    return DeviceHead(DIM).double()


@pytest.fixture
def z() -> Tensor:
    random = torch.Generator().manual_seed(1)
    return torch.randn(len(DEVICE), DIM, dtype=torch.float64, generator=random)


@pytest.mark.parametrize("balanced", [True, False])
def test_value_is_scikit_learns_log_loss(head, z, balanced) -> None:
    given = adversarial_loss(z, about(head=head), balanced)
    p = head(z).softmax(1).detach().numpy()
    weight = compute_sample_weight("balanced", DEVICE) if balanced else None
    expected = log_loss(DEVICE, p, labels=range(len(TRAINING_DEVICES)), sample_weight=weight)
    assert given.shape == ()
    assert float(given.detach()) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("progress", [0, 0.01, 0.25, 0.5, 1])
def test_strength_is_the_sources(progress) -> None:
    """2 / (1 + exp(-10 p)) - 1 is tanh(5 p)."""
    assert reversal_strength(progress) == pytest.approx(math.tanh(5 * progress), abs=1e-15)


def test_reversal_is_itself_forwards_and_turned_backwards(z) -> None:
    z.requires_grad_()
    assert torch.equal(reverse_gradient(z, 0.3), z)
    given = torch.autograd.grad(reverse_gradient(z, 0.3).pow(3).sum(), z)[0]
    torch.testing.assert_close(given, -0.3 * 3 * z.detach() ** 2)
    # turned twice it is an ordinary gradient again, that of finite differences
    assert torch.autograd.gradcheck(
        lambda z: reverse_gradient(reverse_gradient(z, 0.3).sin(), 1 / 0.3), (z,)
    )


def finite_differences(value, x: Tensor, step: float = 1e-6) -> np.ndarray:
    """Central differences of `value()` by each number of `x`, changed in place."""
    slopes = []
    with torch.no_grad():
        flat = x.view(-1)
        for place in range(len(flat)):
            here = float(flat[place])
            ends = []
            for moved in (here + step, here - step):
                flat[place] = moved
                ends.append(float(value()))
            flat[place] = here
            slopes.append((ends[0] - ends[1]) / (2 * step))
    return np.reshape(slopes, x.shape)


@pytest.mark.parametrize("balanced", [True, False])
def test_head_descends_and_embedding_ascends(head, z, balanced) -> None:
    z.requires_grad_()
    told = about(progress=0.1, head=head)
    adversarial_loss(z, told, balanced).backward()
    for x, sign in ((z, -math.tanh(0.5)), *((p, 1.0) for p in head.parameters())):
        slopes = finite_differences(lambda: adversarial_loss(z, told, balanced), x)
        np.testing.assert_allclose(x.grad.numpy(), sign * slopes, atol=1e-8)
        assert np.abs(slopes).max() > 1e-3
