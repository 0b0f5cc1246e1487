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
)  # fmt: skip
from asc_lib.probe.probe import judged

METHODS = ("plain", "vintage", "multi", "icl", "icl_multi")


@pytest.fixture
def clips() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "device": rng.choice(["a", "b"], 120, p=[0.7, 0.3]),
            "location": rng.choice(list("pqrst"), 120),
            "scene": "bus",
        }
    )


def result(clips: pd.DataFrame, share: float, seed: int):
    rng = np.random.default_rng(seed)
    true = clips["device"].to_numpy(dtype=str)
    named = np.where(rng.random(len(clips)) < share, true, np.where(true == "a", "b", "a"))
    return judged(true, named, np.array(["a", "b"]), [2.0, 1.0], True)


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
