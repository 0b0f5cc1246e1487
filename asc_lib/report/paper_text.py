"""What the paper's text says in numbers and comparisons, each with what it can be held against.

Held against the paper's own printed tables, the official counts of its data sets, or PaSST's front
end. Family means and "overall" are recomputed from the printed devices.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from asc_lib.data.tau22 import SCENES
from asc_lib.experiment.ledger import SLIGHT_NATS
from asc_lib.model.frontend import HOP, WINDOW
from asc_lib.report import paper
from asc_lib.report.paper import Printed
from asc_lib.study import METHODS

NO = float("inf")  # no bound
SLIP, OPEN = "slip", "open"


class Said(NamedTuple):
    """A number or comparison of the text.

    A number agrees with `of` where it is what rounding to `step` makes of it; a comparison agrees
    where `of` lies between the bounds. What does not agree is `otherwise`: a "slip", or "open"
    where another reading of the words would make it right.
    """

    where: str
    what: str
    of: Callable[[Printed], float]
    number: float | None = None
    step: float = 0.0
    above: float = -NO
    below: float = NO
    otherwise: str = SLIP
    remark: Callable[[Printed], str] = lambda _: ""


def _clips(column: str, devices: str = "") -> float:
    counts = paper.official_clips()[column]
    return float(counts[devices.split()].sum() if devices else counts.sum())


def _step(search: str, column: str, left: float, right: float) -> Callable[[Printed], float]:
    def of(p: Printed) -> float:
        table = getattr(p, search)
        return float(table.loc[left, column] - table.loc[right, column])

    return of


def _highest_less(search: str, column: str, value: float) -> Callable[[Printed], float]:
    return lambda p: _step(search, column, max(getattr(p, search).index), value)(p)


def _span(table: pd.DataFrame) -> float:
    return float(table["log_loss"].max() - table["log_loss"].min())


def _steps_up_in_alpha(p: Printed) -> float:
    first, second = _step("alpha", "log_loss", 0.2, 0.0), _step("alpha", "log_loss", 0.4, 0.2)
    return second(p) - first(p)


def _differ(left: str, right: str, column: str) -> Callable[[Printed], float]:
    return lambda p: p.mean(left, column) - p.mean(right, column)


def _exceptions(left: str, right: str, column: str, sign: int) -> Callable[[Printed], str]:
    """Which devices of the mean do not follow it, and whether the printed mean does."""

    def of(p: Printed) -> str:
        devices = {**paper.FAMILIES, "overall": paper.DEVICES}[column]
        gain = p.table_3.loc[left] - p.table_3.loc[right]
        against = [device.upper() for device in devices if sign * gain[device] <= 0]
        said = f"not on {', '.join(against)}" if against else ""
        if sign * gain[column] <= 0:
            said += f"{'; ' if said else ''}the printed means say otherwise"
        return said

    return of


def _compare(
    where: str, what: str, left: str, right: str, column: str, sign: int, slight: bool = False
) -> Said:
    """A method's log-loss is lower (-1) or higher (+1) than another's; slightly, or anyhow."""
    bounds = sorted((0.0, sign * (SLIGHT_NATS if slight else NO)))
    text = f"{what} ({METHODS[left].label} less {METHODS[right].label}, {column})"
    remark = _exceptions(left, right, column, sign)
    return Said(where, text, _differ(left, right, column), None, 0, *bounds, SLIP, remark)


def _above_chance(p: Printed) -> str:
    clips, chance = _clips("test", "a b c s1 s2 s3"), paper.CHANCE_OF_SIX
    error = 100 * np.sqrt(chance * (1 - chance) / clips)
    above = (p.table_2["icl_multi"] - 100 * chance) / error
    return f"{above:.1f} standard errors above guessing if its {clips:,.0f} clips were independent"


def _gap(column: str) -> Callable[[Printed], float]:
    return lambda p: p.mean("plain", column) - p.mean("plain", "real")


def _multi_gains_most(p: Printed) -> float:
    gains = [_differ("multi", "plain", family)(p) for family in ("real", "simulated")]
    return _differ("multi", "plain", "unseen")(p) - min(gains)


DATA = (
    Said("Sec. 5", "139,970 samples for training", lambda _: _clips("train"), 139_970, 1,
         remark=lambda _: "official fold1_train.csv"),
    Said("Sec. 5", "29,680 samples for testing", lambda _: _clips("test"), 29_680, 1,
         remark=lambda _: "official fold1_test.csv"),
    Said("Sec. 5", "29,680 for validation and 29,680 for testing: clips outside training",
         lambda _: _clips("test"), 2 * 29_680, 1,
         remark=lambda _: "fold1_evaluate.csv is fold1_test.csv with labels: validation and test "
         "of the provided split are the same clips"),
    Said("Sec. 5", "12 European cities", lambda _: paper.TAU22_CITIES, 12, 1, otherwise=OPEN,
         remark=lambda _: "the data set was recorded in 12, the development part, whose split is "
         "counted, in 10 of them"),
    Said("Sec. 5", "10 acoustic scenes", lambda _: len(SCENES), 10, 1),
    Said("Sec. 1", "device A has 62.5 % of all samples",
         lambda _: 100 * _clips("all", "a") / _clips("all"), 62.5, 0.1,
         remark=lambda _: f"of the training side {_clips('train', 'a') / _clips('train'):.1%}"),
    Said("Sec. 1", "the remaining 8 devices have 37.5 %",
         lambda _: 100 - 100 * _clips("all", "a") / _clips("all"), 37.5, 0.1),
    Said("Sec. 1", "remaining devices: 8", lambda _: len(paper.official_clips()) - 1, 8, 1),
    Said("Sec. 2.1", "of total data 16 % would be uniformly distributed",
         lambda _: 100 / len(paper.official_clips()), 16, 1,
         remark=lambda _: "the data have nine devices; one of the six of the training is "
         f"{100 * paper.CHANCE_OF_SIX:.1f} %"),
    Said("Sec. 5.4", "device occurrence is balanced, random guess at 1/6: largest share, %",
         lambda _: 100 * _clips("test", "a") / _clips("test", "a b c s1 s2 s3"), 100 / 6, 0.1),
    Said("Sec. 1", "Multi DIRs, 8138: 25 microphones, 72 angles, 3 distances",
         lambda _: 25 * paper.MULTI_ANGLES * 3, 8138, 1, otherwise=OPEN,
         remark=lambda _: "microphones with several patterns count more than once"),
    Said("Sec. 1", "Multi DIRs, 8138: folders of the published set, 72 angles",
         lambda _: paper.MULTI_FOLDERS * paper.MULTI_ANGLES, 8138, 1, otherwise=OPEN,
         remark=lambda _: "no whole number of turntable rounds: 8138 / 72 = "
         f"{8138 / paper.MULTI_ANGLES:.2f}"),
    Said("Sec. 5.3", "approximately 8000 samples of Multi DIRs", lambda _: 8138, 8000, 1000),
    Said("Sec. 4", "0.1 to 0.9 quantiles leave out 20 % of data", lambda _: 100 * (1 - 0.8), 20, 1),
    Said("Sec. 5.1", "windows of 800 samples overlap by 320", lambda _: WINDOW - HOP, 320, 1,
         remark=lambda _: f"PaSST's windows of {WINDOW} have a hop of {HOP}"),
    Said("Abstract", "best model of 2023: 62.7 %, gap of 10 % to unseen devices", lambda _: np.nan,
         62.7, 0.1, otherwise=OPEN, remark=lambda _: "nothing in the paper's tables to hold it to"),
)  # fmt: skip

GRID = (
    Said("Sec. 5.2", "slight decrease up to alpha 0.2 (log-loss, 0.2 less 0)",
         _step("alpha", "log_loss", 0.2, 0.0), above=0, below=SLIGHT_NATS),
    Said("Sec. 5.2", "slight decrease up to alpha 0.2 (accuracy in points, 0.2 less 0)",
         _step("alpha", "accuracy_percent", 0.2, 0.0), below=0),
    Said("Sec. 5.2", "more drastic when increasing further (0.2 to 0.4 less 0 to 0.2)",
         _steps_up_in_alpha, above=0),
    Said("Sec. 5.2", "lambda has no such drastic effect (its span of log-loss less alpha's)",
         lambda p: _span(p.lambda_icl) - _span(p.alpha), below=0,
         remark=lambda p: "without the highest alpha the difference is "
         f"{_span(p.lambda_icl) - _span(p.alpha.sort_index().iloc[:-1]):+.3f}"),
    Said("Sec. 5.2", "increasing lambda too much decreases accuracy by 2 % (0.5 less highest)",
         lambda p: -_highest_less("lambda_icl", "accuracy_percent", 0.5)(p), 2, 1),
    Said("Sec. 5.2", "decreases accuracy by 2 %, with lambda 10 of the left half taken in",
         lambda p: float(p.lambda_icl.loc[0.5, "accuracy_percent"]
                         - p.alpha.loc[0.2, "accuracy_percent"]), 2, 1, otherwise=OPEN,
         remark=lambda _: "the paper may mean the values of the right half alone"),
    Said("Sec. 5.2", "accuracy improved at lambda 0.5 compared to 0.1",
         _step("lambda_icl", "accuracy_percent", 0.5, 0.1), above=0,
         remark=lambda p: "the row of 0.1 is that of 3.0" if p.lambda_icl.loc[0.1].equals(
             p.lambda_icl.loc[3.0]) else ""),
    Said("Sec. 5.4", "contrastive learning has a negative effect on training, see Table 1 "
         "(log-loss, lambda 0.5 less 0.1)", _step("lambda_icl", "log_loss", 0.5, 0.1), above=0,
         otherwise=OPEN, remark=lambda _: "true of higher weights; Table 1 has no row without ICL, "
         "and Sec. 5.2 reads a positive effect from these two rows"),
)  # fmt: skip

PROBE = (
    Said("Sec. 5.4", "ICL lowers device accuracy less than Multi DIRs",
         lambda p: p.table_2["icl"] - p.table_2["multi"], above=0),
    Said("Abstract, Sec. 5.4", "both together lower it further than either",
         lambda p: p.table_2["icl_multi"] - p.table_2.drop("icl_multi").min(), below=0),
    Said("Sec. 5.4", "both together at random guess: 17.53 % is 1/6",
         lambda _: 100 * paper.CHANCE_OF_SIX, 17.53, 1, otherwise=OPEN, remark=_above_chance),
    Said("Sec. 6", "ICL makes latent space invariant (device accuracy less guessing)",
         lambda p: p.table_2["icl"] - 100 * paper.CHANCE_OF_SIX, above=-2, below=2, otherwise=OPEN,
         remark=lambda p: f"{p.table_2['icl']:.0f} % are still named; more invariant, perhaps"),
)  # fmt: skip

RESULTS = (
    Said("Sec. 5.5", "four different settings: rows of Table 3", lambda p: len(p.table_3), 4, 1,
         otherwise=OPEN, remark=lambda p: f"{len(p.table_3) - 1} without plain PaSST"),
    Said("Sec. 5.5", "gap of 0.3 between real and simulated devices", _gap("simulated"), 0.3, 0.1),
    Said("Sec. 5.5", "gap of 0.3 between real and unseen devices", _gap("unseen"), 0.3, 0.1),
    Said("Sec. 5.5", "device A best performing of 1.012",
         lambda p: float(p.table_3.loc["plain", list(paper.DEVICES)].min()), 1.012, 0.001),
    _compare("Abstract, Sec. 5.5", "Vintage DIRs improve unseen", "vintage", "plain", "unseen", -1),
    _compare("Sec. 5.5", "Vintage DIRs degrade real", "vintage", "plain", "real", 1),
    _compare("Sec. 5.5", "Vintage DIRs are worse overall", "vintage", "plain", "overall", 1),
    *(_compare("Sec. 5.5", "Multi DIRs improve all three families", "multi", "plain", family, -1)
      for family in paper.FAMILIES),
    Said("Sec. 5.5", "Multi DIRs improve unseen devices most", _multi_gains_most, below=0),
    Said("Sec. 5.5", "Multi DIRs improve unseen devices by approximately 0.1",
         _differ("plain", "multi", "unseen"), 0.1, 0.1),
    _compare("Abstract, Sec. 5.5", "ICL improves unseen", "icl", "plain", "unseen", -1),
    _compare("Sec. 5.5", "ICL not as pronounced as Multi DIRs", "icl", "multi", "unseen", 1),
    _compare("Sec. 5.5", "real devices suffer slightly from ICL", "icl", "plain", "real", 1, True),
    _compare("Sec. 5.5", "both improve slightly on ICL", "icl_multi", "icl", "overall", -1, True),
    _compare("Sec. 5.5", "both do not improve on Multi", "icl_multi", "multi", "overall", 1),
    Said("Abstract", "both do not improve accuracy over augmentation alone", lambda _: np.nan,
         below=0, otherwise=OPEN, remark=lambda _: "no scene accuracy is printed by method"),
    _compare("Sec. 6", "ICL improves log-loss", "icl", "plain", "overall", -1),
    _compare("Sec. 6", "ICL is outperformed by augmentation", "icl", "multi", "overall", 1),
    _compare("Sec. 6", "Multi DIRs work better than Vintage", "multi", "vintage", "overall", -1),
    Said("Sec. 5.4", "with both still biased to the commonest device (A less the best other)",
         lambda p: float(p.table_3.loc["icl_multi", "a"]
                         - p.table_3.loc["icl_multi", list(paper.DEVICES[1:])].min()), below=0),
    Said("Sec. 5.3", "generated DIRs give only 1.56 (less the worst Overall printed)",
         lambda p: 1.56 - float(p.table_3["overall"].max()), above=0),
)  # fmt: skip

SAID = (*DATA, *GRID, *PROBE, *RESULTS)
