"""The paper's printed numbers, recomputed from one another: what adds up, and what does not.

A check compares one printed number, mark or sentence with what follows from other printed numbers
or from the data sets' own files. Verdicts: "agrees"; "slip", where both cannot be right; "open",
where more than one reading is possible. Nothing here was measured by this study.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from asc_lib.report import paper

VERDICTS = ("agrees", "open", "slip")
# a mean of rounded numbers, rounded, may be off by one in the last decimal
_ROUNDING = 0.00101
_SEARCHES = ("alpha", "lambda_icl")


@dataclass(frozen=True)
class Printed:
    """What is audited; by default what the paper prints."""

    table_1: Mapping[str, pd.DataFrame] = field(
        default_factory=lambda: {search: paper.table_1(search) for search in _SEARCHES}
    )
    table_2: pd.Series = field(default_factory=paper.table_2)
    table_3: pd.DataFrame = field(default_factory=paper.table_3)
    bold_1: Mapping[str, set] = field(default_factory=lambda: paper.BOLD_1)
    bold_2: set = field(default_factory=lambda: paper.BOLD_2)
    bold_3: set = field(default_factory=lambda: paper.BOLD_3)
    stated: Mapping[str, float] = field(default_factory=lambda: paper.STATED)
    official: Mapping[str, float] = field(default_factory=lambda: paper.OFFICIAL)


class Check(NamedTuple):
    """One check; `printed` and `recomputed` as text, `difference` is printed less recomputed."""

    where: str
    what: str
    printed: str
    recomputed: str
    difference: float
    verdict: str
    remark: str = ""


def audit(printed: Printed | None = None) -> pd.DataFrame:
    """Every check, one a row, in the paper's order of tables and sections."""
    printed = printed or Printed()
    parts = (_averages, _bold_marks, _repetitions, _counts, _sentences)
    return pd.DataFrame([check for part in parts for check in part(printed)])


def _averages(p: Printed) -> Iterator[Check]:
    for method, row in p.table_3.iterrows():
        for family, devices in paper.FAMILIES.items():
            what = f"average of {family} devices, {method}"
            yield _number("Table 3", what, row[family], row[list(devices)].mean(), _ROUNDING)
    for method, row in p.table_3.iterrows():
        nine = row[list(paper.DEVICES)]
        tenth = f"the sum of the nine devices divided by ten is {nine.sum() / 10:.3f}"
        check = _number(
            "Table 3", f"Overall, {method}", row["overall"], nine.mean(), _ROUNDING, tenth
        )
        yield check if check.verdict == "slip" else check._replace(remark="")
    means = p.table_3[list(paper.DEVICES)].mean(axis=1)
    as_printed, as_summed = (list(of.sort_values().index) for of in (p.table_3["overall"], means))
    yield _text("Table 3", "order of the methods overall", as_printed, as_summed)


def _bold_marks(p: Printed) -> Iterator[Check]:
    for search, table in p.table_1.items():
        for column in table:
            bold = {row for row, name in p.bold_1[search] if name == column}
            if bold:
                best = _best(table[column], column == "accuracy_percent")
                yield _text(f"Table 1, {search}", f"bold {column} stands at", bold, best)
    yield _text("Table 2", "bold accuracy stands at", p.bold_2, _best(p.table_2))
    true = {family: p.table_3[list(of)].mean(axis=1) for family, of in paper.FAMILIES.items()}
    for column in p.table_3:
        bold = {method for method, name in p.bold_3 if name == column}
        best = _best(true.get(column, p.table_3[column]))  # an average as it should be
        yield _text("Table 3", f"bold in column {column}", bold, best)


def _repetitions(p: Printed) -> Iterator[Check]:
    for search, table in p.table_1.items():
        for (one, first), (other, second) in combinations(table.iterrows(), 2):
            if (first == second).all():
                yield Check(
                    f"Table 1, {search}", f"rows {one:g} and {other:g} are identical",
                    _shown(list(first)), "two different rows", np.nan, "open",
                    "two trainings hardly give both numbers alike to the last digit",
                )  # fmt: skip
    same = p.table_1["lambda_icl"]
    if paper.CHOSEN_LAMBDA in same.index:
        mean = p.table_3.loc["icl", list(paper.DEVICES)].mean()
        check = _number(
            "Tables 1 and 3", f"log-loss of ICL, alpha {paper.CHOSEN_ALPHA:g}, lambda "
            f"{paper.CHOSEN_LAMBDA:g}, stands twice: Table 1, mean of Table 3's devices",
            same.loc[paper.CHOSEN_LAMBDA, "log_loss"], mean, 0.01,
            f'neither the mean of the devices nor the printed "Overall" '
            f"({p.table_3.loc['icl', 'overall']:.3f}); another mean, or other trainings",
        )  # fmt: skip
        yield check._replace(verdict="open") if check.verdict == "slip" else check


