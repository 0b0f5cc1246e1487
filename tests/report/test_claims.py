"""The paper's claims: each has all that decides it, and the paper's own numbers are on its side."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from asc_lib.experiment import dir_statements, ledger
from asc_lib.experiment.ledger import Evidence
from asc_lib.report import ledger_figures, paper
from asc_lib.report.claims import CLAIMS, printed_evidence
from asc_lib.study import METHODS
from tests.report.drawn import check, words


def with_draws(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table, table], ignore_index=True)


def made_up_beyond(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Notebook 07's methods as the paper would like them; nothing is printed of them."""
    rare = dict.fromkeys(("b", "c", "s1", "s2", "s3"), 0.1)
    return tables | {
        "balanced": tables["plain"]
        - pd.Series(rare).reindex(tables["plain"].columns, fill_value=0),
        "icl_vintage": tables["vintage"] - 0.02,
        "freq_mixstyle": tables["plain"] - 0.05,
        "adversary": tables["plain"],
    }


def paper_as_evidence() -> Evidence:
    """The printed numbers as if measured without any error; made up where nothing is printed."""
    printed = printed_evidence()
    probes = printed.probes.assign(
        low=printed.probes["difference"], high=printed.probes["difference"]
    )
    depth = pd.DataFrame(
        {"encoder": ["icl_multi"], "deeper": "two_layer", "linear": ["linear_standardised"]}
    )
    depth[["difference", "low", "high"]] = 0.005
    bounds = {(s.measure, s.of): s for s in dir_statements.SENTENCES}
    dirs = pd.DataFrame(
        {key: np.clip(17.0, s.low + 1, s.high - 1) for key, s in bounds.items()}, index=["value"]
    ).T
    dirs["low"] = dirs["high"] = dirs["value"]
    dirs["simulated"] = False
    generator = pd.DataFrame(
        [("angles", "seen", 0.2), ("distances", "seen", 2.0), ("microphones", "seen", 3.0),
         ("microphones", "nearest", 1.0)], columns=["held_out", "right", "value"],
    ).assign(measure="lsd_db", seen_share=0.05, microphones=26)  # fmt: skip
    generator["measured_on"] = "made-up DIRs"
    generator["low"] = generator["high"] = generator["value"]
    accuracy = {m: pd.DataFrame({"overall": [0.5 - 0.01 * n]}) for n, m in enumerate(METHODS)}
    beyond = made_up_beyond(printed.log_loss)
    return Evidence(
        log_loss={m: with_draws(table) for m, table in printed.log_loss.items()},
        beyond={m: with_draws(table) for m, table in beyond.items()},
        beyond_probes=pd.DataFrame(
            [("linear_raw", "adversary", "plain", -0.1, -0.1, -0.1, "made-up clips")],
            columns=["probe", "left", "right", "difference", "low", "high", "measured_on"],
        ),
        accuracy={m: with_draws(table) for m, table in accuracy.items()},
        alpha={value: with_draws(table) for value, table in printed.alpha.items()},
        lambda_icl={value: with_draws(table) for value, table in printed.lambda_icl.items()},
        probes=probes,
        depth=depth.assign(measured_on="made-up clips"),
        dirs=dirs,
        generator=generator,
        measured_on="made-up clips",
        dirs_measured_on="made-up DIRs",
    )


def test_the_papers_own_numbers_support_it_but_for_two_sentences():
    """A wrong sign, unit, method or device family in a claim would show here."""
    kept = ledger.keep(CLAIMS, paper_as_evidence())
    against = kept.loc[kept["verdict"] != "supported", ["claim", "verdict"]]
    assert against.to_numpy().tolist() == [
        ["ICL makes latent space invariant to the device", "contradicted"],  # 65.65 % in Table 2
        # 1.307 nats on B, C and S1 to S3 with ICL, 1.281 with Multi DIRs (Table 3)
        ["ICL is advantageous where only imbalance matters, not unseen classes", "contradicted"],
    ]


def turned(evidence: Evidence) -> Evidence:
    """The same numbers with every effect the other way round."""
    return Evidence(
        log_loss={m: -table for m, table in evidence.log_loss.items()},
        beyond={m: -table for m, table in evidence.beyond.items()},
        accuracy={m: -table for m, table in evidence.accuracy.items()},
        alpha={value: -table for value, table in evidence.alpha.items()},
        lambda_icl={value: -table for value, table in evidence.lambda_icl.items()},
        probes=evidence.probes,
        dirs=evidence.dirs,
        measured_on="made-up clips",
    )


