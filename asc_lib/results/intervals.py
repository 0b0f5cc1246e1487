"""95 % intervals: places and seeds drawn again, differences within a draw, and their verdict.

*Drawn* is a table with a column a number: row 0 as measured, the rows below as drawn again. A draw
depends only on `seed` and on how many places and runs there are. So methods tested on the same
clips meet the same places and seeds, draw for draw: the difference of two tables is a paired one.
A *long* table has a row a number, `value low high`, as `show.forest` draws it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from asc_lib.files import InputError
from asc_lib.results.metrics import Measure, clip_scores, table_columns, table_row

Drawn = Mapping[str, pd.DataFrame]  # by method
_TAILS = (0.025, 0.975)


def redraw(
    runs: Sequence[pd.DataFrame], draws: int = 1000, measure: Measure = "log_loss", seed: int = 0
) -> pd.DataFrame:
    """The row of Table 3, then with recording places and training seeds drawn again.

    See `redrawn_places` and `redrawn_seeds`. With one run the draws hold the luck of places only.

    Args:
        runs: test predictions of one method, a seed each; as `metrics` has them.

    Returns:
        (1 + draws, columns of Table 3); missing where a draw holds no clip of a device.

    Raises:
        InputError: the runs were not tested on the same clips, or see `metrics.validate`.
    """
    scores = [clip_scores(run.sort_values("filename")) for run in runs]
    names = [run["filename"].sort_values().to_numpy() for run in runs]
    if any(not np.array_equal(name, names[0]) for name in names):
        raise InputError("predictions: the runs were tested on different clips; train them again")
    values = [score[measure].to_numpy() for score in scores]
    drawn = table_columns(redraw_devices(values, scores[0], draws, seed).iloc[1:])
    return pd.concat([table_row(runs, measure).to_frame().T, drawn], ignore_index=True)


def over_places(runs: Sequence[pd.DataFrame], draws: int) -> pd.DataFrame:
    """As `redraw`, but with places alone drawn again: every run counts once."""
    # a single run takes the same places from the same seed, whichever run it is
    single = [redraw([run], draws) for run in runs]
    return sum(single[1:], single[0]) / len(single)


def redraw_devices(
    values: Sequence[np.ndarray],
    clips: pd.DataFrame,
    draws: int,
    seed: int = 0,
    among: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Mean of each device's clips, over runs; then with places and runs drawn again.

    Args:
        values: of each run, (clips,).
        clips: `scene device location` of each.
        among: `scene location` of the clips whose places are drawn, where `clips` are some of them.

    Returns:
        (1 + draws, devices); missing where a draw holds no clip of a device.
    """
    rng = np.random.default_rng(seed)
    among = clips if among is None else among
    here = np.isin(sorted(among["location"].unique()), clips["location"])
    taken = redrawn_places(among, draws, rng)[:, here]
    seeds = redrawn_seeds(len(values), draws, rng)
    taken, seeds = (np.vstack([np.ones(of.shape[1]), of]) for of in (taken, seeds))
    location, places = pd.factorize(clips["location"], sort=True)
    device, devices = pd.factorize(clips["device"], sort=True)
    cell, shape = location * len(devices) + device, (len(places), len(devices))
    cells = len(places) * len(devices)
    number = taken @ np.bincount(cell, minlength=cells).reshape(shape)  # (draws, devices)
    total = np.zeros(number.shape)
    for share, of_run in zip(seeds.T / len(values), values, strict=True):
        total += share[:, None] * (taken @ np.bincount(cell, of_run, cells).reshape(shape))
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(np.where(number > 0, total / number, np.nan), columns=list(devices))


