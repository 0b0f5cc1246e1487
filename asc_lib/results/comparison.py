"""Methods compared: values with intervals, differences within a draw, luck of seeds and places.

What is redrawn, and why, stands in `metrics.bootstrap_by_location`. `rows` have a row a method and
a column a device, family or overall, as `metrics.table_columns` names them. A *long* table has a
row a number: `method column value`, with intervals also `low high`; so `show.forest` draws it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from asc_lib.results import metrics
from asc_lib.results.metrics import Measure

Tested = Mapping[str, Sequence[pd.DataFrame]]  # by method, predictions of each seed
Draws = Mapping[str, pd.DataFrame]  # by method, (draws, columns)


def measured(
    tested: Tested, draws: int, measure: Measure = "log_loss"
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Rows of Table 3, means over seeds; and by method the bootstrap draws of its row."""
    rows = pd.DataFrame({m: metrics.table_row(runs, measure) for m, runs in tested.items()}).T
    drawn = {
        m: metrics.bootstrap_by_location(runs, draws, measure=measure) for m, runs in tested.items()
    }
    return rows.rename_axis("method"), drawn


def seed_rows(tested: Tested) -> pd.DataFrame:
    """Log-loss of each single run, indexed by `method` and `seed` (its place)."""
    rows = {
        (method, seed): metrics.table_row([run])
        for method, runs in tested.items()
        for seed, run in enumerate(runs)
    }
    return pd.DataFrame(rows).T.rename_axis(["method", "seed"])


def long(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a number: the index of `rows`, `column` and `value`."""
    return rows.rename_axis("column", axis=1).stack().rename("value").reset_index()


def with_interval(rows: pd.DataFrame, draws: Draws) -> pd.DataFrame:
    """The rows as a long table, with the percentile intervals of their draws."""
    ends = {method: metrics.interval(draws[method][list(rows)]) for method in rows.index}
    return long(rows).join(pd.concat(ends), on=["method", "column"])


def minus(rows: pd.DataFrame, draws: Draws, reference: str = "plain") -> pd.DataFrame:
    """Each other method minus the reference; intervals of the differences within each draw."""
    others = rows.drop(reference)
    paired = {method: draws[method] - draws[reference] for method in others.index}
    return with_interval(others - rows.loc[reference], paired)


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """A row a method: the values of a long table, then each `<column>_low` and `<column>_high`."""
    parts = {c: of.set_index("method") for c, of in table.groupby("column", sort=False)}
    values = {column: of["value"] for column, of in parts.items()}
    ends = {f"{c}_{end}": of[end] for c, of in parts.items() for end in ("low", "high")}
    return pd.DataFrame(values | ends)


def stacked(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Tables under each other, with a column that names each."""
    return pd.concat(tables, names=[name, "row"]).reset_index(name)


def over_places(runs: Sequence[pd.DataFrame], draws: int) -> pd.DataFrame:
    """As `metrics.bootstrap_by_location`, but with places alone redrawn: every run counts once."""
    # a single run takes the same places from the same seed, whichever run it is
    single = [metrics.bootstrap_by_location([run], draws) for run in runs]
    return sum(single[1:], single[0]) / len(single)


def luck(singles: pd.DataFrame, places: Draws, column: str) -> pd.DataFrame:
    """How much of a mean over seeds is luck of training, and how much luck of places.

    Args:
        singles: one row a run, indexed by `method` and `seed`.
        places: draws over places alone of each method's mean over its seeds.
        column: of both.

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
