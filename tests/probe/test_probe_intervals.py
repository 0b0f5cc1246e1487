"""Intervals of probes: redrawn by hand, paired, and complete tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from asc_lib.probe.intervals import (
    PAIRS,
    differences,
    ladder_draws,
    ladder_table,
    recall_draws,
)  # fmt: skip
from asc_lib.probe.probe import judged
from asc_lib.results.metrics import redrawn

METHODS = ("plain", "vintage", "multi", "icl", "icl_multi")


@pytest.fixture
def clips() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "device": rng.choice(["a", "b"], 120, p=[0.7, 0.3]),
            "location": rng.choice(list("pqrst"), 120),
        }
    )


def result(clips: pd.DataFrame, share: float, seed: int):
    rng = np.random.default_rng(seed)
    true = clips["device"].to_numpy(dtype=str)
    named = np.where(rng.random(len(clips)) < share, true, np.where(true == "a", "b", "a"))
    return judged(true, named, np.array(["a", "b"]), [2.0, 1.0], True)


def test_draws_are_those_of_clips_taken_again_by_hand(clips):
    right = np.random.default_rng(1).random((3, 120)) < 0.6
    drawn = recall_draws(right, clips, 4, seed=5)
    places = sorted(clips["location"].unique())
    taken = redrawn(5, 4, np.random.default_rng(5))
    runs = redrawn(3, 4, np.random.default_rng(6))
    for draw in range(4):
        rows = np.concatenate(
            [
                np.repeat(np.flatnonzero(clips["location"] == p), taken[draw, i])
                for i, p in enumerate(places)
            ]
        )
        some = np.repeat(np.arange(3), runs[draw])
        table = pd.DataFrame(
            {"device": clips["device"].to_numpy()[rows], "x": right[some][:, rows].mean(0)}
        )
        expected = table.groupby("device")["x"].mean()
        np.testing.assert_allclose(drawn.loc[1 + draw, ["a", "b"]], expected)
    np.testing.assert_allclose(
        drawn.loc[0], [right[:, clips["device"] == d].mean() for d in ("a", "b")]
    )


def test_the_table_has_every_seed_and_their_mean(clips):
    results = {("plain", "nearest", s): result(clips, 0.5 + 0.2 * s, s) for s in range(2)}
    results["plain", "nearest", 1] = replace(
        results["plain", "nearest", 1], converged=False, losses=[1.0] * 7
    )
    table = ladder_table(results, clips, {"plain": "PaSST"}, 200, "made up").set_index("seed")
    assert list(table.index) == ["mean", "0", "1"]
    for seed in range(2):
        expected = balanced_accuracy_score(
            clips["device"], results["plain", "nearest", seed].predicted
        )
        assert table.loc[str(seed), "balanced_accuracy"] == pytest.approx(expected)
    assert table.loc["mean", "balanced_accuracy"] == pytest.approx(
        table.loc[["0", "1"], "balanced_accuracy"].mean()
    )
    assert (table["low"] < table["balanced_accuracy"]).all()
    assert (table["high"] > table["balanced_accuracy"]).all()
    assert table["converged"].to_dict() == {"mean": False, "0": True, "1": False}
    assert table["epochs"].to_dict() == {"mean": 7, "0": 2, "1": 7}
    assert set(table["chance"]) == {0.5} and set(table["label"]) == {"PaSST"}
    # luck of training widens the mean's interval beyond that of places
    width = table["high"] - table["low"]
    assert width["mean"] > width["0"]


def test_differences_are_paired_and_complete(clips):
    shares = dict(zip([*METHODS, "untrained"], (0.9, 0.8, 0.7, 0.6, 0.5, 0.5), strict=True))
    results = {
        (name, rung, s): result(clips, share, s)
        for name, share in shares.items()
        for rung in ("linear_raw", "nearest")
        for s in range(2)
    }
    drawn = ladder_draws(results, clips, 300)
    table = differences(drawn, METHODS, 0.5, "made up").set_index(["probe", "left", "right"])
    assert len(table) == 2 * (len(PAIRS) + 2 * len(METHODS)) and table.index.is_unique
    row = table.loc["nearest", "icl", "plain"]
    told = {
        n: np.mean([results[n, "nearest", s].balanced_accuracy for s in range(2)]) for n in shares
    }
    assert row["difference"] == pytest.approx(told["icl"] - told["plain"])
    assert table.loc["nearest", "icl", "chance"]["difference"] == pytest.approx(told["icl"] - 0.5)
    # the same answers: no difference in any draw, where unpaired draws would differ
    same = table.loc["nearest", "icl_multi", "untrained"]
    assert (same["low"], same["high"]) == (0, 0)
