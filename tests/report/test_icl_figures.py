from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar

from asc_lib.data.tau22 import SCENES
from asc_lib.experiment import metrics
from asc_lib.report import icl_figures, paper

POINTS = [(0.0, 1.0), (0.2, 1.0), (0.2, 0.5)]


def made_up_run(seed, alpha, weight, shift):
    rng = np.random.default_rng(seed)
    clips = pd.DataFrame(
        [
            (f"{scene}-{place}-{device}", scene, device, f"{scene}-{place}")
            for scene in SCENES
            for place in range(3)
            for device in ("a", "b", "s1", "s4")
        ],
        columns=["filename", "scene", "device", "location"],
    )
    logits = rng.standard_normal((len(clips), 10))
    logits[np.arange(len(clips)), clips["scene"].map(SCENES.index)] += shift
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    clips[metrics.LOG_P] = log_p
    guess = clips.copy()  # what another side or choice says must not count
    guess[metrics.LOG_P] = np.log(0.1)
    both = pd.concat(
        [
            clips.assign(choice="clean", side="test"),
            guess.assign(choice="clean", side="validation"),
            guess.assign(choice="paper", side="test"),
        ]
    )
    config = SimpleNamespace(alpha=alpha, lambda_icl=weight, seed=seed)
    return SimpleNamespace(config=config, predictions=both)


@pytest.fixture(scope="module")
def alpha_scores():
    runs = [made_up_run(s, a, 10.0, 2 - a) for a in (0.2, 0.0) for s in (0, 1)]
    return runs, icl_figures.grid_scores(runs, "alpha", "clean", "test", draws=50)


@pytest.mark.parametrize(("alpha", "beta"), POINTS)
@pytest.mark.parametrize("same", [0.02, 0.3, 0.55, 0.9])
def test_balance_is_where_the_mean_penalty_is_lowest(same, alpha, beta):
    def penalty(d):
        return same * np.exp((alpha - d) / beta) + (1 - same) * d**2

    lowest = minimize_scalar(penalty, bounds=(0, 20), options={"xatol": 1e-10}).x
    assert icl_figures.balance_distance(same, alpha, beta) == pytest.approx(lowest, abs=1e-6)


def test_balance_of_pure_attraction_is_zero():
    assert icl_figures.balance_distance(0.0, 0.2, 1.0) == 0


def test_same_share_counts_pairs():
    classes = pd.Series(["a"] * 6 + ["b"] * 3 + ["c"])
    pairs = [one == other for one in classes for other in classes]
    assert icl_figures.same_share(classes) == pytest.approx(np.mean(pairs))


def test_penalties_are_equations_3_and_4():
    table = icl_figures.penalties(np.array([0.0, 0.2, 3.0]), [(0.2, 0.5)])
    assert list(table["g"]) == [0, pytest.approx(0.04), 9]
    assert list(table["f, alpha = 0.2, beta = 0.5"]) == pytest.approx(
        [np.exp(0.4), 1.0, np.exp(-5.6)]
    )


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
        for measure in icl_figures.MEASURES:
            assert mean[measure] == pytest.approx(seeds[measure].mean())
            assert mean[f"{measure}_low"] < mean[measure] < mean[f"{measure}_high"]


def test_best_value_is_low_in_log_loss_and_high_in_accuracy(alpha_scores):
    _, scores = alpha_scores
    scores = scores.copy()
    mean = scores["seed"] == "mean"
    scores.loc[mean, "log_loss"] = [1.2, 1.1]
    scores.loc[mean, "accuracy_percent"] = [60.0, 50.0]
    scores.loc[~mean, ["log_loss", "accuracy_percent"]] = [0.0, 100.0]
    assert icl_figures.best_value(scores, "alpha", "log_loss") == 0.2
    assert icl_figures.best_value(scores, "alpha", "accuracy_percent") == 0.0


def test_grid_keeps_this_run_and_the_paper_apart(alpha_scores):
    _, alpha = alpha_scores
    runs = [made_up_run(0, 0.2, weight, 1.5) for weight in (0.1, 10.0)]
    weight = icl_figures.grid_scores(runs, "lambda_icl", "clean", "test", draws=20)
    fig, axes = icl_figures.draw_grid(alpha, weight, "simulated benchmark")
    ours, printed = fig.subfigs
    assert "simulated benchmark" in ours.get_suptitle()
    assert printed.get_suptitle().endswith(paper.DATA_LABEL)
    drawn = axes[1, 3].lines[0].get_ydata()
    assert list(drawn) == list(paper.table_1("lambda_icl")["accuracy_percent"])
    mean = alpha[alpha["seed"] == "mean"]
    assert list(axes[0, 0].lines[0].get_ydata()) == list(mean["log_loss"])
    plt.close(fig)


def test_penalties_are_drawn_with_every_point():
    table = icl_figures.penalties(np.linspace(0, 3, 50), POINTS)
    balance = icl_figures.balances(np.linspace(0.01, 0.95, 50), POINTS)
    fig, (left, right) = icl_figures.draw_penalties(table, balance)
    assert len(left.lines) == 1 + len(POINTS) and len(right.lines) == len(POINTS)
    icl_figures.mark_shares(right, {"every DIR a class": 0.1})
    assert [text.get_text() for text in right.texts] == ["every DIR a class"]
    plt.close(fig)
