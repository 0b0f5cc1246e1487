"""A DIR as an offset in log-mel, and how much of the devices' difference a DIR set can cover.

A response much shorter than the front end's window of 25 ms adds, in each mel band, the same number
of decibels to every frame. A linear device does the same; so a set's offsets can be held against
the mean difference between devices that heard the same moments. What a device does with the level
(compression, its own noise) no DIR covers.
"""

from functools import lru_cache

import numpy as np
import pandas as pd
import scipy
import torch

from asc_lib.data.bank import Bank
from asc_lib.model.augment import convolve_dir, unit_energy
from asc_lib.model.frontend import FFT, LOG_FLOOR, SAMPLE_RATE, LogMel, mel_bank
from asc_lib.results.intervals import once_and_redrawn, value_and_interval
from asc_lib.results.metrics import FAMILY_OF

COVERED_HZ = (50.0, 14_000.0)
FLOOR_DB = 10 * float(np.log10(LOG_FLOOR))
_SETTLED = 4  # frames until a convolved window no longer lacks what came before it
_DB = 10 / float(np.log(10))
_BATCH = 64


def mel_hz() -> np.ndarray:
    """Centre of each of the front end's 128 mel bands in Hz."""
    bank = mel_weights()
    return (np.arange(len(bank)) * SAMPLE_RATE / FFT) @ bank


@lru_cache
def mel_weights() -> np.ndarray:
    """The front end's mel bank, the weights of each band summing to 1: (513, 128)."""
    bank = mel_bank(0, LogMel().fmax_hz).numpy()
    return bank / bank.sum(axis=0)


def covered_bands() -> np.ndarray:
    """Which of the mel bands lie between 50 Hz and 14 kHz: bools."""
    hertz = mel_hz()
    return (COVERED_HZ[0] <= hertz) & (hertz <= COVERED_HZ[1])


def log_mel_db(waveform: torch.Tensor) -> torch.Tensor:
    """The front end's log-mel (batch, 128, frames) in dB, as in evaluation: its floor is -50 dB."""
    mel = LogMel().eval()
    with torch.inference_mode():
        return (5 * mel(waveform) - 4.5) * _DB


def mel_offsets_db(responses: np.ndarray) -> np.ndarray:
    """The offset that each response (dirs, 1024) should make in log-mel: (dirs, 128), dB.

    10 log10 of the mean of |H|^2 over a mel band, weighted as the band weighs it.
    """
    power = np.abs(np.fft.rfft(responses, FFT)) ** 2
    return 10 * np.log10(np.maximum(power @ mel_weights(), 1e-12))


def device_levels(bank: Bank, moments: pd.DataFrame) -> pd.DataFrame:
    """Mean log-mel level (dB) of each clip: rows (device, location, moment), columns mel bands.

    `moments`: as `acoustics.draw_moments` gives them, the same seconds by every device.
    """
    batches = (moments[first : first + _BATCH] for first in range(0, len(moments), _BATCH))
    levels = [log_mel_db(bank.heard(batch)).mean(dim=-1).numpy() for batch in batches]
    index = pd.MultiIndex.from_frame(moments[["device", "location", "moment"]])
    return pd.DataFrame(np.concatenate(levels), index)


def gaps(levels: pd.DataFrame, draws: int = 0, seed: int = 0) -> dict[str, np.ndarray]:
    """Mean level of each device minus that of device a, same moments: device -> (1 + draws, 128).

    Row 0 is over all locations, the others over locations drawn with replacement.
    """
    by_place = levels.groupby(["device", "location"]).mean()
    count = levels.groupby(["device", "location"]).size()
    of_a = by_place.loc["a"]
    times = once_and_redrawn(len(of_a), draws, seed) * count.loc["a"].to_numpy()
    times = times / times.sum(axis=1, keepdims=True)
    devices = [device for device in FAMILY_OF if device in by_place.index.unique(0)]
    return {
        device: times @ (by_place.loc[device].reindex(of_a.index) - of_a).to_numpy()
        for device in devices
        if device != "a"
    }


def spectral_distance(gap_db: np.ndarray, offsets_db: np.ndarray) -> np.ndarray:
    """RMS over mel bands, 50 Hz to 14 kHz, of gaps minus offsets, their means removed: dB.

    A difference in level alone is none. Shapes (gaps, 128) and (dirs, 128) to (gaps, dirs).
    """
    gap, offset = _centred(gap_db), _centred(offsets_db)
    square = (gap**2).mean(1)[:, None] + (offset**2).mean(1) - 2 * gap @ offset.T / gap.shape[1]
    return np.sqrt(np.maximum(square, 0))