def redrawn_places(clips: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
    """What each place counts in a draw: (draws, locations in alphabetical order).

    Places are drawn within their scene, since the ten scenes are fixed, with replacement and each
    with all its clips: n - 1 of n, scaled by n / (n - 1), which has the right variance for few (Rao
    and Wu, JASA 83, 1988, <https://doi.org/10.1080/01621459.1988.10478591>). Scenes of one place
    each are taken together. Of the clips' `location` and `scene`.
    """
    scenes = clips.groupby("location")["scene"].first().reset_index(drop=True)
    scenes = scenes.where(scenes.duplicated(keep=False), "")
    taken = np.ones((draws, len(scenes)))
    for _, places in sorted(scenes.groupby(scenes).groups.items()):
        n = len(places)
        taken[:, places] = redrawn(n, draws, rng) * (n / max(n - 1, 1))
    return taken


def redrawn_seeds(runs: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """What each of R runs counts in a draw: (draws, runs), each row summing to R.

    1 plus a normal number minus their mean, widened for few runs: so intervals of 95 % hold 93 to
    97 % from two runs on, whatever share of the variance is luck of training (found by simulation,
    see tests/results/test_intervals.py). Runs drawn with replacement hold 89 to 91 %. One run
    counts once.
    """
    if runs == 1:
        return np.ones((draws, 1))
    normal = rng.standard_normal((draws, runs))
    wide = (runs + 0.5) / (runs - 1) + 1 / (runs - 1) ** 3
    return 1 + wide * (normal - normal.mean(axis=1, keepdims=True))


def redrawn(units: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """How often each of n units is taken if n - 1 are drawn with replacement: (draws, units)."""
    if units == 1:
        return np.ones((draws, 1), int)
    return rng.multinomial(units - 1, np.full(units, 1 / units), draws)


def once_and_redrawn(units: int, draws: int, seed: int) -> np.ndarray:
    """Each unit once (row 0), then as `redrawn`: (1 + draws, units)."""
    rng = np.random.default_rng(seed)
    return np.vstack([np.ones((1, units), int), redrawn(units, draws, rng)])


def value_and_interval(drawn: np.ndarray) -> tuple[float, float, float]:
    """The first number, and the 95 % interval of the others (missing where there are none)."""
    drawn = np.asarray(drawn, float)
    some = drawn[1:][~np.isnan(drawn[1:])]
    low, high = np.quantile(some, _TAILS) if len(some) else (np.nan, np.nan)
    return float(drawn[0]), float(low), float(high)


def ends(drawn: pd.DataFrame) -> pd.DataFrame:
    """Each column of a drawn table as a row: `value low high`."""
    rows = [value_and_interval(drawn[column].to_numpy()) for column in drawn]
    return pd.DataFrame(rows, index=drawn.columns, columns=["value", "low", "high"])


def long(drawn: Drawn, name: str = "method") -> pd.DataFrame:
    """Drawn tables as one long table: `<name> column value low high`."""
    return pd.concat({m: ends(of) for m, of in drawn.items()}, names=[name, "column"]).reset_index()


def minus(drawn: Drawn, reference: str = "plain") -> dict[str, pd.DataFrame]:
    """Each other method minus the reference, draw for draw."""
    return {m: of - drawn[reference] for m, of in drawn.items() if m != reference}


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """A row a method: the values of a long table, then each `<column>_low` and `<column>_high`."""
    parts = {c: of.set_index("method") for c, of in table.groupby("column", sort=False)}
    values = {column: of["value"] for column, of in parts.items()}
    tails = {f"{c}_{end}": of[end] for c, of in parts.items() for end in ("low", "high")}
    return pd.DataFrame(values | tails)


def verdict(
    low: pd.Series,
    high: pd.Series,
    better: Literal["lower", "higher"] = "lower",
    seeds: int | None = None,
) -> pd.Series:
    """Of a difference with its interval: better, worse, or open where zero lies within.

    `seeds`: trainings behind it, where it compares trainings. One of them decides nothing.
    """
    below, above = ("better", "worse") if better == "lower" else ("worse", "better")
    sides = np.select([high < 0, low > 0], [below, above], "open")
    if seeds == 1:
        sides = np.full(len(sides), "open, one seed")
    return pd.Series(sides, getattr(low, "index", None))
