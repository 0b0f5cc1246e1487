"""How well responses are predicted, by the generator and by what needs no network (Sec. 5.3).

Nearest neighbour, interpolation and the first-order formula give, for every response that is held
out, one made from those that are seen: float32 (held, 1024), in the set's own units. All responses
have their largest peak at tap 64, so that they lie one over the other as they are. Intervals are
over microphones: the responses of one microphone are relatives, not new witnesses.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from asc_lib.data.dir_sets import TAPS, DirSet
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.dirs.acoustics import SPEED_OF_SOUND, proximity_db
from asc_lib.dirs.spectra import FREQUENCIES_HZ, level_db
from asc_lib.generator.conditions import NAMES, TRAIT_NAMES, conditions, physical
from asc_lib.generator.config import HELD_OUT, held_out
from asc_lib.generator.training import Trained
from asc_lib.results.intervals import once_and_redrawn, value_and_interval


def configuration(table: pd.DataFrame) -> pd.Series:
    """Microphone and pattern of each response as one name."""
    return (table["microphone"] + " " + table["pattern"].fillna("").astype(str)).str.strip()


def nearest(known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Number of the nearest row of `known` (rows, 12) for each of `asked` (any, 12); the first."""
    squares = (known.astype(float) ** 2).sum(1) - 2 * asked.astype(float) @ known.T.astype(float)
    return squares.round(9).argmin(1)


def nearest_neighbour(dirs: DirSet, held: np.ndarray) -> np.ndarray:
    """The seen response whose twelve scaled conditions are nearest, as it is."""
    condition = conditions(dirs.table)
    return dirs.responses[~held][nearest(condition[~held], condition[held])]


def interpolation(dirs: DirSet, held: np.ndarray) -> np.ndarray:
    """Straight between the two nearest seen responses of the same microphone, tap by tap.

    Between the neighbouring angles where the fold left them; else between the neighbouring
    distances, in their logarithm, or the nearest one beyond the last; else the nearest neighbour.
    """
    names = configuration(dirs.table)
    angle, metres = (dirs.table[column].to_numpy() for column in ("angle_deg", "distance_m"))
    made = np.empty_like(dirs.responses)
    made[held] = nearest_neighbour(dirs, held)
    # angles last: where both are there, they are nearer
    for along, others, turn in ((np.log(metres), angle, None), (angle, metres, 360.0)):
        for rows in dirs.table.groupby([names.to_numpy(), others]).indices.values():
            seen, asked = rows[~held[rows]], rows[held[rows]]
            if len(seen) and len(asked):
                made[asked] = _between(along[seen], dirs.responses[seen], along[asked], turn)
    return made[held]


def _between(
    at: np.ndarray, responses: np.ndarray, asked: np.ndarray, turn: float | None
) -> np.ndarray:
    """Responses at these places from those `at` others; round the circle where there is a turn."""
    order = np.argsort(at)
    at, responses = at[order], responses[order]
    if turn:
        at = np.concatenate([[at[-1] - turn], at, [at[0] + turn]])
        responses = np.concatenate([responses[-1:], responses, responses[:1]])
    right = np.clip(np.searchsorted(at, asked), 1, len(at) - 1)  # of a single one: 0
    left = np.maximum(right - 1, 0)
    span = np.where(at[right] > at[left], at[right] - at[left], 1.0)
    share = np.clip((asked - at[left]) / span, 0, 1)[:, None]
    return (responses[left] * (1 - share) + responses[right] * share).astype(np.float32)


def formula(dirs: DirSet, held: np.ndarray) -> np.ndarray:
    """The first-order formula at the place asked for, over that at a seen place of the microphone.

    At the same angle from the nearest distance where that distance was not seen; else from the axis
    at the same distance; of a microphone never seen, from the axis of that with the nearest traits.
    """
    share = physical(dirs.table)["omni_share"].to_numpy()
    nature = conditions(dirs.table)[:, [NAMES.index(name) for name in TRAIT_NAMES]]
    number, _ = pd.factorize(configuration(dirs.table))
    angle, metres = (dirs.table[column].to_numpy() for column in ("angle_deg", "distance_m"))
    seen, asked = np.flatnonzero(~held), np.flatnonzero(held)
    source = np.empty(len(asked), int)
    for n, row in enumerate(asked):
        own = known = seen[number[seen] == number[row]]
        if len(own) == 0:
            alike = seen[nearest(nature[seen], nature[[row]])[0]]
            known = seen[number[seen] == number[alike]]
        apart = np.abs(np.log(metres[known] / metres[row]))
        known = known[apart == apart.min()]
        towards = angle[row] if len(own) and apart.min() > 0 else 0.0
        source[n] = known[np.abs((angle[known] - towards + 180) % 360 - 180).argmin()]
    # twice the taps, so that nothing wraps around; below 20 Hz it would grow without end
    hertz = np.maximum(np.fft.rfftfreq(2 * TAPS, 1 / SAMPLE_RATE), 20.0)
    there, here = (
        proximity(hertz, *(one[:, None] for one in (share[asked], angle[rows], metres[rows])))
        for rows in (asked, source)
    )
    gains = there / here
    spectra = np.fft.rfft(dirs.responses[source], 2 * TAPS) * gains
    return np.fft.irfft(spectra, 2 * TAPS)[:, :TAPS].astype(np.float32)


def proximity(
    hertz: np.ndarray, omni: np.ndarray, angle_deg: np.ndarray, metres: np.ndarray
) -> np.ndarray:
    """a + (1 - a) cos(angle) (1 + 1 / (j k r)), complex, by frequency."""
    wavenumber = 2 * np.pi * hertz / SPEED_OF_SOUND
    gradient = 1 + 1 / (1j * wavenumber * metres)
    return omni + (1 - omni) * np.cos(np.deg2rad(angle_deg)) * gradient


BASELINES = {
    "silence": lambda dirs, held: np.zeros_like(dirs.responses[held]),
    "mean": lambda dirs, held: np.broadcast_to(
        dirs.responses[~held].mean(0), dirs.responses[held].shape
    ),
    "nearest": nearest_neighbour,
    "interpolation": interpolation,
    "formula": formula,
}

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
        means = pd.DataFrame(
            taken @ of_each.to_numpy() / taken.sum(1, keepdims=True), columns=measured
        )
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
