"""Many methods at once: simultaneous intervals, pairs, trade-off, against closed forms."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score

from asc_lib import beyond
from asc_lib.methods import ALL_METHODS, METHODS, Method
from asc_lib.results import intervals, metrics
from asc_lib.study import load
from tests.results.test_metrics import make


def normal_draws(
    values: dict[str, float], spread: float, draws: int = 20_000, shared: float = 0.0
) -> dict[str, pd.DataFrame]:
    """Methods whose draws scatter independently, and by `shared` together."""
    rng = np.random.default_rng(1)
    together = shared * rng.standard_normal(draws)
    return {
        m: pd.DataFrame({"overall": [v, *(v + together + spread * rng.standard_normal(draws))]})
        for m, v in values.items()
    }


def test_compared_are_table_3s_methods_and_the_studys_in_the_tables_order():
    study = load("smoke", beyond_methods=["mmd", "balanced"])
    assert beyond.compared(study) == [*METHODS, "balanced", "mmd"]
    assert beyond.compared(load("smoke", beyond_methods=[])) == list(METHODS)


def test_words_are_no_part_of_a_runs_name():
    one, other = Method("a", loss="m:f"), Method("b", loss="m:f", says="x", source="y")
    assert one.recipe == other.recipe == {"loss": ["m:f", {}]}


def test_all_at_once_is_sidak_for_independent_differences():
    # a reference that does not scatter: the differences are independent
    values = {"plain": 0.0, "icl": 0.0, "multi": 0.0, "vintage": 3.2, "mmd": 2.0}
    drawn = normal_draws(values, 1.0)
    drawn["plain"] = 0 * drawn["plain"]
    table = beyond.simultaneous(drawn, "plain", ["overall"]).set_index("method")
    tail = (1 - 0.95 ** (1 / 4)) / 2  # exact for four independent normal ones
    half = (table["high_all"] - table["low_all"]) / 2
    np.testing.assert_allclose(half, stats.norm.isf(tail), rtol=0.03)
    np.testing.assert_allclose((table["high"] - table["low"]) / 2, 1.96, rtol=0.03)
    wanted = 1 - (1 - 2 * stats.norm.sf([3.2, 2.0])) ** 4
    np.testing.assert_allclose(table.loc[["vintage", "mmd"], "p_all"], wanted, atol=0.01)
    assert table.loc["icl", "p_all"] == pytest.approx(1)
    assert table.loc["vintage", "low_all"] > 0 > table.loc["mmd", "low_all"]
    assert table.loc["mmd", "low"] > 0


def test_pairs_are_paired_and_missing_ones_drop_out():
    drawn = normal_draws({"plain": 1.0, "icl": 1.2, "multi": 0.9, "icl_multi": 0.8}, 0, shared=3)
    pairs = beyond.pair_differences(drawn, beyond.ICL_ADDS, ["overall", "unseen"])
    assert pairs[["left", "right", "column"]].to_numpy().tolist() == [
        ["icl", "plain", "overall"], ["icl_multi", "multi", "overall"],
    ]  # fmt: skip
    np.testing.assert_allclose(pairs[["low", "value", "high"]].iloc[0], 0.2)


def test_bias_is_of_the_heard_devices_only():
    table = pd.DataFrame({"a": [1.0], "b": 2.0, "s1": 4.0, "s4": 100.0, "overall": 5.0})
    wide = beyond.with_rare(table)
    assert wide[[beyond.RARE, beyond.BIAS]].iloc[0].tolist() == [3.0, 2.0]
    pd.testing.assert_frame_equal(beyond.with_rare(table[["b", "s4"]]), table[["b", "s4"]])


def test_probes_meet_the_places_and_seeds_of_the_log_loss():
    table = make().sort_values("filename").reset_index(drop=True)
    clips = table[table["device"].isin(["a", "b", "s1"]) & (table["location"] != "place-3")]
    clips = clips.reset_index(drop=True)
    guesses = np.random.default_rng(0).choice(["a", "b", "s1"], (2, len(clips)))
    results = [SimpleNamespace(predicted=guess) for guess in guesses]
    found = beyond.probe_draws(results, clips, table, 50)
    wanted = np.mean([balanced_accuracy_score(clips["device"], guess) for guess in guesses])
    assert found[0] == pytest.approx(wanted) and len(found) == 51
    # a "log-loss" that is 1 where the probe is right: the same draws say the same, where all
    # clips of the table are the probe's
    whole = table[table["device"].isin(["a", "b", "s1"])].reset_index(drop=True)
    named = np.random.default_rng(1).choice(["a", "b", "s1"], len(whole))
    right = named == whole["device"].to_numpy()
    log_p = np.full((len(whole), 10), np.log(0.02 / 9))
    scene = whole["scene"].map(list(metrics.SCENES).index).to_numpy()
    log_p[np.arange(len(whole)), np.where(right, scene, (scene + 1) % 10)] = np.log(0.98)
    as_scenes = whole.assign(**dict(zip(metrics.LOG_P, log_p.T, strict=True)))
    by_metrics = intervals.redraw([as_scenes], 50, "accuracy")
    one = beyond.probe_draws([SimpleNamespace(predicted=named)], whole, whole, 50)
    np.testing.assert_allclose(one, by_metrics[["a", "b", "s1"]].mean(axis=1))


def test_ranks_go_together_as_scipy_says():
    rng = np.random.default_rng(0)
    methods = list(ALL_METHODS)[:7]
    columns = ["overall", "unseen"]
    drawn = {m: pd.DataFrame(rng.normal(size=(31, 2)), columns=columns) for m in methods}
    devices = {m: rng.uniform(size=31) for m in methods}
    points, ranks = beyond.trade_off(drawn, devices)
    first = [devices[m][0] for m in methods]
    assert points["device_accuracy"].tolist() == first
    wanted = stats.spearmanr(first, [drawn[m]["unseen"][0] for m in methods]).statistic
    ranks = ranks.set_index("column")
    assert ranks.loc["unseen", "rank_correlation"] == pytest.approx(wanted)
    each = [
        stats.spearmanr([devices[m][d + 1] for m in methods],
                        [drawn[m]["overall"][d + 1] for m in methods]).statistic
        for d in range(30)
    ]  # fmt: skip
    np.testing.assert_allclose(ranks.loc["overall", ["low", "high"]].astype(float),
                               np.quantile(each, [0.025, 0.975]))  # fmt: skip
    low = np.quantile(drawn[methods[2]]["overall"][1:], 0.025)
    assert points["overall_low"].iloc[2] == pytest.approx(low)
