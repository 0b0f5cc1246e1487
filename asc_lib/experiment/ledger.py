"""A ledger of claims: each one with the number that decides it, and a verdict that follows from it.

The rule, the same for every claim: it states between which bounds its effect must lie. *Supported*
where the whole 95 % interval of the effect lies within them, *contradicted* where the whole of it
lies outside on one side, *undecided* otherwise. A claim whose evidence was not made is *not tested*
and says what would make it. A claim about data that this project made itself is *built in*: the
number checks the simulation, so no verdict on the paper follows from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from asc_lib.experiment import metrics

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
BUILT_IN, NOT_TESTED = "built in", "not tested here"
DECIDING = (SUPPORTED, CONTRADICTED, UNDECIDED)  # what the rule says; the others are not counted
VERDICTS = (*DECIDING, BUILT_IN, NOT_TESTED)
# What words of size mean here. "Slightly": at most this many nats, half of the 0.1 that is the
# largest improvement in the paper. "About" a number: within half of it on either side.
SLIGHT_NATS = 0.05
# the same for accuracy in percentage points: half of the 2 % that Section 5.2 calls a decrease
SLIGHT_POINTS = 1.0
ABOUT = 0.5
# "at random guess": within so many percentage points; the paper's own is 0.9 above
AT_CHANCE_POINTS = 2.0
# "good generalization" of the DIR generator: what it never saw costs at most so much more than what
# it learnt from. Of a generator whose error there is above this share of silence's nothing is said:
# it has learnt too little to have anything to lose elsewhere
GENERAL_DB = 1.0
LEARNT_SHARE = 0.1

LEVEL = 0.95
# a network with a log-loss above this has learned little: within 5 % of guessing one of ten scenes
IDLE_NATS = float(0.95 * np.log(10))


class NotMadeError(Exception):
    """The evidence for a claim is not there; the message says what makes it."""


class Found(NamedTuple):
    """An effect with the ends of its 95 % interval, and what it was measured on."""

    value: float
    low: float
    high: float
    measured_on: str
    # which values a grid had in the place of the paper's, or which probe decided
    remark: str = ""
    # what the claim is about was simulated by this project, so the effect was put there
    built_in: bool = False


@dataclass(frozen=True)
class Evidence:
    """The numbers that claims are held against; empty where they were not made.

    Tables of draws have the value itself in row 0 and bootstrap draws below, in the same order in
    all of them, so that differences are paired.
    """

    # by method, columns of Table 3; nats and 0 to 1
    log_loss: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    accuracy: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    # log_loss of the same and of notebook 07's methods, of the seeds that both have
    beyond: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    # by value searched, columns log_loss (nats) and accuracy_percent
    alpha: Mapping[float, pd.DataFrame] = field(default_factory=dict)
    lambda_icl: Mapping[float, pd.DataFrame] = field(default_factory=dict)
    probes: pd.DataFrame | None = None  # as `probe_intervals.differences`
    beyond_probes: pd.DataFrame | None = None  # the same of notebook 07's methods
    depth: pd.DataFrame | None = None  # as `probe_intervals.depth_differences`
    dirs: pd.DataFrame | None = None  # as `dir_statements.labelled`
    generator: pd.DataFrame | None = None  # as `generator_evaluation.differences`
    measured_on: str = ""  # label of what the tables of draws were measured on
    dirs_measured_on: str = ""


@dataclass(frozen=True)
class Claim:
    """A statement of the paper, which holds where an effect lies between `above` and `below`."""

    id: str
    group: str  # claims of one group and unit share a panel
    sentence: str  # quoted or closely paraphrased
    source: str  # section, table or figure
    test: str  # the effect, in words
    unit: str  # of the effect
    find: Callable[[Evidence], Found]  # raises `NotMadeError`
    above: float = -np.inf
    below: float = np.inf


def verdict(low: float, high: float, above: float, below: float) -> str:
    """The rule: where an interval lies, seen from the bounds of a claim."""
    if above < low and high < below:
        return SUPPORTED
    if high < above or low > below:
        return CONTRADICTED
    return UNDECIDED


def widening(claims: int) -> float:
    """By what an interval must grow so that all of so many hold at once with 95 % (Bonferroni).

    For normal errors; percentile ends so far out cannot be read from a thousand draws.
    """
    tails = scipy.stats.norm.isf([(1 - LEVEL) / 2 / claims, (1 - LEVEL) / 2])
    return float(tails[0] / tails[1])


def keep(claims: Sequence[Claim], evidence: Evidence) -> pd.DataFrame:
    """The ledger: one row a claim, in their order, with its effect and verdict.

    Columns: `id group claim source test unit above below effect low high verdict verdict_widened
    measured_on remark`. `verdict_widened` is that on intervals widened for all claims that are
    decided together. Effects are missing where a claim is not tested; `remark` then says what to
    run, and what the rule would have said where it is built in.
    """
    rows = []
    for claim in claims:
        row = {
            "id": claim.id, "group": claim.group, "claim": claim.sentence, "source": claim.source,
            "test": claim.test, "unit": claim.unit, "above": claim.above, "below": claim.below,
        }  # fmt: skip
        try:
            found = claim.find(evidence)
        except NotMadeError as reason:
            found = Found(np.nan, np.nan, np.nan, "", str(reason))
        said, remark = NOT_TESTED, found.remark
        if found.measured_on:
            said = verdict(found.low, found.high, claim.above, claim.below)
        if found.measured_on and found.built_in:
            said, remark = BUILT_IN, f"simulated by this project; the rule would say: {said}"
        rows.append(
            row
            | {"effect": found.value, "low": found.low, "high": found.high, "verdict": said}
            | {"measured_on": found.measured_on, "remark": remark}
        )
    table = pd.DataFrame(rows)
    decided = table["verdict"].isin(DECIDING)
    middle, half = (table["low"] + table["high"]) / 2, (table["high"] - table["low"]) / 2
    half *= widening(max(int(decided.sum()), 1))
    widened = [
        verdict(*ends) if said in DECIDING else said
        for said, *ends in zip(
            table["verdict"], middle - half, middle + half, table["above"], table["below"],
            strict=True,
        )
    ]  # fmt: skip
    table.insert(table.columns.get_loc("verdict") + 1, "verdict_widened", widened)
    return table


def drawn(values: pd.Series, measured_on: str, remark: str = "") -> Found:
    """Row 0 as the effect, the 95 % interval of the rows below it (of those that have a value)."""
    some = np.append(values.iloc[:1], values.iloc[1:].dropna()).astype(float)
    return Found(*metrics.value_and_interval(some), measured_on, remark)


def once_and_drawn(row: pd.Series, draws: pd.DataFrame) -> pd.DataFrame:
    """A table as `Evidence` takes it: the row itself, then its draws."""
    return pd.concat([row.to_frame().T, draws], ignore_index=True)[list(row.index)]
