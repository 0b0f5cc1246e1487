"""What a clip sounds like in numbers: octave levels, by scene, device and moment.

Octaves go from 63 Hz to 8 kHz, the highest that is whole at 32 kHz.
"""

from importlib import resources

import numpy as np
import pandas as pd
import scipy

from asc_lib.data.bank import Bank, open_bank
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.files import InputError, resolve

OCTAVES_HZ = (63, 125, 250, 500, 1000, 2000, 4000, 8000)
LEVELS = [f"level_{octave}" for octave in OCTAVES_HZ]
_FRAME_S = 0.25
_SILENCE = 1e-14
_BATCH = 64


def clip_levels(waveforms: np.ndarray, rate: int = SAMPLE_RATE) -> pd.DataFrame:
    """One row a clip of waveforms (clips, samples), full scale 1, a second or more at `rate` in Hz.

    rms: level in dBFS (mean square; a full-scale sine has -3). level_<octave>: the same of an
    octave around so many Hz.
    """
    hertz, density = scipy.signal.welch(waveforms, rate, nperseg=round(_FRAME_S * rate))
    centre = np.array(OCTAVES_HZ)
    inside = (hertz[:, None] >= centre / 2**0.5) & (hertz[:, None] < centre * 2**0.5)
    level = 10 * np.log10(density @ inside.astype(np.float32) * hertz[1] + _SILENCE)
    rms = 10 * np.log10(np.square(waveforms, dtype=float).mean(axis=1) + _SILENCE)
    return pd.DataFrame(np.column_stack([rms, level]), columns=["rms", *LEVELS])


def measure(bank: Bank, clips: pd.DataFrame) -> pd.DataFrame:
    """`scene device location` and the levels of `clips`, rows of the bank's, in their order."""
    tables = [
        clip_levels(bank.heard(clips[first : first + _BATCH]).numpy())
        for first in range(0, len(clips), _BATCH)
    ]
    about = clips[["scene", "device", "location"]].reset_index(drop=True)
    return pd.concat([about, pd.concat(tables, ignore_index=True)], axis=1)


def reference() -> pd.DataFrame:
    """What `measure` gives of 535 clips of TAU22's development set, in 0.1 dB.

    T. Heittola, A. Mesaros, T. Virtanen, https://doi.org/10.5281/zenodo.6337421, for non-commercial
    use only: about 25 of each scene by device a, two by each of the other devices. No sound can be
    made from it.
    """
    file = resources.files("asc_lib") / "reference" / "tau22_clips.csv"
    with file.open("rb") as text:
        return pd.read_csv(text)[["scene", "device", "location", "rms", *LEVELS]]


def real_clips(root: str, kept_in: str, count: int) -> pd.DataFrame:
    """`measure` of `count` random clips of each scene and device at `root`; without, `reference`.

    Raises:
        InputError: the clips are simulated.
    """
    if not root:
        return reference()
    bank = open_bank(resolve(root), resolve(kept_in))
    if bank.simulated:
        raise InputError(f"compare_tau22_root: {root} is simulated; name real clips, or none")
    drawn = bank.clips.sample(frac=1, random_state=0).groupby(["scene", "device"])
    return measure(bank, drawn.head(count))


def draw_clips(clips: pd.DataFrame, count: int, seed: int = 0) -> pd.DataFrame:
    """`count` random clips of each scene by device a, or all where there are fewer."""
    of_a = clips[clips["device"] == "a"].sample(frac=1, random_state=seed)
    return of_a.groupby("scene").head(count).sort_values(["scene", "filename"])


def draw_moments(clips: pd.DataFrame, count: int, seed: int = 0) -> pd.DataFrame:
    """Test clips of `count` random seconds of each scene that all of the test side's devices heard.

    One row a second and device, with a column `moment`; fewer where there are fewer.
    """
    test = clips[clips["side"] == "test"]
    moment = test["recording"].str.rsplit("-", n=1).str[0] + "-" + test["subsegment"].astype(str)
    test = test.assign(moment=moment)
    heard_by = test.groupby("moment")["device"].transform("nunique")
    common = test[heard_by == test["device"].nunique()]
    drawn = common.drop_duplicates("moment").sample(frac=1, random_state=seed)
    drawn = drawn.groupby("scene").head(count)["moment"]
    return common[common["moment"].isin(drawn)].sort_values(["scene", "moment", "device"])
