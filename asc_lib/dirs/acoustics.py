"""Physics of a microphone that can be read off its impulse responses: time, pattern, distance.

First-order patterns and proximity: J. Eargle, The Microphone Book, Focal Press, ch. 3 to 5. Phase:
A. V. Oppenheim and R. W. Schafer, Discrete-Time Signal Processing, ch. 5 and 13.
"""

import warnings

import numpy as np
import pandas as pd
import scipy

from asc_lib.data.dir_sets import BEFORE_PEAK, DirSet
from asc_lib.dirs.spectra import FREQUENCIES_HZ, level_db, pattern_db

SPEED_OF_SOUND = 343.0  # m/s
_FFT = 32_768


def has_energy(response: np.ndarray, frequencies_hz: np.ndarray, sample_rate: int) -> np.ndarray:
    """Where the phase of a response (taps,) means something: bools by frequency.

    Not where the level is 40 dB or more below its peak, where phase is that of noise, nor in a
    notch, 12 dB or more below the octave around it, where delay runs to infinity.
    """
    level = level_db(response[None], frequencies_hz, sample_rate)[0]
    around = level_db(response[None], frequencies_hz, sample_rate, octaves=1.0)[0]
    peak = level_db(response[None], FREQUENCIES_HZ, sample_rate)[0].max()
    return (level > peak - 40) & (level > around - 12)


def group_delay_ms(
    response: np.ndarray, frequencies_hz: np.ndarray, sample_rate: int, after_tap: int = BEFORE_PEAK
) -> np.ndarray:
    """Group delay -d phase / d omega of a response (taps,) in ms after a tap, by frequency.

    NaN where there is no energy, see `has_energy`.
    """
    taps = np.arange(len(response))
    turns = np.exp(-2j * np.pi * np.outer(frequencies_hz, taps) / sample_rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        delay = ((turns @ (taps * response)) / (turns @ response)).real
    delay[~has_energy(response, frequencies_hz, sample_rate)] = np.nan
    return (delay - after_tap) / sample_rate * 1000


def phases(
    response: np.ndarray, frequencies_hz: np.ndarray, sample_rate: int, after_tap: int = BEFORE_PEAK
) -> pd.DataFrame:
    """Phase of a response (taps,) in two parts, in radians by frequency_hz.

    `minimum` is what its magnitude alone makes necessary (by the cepstrum), `excess` the rest, such
    as delay and reflections stronger than what precedes them. `phase` is their sum, unwrapped from
    0 Hz up, the delay of `after_tap` taken out.
    """
    hertz = np.fft.rfftfreq(_FFT, 1 / sample_rate)
    delay = np.exp(2j * np.pi * hertz * after_tap / sample_rate)
    phase = np.unwrap(np.angle(np.fft.rfft(response, _FFT) * delay))
    phase -= 2 * np.pi * np.round(phase[np.searchsorted(hertz, frequencies_hz[0])] / (2 * np.pi))
    with warnings.catch_warnings():
        # half the response would need a symmetric one; the whole does not, but scipy asks it too
        warnings.filterwarnings("ignore", "h does not appear to", RuntimeWarning)
        earliest = scipy.signal.minimum_phase(response.astype(float), n_fft=_FFT, half=False)
    minimum = np.unwrap(np.angle(np.fft.rfft(earliest, _FFT)))
    at = {"phase": phase, "minimum": minimum, "excess": phase - minimum}
    return pd.DataFrame(
        {name: np.interp(frequencies_hz, hertz, values) for name, values in at.items()},
        index=pd.Index(frequencies_hz, name="frequency_hz"),
    )


def proximity_db(
    frequencies_hz: np.ndarray, distance_m: float, omni_part: float, angle_deg: float = 0.0
) -> np.ndarray:
    """Level of a first-order microphone near a point source, re the pressure there, in dB.

    20 log10 |a + (1 - a) cos(angle) (1 + 1 / (j k r))| with k = 2 pi f / c.
    """
    kr = 2 * np.pi * frequencies_hz * distance_m / SPEED_OF_SOUND
    return pattern_db(omni_part, angle_deg, 1 + 1 / (1j * kr))


def distance_levels(
    dirs: DirSet,
    microphone: str,
    pattern: str,
    angle_deg: float = 0.0,
    frequencies_hz: np.ndarray = FREQUENCIES_HZ,
    octaves: float = 1 / 3,
) -> pd.DataFrame:
    """Level by frequency_hz (rows) and distance_m (columns), in dB re 1 kHz.

    The sets hold no level between distances, so each curve is set to 0 where no proximity is left.
    At each distance the angle nearest to `angle_deg` is taken.
    """
    table = dirs.table.reset_index(drop=True).dropna(subset=["distance_m", "angle_deg"])
    own = table[table["microphone"].eq(microphone) & table["pattern"].fillna("").eq(pattern)]
    away = (own["angle_deg"] - angle_deg).abs()
    rows = away.groupby(own["distance_m"]).idxmin()  # by rising distance
    responses = dirs.responses[rows]
    level = level_db(responses, frequencies_hz, dirs.sample_rate, octaves)
    level -= level_db(responses, np.array([1000.0]), dirs.sample_rate, octaves)
    return pd.DataFrame(level.T, pd.Index(frequencies_hz, name="frequency_hz"), rows.index)


def fit_omni_part(level_db_re_front: pd.Series) -> float:
    """The a, 0 to 1, whose pattern a + (1 - a) cos(angle) lies nearest to a measured one.

    Least squares of the gain, not of its dB, over the angles in degrees of the series' index; the
    gain at 0 degrees is left free.
    """
    gain = 10 ** (level_db_re_front.to_numpy(float) / 20)
    part = np.linspace(0, 1, 1001)[:, None]
    angle = np.deg2rad(level_db_re_front.index.to_numpy(float))
    ideal = np.abs(part + (1 - part) * np.cos(angle))
    front = (ideal @ gain) / np.square(ideal).sum(1)
    missed = np.square(gain - front[:, None] * ideal).sum(1)
    return float(part[missed.argmin(), 0])
