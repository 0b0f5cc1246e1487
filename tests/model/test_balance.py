import numpy as np
import pytest
import torch
from asc_lib.model.balance import effective_number_weights

COUNTS = torch.tensor([27_000, 2_000, 1_500, 40, 1])


@pytest.mark.parametrize("beta", [0.9, 0.99, 0.999, 0.9999])
def test_ratios_are_the_published_codes(beta: float) -> None:
    """`cifar_main.py` of richardaecn/class-balanced-loss; only the scale differs."""
    effective_num = 1.0 - np.power(beta, COUNTS.numpy())
    published = (1.0 - beta) / np.array(effective_num)
    published = published / np.sum(published) * len(COUNTS)
    given = effective_number_weights(COUNTS, beta).numpy()
    np.testing.assert_allclose(given / given[0], published / published[0], rtol=1e-10)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.999, 0.9999, 1 - 1e-12])
def test_the_mean_over_training_windows_is_1(beta: float) -> None:
    weight = effective_number_weights(COUNTS, beta)
    of_windows = torch.repeat_interleave(weight, COUNTS)
    assert float(of_windows.mean()) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.9999])
def test_a_device_never_heard_weighs_nothing_and_changes_nothing(beta: float) -> None:
    with_silent = effective_number_weights(torch.tensor([300, 0, 20, 0]), beta)
    assert with_silent[[1, 3]].tolist() == [0, 0]
    heard = effective_number_weights(torch.tensor([300, 20]), beta)
    torch.testing.assert_close(with_silent[[0, 2]], heard, rtol=1e-14, atol=0)
