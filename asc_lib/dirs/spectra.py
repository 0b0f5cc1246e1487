"""What the two sets of device impulse responses do to a spectrum: the numbers of Figures 1 and 2.

Section 4 of the paper. Every level is in dB.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from asc_lib.data.dir_sets import DirSet
from asc_lib.files import InputError

# above, the low-pass of the resampling to 32 kHz begins to show
FREQUENCIES_HZ = np.geomspace(50.0, 14_000.0, 200)
_MIDDLE_HZ = np.geomspace(300.0, 3000.0, 40)  # reference
POLAR_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
# weight of the omnidirectional part in a + (1 - a) cos(angle); Eargle, The Microphone Book
OMNI_PART = {"omni": 1.0, "cardioid": 0.5, "hyper": 0.25, "bidirect": 0.0}
FLOOR_DB = -120.0
Reference = Literal["own", "1 kHz", "front", "none"]
_FFT = 8192
_ROWS = 64  # so few spectra at a time that memory is used again and not asked for anew


def level_db(
    responses: np.ndarray,
    frequencies_hz: np.ndarray,
    sample_rate: int,
    octaves: float | np.ndarray = 0.0,
) -> np.ndarray:
    """Magnitude of impulse responses (dirs, taps) in dB: (dirs, frequencies), at least -120 dB.

    `octaves` > 0 averages the power over a band that wide around each frequency; one for all, or
    one for each.
    """
    octaves = np.broadcast_to(octaves, frequencies_hz.shape)
    power = np.empty((len(responses), len(frequencies_hz)))
    for some, of in ((octaves == 0, _power), (octaves > 0, _band_power)):
        if some.any():
            power[:, some] = of(responses, frequencies_hz[some], sample_rate, octaves[some])
    return 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))


def _power(responses: np.ndarray, hertz: np.ndarray, sample_rate: int, _: object) -> np.ndarray:
    turns = 2 * np.pi * np.outer(np.arange(responses.shape[1]), hertz) / sample_rate
    responses = responses.astype(np.float64)  # half the work of a complex product
    return (responses @ np.cos(turns)) ** 2 + (responses @ np.sin(turns)) ** 2


def _band_power(
    responses: np.ndarray, hertz: np.ndarray, sample_rate: int, octaves: np.ndarray
) -> np.ndarray:
    half, step = 2 ** (octaves / 2), sample_rate / _FFT
    low, high = np.clip([hertz / half, hertz * half], 0, sample_rate / 2 - step) / step
    power = np.empty((len(responses), len(hertz)))
    for start in range(0, len(responses), _ROWS):
        chunk = responses[start : start + _ROWS].astype(np.float64)
        spectrum = np.abs(np.fft.rfft(chunk, _FFT)) ** 2
        total = np.zeros((len(chunk), spectrum.shape[1]))
        total[:, 1:] = np.cumsum((spectrum[:, 1:] + spectrum[:, :-1]) / 2, axis=1)
        power[start : start + _ROWS] = (_at(total, high) - _at(total, low)) / (high - low)
    return power


def _at(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Columns of `values` at fractional positions, straight between neighbours."""
    left = position.astype(int)
    share = position - left
    return values[:, left] * (1 - share) + values[:, left + 1] * share


def relative_levels(
    dirs: DirSet,
    frequencies_hz: np.ndarray = FREQUENCIES_HZ,
    octaves: float = 1 / 12,
    reference: Reference = "own",
) -> pd.DataFrame:
    """Level of every DIR in dB re one of `levels_and_references`: rows as in `dirs.table`."""
    (level,), (counted_from,) = levels_and_references(
        dirs, frequencies_hz, [octaves], [reference], octaves
    )
    return pd.DataFrame(level - counted_from[:, None], dirs.table.index, frequencies_hz)


