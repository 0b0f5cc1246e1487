"""An audit of the paper's printed numbers: do they follow from each other and from their sources?

Nothing is typed here: each verdict is computed from `paper.Printed` and `paper_text.SAID`.
"agrees": within what rounding can do. "slip": it does not follow. "open": it does not follow as it
stands, but another reading of the words may make it right, or the paper does not say enough.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from asc_lib.report import paper
from asc_lib.report.paper import Printed
from asc_lib.report.paper_text import OPEN, SAID, SLIP, Said
from asc_lib.study import METHODS

AGREES = "agrees"
VERDICTS = (AGREES, SLIP, OPEN)
# log-losses are printed to three decimals: a mean of rounded numbers, itself rounded
ROUNDING = 0.001
SUM_OVER_TEN = "it is the sum of the nine devices over ten"
_TINY = 1e-9

Check = dict[str, Any]


def audit(printed: Printed | None = None, said: Sequence[Said] = SAID) -> pd.DataFrame:
    """One row a check: `where what printed recomputed difference verdict remark`.

    `printed` and `difference` (printed less recomputed) are missing where the paper gives no
    number; a comparison then has its bounds in `claimed` and its value in `recomputed`.
    """
    printed = printed or Printed()
    checks = [*_means(printed), *_bold(printed), *_rows_of_table_1(printed), *_across(printed)]
    checks += [_text(one, printed) for one in said]
    columns = ["where", "what", "claimed", "printed", "recomputed", "difference", "verdict"]
    return pd.DataFrame(checks, columns=[*columns, "remark"])


def _check(
    where: str, what: str, printed: float, recomputed: float, verdict: str, remark: str = ""
) -> Check:
    return {
        "where": where, "what": what, "claimed": "", "printed": printed, "recomputed": recomputed,
        "difference": printed - recomputed, "verdict": verdict, "remark": remark,
    }  # fmt: skip


def _means(p: Printed) -> Iterator[Check]:
    """Family averages of Table 3 and "Overall" against the printed devices."""
    for method, row in p.table_3.iterrows():
        label = METHODS[method].label
        for column in (*paper.FAMILIES, "overall"):
            value = p.mean(method, column)
            good = abs(row[column] - value) <= ROUNDING + _TINY
            remark = ""
            if column == "overall" and not good:
                tenth = row[list(paper.DEVICES)].sum() / 10
                same = abs(row[column] - tenth) <= ROUNDING + _TINY
                remark = SUM_OVER_TEN if same else ""
            what = f"{label}: {'Overall' if column == 'overall' else f'average, {column}'}"
            yield _check("Table 3", what, row[column], value, AGREES if good else SLIP, remark)


def _bold(p: Printed) -> Iterator[Check]:
    """Bold against the best of its column: the lowest, in all three tables."""
    for search in ("alpha", "lambda_icl"):
        losses, bold = getattr(p, search)["log_loss"], list(p.bold_1.get(search, ()))
        if bold:
            chosen = "" if set(bold) != {paper.CHOSEN[search]} else "bold may mark the value chosen"
            yield _best(
                f"Table 1, {search}", "log-loss in bold is the lowest", losses, bold, chosen
            )
    if p.bold_2:
        what = "device accuracy in bold is the lowest"
        yield _best("Table 2", what, p.table_2, list(p.bold_2))
    for column, bold in p.bold_3.items():
        what = f"log-loss in bold is the lowest, {column}"
        check = _best("Table 3", what, p.table_3[column], list(bold))
        yield check
        if column in (*paper.FAMILIES, "overall") and check["verdict"] == AGREES:
            means = pd.Series({method: p.mean(method, column) for method in p.table_3.index})
            yield _best("Table 3", f"{what}, recomputed", means.round(3), list(bold))


def _best(where: str, what: str, column: pd.Series, bold: list, chosen: str = "") -> Check:
    """Every value in bold is the lowest, and every lowest one is in bold."""
    lowest = column.index[np.isclose(column, column.min(), atol=_TINY)]
    good = set(bold) == set(lowest)
    names = [METHODS[name].label if name in METHODS else f"{name:g}" for name in lowest]
    remark = "" if good else f"lowest: {', '.join(names)}{f'; {chosen}' if chosen else ''}"
    verdict = AGREES if good else OPEN if chosen else SLIP
    return _check(where, what, float(column[bold].max()), float(column.min()), verdict, remark)


def _rows_of_table_1(p: Printed) -> Iterator[Check]:
    """Two trainings hardly agree in log-loss and accuracy to the last digit."""
    for search in ("alpha", "lambda_icl"):
        table = getattr(p, search)
        same = [
            (a, b) for a, b in combinations(table.index, 2) if table.loc[a].equals(table.loc[b])
        ]
        remark = "; ".join(f"{a:g} and {b:g} are identical" for a, b in same)
        if same:
            remark += ": one may be a copy of the other"
        verdict = OPEN if same else AGREES
        what = "rows that differ from all others before them"
        yield _check(
            f"Table 1, {search}", what, len(table), len(table) - len(same), verdict, remark
        )


def _across(p: Printed) -> Iterator[Check]:
    """The same configuration in two places."""
    alpha, weight = paper.CHOSEN_ALPHA, paper.CHOSEN_LAMBDA
    if weight in p.lambda_icl.index:
        loss, again = float(p.lambda_icl.loc[weight, "log_loss"]), p.mean("icl", "overall")
        overall = float(p.table_3.loc["icl", "overall"])
        same = min(abs(loss - again), abs(loss - overall)) <= ROUNDING + _TINY
        yield _check(
            "Table 1, Table 3", f"lambda {weight:g}, alpha {alpha:g} is + ICL of Table 3, overall",
            loss, again, AGREES if same else OPEN,
            "" if same else f"printed Overall: {overall:.3f}; the paper names one validation set "
            "and does not say what differs",
        )  # fmt: skip
    if alpha in p.alpha.index:
        fixed, table = paper.GRID_FIXED_LAMBDA, p.lambda_icl.sort_index()
        left = float(p.alpha.loc[alpha, "log_loss"])
        twice = fixed in table.index
        right = float(table.loc[fixed if twice else table.index[-1], "log_loss"])
        good = abs(left - right) <= ROUNDING + _TINY if twice else left >= right
        remark = "" if twice else f"stands once, on the left; the right half ends at lambda " \
            f"{table.index[-1]:g}, whose log-loss it should continue"  # fmt: skip
        what = f"lambda {fixed:g}, alpha {alpha:g} belongs to both halves"
        yield _check("Table 1", what, left, right, AGREES if good else SLIP, remark)


def _text(said: Said, p: Printed) -> Check:
    value, remark = float(said.of(p)), said.remark(p)
    if said.number is None:
        good = said.above < value < said.below
        claimed = " and ".join(
            word + f" {bound:g}"
            for word, bound in (("above", said.above), ("below", said.below))
            if np.isfinite(bound)
        )
        check = _check(said.where, said.what, np.nan, value, "", remark) | {"claimed": claimed}
    else:
        good = abs(said.number - value) <= said.step / 2 + _TINY
        check = _check(said.where, said.what, said.number, value, "", remark)
    return check | {"verdict": AGREES if good else said.otherwise}


def readable(checks: pd.DataFrame) -> pd.DataFrame:
    """The checks in words, for a page: numbers in as many digits as they have, "" for none."""
    return pd.DataFrame(
        {
            "verdict": checks["verdict"],
            "where": checks["where"],
            "what": checks["what"],
            "printed": checks["printed"]
            .map(_digits)
            .where(checks["claimed"] == "", checks["claimed"]),
            "recomputed": checks["recomputed"].map(_digits),
            "difference": checks["difference"].map(_digits),
            "remark": checks["remark"],
        }
    )


def _digits(value: float) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".") if np.isfinite(value) else ""
