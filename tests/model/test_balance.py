import numpy as np
import pytest
import torch

from asc_lib.files import InputError
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


def test_beta_0_weighs_windows_alike_and_beta_near_1_devices() -> None:
    assert torch.equal(effective_number_weights(COUNTS, 0.0), torch.ones(5, dtype=torch.float64))
    each = effective_number_weights(COUNTS, 1 - 1e-13) * COUNTS
    torch.testing.assert_close(each, each.mean().expand(5), rtol=1e-8, atol=0)


@pytest.mark.parametrize("beta", [0.0, 0.9999])
def test_a_device_never_heard_weighs_nothing_and_changes_nothing(beta: float) -> None:
    with_silent = effective_number_weights(torch.tensor([300, 0, 20, 0]), beta)
    assert with_silent[[1, 3]].tolist() == [0, 0]
    heard = effective_number_weights(torch.tensor([300, 20]), beta)
    torch.testing.assert_close(with_silent[[0, 2]], heard, rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    ("windows", "beta", "named"),
    [([3, 2], 1.0, "beta"), ([3, 2], -0.1, "beta"), ([0, 0], 0.9, "windows"),
     ([3, -1], 0.9, "windows")],
)  # fmt: skip
def test_what_is_out_of_range_is_named(windows: list[int], beta: float, named: str) -> None:
    with pytest.raises(InputError, match=f"^{named}: "):
        effective_number_weights(torch.tensor(windows), beta)