def _counts(p: Printed) -> Iterator[Check]:
    said, true = p.stated, p.official
    of_a = 100 * true["clips of device A"] / true["clips"]
    heard = 100 * true["training clips of device A"] / true["training clips"]
    yield _number("Sec. 1", "share of device A, %", said["share of device A, %"], of_a, 0.06,
                  f"of all clips; of the training clips it is {heard:.1f} %")  # fmt: skip
    rest = said["share of the other devices, %"]
    yield _number("Sec. 1", "share of all other devices, %", rest, 100 - of_a, 0.06)
    yield _number("Sec. 1", "other devices", said["other devices"], true["devices"] - 1, 0)
    yield _number("Sec. 1", "Vintage DIRs", said["Vintage DIRs"], true["Vintage DIRs"], 0)
    product = said["microphones of the Multi DIRs"] * said["angles"] * said["distances"]
    folders = true["folders of the Multi DIRs"] * said["angles"]
    yield _number("Sec. 1", "Multi DIRs", said["Multi DIRs"], product, 0,
                  f"microphones x angles x distances; folders x angles would be {folders:,.0f}: "
                  "polar patterns count on their own, and some are left out",
                  "open")  # fmt: skip
    yield _number("Sec. 2.1", "a uniform share, %", said["uniform share, %"],
                  100 / true["devices"], 1,
                  f"of the devices of the total data, which the sentence is about; {100 / 6:.1f} % "
                  "for the six of the training", "open")  # fmt: skip
    yield _number(
        "Sec. 5", "clips for training", said["clips for training"], true["training clips"], 0,
        "TAU22's fold1_train.csv",
    )  # fmt: skip
    yield _number(
        "Sec. 5", "clips for validation and for testing, together",
        said["clips for validation"] + said["clips for testing"], true["test clips"], 0,
        "fold1_evaluate.csv is fold1_test.csv with labels: the best epoch and the best of three "
        "seeds are chosen on the clips that are then reported",
    )  # fmt: skip
    yield _number(
        "Sec. 5", "cities", said["cities"], true["cities"], 0,
        "the development set, which is used, holds recordings of fewer", "open",
    )  # fmt: skip
    yield _number("Sec. 5.1", "overlap of windows, samples", said["overlap, samples"],
                  said["window, samples"] - true["hop of PaSST, samples"], 0,
                  "320 samples are PaSST's hop; an overlap of 320 would be another front end",
                  "open")  # fmt: skip
    rows = len(p.table_3) - 1
    yield _number("Sec. 5.5", "settings beside the plain model", said["settings"], rows, 0)


def _sentences(p: Printed) -> Iterator[Check]:
    """Do the paper's comparing words follow from its own tables?"""
    table = p.table_3
    mean = pd.DataFrame({f: table[list(d)].mean(axis=1) for f, d in paper.FAMILIES.items()})
    mean["overall"] = table[list(paper.DEVICES)].mean(axis=1)
    plain, said = mean.loc["plain"], p.stated
    for family in ("simulated", "unseen"):
        yield _number("Sec. 5.5", f"gap between real and {family} devices, plain",
                      said["gap of real devices"], plain[family] - plain["real"], 0.05)  # fmt: skip
    yield _text("Sec. 5.5", "best device of the plain model", {"a"},
                _best(table.loc["plain", list(paper.DEVICES)]))  # fmt: skip
    yield _number(
        "Sec. 5.5", "gain of Multi DIRs on unseen devices",
        said["gain of Multi DIRs on unseen devices"],
        plain["unseen"] - mean.loc["multi", "unseen"], 0.05,
    )  # fmt: skip
    words = [  # section, sentence, left, right, columns, sign of left - right
        ("Sec. 5.5", "Vintage DIRs improve unseen devices", "vintage", "plain", ["unseen"], -1),
        ("Sec. 5.5", "Vintage DIRs degrade real devices", "vintage", "plain", ["real"], 1),
        ("Sec. 5.5", "Vintage DIRs are worse overall", "vintage", "plain", ["overall"], 1),
        ("Sec. 5.5", "Multi DIRs improve all three families", "multi", "plain",
         ["real", "simulated", "unseen"], -1),
        ("Sec. 5.5", "ICL improves unseen devices", "icl", "plain", ["unseen"], -1),
        ("Sec. 5.5", "ICL is less pronounced than Multi DIRs", "icl", "multi", ["unseen"], 1),
        ("Sec. 5.5", "real devices suffer from ICL", "icl", "plain", ["real"], 1),
        ("Sec. 5.5", "both together improve on ICL alone", "icl_multi", "icl", ["overall"], -1),
        ("Sec. 5.5", "both together do not improve on Multi DIRs", "icl_multi", "multi",
         ["overall"], 1),
        ("Sec. 6", "ICL improves log-loss", "icl", "plain", ["overall"], -1),
        ("Sec. 6", "ICL is outperformed by augmentation", "icl", "multi", ["overall"], 1),
        ("Sec. 6", "Multi DIRs work better than Vintage DIRs", "multi", "vintage", ["overall"], -1),
    ]  # fmt: skip
    for where, sentence, left, right, columns, sign in words:
        by = (mean.loc[left] - mean.loc[right])[columns]
        yield _sentence(where, sentence, by, (sign * by > 0).all())
    yield Check(
        "Abstract", "both together do not improve scene accuracy beyond Multi DIRs", "said",
        "log-loss only", np.nan, "open", "no table prints an accuracy of these two",
    )  # fmt: skip
    both = mean.loc["icl_multi"]
    biased = pd.Series([both["simulated"] - both["real"], both["unseen"] - both["real"]])
    yield _sentence("Sec. 5.4", "still biased towards common devices with both", biased,
                    (biased > 0).all())  # fmt: skip
    yield from _sentences_on_devices(p)
    yield from _sentences_on_grid(p)


