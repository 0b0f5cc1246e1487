"""The paper's claims, held against what a study has found.

asc_lib/reference/claims.csv has a row a claim: the sentence, where it stands, the effect that
decides it (`table`, `effect`), and the bounds between which the sentence wants it. The rule is the
same for all. *Supported*: the whole 95 % interval lies within the bounds; *contradicted*: the whole
of it lies outside, on one side; *undecided*: else. *Built in*: the claim is about data that this
project simulated, so the number checks the simulation. *Not tested here*: the remark says why.

Log-loss is in nats, accuracy in percentage points; an effect is the first named minus the second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from asc_lib.data.tau22 import FAMILIES
from asc_lib.files import ROOT, reading
from asc_lib.icl import grid
from asc_lib.results import intervals, metrics
from asc_lib.show import paper
from asc_lib.study import RunConfig, StudyConfig
from asc_lib.train.runs import Run

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
BUILT_IN, NOT_TESTED = "built in", "not tested here"
DECIDING = (SUPPORTED, CONTRADICTED, UNDECIDED)
VERDICTS = (*DECIDING, BUILT_IN, NOT_TESTED)
# "slightly": at most this many nats, half of the paper's largest improvement; points: half of the
# 2 % of Sec. 5.2
SLIGHT_NATS, SLIGHT_POINTS = 0.05, 1.0
ABOUT = 0.5  # "about" a number: within half of it
AT_CHANCE_POINTS = 2.0  # "at random guess": within so many points
GENERAL_DB = 1.0  # "good generalization": at most so much more error than on what was learnt
LEARNT_SHARE = 0.1  # a generator that leaves more of silence's error has learnt too little
IDLE_NATS = float(0.95 * np.log(10))  # above: hardly better than guessing
_OTHERS = [d for f in ("real", "simulated", "unseen") for d in FAMILIES[f] if d != "a"]
_RARE = [d for d in _OTHERS if d not in FAMILIES["unseen"]]
_NOTEBOOK = {
    "dir_measures": "01", "probe_differences": "04", "probe_depth": "04", "beyond_probes": "07",
    "generator_differences": "06",
}  # fmt: skip


class Found(NamedTuple):
    """An effect, its 95 % interval, what it was measured on, a remark; whether it is built in."""

    effect: float
    low: float
    high: float
    measured_on: str
    remark: str = ""
    built_in: bool = False


class NotMadeError(Exception):
    """The evidence for a claim is not there; the message says what makes it."""


@dataclass(frozen=True)
class Evidence:
    """What claims are held against; empty where it was not made.

    Attributes:
        draws: "log_loss", "accuracy" and "beyond" (log-loss of notebook 07's methods, with as many
            seeds): columns `<method>.<column of Table 3>`, row 0 the value, draws below.
        searches: "alpha", "lambda_icl": value -> `log_loss accuracy_percent`, rows likewise.
        tables: of other notebooks, by name.
        measured_on: label of the draws.
    """

    draws: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    searches: Mapping[str, Mapping[float, pd.DataFrame]] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    measured_on: str = ""


def read_claims() -> pd.DataFrame:
    """The claims as they stand in the csv; no bound is an infinite one."""
    table = pd.read_csv(ROOT / "asc_lib" / "reference" / "claims.csv")
    return table.fillna({"above": -np.inf, "below": np.inf})


def gather(config: StudyConfig, measured_on: str) -> Evidence:
    """The evidence of a study, from its runs and the tables of its other notebooks.

    Raises:
        InputError: a table is not readable.
    """
    count = config.bootstrap_draws
    methods = _tested([*config.method_runs(), *config.generated_runs()])
    further = _tested(config.beyond_runs())
    shared = {m: runs[: config.beyond_seeds] for m, runs in methods.items() if further}
    tables = {}
    for name, notebook in _NOTEBOOK.items():
        file: Path = config.output / "tables" / f"{name}.csv"
        if file.is_file() and (name != "beyond_probes" or further):
            with reading(file, "csv", f"run notebook {notebook} again"):
                tables[name] = pd.read_csv(file)
    return Evidence(
        {
            "log_loss": _drawn(methods, "log_loss", count),
            "accuracy": _drawn(methods, "accuracy", count),
            "beyond": _drawn(shared | further, "log_loss", count),
        },
        {
            "alpha": _search(config.alpha_runs(), "alpha", count),
            "lambda_icl": _search(config.lambda_runs(), "lambda_icl", count),
        },
        tables,
        measured_on,
    )


def printed_evidence() -> Evidence:
    """The paper's own tables (TAU22) as evidence: no intervals, family means recomputed."""
    devices = paper.table_3()[list(paper.DEVICES)]
    table = devices.join(paper.true_families()).join(paper.true_overall())
    table.loc["generated", "overall"] = paper.GENERATED_LOG_LOSS
    accuracy = paper.table_2() / 100
    pairs = [("icl", "plain"), ("multi", "icl"), ("icl_multi", "multi")]
    rows = [(*pair, accuracy[pair[0]] - accuracy[pair[1]]) for pair in pairs]
    rows += [(m, "chance", accuracy[m] - paper.CHANCE_OF_SIX) for m in accuracy.index]
    probes = pd.DataFrame(rows, columns=["left", "right", "difference"])
    probes = probes.assign(
        probe="linear_raw", low=np.nan, high=np.nan, measured_on=paper.DATA_LABEL
    )
    searches = {
        search: {v: row.to_frame().T.reset_index(drop=True) for v, row in table_1.iterrows()}
        for search in ("alpha", "lambda_icl")
        for table_1 in [paper.table_1(search)]
    }
    of_methods = {method: row.dropna().to_frame().T for method, row in table.iterrows()}
    return Evidence(
        {"log_loss": _side_by_side(of_methods)},
        searches,
        {"probe_differences": probes},
        paper.DATA_LABEL,
    )


