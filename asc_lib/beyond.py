"""Many methods on one bench: simultaneous comparisons, chosen pairs, invariance against log-loss.

All draws are those of `intervals.redraw` with one seed: every method, and every probe,
meets the same places and seeds draw for draw, so that differences and ranks are paired.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from asc_lib.data.tau22 import TRAINING_DEVICES
from asc_lib.methods import ALL_METHODS, METHODS, PARTS
from asc_lib.probe.probe import ProbeResult
from asc_lib.results import intervals
from asc_lib.results.intervals import Drawn
from asc_lib.study import StudyConfig

RARE, BIAS = "rare", "bias"
BALANCE_TITLES = {
    "a": "device A", RARE: "other heard devices", BIAS: "bias to device A",
    "unseen": "unseen devices", "overall": "overall",
}  # fmt: skip
# What each question of the paper compares, left minus right; pairs that a study lacks drop out.
BALANCING = (
    ("balanced", "plain"), ("class_balanced", "plain"), ("icl_balanced", "icl"),
)  # fmt: skip
ICL_ADDS = (("icl", "plain"), ("icl_vintage", "vintage"), ("icl_multi", "multi"))
RIVALS = ("adversary", "mmd", "icl_scene", "freq_mixstyle", "compressor")


def compared(config: StudyConfig) -> list[str]:
    """Table 3's methods and the study's further ones, in the order of the table of methods."""
    return [name for name in ALL_METHODS if name in METHODS or name in config.beyond_methods]


def methods_table(methods: Sequence[str]) -> pd.DataFrame:
    """What each method is: columns `method label changes source functions`.

    A method without words of its own shows those of its function.
    """
    rows = []
    for name in methods:
        method = ALL_METHODS[name]
        parts = filter(None, (getattr(method, part) for part in PARTS))
        functions = ", ".join(part.place for part in parts) or "train/batches.py, training.py"
        changes = method.says or "see its function"
        rows.append((name, method.label, changes, method.source or "your own", functions))
    return pd.DataFrame(rows, columns=["method", "label", "changes", "source", "functions"])


def with_rare(table: pd.DataFrame) -> pd.DataFrame:
    """Table 3's columns, `rare`, the mean of the devices heard but for A, and `bias`: rare minus A.

    Bias above 0: the network serves the commonest device better. Without A, or A alone: none.
    """
    rare = [device for device in TRAINING_DEVICES if device != "a" and device in table]
    if "a" not in table or not rare:
        return table
    mean = table[rare].mean(axis=1, skipna=False)
    return table.assign(**{RARE: mean, BIAS: mean - table["a"]})


def simultaneous(
    drawn: Drawn,
    reference: str,
    columns: Sequence[str],
    level: float = 0.95,
) -> pd.DataFrame:
    """Each other method minus the reference, with intervals that hold one by one and all at once.

    All at once by the greatest of all standardised deviations in a draw (single-step max-T): P. H.
    Westfall and S. S. Young, *Resampling-Based Multiple Testing*, Wiley, 1993, Sec. 2.3. Each
    method with each of `columns` is one comparison of the family.

    Args:
        drawn: log-loss by method, see `intervals`.

    Returns:
        One row a method and column: `method column value low high low_all high_all p_all`; p_all is
        the adjusted p-value of no difference, no smaller than 1 / (draws + 1).
    """
    pairs = [(m, c) for m in drawn if m != reference for c in columns]
    value, *draws = np.stack([(drawn[m][c] - drawn[reference][c]) for m, c in pairs], axis=1)
    draws = np.array([draw for draw in draws if np.isfinite(draw).all()])
    error = draws.std(axis=0, ddof=1)
    scale = np.where(error > 0, error, np.inf)  # what never differs is no evidence
    most = (np.abs(draws - draws.mean(axis=0)) / scale).max(axis=1)
    wide = np.quantile(most, level) * error
    beyond = (most[:, None] >= np.abs(value) / scale).sum(axis=0)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    table = pd.DataFrame(pairs, columns=["method", "column"])
    return table.assign(
        value=value, low=low, high=high, low_all=value - wide, high_all=value + wide,
        p_all=(1 + beyond) / (1 + len(draws)),
    )  # fmt: skip


def pair_differences(
    drawn: Drawn, pairs: Sequence[tuple[str, str]], columns: Sequence[str]
) -> pd.DataFrame:
    """Left minus right with paired 95 % intervals: `left right column value low high`.

    Pairs of which a method is missing, and columns that the recordings lack, drop out.
    """
    found = []
    for left, right in pairs:
        if {left, right} <= set(drawn):
            table = intervals.ends((drawn[left] - drawn[right]).filter(list(columns)))
            found += [(left, right, *row) for row in table.itertuples()]
    return pd.DataFrame(found, columns=["left", "right", "column", "value", "low", "high"])


def named(pairs: pd.DataFrame) -> pd.DataFrame:
    """Differences of `pair_differences` with a column `pair`, both methods in words."""
    left, right = (pairs[side].map(lambda m: ALL_METHODS[m].label) for side in ("left", "right"))
    return pairs.assign(pair=left + "\nminus " + right)


def probe_draws(
    results: Sequence[ProbeResult], clips: pd.DataFrame, tested: pd.DataFrame, draws: int
) -> np.ndarray:
    """Balanced device accuracy of one method's probes: as measured, then redrawn: (1 + draws,).

    The same draws as `intervals.redraw` of `tested`, the clips that log-loss is of. `results` are
    of each seed, judged on `clips` (`scene device location`), some of those.
    """
    true = clips["device"].to_numpy(dtype=str)
    right = [(result.predicted == true).astype(float) for result in results]
    drawn = intervals.redraw_devices(right, clips, draws, among=tested)
    return drawn.mean(axis=1, skipna=False).to_numpy()


def trade_off(
    drawn: Drawn,
    devices: Mapping[str, np.ndarray],
    columns: Sequence[str] = ("overall", "unseen"),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Device information (`probe_draws` by method) against log-loss, and how their ranks agree.

    Returns:
        A row a method, `device_accuracy` and each column with `_low` and `_high`; and a row a
        column, `column methods rank_correlation low high` (Spearman, over methods): above 0, what
        keeps less of the device has the lower log-loss. Draws that leave no ranks are left out.
    """
    methods = [method for method in drawn if method in devices]
    of_devices = pd.DataFrame({m: devices[m] for m in methods})
    points = pd.DataFrame(index=pd.Index(methods, name="method"))
    ranks = []
    for column in ["device_accuracy", *(c for c in columns if c in drawn[methods[0]])]:
        of = of_devices
        if column != "device_accuracy":
            of = pd.DataFrame({m: drawn[m][column] for m in methods})
            found = _row_correlations(of_devices.rank(axis=1), of.rank(axis=1))
            ranks.append((column, len(methods), *intervals.value_and_interval(found)))
        ends = intervals.ends(of).rename(columns="{}".format)
        points[column] = ends["value"]
        points[f"{column}_low"], points[f"{column}_high"] = ends["low"], ends["high"]
    names = ["column", "methods", "rank_correlation", "low", "high"]
    return points, pd.DataFrame(ranks, columns=names)


def _row_correlations(left: pd.DataFrame, right: pd.DataFrame) -> np.ndarray:
    """Pearson correlation of each row with its row on the other side: (rows,)."""
    one, other = (t.sub(t.mean(axis=1), axis=0).to_numpy() for t in (left, right))
    norm = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (one * other).sum(axis=1) / norm