def _sentences_on_devices(p: Printed) -> Iterator[Check]:
    left = p.table_2
    by = pd.Series([left["icl"] - left["multi"]])
    yield _sentence("Sec. 5.4", "ICL lowers device accuracy less than DIRs", by, by[0] > 0)
    by = left["icl_multi"] - left.drop("icl_multi")
    yield _sentence("Sec. 5.4", "both together lower device accuracy most", by, (by < 0).all())
    chance, clips = paper.CHANCE_OF_SIX, p.official["test clips of the training devices"]
    error = 100 * np.sqrt(chance * (1 - chance) / clips)
    yield _number(
        "Sec. 5.4", 'device accuracy "to the points of random guess", %', left["icl_multi"],
        100 * chance, 2 * error,
        f"{abs(left['icl_multi'] - 100 * chance) / error:.1f} standard errors of guessing on "
        f"{clips:,} clips, were they independent", "open",
    )  # fmt: skip


def _sentences_on_grid(p: Printed) -> Iterator[Check]:
    alpha, weight = (p.table_1[search] for search in _SEARCHES)
    steps = alpha["log_loss"].diff().dropna()
    if paper.CHOSEN_ALPHA in steps.index and len(steps) > 1:
        slight, further = steps[paper.CHOSEN_ALPHA], steps.loc[paper.CHOSEN_ALPHA :].iloc[1]
        yield _sentence("Sec. 5.2", "alpha up to the chosen one costs less than the next step",
                        pd.Series([slight, further]), slight < further)  # fmt: skip
    ranges = pd.Series([np.ptp(t["log_loss"].to_numpy()) for t in (weight, alpha)])
    yield _sentence("Sec. 5.2", "lambda has a less drastic effect than alpha (ranges)", ranges,
                    ranges[0] < ranges[1])  # fmt: skip
    if paper.CHOSEN_LAMBDA not in weight.index:
        return
    accuracy = weight["accuracy_percent"]
    chosen, low, high = accuracy[paper.CHOSEN_LAMBDA], accuracy.iloc[0], accuracy.iloc[-1]
    yield _sentence("Sec. 5.2", "the chosen lambda is more accurate than the lowest",
                    pd.Series([chosen - low]), chosen > low)  # fmt: skip
    yield _number("Sec. 5.2", "accuracy lost by increasing lambda too much, %",
                  p.stated["cost of a high lambda, %"], chosen - high, 0.5)  # fmt: skip


def _number(
    where: str, what: str, printed: float, recomputed: float, margin: float, remark: str = "",
    otherwise: str = "slip",
) -> Check:  # fmt: skip
    """A number that should be `recomputed` within `margin`; `otherwise`: the verdict if not."""
    difference = float(printed - recomputed)
    verdict = "agrees" if abs(difference) <= margin else otherwise
    shown = (_shown(float(value)) for value in (printed, recomputed))
    return Check(where, what, *shown, difference, verdict, remark)


def _text(where: str, what: str, printed: set | list, recomputed: set | list) -> Check:
    shown = (
        ", ".join(map(str, sorted(v) if isinstance(v, set) else v)) for v in (printed, recomputed)
    )
    return Check(where, what, *shown, np.nan, "agrees" if printed == recomputed else "slip")


def _sentence(where: str, sentence: str, numbers: pd.Series, follows: bool) -> Check:
    shown = ", ".join(f"{number:+.3f}" for number in numbers)
    return Check(where, sentence, "said", shown, np.nan, "agrees" if follows else "slip")


def _best(values: pd.Series, highest: bool = False) -> set:
    return set(values.index[values == (values.max() if highest else values.min())])


def _shown(value: float | list) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return f"{value:,.0f}" if value == round(value) and abs(value) >= 3 else f"{value:.3f}"
