"""Why the generator fails where it does: microphones it cannot tell apart, distance, proximity."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from asc_lib.data.dirs import DirSet
from asc_lib.experiment.dir_acoustics import proximity_db
from asc_lib.experiment.dir_conditions import TRAIT_NAMES, VARIABLES, conditions, physical
from asc_lib.experiment.dir_spectra import FREQUENCIES_HZ, level_db
from asc_lib.experiment.generator_baselines import BASELINES
from asc_lib.experiment.generator_evaluation import GENERATOR, judged
from asc_lib.experiment.generator_folds import held_out
from asc_lib.experiment.generator_runs import Trained

TARGET = "target"  # the set's own response, measured or simulated as the set is
_NATURE = [number for number, v in enumerate(VARIABLES) if v.name in TRAIT_NAMES]


def configuration(table: pd.DataFrame) -> pd.Series:
    """Microphone and pattern of each response as one name."""
    return (table["microphone"] + " " + table["pattern"].fillna("").astype(str)).str.strip()


def twins(dirs: DirSet) -> pd.DataFrame:
    """Microphones whose nine traits are the same, and how far apart they are all the same.

    One row a pair, columns `one other lsd_db error_share`: means over the places that both have. No
    network that gets these twelve variables alone can be nearer to both than about half of that.
    """
    table = dirs.table.reset_index(drop=True)
    names = configuration(table)
    traits = physical(table)[TRAIT_NAMES].groupby(names.to_numpy()).first()
    rows = []
    for _, same in traits.groupby(TRAIT_NAMES):
        for number, one in enumerate(same.index):
            rows += [(one, other) for other in same.index[number + 1 :]]
    place = table.assign(configuration=names, row=table.index).set_index(
        ["configuration", "distance_m", "angle_deg"]
    )["row"]
    found = []
    for one, other in rows:
        both = pd.concat([place[one], place[other]], axis=1, join="inner").to_numpy()
        if len(both) == 0:
            continue
        scores = judged(*(dirs.responses[part] for part in both.T), dirs.sample_rate)
        share = scores["mse"].mean() / scores["energy"].mean()
        found.append((one, other, scores["lsd_db"].mean(), share))
    return pd.DataFrame(found, columns=["one", "other", "lsd_db", "error_share"])


def of_new_microphones(dirs: DirSet, scores: pd.DataFrame) -> pd.DataFrame:
    """One row a configuration that a fold held out: `configuration distance generator nearest`.

    `distance`: Euclidean, of its nine scaled traits to the nearest configuration that was seen; the
    other two are mean log-spectral distances in dB. `scores`: as `generator_evaluation.fold_table`.
    """
    names, nature = configuration(dirs.table).to_numpy(), conditions(dirs.table)[:, _NATURE]
    rows = []
    for fold, of_fold in scores.groupby("fold"):
        held = held_out(dirs.table, fold)
        lsd = of_fold.assign(configuration=configuration(of_fold)).pivot_table(
            index="configuration", columns="method", values="lsd_db"
        )
        for name in np.unique(names[held]):
            own = nature[names == name][0]
            apart = np.linalg.norm(nature[~held] - own, axis=1).min()
            rows.append((name, float(apart), *lsd.loc[name, [GENERATOR, "nearest"]]))
    return pd.DataFrame(rows, columns=["configuration", "distance", GENERATOR, "nearest"])


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
        "formula": np.stack(
            [proximity_db(at, metres, omni, angle_deg) for metres in rows["distance_m"]]
        ),
    }
    columns = {}
    for who, level in levels.items():
        level = level - level[:, -1:]
        level = (level - level[-1])[:, :-1]
        columns |= {(who, m): of for m, of in zip(rows["distance_m"], level, strict=True)}
    return pd.DataFrame(columns, pd.Index(at[:-1], name="frequency_hz"))


def examples(
    dirs: DirSet, evaluated: Mapping[str, pd.DataFrame], trained: Mapping[str, Trained], other: str
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, int]]:
    """By what is held out, the response of median LSD: real, generated, a baseline's; its row."""
    found, rows = {}, {}
    for what, scores in evaluated.items():
        of = scores[scores["method"] == GENERATOR].sort_values("lsd_db", kind="stable")
        row, fold = of[["row", "fold"]].iloc[len(of) // 2]
        held = held_out(dirs.table, fold)
        guess = BASELINES[other](dirs, held)[held[:row].sum()]
        made = trained[fold].generate(conditions(dirs.table.iloc[[row]]))[0]
        found[what] = {TARGET: dirs.responses[row], GENERATOR: made, other: guess}
        rows[what] = int(row)
    return found, rows
