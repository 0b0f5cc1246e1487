"""Small DIR sets of ideal microphones."""

import numpy as np
import pandas as pd
from scipy.signal import butter, lfilter

from asc_lib.data.dir_sets import DirSet

RATE = 32_000
ANGLES = np.arange(0.0, 360.0, 5.0)


def dir_set(responses: np.ndarray, simulated: bool = True, **columns: object) -> DirSet:
    """A set named "multi" of these responses (dirs, taps); `columns` go into its table."""
    about = {"name": "x", "microphone": "Mic", "pattern": "Cardioid", "distance_m": 0.5}
    table = pd.DataFrame(about | {"angle_deg": np.nan} | columns, index=range(len(responses)))
    table["pattern"] = table["pattern"].astype("string")
    return DirSet("multi", responses.astype(np.float32), table, simulated)


def noisy_responses(count: int = 12) -> np.ndarray:
    """Noise that dies away, (count, 1024)."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((count, 1024)) * np.exp(-np.arange(1024) / 60)


def turned_microphone(pattern: str, omni_part: float) -> DirSet:
    """An ideal first-order microphone at 72 angles, shuffled, behind a low-pass at 2 kHz."""
    click = np.zeros(1024)
    click[64] = 0.25
    low_passed = lfilter(*butter(1, 2000, fs=RATE), click)
    gain = omni_part + (1 - omni_part) * np.cos(np.deg2rad(ANGLES))
    order = np.random.default_rng(1).permutation(len(ANGLES))
    responses = (gain[:, None] * low_passed)[order]
    return dir_set(responses, angle_deg=ANGLES[order], pattern=pattern)