def test_the_opposite_numbers_contradict_directions():
    kept = ledger.keep(CLAIMS, turned(paper_as_evidence())).set_index("id")
    upheld = kept.index[(kept["verdict"] == "supported") & kept.index.str.match("[GR]")]
    slightly = kept.loc[upheld, "claim"].str.contains("slightly|as drastic|do not improve")
    # of a span or of a size within a margin on both sides nothing changes with the sign
    assert slightly.all() and 0 < len(upheld) < 6
    assert kept.loc["R11", "verdict"] == "contradicted"
    assert set(kept.loc[["B1", "B2", "B3", "B5"], "verdict"]) == {"contradicted"}


def test_claims_about_simulated_dir_sets_are_built_in_and_no_others():
    evidence = paper_as_evidence()
    dirs = evidence.dirs.copy()
    dirs.loc[dirs.index.get_level_values(1) != "vintage", "simulated"] = True
    kept = ledger.keep(CLAIMS, replace(evidence, dirs=dirs)).set_index("id")
    assert list(kept.index[kept["verdict"] == "built in"]) == ["D5", "D6", "D7", "D8", "D9"]
    assert kept.loc[["D1", "D2", "D3", "D4"], "verdict"].eq("supported").all()
    assert kept.loc["D5", "remark"].endswith("supported") and np.isfinite(kept.loc["D5", "effect"])
    fig, _ = ledger_figures.draw_ledger(kept.reset_index(), "made-up clips")
    assert "built in" in words(fig)
    fig, _ = ledger_figures.draw_ledger(ledger.keep(CLAIMS, evidence), "made-up clips")
    assert "built in" not in words(fig)


def test_nothing_made_is_nothing_tested_and_nothing_dropped():
    kept = ledger.keep(CLAIMS, Evidence())
    assert set(kept["verdict"]) == {"not tested here"} and len(kept) == len(CLAIMS)
    needed = set(kept["id"].str[0] + kept["remark"].str[12:15])
    assert needed == {"D 01", "G 02", "P 04", "R 05", "N 05", "N 06", "B 05"}


def test_what_a_generator_never_learnt_is_no_evidence_of_how_it_generalises():
    evidence = paper_as_evidence()
    raw = evidence.generator.assign(seen_share=0.3)
    kept = (
        ledger.keep(CLAIMS, replace(evidence, generator=raw))
        .set_index("id")
        .filter(regex="^N", axis=0)
    )
    assert kept["verdict"].tolist() == [*["not tested here"] * 4, "supported"]
    assert "30%" in kept.loc["N1", "remark"] and "generator_steps" in kept.loc["N1", "remark"]
    plain = Evidence(log_loss={"plain": evidence.log_loss["plain"]})
    kept = ledger.keep(CLAIMS, plain).set_index("id")
    assert "generated_method" in kept.loc["N5", "remark"]


def test_printed_effects_are_those_of_the_printed_tables():
    printed = ledger.keep(CLAIMS, printed_evidence()).set_index("claim")["effect"]
    assert printed["ICL lowers device accuracy"] == pytest.approx(65.65 - 82.04)
    assert printed["Multi DIRs improve unseen devices"] == pytest.approx(1.3347 - 1.4233, abs=1e-3)
    assert np.isnan(printed["ICL + Multi: no better accuracy than Multi DIRs"])
    # means over B, C, S1, S2 and S3 of Table 3
    rare = "ICL is advantageous where only imbalance matters, not unseen classes"
    icl, multi = 1.297 + 1.074 + 1.375 + 1.465 + 1.325, 1.221 + 1.09 + 1.347 + 1.427 + 1.318
    assert printed[rare] == pytest.approx((icl - multi) / 5)


def test_the_picture_has_a_row_for_each_claim_and_its_words():
    evidence = paper_as_evidence()
    made = Evidence(probes=evidence.probes, depth=evidence.depth, alpha=evidence.alpha)
    kept = ledger.keep(CLAIMS, made).assign(printed=1.0)
    fig, _ = ledger_figures.draw_ledger(kept, "made-up clips")
    words = ("not tested here: run notebook 01", "made-up clips", paper.DATA_LABEL)
    probes = kept.loc[kept["id"].str.startswith("P"), "effect"]
    check(fig, probes, *words, *(claim.id for claim in CLAIMS))
