"""Sentences of notebook 07 follow from the numbers."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.experiment.beyond import BIAS, RARE
from asc_lib.experiment.power import Luck
from asc_lib.report import beyond_texts

LOWER, HIGHER, OPEN = (-0.2, -0.3, -0.1), (0.2, 0.1, 0.3), (0.1, -0.1, 0.3)


def pair(left: str, right: str, **columns: tuple[float, float, float]) -> pd.DataFrame:
    rows = [(left, right, name, *ends) for name, ends in columns.items()]
    return pd.DataFrame(rows, columns=["left", "right", "column", "value", "low", "high"])


def test_one_seed_is_told_plainly():
    assert "no interval over seeds" in beyond_texts.of_seeds(1)
    assert "67%" in beyond_texts.of_seeds(3)


@pytest.mark.parametrize(
    ("bias", "overall", "said"),
    [
        (LOWER, LOWER, "balancing helps"),
        (LOWER, OPEN, "less bias to A, with overall log-loss open"),
        (LOWER, HIGHER, "paid for overall"),
        (OPEN, OPEN, "neither"),
        (OPEN, HIGHER, "no less bias that shows, and a higher"),
        (HIGHER, HIGHER, "more bias to A and a higher"),
    ],
)
def test_balancing(bias, overall, said):
    text = beyond_texts.balancing(pair("balanced", "plain", **{BIAS: bias, "overall": overall}))
    assert said in text and "+ balanced devices less PaSST" in text
    one_device = pair("balanced", "plain", overall=LOWER)  # recordings of other devices
    assert "no less bias that shows" in beyond_texts.balancing(one_device)
    assert "no method" in beyond_texts.balancing(one_device.iloc[:0])
    assert "other heard devices -0.200" in beyond_texts.balancing(
        pair("balanced", "plain", **{RARE: LOWER})
    )


def test_what_icl_adds():
    adds = pd.concat([
        pair("icl", "plain", overall=LOWER, unseen=OPEN),
        pair("icl_multi", "multi", overall=HIGHER, unseen=HIGHER),
    ])  # fmt: skip
    text = beyond_texts.icl_adds(adds, pair("icl", "plain", overall=LOWER))
    first, second, third = text.splitlines()
    assert "ICL lowers the log-loss overall, makes no difference that shows on unseen" in first
    assert "ICL raises it overall" in second
    assert "adds to PaSST less what it adds to + Multi DIRs: -0.200" in third
    assert "worth more without the good" in third
    assert "cannot tell" in beyond_texts.icl_adds(adds, pair("icl", "plain", overall=OPEN))
    seen = adds[adds["column"] == "overall"]  # of a study without unseen devices
    assert "unseen" not in beyond_texts.icl_adds(seen, pair("icl", "plain", overall=LOWER))


def test_rivals_against_each_reference():
    table = pd.concat([
        pair("mmd", "plain", overall=LOWER, unseen=HIGHER), pair("mmd", "icl", overall=OPEN)
    ])  # fmt: skip
    text = beyond_texts.rivals(table, ["plain", "icl", "multi"])
    assert text == (
        "- **+ MMD**: -0.200 [-0.300, -0.100], lower against PaSST; "
        "+0.100 [-0.100, +0.300], open against + ICL."
    )
    assert "no rival" in beyond_texts.rivals(table.iloc[:0], ["plain"])


def test_many_comparisons():
    table = pd.DataFrame(
        [("icl", "overall", -0.2, -0.3, -0.1, -0.5, 0.1), ("mmd", "unseen", 0.9, 0.8, 1, 0.7, 1.1)],
        columns=["method", "column", "value", "low", "high", "low_all", "high_all"],
    )
    text = beyond_texts.family_wise(table, "plain")
    assert "2 comparisons with PaSST: 2 leave zero out one by one" in text
    assert "1 do all at once (+ MMD above in unseen devices)" in text


@pytest.mark.parametrize(
    ("ends", "said"),
    [((0.5, 0.2, 0.7), "yes:"), ((-0.5, -0.7, -0.2), "no, the opposite"),
     ((0.1, -0.4, 0.6), "cannot tell"), ((np.nan,) * 3, "no ranks")],
)  # fmt: skip
def test_trade_off(ends, said):
    columns = ["column", "methods", "rank_correlation", "low", "high"]
    ranks = pd.DataFrame([("overall", 9, *ends)], columns=columns)
    assert said in beyond_texts.trade_off(ranks)


def test_power():
    effects = pd.DataFrame(
        {"delta": [0.2, 0.05, 0.01], "seeds": [2, 30, np.inf], "places": [20, 80, np.inf],
         "clips": [200, 800, np.inf]}, index=["multi", "icl", "mmd"],
    )  # fmt: skip
    text = beyond_texts.power(effects, 3, 40)
    assert "1 of 3 observed" in text and "(+ Multi DIRs)" in text
    assert "- + ICL, 0.050 nats: 30 seeds, or 80 places (800 clips)." in text
    assert "- + MMD, 0.010 nats: more than 10,000 seeds, or more than 10,000 places." in text
    one_seed = beyond_texts.power(effects.assign(seeds=np.nan), 1, 40)
    assert "80 places" in one_seed and "30 seeds" not in one_seed
    assert "unknown" in beyond_texts.luck(Luck(np.nan, 0.04, 0.0), 1)
    assert "0.100 nats from training" in beyond_texts.luck(Luck(0.01, 0.04, 0.09), 3)
