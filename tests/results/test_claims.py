"""The claims: for each there is evidence that supports it, and evidence that contradicts it."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.results import claims
from asc_lib.results.claims import CONTRADICTED, NOT_TESTED, SUPPORTED, UNDECIDED, judge

CLAIMS = claims.read_claims()


def evidence(claim: pd.Series, value: float, **changed: object) -> dict[str, pd.DataFrame]:
    """Tables in which the effects of one claim are exactly `value`."""
    table, effect = claim["table"], claim["effect"]
    row = {"value": value, "low": value, "high": value, "measured_on": "made-up"} | changed
    if table in claims.FORMULAS:
        return {
            table: pd.DataFrame([{"effect": e, "lacks": "", **row} for e in effect.split("; ")])
        }
    named = dict(part.split(" == ") for part in effect.split(" and ") if " == " in part)
    named = {name: text.strip("'") for name, text in named.items()} | {"seen_share": 0.0}
    if "difference" in claims_columns(table):
        row |= {"difference": row.pop("value") / 100, "low": value / 100, "high": value / 100}
    probes = {"probe": "two_layer"} if "probe in" in effect else {}
    return {table: pd.DataFrame([row | named | probes])}


def claims_columns(table: str) -> list[str]:
    return ["difference"] if "probe" in table else ["value"]


@pytest.mark.parametrize("claim", [row for _, row in CLAIMS.iterrows()], ids=list(CLAIMS["id"]))
def test_every_claim_can_be_supported_and_contradicted(claim: pd.Series) -> None:
    ends = claim[["above", "below"]].astype(float)
    within = ends.mean() if np.isfinite(ends).all() else ends["above"] + 1
    within = within if np.isfinite(within) else ends["below"] - 1
    outside = ends["below"] + 1 if np.isfinite(ends["below"]) else ends["above"] - 1
    for value, said in ((within, SUPPORTED), (outside, CONTRADICTED)):
        (row,) = judge(claim.to_frame().T, evidence(claim, value)).to_dict("records")
        assert (row["verdict"], row["verdict_widened"]) == (said, said)
        assert row["effect"] == pytest.approx(value) and row["remark"] == ""


def test_the_papers_own_numbers_lie_where_its_sentences_want_them_but_for_two() -> None:
    """A wrong sign, unit, method or device family in a claim would show here."""
    book = judge(CLAIMS, claims.printed())
    printed = book[book["effect"].notna()]
    assert len(printed) > 30
    outside = (printed["effect"] <= printed["above"]) | (printed["effect"] >= printed["below"])
    # P7: 65.65 % in Table 2. B4: 1.307 nats on B, C and S1 to S3 with ICL, 1.281 with Multi DIRs
    assert list(printed.loc[outside, "id"]) == ["P7", "B4"]


def test_effects_are_computed_draw_for_draw() -> None:
    rng = np.random.default_rng(0)
    drawn = {m: pd.DataFrame({"unseen": rng.normal(size=101)}) for m in ("plain", "multi")}
    table = claims.effects("effects", drawn, 3, "made-up").set_index("effect")
    row, values = table.loc["`multi.unseen` - `plain.unseen`"], drawn["multi"] - drawn["plain"]
    assert row["value"] == values["unseen"][0] and row["seeds"] == 3
    assert [row["low"], row["high"]] == values["unseen"][1:].quantile([0.025, 0.975]).tolist()
    lacking = table.loc["`plain.unseen` - `plain.real`"]
    assert lacking["lacks"] == "plain.real" and np.isnan(lacking["value"])
    highest = claims.searched("alpha", {0.2: drawn["plain"], 0.8: drawn["multi"]})
    assert highest["alpha_highest"] is highest["alpha_0.8"]
    assert "alpha_highest" not in claims.searched("alpha", {0.0: drawn["plain"]})


def test_one_seed_an_extreme_and_simulated_data_give_no_verdict() -> None:
    r3, d4 = (CLAIMS[CLAIMS["id"] == name] for name in ("R3", "D4"))
    one = judge(r3, evidence(r3.iloc[0], -1.0, seeds=1)).iloc[0]
    assert one["verdict"] == UNDECIDED and "one seed" in one["remark"]
    extreme = judge(d4, evidence(d4.iloc[0], 20.0, low=np.nan, high=np.nan)).iloc[0]
    assert extreme["verdict"] == UNDECIDED and "extreme" in extreme["remark"]
    built = judge(d4, evidence(d4.iloc[0], 20.0, simulated=True)).iloc[0]
    assert built["verdict"] == "built in" and SUPPORTED in built["remark"]


def test_of_several_effects_all_are_needed_and_one_contradicts() -> None:
    r2 = CLAIMS[CLAIMS["id"] == "R2"]
    table = evidence(r2.iloc[0], -1.0)["effects"]
    table.loc[3, ["value", "high"]] = [-0.1, 0.1]
    assert judge(r2, {"effects": table})["verdict"].tolist() == [UNDECIDED]
    assert judge(r2, {"effects": table})["effect"].tolist() == [-0.1]
    table.loc[5, ["value", "low", "high"]] = 0.3
    assert judge(r2, {"effects": table})["verdict"].tolist() == [CONTRADICTED]


def test_what_was_not_made_says_what_makes_it() -> None:
    book = judge(CLAIMS, {}).set_index("id")
    assert set(book["verdict"]) == {NOT_TESTED}
    wanted = {"D1": "01", "G1": "02", "P1": "04", "R1": "05", "N1": "06", "B1": "07"}
    assert all(book.loc[name, "remark"] == f"run notebook {n}" for name, n in wanted.items())
    r3 = CLAIMS[CLAIMS["id"] == "R3"]
    table = evidence(r3.iloc[0], np.nan, lacks="vintage.unseen")
    assert judge(r3, table)["remark"].tolist() == ["not in this study: vintage.unseen"]


def test_intervals_that_hold_at_once_are_wider() -> None:
    assert claims.widening(1) == 1 and claims.widening(45) == pytest.approx(1.66, abs=0.01)