def mixture_distance(gap_db: np.ndarray, offsets_db: np.ndarray) -> float:
    """What is left of a gap (128,), in dB, beside the nearest weighted mean of offsets and none.

    Weights are at least 0 and sum to 1: how far the device lies outside all that the set spans.
    """
    gap, offset = _centred(gap_db[None])[0], _centred(offsets_db)
    corners = np.vstack([offset, np.zeros(len(gap))]).T
    heavy = 100.0 * max(1.0, float(np.abs(corners).max()))  # makes the sum of weights one
    rows = np.vstack([corners, np.full(corners.shape[1], heavy)])
    weights, _ = scipy.optimize.nnls(rows, np.append(gap, heavy), maxiter=20 * rows.shape[1])
    return float(np.sqrt(np.mean((corners @ weights - gap) ** 2)))


def coverage(gap_db: dict[str, np.ndarray], offsets_db: dict[str, np.ndarray]) -> pd.DataFrame:
    """How much of each device's gap each DIR set covers; rows (device, set).

    Columns `value low high` of each measure (95 %, over the locations' draws in `gap_db`):
    `gap` RMS difference to device a in dB; `nearest` what is left with the best single DIR;
    `nearer` share in % of the set's DIRs that bring a nearer to the device. `mixture` (no
    interval): what is left beside the nearest mixture of DIRs.
    """
    parts = [(of, end) for of in ("gap", "nearest", "nearer") for end in ("value", "low", "high")]
    columns = pd.MultiIndex.from_tuples([*parts, ("mixture", "value")])
    rows = {}
    for device, gap in gap_db.items():
        alone = np.sqrt((_centred(gap) ** 2).mean(1))
        for name, offsets in offsets_db.items():
            left = spectral_distance(gap, offsets)
            found = alone, left.min(axis=1), 100 * (left < alone[:, None]).mean(axis=1)
            row = [number for values in found for number in value_and_interval(values)]
            rows[device, name] = [*row, mixture_distance(gap[0], offsets)]
    index = pd.MultiIndex.from_tuples(rows, names=["device", "set"])
    return pd.DataFrame(list(rows.values()), index, columns)


def gain_over_level(
    bank: Bank, moments: pd.DataFrame, device: str, response: np.ndarray | None = None
) -> pd.DataFrame:
    """Gain of a device over device a, frame by frame of `moments`: `location level_db gain_db`.

    Device "a" together with a `response` (taps,) is a through that DIR. `level_db`: of a, all bands
    together; `gain_db`: minus the mean gain of each band, so that a linear device has 0.
    """
    of = {name: rows.set_index("moment") for name, rows in moments.groupby("device")}
    order = of["a"].index
    sounds = [bank.heard(of[name].loc[order]) for name in ("a", device)]
    if response is not None:
        unit = unit_energy(torch.as_tensor(response)[None])
        sounds[1] = convolve_dir(sounds[1], unit.expand(len(order), -1))
    dry, other = (log_mel_db(sound)[..., _SETTLED:] for sound in sounds)
    # bands near the floor say nothing of a gain
    heard = torch.tensor(covered_bands())[:, None] & (dry > FLOOR_DB + 15) & (other > FLOOR_DB + 15)
    weight = heard.float()
    ratio = (other - dry) * weight
    # what a band always gains is an offset: only what changes is left
    mean = ratio.sum((0, 2)) / weight.sum((0, 2)).clamp(min=1)
    gain = (ratio - weight * mean[:, None]).sum(1) / weight.sum(1).clamp(min=1)
    level = 10 * torch.log10((10 ** (dry / 10)).sum(1))
    places = np.repeat(of["a"]["location"].to_numpy(), level.shape[1])
    table = {"location": places, "level_db": level.numpy().ravel(), "gain_db": gain.numpy().ravel()}
    return pd.DataFrame(table)[(weight.sum(1) >= 20).numpy().ravel()]


def slope_over_level(frames: pd.DataFrame, draws: int = 0, seed: int = 0) -> np.ndarray:
    """dB of gain for each dB of level in `gain_over_level`: (1 + draws,), see `gaps` for draws."""
    x, y = frames["level_db"], frames["gain_db"]
    parts = pd.DataFrame({"n": 1, "x": x, "y": y, "xy": x * y, "xx": x * x})
    parts = parts.groupby(frames["location"]).sum().to_numpy()
    n, x, y, xy, xx = (once_and_redrawn(len(parts), draws, seed) @ parts).T
    return (xy - x * y / n) / (xx - x * x / n)


def _centred(db: np.ndarray) -> np.ndarray:
    inside = db[:, covered_bands()]
    return inside - inside.mean(axis=1, keepdims=True)
