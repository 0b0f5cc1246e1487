"""Sentences about probes say what the numbers say, in every branch."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.experiment import probe_statements as statements
from asc_lib.experiment.probe_intervals import DEPTHS

COLUMNS = ["probe", "left", "right", "difference", "low", "high"]


def row(right: str, low: float, high: float) -> pd.Series:
    return pd.Series(["nearest", "icl", right, (low + high) / 2, low, high], COLUMNS)


@pytest.mark.parametrize(
    ("right", "low", "high", "word"),
    [
        ("plain", -0.3, -0.1, "seen ("),
        ("plain", -0.1, 0.2, "left open ("),
        ("plain", 0.1, 0.3, "the opposite is seen ("),
        ("plain", np.nan, np.nan, "left open ("),
        ("chance", 0.2, 0.3, "not seen ("),
        ("chance", -0.01, 0.04, "seen ("),
        ("chance", 0.01, 0.3, "left open ("),
    ],
)
def test_a_claim_is_judged_by_its_interval(right, low, high, word):
    said = statements.claim(row(right, low, high))
    assert said.startswith(word)
    assert ("without an interval" in said) == np.isnan(low)
    assert ("above guessing" in said) == (right == "chance")


def test_every_claim_of_the_paper_is_answered():
    table = pd.DataFrame(
        [row("x", -0.2, -0.1).replace({"x": b, "icl": a}) for a, b in statements.CLAIMS.values()]
    )
    said = statements.claims(table, "nearest")
    assert set(said) == set(statements.CLAIMS)
    assert said["ICL lowers device accuracy"] == (
        "seen (-15.0 percentage points, 95 % interval -20.0 to -10.0)"
    )


def test_methods_are_grouped_about_the_untrained_encoder():
    rows = [("icl", -0.2, -0.1), ("multi", -0.1, 0.1), ("plain", 0.1, 0.2)]
    table = pd.DataFrame(
        [("nearest", name, "untrained", 0.0, low, high) for name, low, high in rows],
        columns=COLUMNS,
    )
    said = statements.removed(table, "nearest", {"icl": "ICL", "multi": "Multi", "plain": "Plain"})
    assert said == (
        "less than the untrained encoder: ICL; not to be told from the untrained encoder: Multi; "
        "more than the untrained encoder: Plain"
    )


@pytest.mark.parametrize(
    ("raw", "standardised", "start"),
    [
        (0.2, 0.1, "yes:"),
        (0.2, -0.1, "not too shallow, but too short-sighted"),
        (-0.2, 0.1, "no: no deeper probe is sure to beat the paper's, although"),
        (-0.2, -0.1, "no: no deeper probe is sure to find more"),
    ],
)
@pytest.mark.parametrize("deeper", ["two_layer", "nearest"])
def test_too_shallow_follows_from_both_linear_probes(raw, standardised, start, deeper):
    gains = {"linear_raw": raw, "linear_standardised": standardised}
    rows = []
    for deep, linear in DEPTHS:
        value = gains[linear] if deep == deeper else -0.3
        rows.append(("icl", deep, linear, value, value - 0.05, value + 0.05))
    columns = ["encoder", "deeper", "linear", "difference", "low", "high"]
    assert statements.too_shallow(pd.DataFrame(rows, columns=columns), "icl").startswith(start)


@pytest.mark.parametrize(
    ("low", "high", "start"),
    [(0.2, 0.3, "**above**"), (0.1, 0.15, "below"), (0.1, 0.2, "at guessing")],
)
def test_a_leak_is_called_one(low, high, start):
    values = {"balanced_accuracy": (low + high) / 2, "low": low, "high": high, "chance": 1 / 6}
    assert statements.leaks(pd.Series(values)).startswith(start)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(-0.2, -0.1, "harder"), (-0.1, 0.1, "not to be told"), (0.1, 0.2, "easier")],
)
def test_unseen_devices_are_held_against_seen_ones(low, high, word):
    rows = [
        ("icl", device, (low + high) / 2, low, high)
        for device in ("unseen", "unseen less seen", "gap less untrained's")
    ]
    table = pd.DataFrame(rows, columns=["encoder", "device", "recall", "low", "high"])
    said = statements.gap(table, "icl")
    assert f"unseen devices are {word}" in said and "against the untrained encoder" in said
    assert "against" not in statements.gap(table.iloc[:2], "icl")
    assert "no unseen devices" in statements.gap(table.iloc[:0], "icl")
