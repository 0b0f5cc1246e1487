"""Forces, balance and weights of the loss against closed forms, scipy, and the loss itself."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.optimize import brentq, minimize_scalar

from asc_lib.icl import theory as icl_theory
from asc_lib.model.icl import inverse_contrastive_loss

POINTS = [(0.0, 1.0), (0.2, 1.0), (0.2, 0.5), (1.5, 0.1), (0.0, 2.0)]
each_point = pytest.mark.parametrize(("alpha", "beta"), POINTS)
BATCH = np.array([0] * 46 + [1] * 6 + [2] * 6 + [3] * 4 + [4] + [5])


@each_point
@pytest.mark.parametrize("same", [0.02, 0.3, 0.55, 0.9])
def test_balance_is_where_the_mean_penalty_is_lowest(same, alpha, beta):
    lowest = minimize_scalar(
        lambda d: same * np.exp((alpha - d) / beta) + (1 - same) * d**2,
        bounds=(0, 20),
        options={"xatol": 1e-10},
    ).x
    assert icl_theory.balance_distance(same, alpha, beta) == pytest.approx(lowest, abs=1e-6)


def test_balance_of_pure_attraction_is_zero():
    assert icl_theory.balance_distance(0.0, 0.2, 1.0) == 0


@each_point
def test_f_and_g_cross_where_a_root_finder_says(alpha, beta):
    root = brentq(lambda d: d**2 - np.exp((alpha - d) / beta), 0, 5, xtol=1e-12)
    assert icl_theory.crossing_distance(alpha, beta) == pytest.approx(root, abs=1e-9)


@pytest.mark.parametrize("weighting", ["pairs", "balanced"])
@pytest.mark.parametrize("c", [BATCH, np.arange(5), np.zeros(5, int), np.array([0, 0, 1])])
def test_weights_are_those_of_the_loss(weighting, c):
    """All windows equally far apart: the loss is then p f + (1 - p) g."""
    z = torch.eye(len(c), dtype=torch.float64) / 2**0.5 * 3  # every distance is 3
    loss = float(inverse_contrastive_loss(z, torch.from_numpy(c), 1.0, 2.0, weighting))
    f, g = np.exp((1 - 3) / 2), 9
    shares = icl_theory.weight_shares(c, weighting)
    assert 1 - shares["different"] == pytest.approx((loss - g) / (f - g), abs=1e-12)
    assert sum(shares.values()) == pytest.approx(1)


def test_batches_are_drawn_as_the_clips_are_and_dirs_make_classes():
    devices = ["a"] * 73 + ["b"] * 14 + ["c"] * 13
    table = icl_theory.batch_weight_shares(devices, 100, 0.0, 64, draws=300)
    wanted = 0.73**2 + 0.14**2 + 0.13**2  # two windows are drawn independently
    assert 1 - table.loc["pairs", "different"] == pytest.approx(wanted, abs=0.01)
    half = icl_theory.batch_weight_shares(devices, 100, 0.5, 64, draws=300)
    expected = wanted * (0.5**2 + 0.5**2 / 100)
    assert 1 - half.loc["pairs", "different"] == pytest.approx(expected, abs=0.01)
    pd.testing.assert_frame_equal(
        table, icl_theory.batch_weight_shares(devices, 100, 0.0, 64, draws=300)
    )
