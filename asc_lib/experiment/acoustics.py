"""What a clip sounds like in numbers: octave levels, how they vary in time, and slow modulation.

Made to set simulated clips beside real ones. Octaves go from 63 Hz to 8 kHz, the highest that is
whole at 32 kHz; levels come from long frames, variation in time from frames of 32 ms, 10 ms apart.

`reference()` gives such numbers of real clips: 535 clips of TAU Urban Acoustic Scenes 2022 Mobile,
development set (T. Heittola, A. Mesaros, T. Virtanen, https://doi.org/10.5281/zenodo.6337421, for
non-commercial use only): about 25 of each scene by device a, two by each of the other devices.
The file holds statistics of whole clips, from which no sound can be made.
"""

from importlib import resources

import numpy as np
import pandas as pd
import scipy

from asc_lib.data.bank import Bank
from asc_lib.data.wav import SAMPLE_RATE

OCTAVES_HZ = (63, 125, 250, 500, 1000, 2000, 4000, 8000)
MODULATION_HZ = ((1, 2), (2, 4), (4, 8), (8, 16), (16, 32))
MODULATED_HZ = 500  # octaves from here up: below, a frame of noise fluctuates by itself
LEVEL_FRAME_S, FRAME_S, HOP_S = 0.25, 0.032, 0.01
LEVELS = [f"level_{octave}" for octave in OCTAVES_HZ]
DEVIATIONS = [f"deviation_{octave}" for octave in OCTAVES_HZ]
MODULATIONS = [f"modulation_{low}" for low, _ in MODULATION_HZ]
_SILENCE = 1e-14
_BATCH = 64


def clip_statistics(waveforms: np.ndarray, rate: int = SAMPLE_RATE) -> pd.DataFrame:
    """One row a clip of waveforms (clips, samples), full scale 1, a second or more at `rate` in Hz.

    rms: level in dBFS (mean square; a full-scale sine has -3). level_<octave>: the same of an
    octave around so many Hz. deviation_<octave>: standard deviation over frames of that octave's
    level, dB; steady noise has what its few degrees of freedom leave, 5.6 dB at 63 Hz.
    modulation_<low>: power of the relative amplitude envelope, 1 + m(t), between so many Hz and the
    next, dB: 10 log10(m^2 / 2) for a sine of depth m; mean power over the octaves from 500 Hz up.
    """
    hertz, density = scipy.signal.welch(waveforms, rate, nperseg=round(LEVEL_FRAME_S * rate))
    level = 10 * np.log10(density @ _members(hertz) * hertz[1] + _SILENCE)
    octaves = _octave_power(waveforms, rate)  # (clips, frames, octaves)
    deviation = (10 * np.log10(octaves)).std(axis=1)
    modulation = 10 * np.log10(_modulation(octaves) + 1e-9)
    rms = 10 * np.log10(np.square(waveforms, dtype=float).mean(axis=1) + _SILENCE)
    columns = ["rms", *LEVELS, *DEVIATIONS, *MODULATIONS]
    return pd.DataFrame(np.column_stack([rms, level, deviation, modulation]), columns=columns)


def _octave_power(waveforms: np.ndarray, rate: int) -> np.ndarray:
    """(clips, frames, octaves), in a unit of no meaning: only its ratios are used."""
    samples, hop = round(FRAME_S * rate), round(HOP_S * rate)
    window = np.hanning(samples + 1)[:-1].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(waveforms, samples, axis=1)[:, ::hop]
    power = np.abs(scipy.fft.rfft(frames * window)) ** 2
    return power @ _members(scipy.fft.rfftfreq(samples, 1 / rate)) + _SILENCE


def _members(hertz: np.ndarray) -> np.ndarray:
    """(bins, octaves): 1 where a bin belongs to an octave."""
    centre = np.array(OCTAVES_HZ)
    inside = (hertz[:, None] >= centre / 2**0.5) & (hertz[:, None] < centre * 2**0.5)
    return inside.astype(np.float32)


def _modulation(octaves: np.ndarray) -> np.ndarray:
    """(clips, modulation bands) of octave powers (clips, frames, octaves)."""
    heard = np.array(OCTAVES_HZ) >= MODULATED_HZ
    envelope = np.sqrt(octaves[:, :, heard])
    envelope = envelope / envelope.mean(axis=1, keepdims=True)
    frames = envelope.shape[1]
    power = 2 * np.abs(scipy.fft.rfft(envelope, axis=1)) ** 2 / frames**2
    hertz = scipy.fft.rfftfreq(frames, HOP_S)
    bands = [power[:, (hertz >= low) & (hertz < high)].sum(axis=1) for low, high in MODULATION_HZ]
    return np.stack(bands, axis=1).mean(axis=2)


def measure(bank: Bank, clips: pd.DataFrame) -> pd.DataFrame:
    """`scene device location` and the statistics of `clips`, rows of the bank's, in their order."""
    tables = [
        clip_statistics(bank.heard(clips[first : first + _BATCH]).numpy())
        for first in range(0, len(clips), _BATCH)
    ]
    about = clips[["scene", "device", "location"]].reset_index(drop=True)
    return pd.concat([about, pd.concat(tables, ignore_index=True)], axis=1)


def reference() -> pd.DataFrame:
    """What `measure` gives of the 535 real clips, in 0.1 dB (see the module)."""
    file = resources.files("asc_lib") / "reference" / "tau22_clips.csv"
    with file.open("rb") as text:
        return pd.read_csv(text)


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


def scene_profile(statistics: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Mean and standard deviation over the clips of each scene: rows (scene, column)."""
    of_scene = statistics.groupby("scene")[columns]
    return pd.DataFrame({"mean": of_scene.mean().stack(), "sd": of_scene.std().stack()})


def spread(statistics: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Standard deviation of the scenes' means, `between`, and within a scene, `within`, by column.

    `within` is the root mean square over scenes; each scene counts the same.
    """
    of_scene = statistics.groupby("scene")[columns]
    within = of_scene.var().mean() ** 0.5
    return pd.DataFrame({"between": of_scene.mean().std(), "within": within})


def difference_to_a(statistics: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Mean of each device less that of device a, rows devices; each scene counts the same."""
    mean = statistics.groupby(["device", "scene"])[columns].mean().groupby("device").mean()
    return (mean - mean.loc["a"]).drop(index="a")
