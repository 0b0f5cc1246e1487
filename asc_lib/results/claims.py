"""The paper's claims, held against the tables that a study has saved.

asc_lib/reference/claims.csv has a row a claim: the sentence, where it stands, the `effect` that
decides it and the saved `table` in which that effect stands with its interval, and the bounds
between which the sentence wants it. One rule for all. *Supported*: the whole 95 % interval lies
within the bounds; *contradicted*: the whole of it lies outside, on one side; *undecided*: else, and
where there is one seed. A claim of several effects, with ";" between them, needs all of them, and
one that is contradicted contradicts it. *Built in*: the claim is about data that this project
simulated, so the number checks the simulation. *Not tested here*: the remark says why.

Log-loss is in nats, accuracy in percentage points; an effect is the first named minus the second.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

from asc_lib.files import ROOT, reading
from asc_lib.results.intervals import ends
from asc_lib.show import paper

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
BUILT_IN, NOT_TESTED = "built in", "not tested here"
DECIDING = (SUPPORTED, CONTRADICTED, UNDECIDED)
VERDICTS = (*DECIDING, BUILT_IN, NOT_TESTED)
# the tables that decide, and the notebook that makes each
TABLES = {
    "dir_measures": "01", "icl_effects": "02", "probe_differences": "04", "probe_depth": "04",
    "effects": "05", "generator_differences": "06", "beyond_effects": "07", "beyond_probes": "07",
}  # fmt: skip
# in these the effect is a formula of drawn numbers, each in backticks
FORMULAS = ("icl_effects", "effects", "beyond_effects")


def read_claims() -> pd.DataFrame:
    """The claims as they stand in the csv; no bound is an infinite one."""
    table = pd.read_csv(ROOT / "asc_lib" / "reference" / "claims.csv")
    return table.fillna({"above": -np.inf, "below": np.inf})


def effects(
    table: str, drawn: Mapping[str, pd.DataFrame], seeds: int, measured_on: str
) -> pd.DataFrame:
    """The effects that the claims want of one of `FORMULAS`, computed: that table.

    Args:
        table: its name.
        drawn: by name before the point, such as `plain` in `plain.unseen`; see `intervals`.
        seeds: trainings behind each number.
        measured_on: label of the data.

    Returns:
        One row an effect: `effect value low high lacks seeds measured_on`. Where a number is not
        there, `lacks` names it.
    """
    wanted = read_claims().query("table == @table")["effect"].str.split("; ").explode()
    flat = pd.concat([of.add_prefix(f"{name}.") for name, of in drawn.items()], axis=1)
    rows = {}
    for formula in wanted.unique():
        names = formula.split("`")[1::2]
        lacking = [name for name in names if name not in flat]
        values = None if lacking else flat.eval(formula, engine="python").to_frame(formula)
        found = [np.nan] * 3 if lacking else ends(values).loc[formula]
        rows[formula] = [*found, ", ".join(lacking)]
    columns = ["value", "low", "high", "lacks"]
    made = pd.DataFrame.from_dict(rows, "index", columns=columns).rename_axis("effect")
    return made.reset_index().assign(seeds=seeds, measured_on=measured_on)


def saved(output: Path) -> dict[str, pd.DataFrame]:
    """Those of `TABLES` that a study has made, from its output folder.

    Raises:
        InputError: a table is not readable.
    """
    tables = {}
    for name, notebook in TABLES.items():
        file = output / "tables" / f"{name}.csv"
        if file.is_file():
            with reading(file, "csv", f"run notebook {notebook} again"):
                tables[name] = pd.read_csv(file)
    return tables


def printed() -> dict[str, pd.DataFrame]:
    """The paper's own tables (TAU22) in the same form: no intervals, means recomputed."""
    devices = paper.table_3()[list(paper.DEVICES)]
    losses = devices.join(paper.true_families()).join(paper.true_overall())
    losses.loc["generated", "overall"] = paper.GENERATED_LOG_LOSS
    drawn = {m: row.dropna().to_frame().T.reset_index(drop=True) for m, row in losses.iterrows()}
    points = {}
    for search in paper.CHOSEN:
        rows = paper.table_1(search).iterrows()
        points |= searched(search, {v: row.to_frame().T.reset_index(drop=True) for v, row in rows})
    accuracy = paper.table_2() / 100
    pairs = [("icl", "plain"), ("multi", "icl"), ("icl_multi", "multi")]
    rows = [(*pair, accuracy[pair[0]] - accuracy[pair[1]]) for pair in pairs]
    rows += [(m, "chance", accuracy[m] - paper.CHANCE_OF_SIX) for m in accuracy.index]
    probes = pd.DataFrame(rows, columns=["left", "right", "difference"])
    return {
        "effects": effects("effects", drawn, 3, paper.DATA_LABEL),
        "icl_effects": effects("icl_effects", points, 1, paper.DATA_LABEL),
        "probe_differences": probes.assign(
            probe="linear_raw", low=np.nan, high=np.nan, measured_on=paper.DATA_LABEL
        ),
    }


