"""What the paper says of its two DIR sets (Section 4), as numbers with intervals.

Intervals are 95 %, percentile, from a bootstrap over microphones: the responses of one microphone
at other angles and distances are not independent. A Vintage DIR is a microphone of its own.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from asc_lib.data.dirs import DirSet
from asc_lib.experiment.dir_spectra import (
    REGIONS_HZ,
    levels_and_references,
    region_name,
)
from asc_lib.experiment.metrics import once_and_redrawn, value_and_interval
from asc_lib.files import InputError, reading

FREQUENCIES_HZ = np.geomspace(50.0, 14_000.0, 100)
MIDDLE_HZ, TREBLE_HZ, TILT_HZ = (1000, 10_000), (10_000, 14_000), (100, 10_000)
_SHARES = (0.0, 0.1, 0.9, 1.0)
_BLOCK = 64  # near the square root of the Multi set's thousands of DIRs


class Measure(NamedTuple):
    """A number of a set: its name in words and its unit."""

    words: str
    unit: str


MEASURES = {
    "treble": Measure("mean level above 10 kHz re 0.3-3 kHz", "dB"),
    "treble_slope": Measure("slope of the mean above 10 kHz", "dB/octave"),
    "tilt": Measure("tilt of the mean, 0.1-10 kHz", "dB/octave"),
    **{
        f"spread_{low}": Measure(f"width of the 80 % band, {region_name(low, high)}", "dB")
        for low, high in REGIONS_HZ
    },
    "spread": Measure("width of the 80 % band, 0.05-14 kHz", "dB"),
    "turned_1000": Measure("width of the 80 % band, 1-10 kHz, levels re the front", "dB"),
    "range_1000": Measure("width of the 100 % band, 1-10 kHz", "dB"),
    "unevenness": Measure("standard deviation of the 80 % band's width over frequency", "dB"),
    "narrowing": Measure("80 % band, 1-10 kHz less the mean of the other regions", "dB"),
}


class Sentence(NamedTuple):
    """A statement of Section 4, and the number that decides it.

    It holds where `of`'s `measure` lies between `low` and `high`; `of` is a set's name, or
    "difference" for Multi less Vintage.
    """

    said_of: str
    text: str
    of: str
    measure: str
    low: float = -np.inf
    high: float = np.inf


SENTENCES = (
    Sentence(
        "Vintage", "pronounced low-pass behaviour for frequencies above 10 kHz",
        "vintage", "treble", high=-6,
    ),
    Sentence("Vintage", "frequency dependent variability", "vintage", "unevenness", low=1),
    Sentence("Vintage", "1-10 kHz: a narrow band (0.1 to 0.9)", "vintage", "narrowing", high=0),
    Sentence("Vintage", "1-10 kHz: 20 dB variation", "vintage", "range_1000", low=15, high=25),
    Sentence(
        "Multi", "more frequency independent variability", "difference", "unevenness", high=0,
    ),
    Sentence("Multi", "a smaller dip for frequencies above 10 kHz", "difference", "treble", low=0),
    Sentence("Multi", "0.1-0.9 quantile is wider, 1-10 kHz", "difference", "spread_1000", low=0),
    Sentence("Multi", "0.1-0.9 quantile is wider, 50 Hz-14 kHz", "difference", "spread", low=0),
    Sentence(
        "Multi", "0.1-0.9 quantile is wider, 1-10 kHz, re the front",
        "difference", "turned_1000", low=0,
    ),
)  # fmt: skip


def measured(dirs: DirSet, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """The `MEASURES` (columns) of a set: row 0 as it is, then `draws` bootstrap draws.

    Levels in dB re each DIR's own 0.3-3 kHz mean, twelfth octaves; regions are averaged over log
    frequency. "re the front": see `dir_spectra.levels_and_references`.
    """
    (level,), (own, front) = levels_and_references(dirs, FREQUENCIES_HZ, [1 / 12], ["own", "front"])
    level = level - own[:, None]
    middle = (MIDDLE_HZ[0] <= FREQUENCIES_HZ) & (MIDDLE_HZ[1] >= FREQUENCIES_HZ)
    turned = level[:, middle] + (own - front)[:, None]
    microphone, names = pd.factorize(dirs.table["microphone"])
    times = once_and_redrawn(len(names), draws, seed).astype(np.int32)
    sums = np.stack([np.bincount(microphone, column, len(names)) for column in level.T], axis=1)
    mean = (times @ sums) / (times @ np.bincount(microphone))[:, None]
    low, q10, q90, high = _weighted_quantiles(level, microphone, times)
    _, turned_q10, turned_q90, _ = _weighted_quantiles(turned, microphone, times)
    found = _measures(mean, q90 - q10, high - low)
    found["turned_1000"] = (turned_q90 - turned_q10).mean(1)
    return pd.DataFrame(found)[list(MEASURES)]


def _measures(mean: np.ndarray, width_80: np.ndarray, width_100: np.ndarray) -> dict:
    """Each measure (draws,) of curves (draws, frequencies)."""
    spread = {low: _within(width_80, low, high).mean(1) for low, high in REGIONS_HZ}
    others = [spread[low] for low, high in REGIONS_HZ if (low, high) != MIDDLE_HZ]
    return {
        "treble": _within(mean, *TREBLE_HZ).mean(1),
        "treble_slope": _slope(mean, *TREBLE_HZ),
        "tilt": _slope(mean, *TILT_HZ),
        **{f"spread_{low}": width for low, width in spread.items()},
        "spread": width_80.mean(1),
        "range_1000": _within(width_100, *MIDDLE_HZ).mean(1),
        "unevenness": width_80.std(1),
        "narrowing": spread[MIDDLE_HZ[0]] - np.mean(others, axis=0),
    }


def compare(vintage: pd.DataFrame, multi: pd.DataFrame) -> pd.DataFrame:
    """Rows (measure, set), columns `value low high unit`, of what `measured` gives of each."""
    sources = {"vintage": vintage, "multi": multi, "difference": multi - vintage}
    rows = {
        (name, of): (*value_and_interval(table[name].to_numpy()), MEASURES[name].unit)
        for name in MEASURES
        for of, table in sources.items()
    }
    index = pd.MultiIndex.from_tuples(list(rows), names=["measure", "set"])
    return pd.DataFrame(list(rows.values()), index, ["value", "low", "high", "unit"])


def labelled(numbers: pd.DataFrame, vintage: DirSet, multi: DirSet) -> pd.DataFrame:
    """The `numbers` of `compare` as they are saved, with `measured_on` and `simulated`.

    A row is `simulated` where a set that it is about is; the difference is about both.
    """
    made = {"vintage": vintage.simulated, "multi": multi.simulated}
    made["difference"] = vintage.simulated or multi.simulated
    simulated = numbers.index.get_level_values("set").map(made)
    return numbers.assign(measured_on=f"{vintage.label} and {multi.label}", simulated=simulated)


def read(file: Path) -> tuple[pd.DataFrame, str]:
    """What `labelled` gave, of notebook 01's `dir_measures.csv`, and what it was measured on."""
    with reading(file, "csv", "run notebook 01 again"):
        table = pd.read_csv(file)
    wanted = {"measure", "set", "value", "low", "high", "unit", "measured_on", "simulated"}
    if wanted - set(table) or set(MEASURES) - set(table["measure"]):
        raise InputError(f"{file}: not the table of notebook 01; run it again")
    return table.set_index(["measure", "set"]), ", ".join(table["measured_on"].unique())


