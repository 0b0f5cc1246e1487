"""Methods compared: values with intervals, differences within a draw, luck of seeds and places.

What is redrawn, and why, stands in `metrics.bootstrap_by_location`. Tables here have a row a method
and a column a device, family or overall, as `metrics.table_columns` names them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from asc_lib.experiment import metrics
from asc_lib.experiment.metrics import Measure


class Ends(NamedTuple):
    """Values and the ends of their 95 % intervals; three tables of one shape."""

    value: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame

    def of(self, columns: Sequence[str]) -> "Ends":
        """The same for some columns."""
        return Ends(*(part[list(columns)] for part in self))

    def long(self) -> pd.DataFrame:
        """One row a number: `method column value low high`."""
        parts = {name: part.stack() for name, part in self._asdict().items()}
        return pd.concat(parts, axis=1).rename_axis(["method", "column"]).reset_index()

    def wide(self) -> pd.DataFrame:
        """The values, then each column's `<column>_low` and `<column>_high`."""
        ends = {
            f"{name}_{end}": getattr(self, end)[name]
            for name in self.value
            for end in ("low", "high")
        }
        return pd.concat([self.value, pd.DataFrame(ends)], axis=1)

    def text(self, digits: int = 3) -> pd.DataFrame:
        """Each number as `value [low, high]`."""
        value = self.value.map(f"{{:.{digits}f}}".format)
        low, high = (part.map(f"{{:.{digits - 1}f}}".format) for part in (self.low, self.high))
        return value + " [" + low + ", " + high + "]"


def seed_rows(
    tested: Mapping[str, Sequence[pd.DataFrame]], measure: Measure = "log_loss"
) -> pd.DataFrame:
    """A row of Table 3 for each single run, indexed by `method` and `seed` (its place)."""
    rows = {
        (method, seed): metrics.table_row([run], measure)
        for method, runs in tested.items()
        for seed, run in enumerate(runs)
    }
    return pd.DataFrame(rows).T.rename_axis(["method", "seed"])


def long_seeds(singles: pd.DataFrame) -> pd.DataFrame:
    """The table of `seed_rows` with one row a number: `method seed column value`."""
    return singles.rename_axis("column", axis=1).stack().rename("value").reset_index()


def with_interval(rows: pd.DataFrame, draws: Mapping[str, pd.DataFrame]) -> Ends:
    """The rows of some methods, with the percentile intervals of their draws."""
    ends = {method: metrics.interval(draws[method][list(rows)]) for method in rows.index}
    low, high = (pd.DataFrame({m: e[end] for m, e in ends.items()}).T for end in ("low", "high"))
    return Ends(rows, low.rename_axis(rows.index.name), high.rename_axis(rows.index.name))


def less(rows: pd.DataFrame, draws: Mapping[str, pd.DataFrame], reference: str) -> Ends:
    """Each other method minus the reference; intervals of the differences within each draw."""
    others = rows.drop(reference)
    paired = {method: draws[method] - draws[reference] for method in others.index}
    return with_interval(others - rows.loc[reference], paired)


def less_plain(rows: pd.DataFrame, draws: Mapping[str, pd.DataFrame]) -> Ends:
    """As `less`, with plain training as the reference."""
    return less(rows, draws, "plain")


def over_places(
    runs: Sequence[pd.DataFrame],
    draws: int = 1000,
    seed: int = 0,
    measure: Measure = "log_loss",
) -> pd.DataFrame:
    """As `metrics.bootstrap_by_location`, but with places alone redrawn: every run counts once."""
    # a single run takes the same places from the same seed, whichever run it is
    single = [metrics.bootstrap_by_location([run], draws, seed, measure) for run in runs]
    return sum(single[1:], single[0]) / len(single)


def luck(singles: pd.DataFrame, places: Mapping[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """How much of a mean over seeds is luck of training, and how much luck of places.

    Args:
        singles: one row a run, indexed by `method` and `seed`.
        places: draws over places alone of each method's mean over its seeds.

    Returns:
        A row a method, in the unit of the column: `between_seeds`, standard deviation between
        runs; `of_training`, that by the square root of their number; `of_places`, the part of the
        places; `training_share` of both variances, 0 to 1. With one seed they are missing.
    """
    by_method = singles[column].groupby(level="method", sort=False)
    table = pd.DataFrame({"between_seeds": by_method.std(ddof=1)})
    table["of_training"] = table["between_seeds"] / np.sqrt(by_method.size())
    table["of_places"] = [places[method][column].std() for method in table.index]
    both = table["of_training"] ** 2 + table["of_places"] ** 2
    table["training_share"] = table["of_training"] ** 2 / both.where(both > 0)
    return table


def less_plain_by_seed(singles: pd.DataFrame) -> pd.DataFrame:
    """Each run minus the plain run of the same seed, which began from the same weights."""
    return pd.concat(
        {
            method: singles.loc[method] - singles.loc["plain"]
            for method in singles.index.unique("method")
            if method != "plain"
        },
        names=["method", "seed"],
    )
