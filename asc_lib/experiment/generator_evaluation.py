"""How well responses are predicted: MSE, log-spectral distance, what went wrong (Sec. 5.3).

Intervals are over microphones: the responses of one microphone are relatives, not new witnesses.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from asc_lib.data.dirs import DirSet
from asc_lib.experiment.dir_acoustics import proximity_db
from asc_lib.experiment.dir_conditions import TRAIT_NAMES, conditions, physical
from asc_lib.experiment.dir_spectra import FREQUENCIES_HZ, level_db
from asc_lib.experiment.generator_baselines import BASELINES
from asc_lib.experiment.generator_config import HELD_OUT, held_out
from asc_lib.experiment.generator_training import Trained
from asc_lib.experiment.metrics import once_and_redrawn, value_and_interval

GENERATOR, SEEN = "generator", "seen"  # `SEEN`: the generator on what it was trained with
METHODS = (GENERATOR, *BASELINES)
TARGET = "target"  # the set's own response
MEASURES = ("mse", "error_share", "lsd_db", "shape_db")


def judged(truth: np.ndarray, made: np.ndarray, rate: int) -> pd.DataFrame:
    """One row a response (any, 1024): how far `made` is from `truth`.

    Columns: `mse`, mean square error of a tap; `energy`, that of silence; `lsd_db`, root mean
    square over log frequency, 50 Hz to 14 kHz, of the difference of levels; `shape_db`, the same
    once the mean difference is taken off.
    """
    error = (made.astype(float) - truth) ** 2
    apart = level_db(made, FREQUENCIES_HZ, rate) - level_db(truth, FREQUENCIES_HZ, rate)
    found = {"mse": error.mean(1), "energy": (truth.astype(float) ** 2).mean(1)}
    found["lsd_db"] = np.sqrt((apart**2).mean(1))
    found["shape_db"] = apart.std(1)
    return pd.DataFrame(found)


def fold_table(dirs: DirSet, trained: Trained) -> pd.DataFrame:
    """`judged` for each response and method of a fold, with `method microphone distance_m angle_deg
    pattern name fold row`; method "seen" is the generator on the responses it was trained with.
    """
    fold = trained.config.fold
    held = held_out(dirs.table, fold)
    made = trained.generate(conditions(dirs.table))
    tables = []
    for method in (SEEN, *METHODS):
        rows = ~held if method == SEEN else held
        network = method in (SEEN, GENERATOR)
        guess = made[rows] if network else BASELINES[method](dirs, held)
        scores = judged(dirs.responses[rows], guess, dirs.sample_rate)
        of = dirs.table[rows].reset_index(drop=True)
        of = of.assign(method=method, fold=fold, row=np.flatnonzero(rows))
        tables.append(pd.concat([of, scores], axis=1))
    return pd.concat(tables, ignore_index=True)


def evaluate(dirs: DirSet, trained: Mapping[str, Trained]) -> dict[str, pd.DataFrame]:
    """`fold_table`s by what is held out, those of several folds one below the other."""
    found = {}
    for what, folds in HELD_OUT.items():
        there = [fold for fold in folds if fold in trained]
        if there:
            tables = [fold_table(dirs, trained[fold]) for fold in there]
            found[what] = pd.concat(tables, ignore_index=True)
    return found


def drawn_measures(table: pd.DataFrame, draws: int, seed: int = 0) -> pd.DataFrame:
    """Measures of the held-out responses (row 0) and of bootstrap draws of their microphones.

    Columns (method, measure); the same draws for all methods on the same microphones, "seen" has
    its own where its are others. Each microphone weighs the same.
    """
    held = sorted(table.loc[table["method"] == GENERATOR, "microphone"].unique())
    columns = {}
    measured = ["mse", "energy", "lsd_db", "shape_db"]
    for method, rows in table.groupby("method"):
        of_each = rows.groupby("microphone")[measured].mean()  # in alphabetical order
        taken = once_and_redrawn(len(of_each), draws, seed + (list(of_each.index) != held))
        means = pd.DataFrame(taken @ of_each.to_numpy() / len(of_each), columns=measured)
        means["error_share"] = means["mse"] / means["energy"]
        columns |= {(method, name): means[name] for name in means}
    found = pd.DataFrame(columns)
    found.attrs["microphones"] = len(held)
    return found


def summary(drawn: Mapping[str, pd.DataFrame], measured_on: str) -> pd.DataFrame:
    """One row for what is held out, method and measure: `value low high`, 95 % over microphones."""
    rows = [
        (what, method, measure, *value_and_interval(table[(method, measure)].to_numpy()))
        for what, table in drawn.items()
        for method in (SEEN, *METHODS)
        for measure in MEASURES
    ]
    columns = ["held_out", "method", "measure", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns).assign(measured_on=measured_on)


def differences(drawn: Mapping[str, pd.DataFrame], measured_on: str) -> pd.DataFrame:
    """The generator minus each baseline, and minus itself on seen responses (`right` "seen").

    Columns `held_out measure right value low high seen_share microphones measured_on`; paired over
    draws of microphones. Below 0 the generator is nearer to the truth. `seen_share`: its error
    where it was trained, as a share of silence's.
    """
    rows = []
    for what, table in drawn.items():
        about = float(table[(SEEN, "error_share")].iloc[0]), table.attrs["microphones"]
        for measure in ("error_share", "lsd_db", "shape_db"):
            for right in (SEEN, *BASELINES):
                values = table[(GENERATOR, measure)] - table[(right, measure)]
                ends = value_and_interval(values.to_numpy())
                rows.append((what, measure, right, *ends, *about))
    columns = ["held_out", "measure", "right", "value", "low", "high", "seen_share", "microphones"]
    return pd.DataFrame(rows, columns=columns).assign(measured_on=measured_on)


def by_fold(evaluated: Mapping[str, pd.DataFrame], draws: int) -> pd.DataFrame:
    """Log-spectral distance in dB of each training, a row a fold.

    Columns `fold seen generator interpolation`, then `gap low high`: held out minus seen, with its
    95 % interval over microphones.
    """
    rows = []
    for table in evaluated.values():
        for fold, scores in table.groupby("fold", sort=False):
            drawn = drawn_measures(scores, draws).xs("lsd_db", axis=1, level=1)
            gap = value_and_interval((drawn[GENERATOR] - drawn[SEEN]).to_numpy())
            rows.append((fold, *drawn.loc[0, [SEEN, GENERATOR, "interpolation"]], *gap))
    columns = ["fold", SEEN, GENERATOR, "interpolation", "gap", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def configuration(table: pd.DataFrame) -> pd.Series:
    """Microphone and pattern of each response as one name."""
    return (table["microphone"] + " " + table["pattern"].fillna("").astype(str)).str.strip()


def twins(dirs: DirSet) -> pd.DataFrame:
    """Microphones whose nine traits are the same, and how far apart they are all the same.

    One row a pair, columns `one other lsd_db error_share`: means over the places that both have. No
    network that gets these twelve variables alone can be nearer to both than about half of that.
    """
    table = dirs.table.assign(name=configuration(dirs.table), row=range(len(dirs.table)))
    there = table.pivot(index=["distance_m", "angle_deg"], columns="name", values="row")
    found = []
    for _, same in physical(table)[TRAIT_NAMES].groupby(table["name"]).first().groupby(TRAIT_NAMES):
        for pair in combinations(same.index, 2):
            both = there[list(pair)].dropna().astype(int).sort_values(pair[0]).to_numpy()
            if len(both):
                scores = judged(*(dirs.responses[rows] for rows in both.T), dirs.sample_rate)
                share = scores["mse"].mean() / scores["energy"].mean()
                found.append((*pair, scores["lsd_db"].mean(), share))
    return pd.DataFrame(found, columns=["one", "other", "lsd_db", "error_share"])


def proximity_levels(
    dirs: DirSet, trained: Trained, microphone: str, pattern: str | None, angle_deg: float = 0.0
) -> pd.DataFrame:
    """Third-octave levels against the farthest distance, by frequency_hz and (who, distance_m).

    Each curve is 0 at 3 kHz, since the set holds no level between distances. "target" is the set's
    own, "generator" at the same conditions, "formula" of the named first-order pattern.
    """
    table = dirs.table.reset_index(drop=True)
    own = table["microphone"].eq(microphone) & table["pattern"].fillna("").eq(pattern or "")
    rows = table[own & table["angle_deg"].eq(angle_deg)].sort_values("distance_m")
    at = np.append(FREQUENCIES_HZ[FREQUENCIES_HZ < 4000], 3000.0)
    made = trained.generate(conditions(rows))
    omni = float(physical(rows)["omni_share"].iloc[0])
    levels = {
        TARGET: level_db(dirs.responses[rows.index], at, dirs.sample_rate, 1 / 3),
        GENERATOR: level_db(made, at, dirs.sample_rate, 1 / 3),
        "formula": np.stack([proximity_db(at, r, omni, angle_deg) for r in rows["distance_m"]]),
    }
    columns = {}
    for who, level in levels.items():
        level = level - level[:, -1:]
        level = (level - level[-1])[:, :-1]
        columns |= {(who, m): of for m, of in zip(rows["distance_m"], level, strict=True)}
    return pd.DataFrame(columns, pd.Index(at[:-1], name="frequency_hz"))


def examples(
    dirs: DirSet, evaluated: Mapping[str, pd.DataFrame], trained: Mapping[str, Trained]
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, int]]:
    """By what is held out, the response of median LSD: own, generated, interpolated; its row."""
    found, rows = {}, {}
    for what, scores in evaluated.items():
        of = scores[scores["method"] == GENERATOR].sort_values("lsd_db", kind="stable")
        row, fold = of[["row", "fold"]].iloc[len(of) // 2]
        held = held_out(dirs.table, fold)
        guess = BASELINES["interpolation"](dirs, held)[held[:row].sum()]
        made = trained[fold].generate(conditions(dirs.table.iloc[[row]]))[0]
        found[what] = {TARGET: dirs.responses[row], GENERATOR: made, "interpolation": guess}
        rows[what] = int(row)
    return found, rows
