"""Scores and paired differences of a grid, on made-up runs."""

from types import SimpleNamespace

import numpy as np
import pytest

from asc_lib.icl import grid
from asc_lib.results import metrics
from tests.grid_runs import made_up_run


@pytest.fixture(scope="module")
def alpha_scores():
    runs = [made_up_run(s, a, 10.0, 2 - a) for a in (0.2, 0.0) for s in (0, 1)]
    drawn = grid.scores_and_draws(runs, "alpha", draws=50)
    return runs, grid.grid_scores(runs, "alpha", drawn)


def test_grid_scores_agree_with_the_metrics(alpha_scores):
    runs, scores = alpha_scores
    assert list(scores["alpha"].unique()) == [0.0, 0.2]
    one = runs[0].predictions.query("choice == 'clean' and side == 'test'")
    row = scores.query("alpha == 0.2 and seed == '0'").iloc[0]
    assert row["log_loss"] == pytest.approx(metrics.overall(one))
    assert row["accuracy_percent"] == pytest.approx(100 * metrics.overall(one, "accuracy"))
    for value, group in scores.groupby("alpha"):
        mean = group[group["seed"] == "mean"].iloc[0]
        seeds = group[group["seed"] != "mean"]
        assert len(seeds) == 2, value
        for measure in grid.MEASURES:
            assert mean[measure] == pytest.approx(seeds[measure].mean())
            assert mean[f"{measure}_low"] < mean[measure] < mean[f"{measure}_high"]


def test_differences_are_paired():
    """The same noise in both values: every place says the same, so the interval is narrow."""
    runs = [made_up_run(3, 0.0, weight, shift) for weight, shift in ((0.1, 2.0), (1.0, 1.95))]
    drawn = grid.scores_and_draws(runs, "lambda_icl", draws=200)
    table = grid.differences_to_best(drawn, "lambda_icl")
    assert list(table.index) == [0.1, 1.0]
    tables = [r.predictions.query("choice == 'clean' and side == 'test'") for r in runs]
    worse = metrics.overall(tables[1]) - metrics.overall(tables[0])
    row = table.loc[1.0]
    assert row["log_loss"] == pytest.approx(worse) and worse > 0
    assert 0 < row["log_loss_low"] < worse < row["log_loss_high"] and row["log_loss_sure"]
    # unpaired, the two intervals overlap widely
    scores = grid.grid_scores(runs, "lambda_icl", drawn)
    ends = scores.query("seed == 'mean'").set_index("lambda_icl")
    assert ends.loc[0.1, "log_loss_high"] > ends.loc[1.0, "log_loss"]
    assert not table.loc[0.1, "log_loss_sure"] and table.loc[0.1, "log_loss"] == 0


def probes_of(runs) -> dict:
    return {
        (run, variant): SimpleNamespace(balanced_accuracy=run.config.alpha + extra)
        for run in runs
        for variant, extra in (("raw", 0.1), ("standardised", 0.3))
    }


def test_joint_scores_are_means_over_seeds_and_count_no_run_twice():
    runs = [
        made_up_run(seed, alpha, weight, 2 - weight)
        for alpha in (0.0, 0.2)
        for weight in (0.1, 1.0)
        for seed in (0, 1)
    ]
    table = grid.joint_scores([*runs, *runs[:3]], probes_of(runs))
    assert list(zip(table["alpha"], table["lambda_icl"], strict=True)) == [
        (0.0, 0.1), (0.0, 1.0), (0.2, 0.1), (0.2, 1.0),
    ]  # fmt: skip
    assert list(table["seeds"]) == [2] * 4
    two = [r.predictions.query("choice == 'clean' and side == 'test'") for r in runs[:2]]
    assert table.loc[0, "log_loss"] == pytest.approx(np.mean([metrics.overall(t) for t in two]))
    assert list(table["probe_raw_percent"]) == pytest.approx([10, 10, 30, 30])
    assert list(table["probe_standardised_percent"]) == pytest.approx([30, 30, 50, 50])
