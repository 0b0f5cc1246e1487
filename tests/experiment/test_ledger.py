"""A ledger on made-up evidence: each verdict must come out where it should, and nowhere else."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from asc_lib.experiment import effects, evidence, ledger, metrics
from asc_lib.experiment.ledger import Claim, Evidence, Found, NotMadeError
from asc_lib.files import InputError
from asc_lib.study import load
from tests.experiment.test_metrics import make

INF = float("inf")


def claim(above: float, below: float, *found: float) -> Claim:
    def find(_: Evidence) -> Found:
        if not found:
            raise NotMadeError("run notebook 04")
        return Found(*found, "made-up clips")

    return Claim("X", "group", "sentence", "Sec. 0", "test", "nats", find, above, below)


@pytest.mark.parametrize(
    ("above", "below", "low", "high", "said"),
    [
        (-INF, 0, -2, -1, "supported"),
        (-INF, 0, 1, 2, "contradicted"),
        (-INF, 0, -1, 1, "undecided"),
        (-INF, 0, -1, 0, "undecided"),  # it touches the bound
        (0, INF, 1, 2, "supported"),
        (0, INF, -2, -1, "contradicted"),
        (-0.05, 0.05, -0.01, 0.04, "supported"),
        (-0.05, 0.05, 0.06, 0.1, "contradicted"),
        (-0.05, 0.05, 0.04, 0.06, "undecided"),
        (-0.05, 0.05, -1, 1, "undecided"),  # on both sides, but not outside
        (0, INF, np.nan, np.nan, "undecided"),
    ],
)
def test_a_verdict_is_where_the_whole_interval_lies(above, below, low, high, said):
    assert ledger.verdict(low, high, above, below) == said
    kept = ledger.keep([claim(above, below, (low + high) / 2, low, high)], Evidence())
    assert kept.loc[0, "verdict"] == said


def test_all_intervals_at_once_are_wider_as_bonferroni_says():
    assert ledger.widening(1) == pytest.approx(1)
    many = [claim(0, INF, 1.0, 0.3, 1.7)] * 20
    kept = ledger.keep(many, Evidence())
    # a normal effect of standard error 0.7 / 1.96 = 0.357: sure of one test, not of twenty
    half = 0.7 / stats.norm.ppf(0.975) * stats.norm.ppf(1 - 0.025 / 20)
    assert half > 1
    assert set(kept["verdict"]) == {"supported"} and set(kept["verdict_widened"]) == {"undecided"}
    sure = ledger.keep([claim(0, INF, 2.0, 1.3, 2.7)] * 20, Evidence())
    assert set(sure["verdict_widened"]) == {"supported"}


def table(**columns: float) -> pd.DataFrame:
    """A value and two draws around it."""
    row = pd.Series(columns)
    draws = pd.DataFrame([row - 0.01, row + 0.01])
    return ledger.once_and_drawn(row, draws)


def test_differences_are_taken_draw_by_draw():
    # draws far apart, but together: the difference hardly varies
    plain = pd.DataFrame({"unseen": [1.0, 0.0, 2.0]})
    methods = {"plain": plain, "icl": plain + 0.1}
    found = effects.difference("icl", "plain", "unseen")(Evidence(log_loss=methods))
    assert found[:3] == pytest.approx((0.1, 0.1, 0.1))
    in_points = effects.difference("icl", "plain", "unseen", "accuracy")(Evidence(accuracy=methods))
    assert in_points.value == pytest.approx(10)


def test_effects_on_devices_and_families():
    devices = dict.fromkeys(("b", "c", "s1", "s2", "s3", "s4", "s5", "s6"), 2.0) | {
        "a": 1.0,
        "c": 1.2,
    }
    families = {"real": 1.4, "simulated": 2.0, "unseen": 2.0}
    plain = table(**devices, **families)
    multi = table(**devices, real=1.3, simulated=1.95, unseen=1.6)
    found = Evidence(log_loss={"plain": plain, "multi": multi}, measured_on="made-up clips")
    assert effects.gap_to_unseen("plain")(found).value == pytest.approx(0.6)
    best_other = effects.device_a_less("plain", effects.OTHERS, "min")(found)
    assert best_other.value == pytest.approx(-0.2)
    heard = effects.device_a_less("plain", effects.OTHERS_HEARD, "mean")(found)
    assert heard.value == pytest.approx(1 - (2 + 1.2 + 2 + 2 + 2) / 5)
    # unseen devices gain 0.4, real ones 0.1, simulated ones 0.05
    assert effects.unseen_gains_most("multi")(found).value == pytest.approx(-0.3)


def searched(**log_loss: float) -> dict[float, pd.DataFrame]:
    return {
        float(value.replace("_", ".").strip("v")): table(log_loss=loss, accuracy_percent=100 - loss)
        for value, loss in log_loss.items()
    }


PROBES = pd.DataFrame(
    [
        ("linear_raw", "icl", "plain", -0.10, -0.15, -0.05),
        ("linear_raw", "icl_multi", "chance", 0.01, -0.01, 0.04),
        ("two_layer", "icl_multi", "chance", 0.21, 0.17, 0.25),
        ("nearest", "icl_multi", "chance", 0.11, 0.1, 0.12),
        ("two_layer", "plain", "chance", 0.8, 0.7, 0.9),
    ],
    columns=["probe", "left", "right", "difference", "low", "high"],
).assign(measured_on="made-up clips")

DEPTH = pd.DataFrame(
    [
        ("icl_multi", "two_layer", "linear_standardised", 0.02, 0.01, 0.03),
        ("icl_multi", "two_layer", "linear_raw", 0.2, 0.16, 0.25),
        ("icl", "two_layer", "linear_standardised", 0.5, 0.4, 0.6),
    ],
    columns=["encoder", "deeper", "linear", "difference", "low", "high"],
).assign(measured_on="made-up clips")


def test_probes_are_read_in_points_and_either_way_round():
    found = Evidence(probes=PROBES)
    assert effects.probed("icl", "plain")(found)[:3] == pytest.approx((-10, -15, -5))
    assert effects.probed("plain", "icl")(found)[:3] == pytest.approx((10, 5, 15))
    with pytest.raises(NotMadeError, match="multi against icl"):
        effects.probed("multi", "icl")(found)
    with pytest.raises(NotMadeError, match="run notebook 04"):
        effects.probed("icl", "plain")(Evidence())


def test_a_study_without_other_notebooks_has_its_own_evidence_only(tmp_path, monkeypatch):
    config = load("smoke", bootstrap_draws=20)
    monkeypatch.setattr("asc_lib.study.ROOT", tmp_path)
    found = evidence.gather(config, {"plain": [make()]}, "made-up clips")
    assert len(found.log_loss["plain"]) == 21 and found.probes is None and found.dirs is None
    assert not found.alpha and not found.lambda_icl
    value = metrics.overall(make(), "accuracy")
    assert found.accuracy["plain"].loc[0, "overall"] == pytest.approx(value)
    tables = config.output / "tables"
    tables.mkdir(parents=True)
    PROBES.to_csv(tables / "probe_differences.csv", index=False)
    DEPTH.to_csv(tables / "probe_depth.csv", index=False)
    again = evidence.gather(config, {"plain": [make()]}, "made-up clips")
    assert effects.probed("icl", "plain")(again).value == pytest.approx(-10)
    assert effects.deeper_probe_reads_more("icl")(again).value == pytest.approx(50)
    PROBES.drop(columns="low").to_csv(tables / "probe_differences.csv", index=False)
    with pytest.raises(InputError, match="no column low; run notebook 04 again"):
        evidence.gather(config, {"plain": [make()]}, "made-up clips")


def test_notebook_07s_methods_are_compared_on_the_seeds_that_both_have(tmp_path, monkeypatch):
    config = load(
        "smoke", bootstrap_draws=20, seeds=2, beyond_seeds=1,
        beyond_methods=["balanced", "mmd"],
    )  # fmt: skip
    without, tested = load("smoke", beyond_methods=[]), make(seed=4)

    class FakeRun:
        def __init__(self, folder) -> None:
            self.complete = folder.name.startswith("balanced")
            guess = tested.assign(choice="paper", side="test")
            self.predictions = pd.concat([tested.assign(choice="clean", side="test"), guess])

    monkeypatch.setattr("asc_lib.study.ROOT", tmp_path)
    monkeypatch.setattr(evidence, "Run", FakeRun)
    plain = [make(), make(seed=1)]
    found = evidence.gather(config, {"plain": plain}, "made-up clips")
    assert set(found.beyond) == {"plain", "balanced"}  # mmd is not trained to its end
    both = metrics.overall(tested), metrics.overall(plain[0])
    less = effects.beyond_difference("balanced", "plain", "overall")(found)
    assert less.value == pytest.approx(both[0] - both[1])
    mean = metrics.table_row(plain)["overall"]
    assert found.log_loss["plain"].loc[0, "overall"] == pytest.approx(mean)
    (config.output / "tables").mkdir(parents=True)
    PROBES.replace("icl", "balanced").to_csv(
        config.output / "tables" / "beyond_probes.csv", index=False
    )
    found = evidence.gather(config, {"plain": plain}, "made-up clips")
    assert effects.beyond_probed("balanced", "plain")(found).value == pytest.approx(-10)
    assert not evidence.gather(without, {"plain": plain}, "made-up clips").beyond