def searched(search: str, points: Mapping[float, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The numbers of a search by value, under the names that effects give them.

    The highest value is there twice, if it is above the one that the paper chose.
    """
    named = {f"{search}_{value:g}": numbers for value, numbers in points.items()}
    if (highest := max(points, default=0)) > paper.CHOSEN[search]:
        named[f"{search}_highest"] = points[highest]
    return named


def judge(claims: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The ledger: the claims with `effect low high verdict verdict_widened measured_on remark`.

    Of several effects the row shows that which is nearest to contradiction. `verdict_widened` is on
    intervals which hold for all decided claims at once (Bonferroni, normal errors).
    """
    found = {claim["id"]: _found(claim, tables) for claim in claims.to_dict("records")}
    decided = [one for one in found.values() if one["value"].notna().all() and len(one)]
    wider = widening(max(len(decided), 1))
    rows = []
    for claim in claims.to_dict("records"):
        one = found[claim["id"]]
        ready = len(one) and one["value"].notna().all()
        said, wide = (_verdict(claim, one, by) if ready else NOT_TESTED for by in (1.0, wider))
        lacking = one[one["value"].isna()]
        row = one.loc[_most_against(claim, one)] if ready else lacking.iloc[0]
        remark = row["remark"]
        if said in DECIDING and row.get("simulated", False):
            remark = f"simulated by this project; the rule would say: {said}"
            said = wide = BUILT_IN
        rows.append(
            [
                *row[["value", "low", "high"]],
                said,
                wide,
                row["measured_on"] if ready else "",
                remark,
            ]
        )
    columns = ["effect", "low", "high", "verdict", "verdict_widened", "measured_on", "remark"]
    book = pd.DataFrame(rows, claims.index, columns)
    return claims.drop(columns=["table", "effect"]).join(book)


def verdicts(bounds: pd.DataFrame, low: pd.Series, high: pd.Series) -> np.ndarray:
    """The rule, row by row: where intervals lie, seen from the bounds `above` and `below`."""
    within = (bounds["above"] < low) & (high < bounds["below"])
    outside = (high < bounds["above"]) | (low > bounds["below"])
    return np.select([within, outside], [SUPPORTED, CONTRADICTED], UNDECIDED)


def widening(claims: int, level: float = 0.95) -> float:
    """By what an interval grows so that all of so many hold at once; for normal errors."""
    tails = scipy.stats.norm.isf([(1 - level) / 2 / claims, (1 - level) / 2])
    return float(tails[0] / tails[1])


def _found(claim: Mapping[str, str], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The effects of a claim: `value low high measured_on remark`; without a value: not there."""
    name = claim["table"]
    nothing = pd.DataFrame({"value": [np.nan], "low": np.nan, "high": np.nan, "measured_on": ""})
    if name not in tables:
        return nothing.assign(remark=f"run notebook {TABLES[name]}")
    if name in FORMULAS:
        rows = tables[name].set_index("effect").reindex(claim["effect"].split("; ")).reset_index()
        remark = "not in this study: " + rows["lacks"].astype(object).fillna("").map(str)
        remark = remark.where(rows["value"].isna(), "")
    else:
        rows = tables[name].query(claim["effect"]).reset_index(drop=True)
        if rows.empty:
            return nothing.assign(remark=f"run notebook {TABLES[name]}: no such row yet")
        remark = ""
    if "difference" in rows:  # of accuracies, 0 to 1
        rows = rows.rename(columns={"difference": "value"})
        rows[["value", "low", "high"]] *= 100
    some = rows.assign(remark=remark)
    one_seed = some.get("seeds", pd.Series(2, some.index)) < 2
    some.loc[one_seed & some["value"].notna(), "remark"] = (
        "one seed: its interval holds places only"
    )
    some.loc[some["low"].isna() & some["value"].notna(), "remark"] = (
        "an extreme: it has no interval"
    )
    return some


def _verdict(claim: Mapping[str, float], rows: pd.DataFrame, wider: float) -> str:
    """Of all its effects at once, on intervals that are so many times wider."""
    middle, half = (rows["low"] + rows["high"]) / 2, (rows["high"] - rows["low"]) / 2
    bounds = pd.DataFrame({side: claim[side] for side in ("above", "below")}, rows.index)
    each = verdicts(bounds, middle - wider * half, middle + wider * half)
    if rows["remark"].any():  # one seed, or an extreme
        return UNDECIDED
    return next(word for word in (CONTRADICTED, UNDECIDED, SUPPORTED) if word in each)


def _most_against(claim: Mapping[str, float], rows: pd.DataFrame) -> int:
    over = np.maximum(claim["above"] - rows["value"], rows["value"] - claim["below"])
    return int(over.idxmax())
