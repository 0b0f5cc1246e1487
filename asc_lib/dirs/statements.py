"""What the paper says of its two DIR sets (Section 4), as numbers with intervals.

Intervals are 95 %, percentile, from a bootstrap over microphones: the responses of one microphone
at other angles and distances are not independent. A Vintage DIR is a microphone of its own.
"""

import numpy as np
import pandas as pd

from asc_lib.data.dir_sets import DirSet
from asc_lib.dirs.spectra import levels_and_references
from asc_lib.results.intervals import once_and_redrawn, value_and_interval

FREQUENCIES_HZ = np.geomspace(50.0, 14_000.0, 100)
REGIONS_HZ = ((50, 300), (300, 1000), (1000, 10_000), (10_000, 14_000))
MIDDLE_HZ, TREBLE_HZ, TILT_HZ = REGIONS_HZ[2], REGIONS_HZ[3], (100, 10_000)
_SHARES = (0.0, 0.1, 0.9, 1.0)
# name: in words, and its unit
MEASURES: dict[str, tuple[str, str]] = {
    "treble": ("mean level above 10 kHz re 0.3-3 kHz", "dB"),
    "treble_slope": ("slope of the mean above 10 kHz", "dB/octave"),
    "tilt": ("tilt of the mean, 0.1-10 kHz", "dB/octave"),
    **{
        f"spread_{low}": (f"width of the 80 % band, {low / 1000:g}-{high / 1000:g} kHz", "dB")
        for low, high in REGIONS_HZ
    },
    "spread": ("width of the 80 % band, 0.05-14 kHz", "dB"),
    "turned_1000": ("width of the 80 % band, 1-10 kHz, levels re the front", "dB"),
    "range_1000": ("width of the 100 % band, 1-10 kHz", "dB"),
    "unevenness": ("standard deviation of the 80 % band's width over frequency", "dB"),
    "narrowing": ("80 % band, 1-10 kHz minus the mean of the other regions", "dB"),
}


def measured(dirs: DirSet, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """The `MEASURES` (columns) of a set: row 0 as it is, then `draws` bootstrap draws.

    Levels in dB re each DIR's own 0.3-3 kHz mean, twelfth octaves; regions are averaged over log
    frequency. "re the front": see `dir_spectra.levels_and_references`.
    """
    (level,), (own, front) = levels_and_references(dirs, FREQUENCIES_HZ, [1 / 12], ["own", "front"])
    level = level - own[:, None]
    turned = level[:, _inside(*MIDDLE_HZ)] + (own - front)[:, None]
    microphone, names = pd.factorize(dirs.table["microphone"])
    times = once_and_redrawn(len(names), draws, seed).astype(np.int32)
    sums = np.stack([np.bincount(microphone, column, len(names)) for column in level.T], axis=1)
    mean = (times @ sums) / (times @ np.bincount(microphone))[:, None]
    low, q10, q90, high = _weighted_quantiles(level, microphone, times)
    _, turned_q10, turned_q90, _ = _weighted_quantiles(turned, microphone, times)
    width = q90 - q10
    spread = {region: width[:, _inside(*region)].mean(1) for region in REGIONS_HZ}
    others = [of for region, of in spread.items() if region != MIDDLE_HZ]
    found = {
        "treble": mean[:, _inside(*TREBLE_HZ)].mean(1),
        "treble_slope": _slope(mean, *TREBLE_HZ),
        "tilt": _slope(mean, *TILT_HZ),
        **{f"spread_{region[0]}": of for region, of in spread.items()},
        "spread": width.mean(1),
        "turned_1000": (turned_q90 - turned_q10).mean(1),
        "range_1000": (high - low)[:, _inside(*MIDDLE_HZ)].mean(1),
        "unevenness": width.std(1),
        "narrowing": spread[MIDDLE_HZ] - np.mean(others, axis=0),
    }
    return pd.DataFrame(found)


def compare(vintage: DirSet, multi: DirSet, draws: int = 1000) -> pd.DataFrame:
    """Each measure of each set and of Multi minus Vintage: the table `dir_measures` of notebook 01.

    Columns `measure set value low high unit measured_on simulated`. A row is `simulated` where a
    set that it is about is; the difference is about both.
    """
    tables = {"vintage": measured(vintage, draws), "multi": measured(multi, draws)}
    tables["difference"] = tables["multi"] - tables["vintage"]
    for table in tables.values():
        table.loc[1:, "range_1000"] = np.nan  # of extremes a bootstrap knows one side only
    made = {"vintage": vintage.simulated, "multi": multi.simulated}
    made["difference"] = vintage.simulated or multi.simulated
    label = f"{vintage.label} and {multi.label}"
    rows = [
        (name, of, *value_and_interval(table[name].to_numpy()), unit, label, made[of])
        for name, (_, unit) in MEASURES.items()
        for of, table in tables.items()
    ]
    columns = ["measure", "set", "value", "low", "high", "unit", "measured_on", "simulated"]
    return pd.DataFrame(rows, columns=columns)


def _inside(low_hz: float, high_hz: float) -> np.ndarray:
    return (low_hz <= FREQUENCIES_HZ) & (high_hz >= FREQUENCIES_HZ)


def _slope(curves: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Of the straight line through each curve between two frequencies, dB per octave."""
    inside = _inside(low_hz, high_hz)
    octave = np.log2(FREQUENCIES_HZ[inside])
    centred = octave - octave.mean()
    return curves[:, inside] @ centred / (centred @ centred)


def _weighted_quantiles(level: np.ndarray, unit: np.ndarray, times: np.ndarray) -> np.ndarray:
    """`np.quantile` at `_SHARES` of levels whose units are taken so many times each.

    Levels (dirs, frequencies), each one's unit (dirs,), times (draws, units); to (shares, draws,
    frequencies).
    """
    total = times @ np.bincount(unit).astype(np.int32)
    place = np.outer(_SHARES, total - 1)  # (shares, draws) as counted from 0
    wanted = np.stack([np.floor(place), np.ceil(place)]).astype(np.int32)
    share = place - wanted[0]
    # the draws one after the other in one rising row, in which all places are found at once
    wanted = wanted + np.cumsum(total, dtype=np.int32) - total
    found = np.empty((*place.shape, level.shape[1]))
    for column, values in enumerate(level.T):
        order = values.argsort()
        reached = times.take(unit[order], axis=1).cumsum(dtype=np.int32)
        rows = np.searchsorted(reached, wanted, side="right") % len(unit)
        below, above = values[order][rows]
        found[..., column] = below * (1 - share) + above * share
    return found