def judge(numbers: pd.DataFrame) -> pd.DataFrame:
    """The paper's sentences, one a row, on the `numbers` of `compare`.

    `holds`: "yes" where the whole interval lies within the stated bounds, "no" where all of it
    lies outside, else "open".
    """
    rows = []
    for sentence in SENTENCES:
        found = numbers.loc[(sentence.measure, sentence.of)]
        inside = sentence.low < found["low"] and found["high"] < sentence.high
        outside = found["high"] < sentence.low or found["low"] > sentence.high
        words = MEASURES[sentence.measure].words
        rows.append(
            {
                "of": sentence.said_of,
                "the paper": sentence.text,
                "number": f"Multi less Vintage: {words}" if sentence.of == "difference" else words,
                "value": f"{found['value']:.1f} {found['unit']}",
                "95 % interval": f"{found['low']:.1f} to {found['high']:.1f}",
                "holds if": _bounds(sentence),
                "holds": "yes" if inside else "no" if outside else "open",
            }
        )
    return pd.DataFrame(rows)


def _bounds(sentence: Sentence) -> str:
    if np.isinf(sentence.low):
        return f"below {sentence.high:g}"
    if np.isinf(sentence.high):
        return f"above {sentence.low:g}"
    return f"{sentence.low:g} to {sentence.high:g}"


def _within(curves: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    return curves[:, (low_hz <= FREQUENCIES_HZ) & (high_hz >= FREQUENCIES_HZ)]


def _slope(curves: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Of the straight line through each curve between two frequencies, dB per octave."""
    octave = np.log2(_within(FREQUENCIES_HZ[None], low_hz, high_hz)[0])
    centred = octave - octave.mean()
    return _within(curves, low_hz, high_hz) @ centred / (centred @ centred)


def _weighted_quantiles(level: np.ndarray, unit: np.ndarray, times: np.ndarray) -> np.ndarray:
    """`np.quantile` at `_SHARES` of levels whose units are taken so many times each.

    Levels (dirs, frequencies), each one's unit (dirs,), times (draws, units); to (shares, draws,
    frequencies).
    """
    total = times @ np.bincount(unit)
    place = np.outer(_SHARES, total - 1)  # (shares, draws) as counted from 0
    wanted = np.stack([np.floor(place), np.ceil(place)]).astype(int)
    share = place - wanted[0]
    found = np.empty((*place.shape, level.shape[1]))
    for column, values in enumerate(level.T):
        order = values.argsort()
        below, above = values[order][_ranks(unit[order], times, wanted)]
        found[..., column] = below * (1 - share) + above * share
    return found


def _ranks(unit: np.ndarray, times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which row stands at a place once rows are taken as many times as their units are drawn.

    Rows are counted in blocks, then within the one block that holds the place. Of each row the unit
    (rows,), times (draws, units), wanted places (..., draws) as counted from 0.
    """
    units = times.shape[1] + 1  # the last one is never drawn and fills the last block
    times = np.pad(times, ((0, 0), (0, 1)))
    blocks = -(-len(unit) // _BLOCK)
    block_units = np.full((blocks, _BLOCK), units - 1)
    block_units.ravel()[: len(unit)] = unit
    rows = (block_units + units * np.arange(blocks)[:, None]).ravel()
    rows = np.bincount(rows, minlength=blocks * units).reshape(blocks, units)  # (blocks, units)
    # whole numbers, which the fast product of floats keeps
    count = np.cumsum(rows.astype(float) @ times.T.astype(float), axis=0)
    before = np.pad(count, ((1, 0), (0, 0))).astype(int)  # (blocks + 1, draws)
    draw = np.arange(len(times))
    block = (before[1:].reshape(blocks, *[1] * (wanted.ndim - 1), -1) <= wanted).sum(0)
    within = times[draw[:, None], block_units[block]].cumsum(-1, dtype=np.int32)
    left = wanted - before[block, draw]
    return block * _BLOCK + (within <= left[..., None]).sum(-1)