def judge(claims: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """The ledger: the claims with `effect low high verdict verdict_widened measured_on remark`.

    `verdict_widened` is that on intervals which hold for all decided claims at once (Bonferroni).
    """
    found = []
    for claim in claims.to_dict("records"):
        try:
            found.append(find(claim, evidence))
        except NotMadeError as reason:
            found.append(Found(np.nan, np.nan, np.nan, "", str(reason)))
    book = claims.drop(columns=["table", "effect"]).assign(
        effect=[one.effect for one in found],
        low=[one.low for one in found],
        high=[one.high for one in found],
    )
    made = np.array([bool(one.measured_on) for one in found])
    built = np.array([one.built_in for one in found])
    said = np.where(made, verdicts(book, book["low"], book["high"]), NOT_TESTED)
    decided = made & ~built
    middle, half = (book["low"] + book["high"]) / 2, (book["high"] - book["low"]) / 2
    half *= widening(max(int(decided.sum()), 1))
    wide = np.where(decided, verdicts(book, middle - half, middle + half), said)
    remarks = [
        f"simulated by this project; the rule would say: {word}" if one.built_in else one.remark
        for one, word in zip(found, said, strict=True)
    ]
    return book.assign(
        verdict=np.where(built, BUILT_IN, said),
        verdict_widened=np.where(built, BUILT_IN, wide),
        measured_on=[one.measured_on for one in found],
        remark=remarks,
    )


def verdicts(bounds: pd.DataFrame, low: pd.Series, high: pd.Series) -> np.ndarray:
    """The rule, row by row: where intervals lie, seen from the bounds `above` and `below`."""
    within = (bounds["above"] < low) & (high < bounds["below"])
    outside = (high < bounds["above"]) | (low > bounds["below"])
    return np.select([within, outside], [SUPPORTED, CONTRADICTED], UNDECIDED)


def widening(claims: int, level: float = 0.95) -> float:
    """By what an interval grows so that all of so many hold at once; for normal errors."""
    tails = scipy.stats.norm.isf([(1 - level) / 2 / claims, (1 - level) / 2])
    return float(tails[0] / tails[1])


def find(claim: Mapping[str, str], evidence: Evidence) -> Found:
    """The effect of a claim.

    Raises:
        NotMadeError: what it needs is not there.
    """
    table, effect = claim["table"], claim["effect"]
    if table in ("log_loss", "accuracy", "beyond"):
        return _of_draws(evidence, table, effect)
    if table == "spans":
        return _spans(evidence)
    if table in ("alpha", "lambda_icl"):
        return _of_search(evidence, table, effect)
    return _of_table(evidence, table, effect)


def _of_draws(evidence: Evidence, table: str, effect: str) -> Found:
    """`effect`: a formula of columns, each in backticks."""
    drawn = evidence.draws.get(table, pd.DataFrame())
    asked = effect.split("`")[1::2]
    there = {name.split(".")[0] for name in drawn}
    if not evidence.draws.get("log_loss", pd.DataFrame()).size:
        raise NotMadeError("run notebook 05")
    if lacking := [m for m in dict.fromkeys(a.split(".")[0] for a in asked) if m not in there]:
        how = (
            f"add {', '.join(lacking)} to beyond_methods"
            if table == "beyond"
            else "set generated_method to true"
        )
        raise NotMadeError(f"not trained in this study: {how}")
    if not set(asked) <= set(drawn):  # a user's own recordings may be of fewer devices
        raise NotMadeError("these recordings lack a device that it is about")
    return _ends(drawn.eval(effect, engine="python"), evidence.measured_on)


def _of_search(evidence: Evidence, search: str, effect: str) -> Found:
    """`effect`: "<measure>: <value> - <value>"; the first may be "highest"."""
    tables = evidence.searches.get(search, {})
    if not tables:
        raise NotMadeError(f"run notebook 02: no run of the search of {search}")
    measure, values = effect.split(": ")
    first, right = values.split(" - ")
    left, right = max(tables) if first == "highest" else float(first), float(right)
    lacking = [f"{value:g}" for value in (left, right) if value not in tables]
    if first == "highest" and left <= right:
        lacking.append(f"a value above {right:g}")
    if lacking:
        taken = ", ".join(f"{value:g}" for value in tables)
        raise NotMadeError(
            f"this study's search of {search} ({taken}) lacks {' and '.join(lacking)}"
        )
    remark = f"{search} {left:g} less {right:g}"
    if min(tables[value]["log_loss"].iloc[0] for value in (left, right)) > IDLE_NATS:
        remark += "; both hardly better than guessing"
    difference = tables[left][measure] - tables[right][measure]
    return _ends(difference, evidence.measured_on, remark)


def _spans(evidence: Evidence) -> Found:
    """Highest minus lowest log-loss over the search of lambda, minus the same over alpha."""
    spans, taken = {}, []
    for search in ("alpha", "lambda_icl"):
        tables = evidence.searches.get(search, {})
        if len(tables) < 2:
            raise NotMadeError(f"run notebook 02: it takes two values of {search} at least")
        losses = pd.DataFrame({value: table["log_loss"] for value, table in tables.items()})
        spans[search] = losses.max(axis=1, skipna=False) - losses.min(axis=1, skipna=False)
        taken.append(f"{search} {', '.join(f'{value:g}' for value in tables)}")
    difference = spans["lambda_icl"] - spans["alpha"]
    return _ends(difference, evidence.measured_on, "; ".join(taken))


def _of_table(evidence: Evidence, name: str, effect: str) -> Found:
    """`effect`: which row of another notebook's table; of "strongest: ..." the largest one."""
    if name not in evidence.tables:
        raise NotMadeError(f"run notebook {_NOTEBOOK[name]}")
    rows = evidence.tables[name].query(effect.removeprefix("strongest: "))
    if rows.empty:
        raise NotMadeError(f"run notebook {_NOTEBOOK[name]}: nothing where {effect}")
    number = "value" if "value" in rows else "difference"
    row = rows.loc[rows[number].idxmax()]
    unit = 1 if number == "value" else 100  # differences of accuracy: in points
    found = Found(*(unit * row[[number, "low", "high"]]), row["measured_on"])
    if name == "generator_differences":
        if row["seen_share"] > LEARNT_SHARE:
            raise NotMadeError(
                f"too little learnt ({row['seen_share']:.0%} of the error left, "
                f"{LEARNT_SHARE:.0%} wanted): raise generator_steps"
            )
        return found._replace(remark=f"{row['microphones']:.0f} microphones; {row['right']}")
    if name == "dir_measures":
        return found._replace(built_in=bool(row["simulated"]))
    remark = f"{row['deeper']} less {row['linear']}" if name == "probe_depth" else row["probe"]
    return found._replace(remark=remark)


def _ends(values: pd.Series, measured_on: str, remark: str = "") -> Found:
    some = np.append(values.iloc[:1], values.iloc[1:].dropna()).astype(float)
    return Found(*intervals.value_and_interval(some), measured_on, remark)


def _tested(configs: Sequence[RunConfig]) -> dict[str, list[pd.DataFrame]]:
    """Test predictions by method, of the methods all of whose runs are trained."""
    runs: dict[str, list[Run]] = {}
    for wanted in configs:
        runs.setdefault(wanted.method, []).append(Run(wanted.run_folder))
    return {
        method: [run.predictions.query("side == 'test' and choice == 'clean'") for run in of_method]
        for method, of_method in runs.items()
        if all(run.complete for run in of_method)
    }


def _search(wanted: Sequence[RunConfig], search: str, draws: int) -> dict[float, pd.DataFrame]:
    """The values of a search all of whose seeds are trained; the clean choice of epoch."""
    runs = [(getattr(config, search), Run(config.run_folder)) for config in wanted]
    unfinished = {value for value, run in runs if not run.complete}
    finished = [run for value, run in runs if value not in unfinished]
    return grid.scores_and_draws(finished, search, draws)


def _drawn(
    methods: Mapping[str, Sequence[pd.DataFrame]], measure: metrics.Measure, draws: int
) -> pd.DataFrame:
    return _side_by_side({m: intervals.redraw(runs, draws, measure) for m, runs in methods.items()})


def _side_by_side(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Columns `<method>.<column>`, with the means and minima that some claims are about."""
    parts = []
    for method, table in tables.items():
        table = table.reset_index(drop=True)
        more = {}
        if set(_OTHERS) <= set(table):
            more["best_other"] = table[_OTHERS].min(axis=1)
        if set(_RARE) <= set(table):
            more["rare"] = table[_RARE].mean(axis=1)
        known = ["real", "simulated"]
        if "plain" in tables and set(known) <= set(table) & set(tables["plain"]):
            gain = table[known] - tables["plain"].reset_index(drop=True)[known]
            more["best_other_gain"] = gain.min(axis=1)
        parts.append(table.assign(**more).add_prefix(f"{method}."))
    return pd.concat(parts, axis=1) if parts else pd.DataFrame()