def levels_and_references(
    dirs: DirSet,
    frequencies_hz: np.ndarray,
    smoothings: Sequence[float],
    references: Sequence[Reference],
    octaves: float = 1 / 12,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """`level_db` of each smoothing in octaves; what each reference counts from, a number a DIR.

    References are averages over `octaves`. "own": its mean level between 0.3 and 3 kHz. "1 kHz":
    its level there. "front": the mean between 0.3 and 3 kHz of the same microphone, pattern and
    distance at its smallest angle, so that what a pattern takes away shows; its own where the set
    knows no angle. "none": 0.
    """
    # all at once, out of the same spectra
    at = [*[frequencies_hz] * len(smoothings), _MIDDLE_HZ, np.array([1000.0])]
    counts = [len(some) for some in at]
    widths = np.repeat([*smoothings, octaves, octaves], counts)
    level = level_db(dirs.responses, np.concatenate(at), dirs.sample_rate, widths)
    *levels, own, at_1000 = np.split(level, np.cumsum(counts)[:-1], axis=1)
    own = own.mean(axis=1)
    front = _front(own, dirs.table) if "front" in references else own
    of = {"own": own, "1 kHz": at_1000[:, 0], "front": front, "none": np.zeros(len(own))}
    return levels, [of[reference] for reference in references]


def _front(mean: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    turned = table.assign(mean=mean).reset_index(drop=True).fillna({"pattern": ""})
    turned = turned.dropna(subset=["angle_deg", "distance_m"]).sort_values("angle_deg")
    first = turned.groupby(["microphone", "pattern", "distance_m"])["mean"].transform("first")
    front = mean.copy()
    front[first.index] = first
    return front


def response_bands(
    dirs: DirSet,
    frequencies_hz: np.ndarray = FREQUENCIES_HZ,
    octaves: float = 1 / 12,
    reference: Reference = "own",
) -> pd.DataFrame:
    """Figure 1's numbers: quantiles q0, q10, ..., q100 and mean over the set, by frequency_hz.

    Levels in dB, see `relative_levels`. q0-q100 holds 100 % of the responses, q10-q90 80 %, q25-q75
    50 %.
    """
    level = relative_levels(dirs, frequencies_hz, octaves, reference)
    return bands_of(level.to_numpy(), frequencies_hz)


def bands_of(level: np.ndarray, frequencies_hz: np.ndarray) -> pd.DataFrame:
    """`response_bands` of levels (dirs, frequencies) in dB."""
    # the numbers that are sorted lie in one piece, which is faster for thousands of DIRs
    by_frequency = np.ascontiguousarray(level.T)
    quantiles = np.quantile(by_frequency, QUANTILES, axis=1).T
    columns = [f"q{round(100 * quantile)}" for quantile in QUANTILES]
    bands = pd.DataFrame(quantiles, pd.Index(frequencies_hz, name="frequency_hz"), columns)
    return bands.assign(mean=level.mean(axis=0))


def select(dirs: DirSet, microphone: str, pattern: str, distance_m: float) -> DirSet:
    """The DIRs of one microphone, pattern and distance, by rising angle; `InputError`: none."""
    table = dirs.table
    have = table["pattern"].fillna("").eq(pattern) & table["microphone"].eq(microphone)
    chosen = table[have & np.isclose(table["distance_m"].astype(float), distance_m)]
    if chosen.empty:
        named = (
            table.fillna({"pattern": ""}).groupby(["microphone", "pattern", "distance_m"]).groups
        )
        known = ", ".join(f"{name} {of!r} at {metres:g} m" for name, of, metres in named)
        raise InputError(
            f"example_microphone, example_pattern, example_distance_m: the {dirs.name} set has no "
            f"{microphone} {pattern!r} at {distance_m:g} m; "
            f"choose one that it has: {known or 'none with a distance'}"
        )
    chosen = chosen.sort_values("angle_deg")
    rows = table.index.get_indexer(chosen.index)
    return replace(dirs, responses=dirs.responses[rows], table=chosen.reset_index(drop=True))


def angle_fan(
    turned: DirSet, frequencies_hz: np.ndarray = FREQUENCIES_HZ, octaves: float = 1 / 12
) -> pd.DataFrame:
    """Figure 2's numbers: level by frequency_hz (rows) and angle 0-180 degrees (columns).

    Of what `select` gives, in dB re the 0.3-3 kHz mean at the smallest angle, so that what the
    pattern takes away shows.
    """
    level = _by_angle(turned, frequencies_hz, octaves)
    return level.loc[:, level.columns <= 180]


def angle_map(
    turned: DirSet, frequencies_hz: np.ndarray = FREQUENCIES_HZ, octaves: float = 1 / 3
) -> pd.DataFrame:
    """Level by frequency_hz (rows) and angle 0-355 degrees (columns), dB re the smallest angle."""
    level = _by_angle(turned, frequencies_hz, octaves)
    return level.sub(level.iloc[:, 0], axis=0)


def _by_angle(turned: DirSet, frequencies_hz: np.ndarray, octaves: float) -> pd.DataFrame:
    level = level_db(turned.responses, frequencies_hz, turned.sample_rate, octaves)
    front = level_db(turned.responses[:1], _MIDDLE_HZ, turned.sample_rate, octaves).mean()
    angles = pd.Index(turned.table["angle_deg"].astype(float), name="angle_deg")
    return pd.DataFrame((level - front).T, pd.Index(frequencies_hz, name="frequency_hz"), angles)


def pattern_db(
    omni_part: float, angles_deg: np.ndarray | float, boost: np.ndarray | complex = 1.0
) -> np.ndarray:
    """Level of |a + (1 - a) cos(angle) boost| in dB, at least -120; a is `omni_part`, 0 to 1."""
    gain = np.abs(omni_part + (1 - omni_part) * np.cos(np.deg2rad(angles_deg)) * boost)
    return 20 * np.log10(np.maximum(gain, 10 ** (FLOOR_DB / 20)))
