"""The paper's claims: the paper's own numbers support them, turned ones do not; what is missing."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.results.claims import (
    CONTRADICTED,
    DECIDING,
    NOT_TESTED,
    Evidence,
    judge,
    printed_evidence,
    read_claims,
    verdicts,
    widening,
)
from asc_lib.show import paper

CLAIMS = read_claims()


def as_the_paper_wants() -> Evidence:
    """The printed numbers as if measured without any error; made up where nothing is printed."""
    printed = printed_evidence()
    losses = printed.draws["log_loss"]
    rare = [f".{device}" for device in ("b", "c", "s1", "s2", "s3", "rare")]
    more = {}
    for method, of, change in (
        ("balanced", "plain", lambda name: -0.1 * name.endswith(tuple(rare))),
        ("icl_vintage", "vintage", lambda _: -0.02),
        ("freq_mixstyle", "plain", lambda _: -0.05),
        ("adversary", "plain", lambda _: 0.0),
    ):
        for name in losses.filter(regex=f"^{of}\\."):
            more[name.replace(of, method, 1)] = losses[name] + change(name)
    probes = printed.tables["probe_differences"]
    exact = {"low": probes["difference"], "high": probes["difference"]}
    middle = pd.DataFrame(
        [
            (effect.split("'")[1], effect.split("'")[3], np.clip(17.0, above + 1, below - 1))
            for effect, above, below in CLAIMS.query("table == 'dir_measures'")[
                ["effect", "above", "below"]
            ].to_numpy()
        ],
        columns=["measure", "set", "value"],
    )
    generator = pd.DataFrame(
        [("angles", "seen", 0.2), ("distances", "seen", 2.0), ("microphones", "seen", 3.0),
         ("microphones", "nearest", 1.0)], columns=["held_out", "right", "value"],
    ).assign(measure="lsd_db", seen_share=0.05, microphones=26)  # fmt: skip
    tables = {
        "probe_differences": probes.assign(**exact),
        "probe_depth": pd.DataFrame(
            {"encoder": ["icl_multi"], "deeper": "two_layer", "linear": "linear_standardised",
             "difference": 0.005}
        ),
        "beyond_probes": pd.DataFrame(
            {"probe": ["linear_raw"], "left": "adversary", "right": "plain", "difference": -0.1}
        ),
        "dir_measures": middle.assign(simulated=False),
        "generator_differences": generator,
    }  # fmt: skip
    for name, table in tables.items():
        number = "value" if "value" in table else "difference"
        ends = {"low": table[number], "high": table[number], "measured_on": "made-up"}
        tables[name] = table.assign(**ends)
    accuracy = {f"{m}.overall": [0.5 - 0.01 * n] for n, m in enumerate(paper.table_3().index)}
    draws = {
        "log_loss": losses,
        "accuracy": pd.DataFrame(accuracy),
        "beyond": losses.assign(**more),
    }
    twice = {name: pd.concat([table] * 3, ignore_index=True) for name, table in draws.items()}
    searches = {
        name: {v: pd.concat([t] * 3, ignore_index=True) for v, t in of.items()}
        for name, of in printed.searches.items()
    }
    return Evidence(twice, searches, tables, "made-up")


def test_the_papers_own_numbers_support_it_but_for_two_sentences() -> None:
    """A wrong sign, unit, method or device family in a claim would show here."""
    book = judge(CLAIMS, as_the_paper_wants())
    against = book.loc[book["verdict"] != "supported", ["id", "verdict"]]
    # P7: 65.65 % in Table 2. B4: 1.307 nats on B, C and S1 to S3 with ICL, 1.281 with Multi DIRs
    assert against.to_numpy().tolist() == [["P7", CONTRADICTED], ["B4", CONTRADICTED]]


def test_turned_numbers_contradict_it() -> None:
    given = as_the_paper_wants()
    turned = Evidence(
        {name: -table for name, table in given.draws.items()},
        {name: {v: -t for v, t in of.items()} for name, of in given.searches.items()},
        {}, "made-up",
    )  # fmt: skip
    book = judge(CLAIMS, turned)
    decided = book[book["verdict"].isin(DECIDING)]
    assert len(decided) > 25
    held = decided.loc[decided["verdict"] == "supported", "id"]
    # spans have no sign; "only slightly" is on either side; some sentences allow the other side
    assert set(held) <= {"G1", "G3", "R13", "R18", "R19", "R20", "B4"}


def test_the_rule() -> None:
    bounds = pd.DataFrame({"above": [-np.inf] * 3, "below": [0.0] * 3})
    low, high = pd.Series([-2.0, 0.1, -1.0]), pd.Series([-1.0, 1.0, 1.0])
    assert verdicts(bounds, low, high).tolist() == ["supported", "contradicted", "undecided"]
    assert widening(1) == 1 and widening(45) == pytest.approx(1.66, abs=0.01)


def test_what_was_not_made_says_what_makes_it() -> None:
    book = judge(CLAIMS, Evidence()).set_index("id")
    assert set(book["verdict"]) == {NOT_TESTED}
    assert book["remark"][["D1", "G1", "G3", "P1", "R1", "N1", "B1", "B6"]].tolist() == [
        "run notebook 01", "run notebook 02: no run of the search of alpha",
        "run notebook 02: it takes two values of alpha at least", "run notebook 04",
        "run notebook 05", "run notebook 06", "run notebook 05", "run notebook 07",
    ]  # fmt: skip
    given = as_the_paper_wants()
    few = given.draws["log_loss"].drop(columns=["plain.s4", "plain.best_other"])
    lacking = Evidence({"log_loss": few, "beyond": few}, given.searches, given.tables, "made-up")
    said = judge(CLAIMS, lacking).set_index("id")["remark"]
    assert said["R2"] == "these recordings lack a device that it is about"
    assert said["B1"] == "not trained in this study: add balanced to beyond_methods"
    raw = {"generator_differences": given.tables["generator_differences"].assign(seen_share=0.3)}
    said = judge(CLAIMS, Evidence(given.draws, {}, raw, "made-up")).set_index("id")["remark"]
    assert "30% of the error" in said["N1"] and "raise generator_steps" in said["N1"]
    simulated = {"dir_measures": given.tables["dir_measures"].assign(simulated=True)}
    built = judge(CLAIMS, Evidence(tables=simulated)).set_index("id")
    assert built.loc["D1", "verdict"] == "built in"
