"""Is a network as sure as it is right? Reliability and expected calibration error.

Predictions are as in `metrics`, and each clip counts the same. Confidence is the probability of the
most probable scene, 1/10 to 1; bin m of 15 is ((m - 1) / 15, m / 15].

C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017,
https://arxiv.org/abs/1706.04599.
"""

import numpy as np
import pandas as pd

from asc_lib.results import intervals, metrics

BINS = 15  # Guo et al.


def reliability(predictions: pd.DataFrame, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """One row a bin: `bin` (1 ... 15), `clips`, their mean `confidence`, `accuracy`, `low`, `high`.

    The last two: 95 % interval of the accuracy over recording places; redrawn sets without a clip
    in a bin are left out of it. NaN where a bin holds no clip.
    """
    confidence, right = _confidence_and_right(predictions)
    place, places = pd.factorize(predictions["location"])
    cell, cells = place * BINS + _bin(confidence), len(places) * BINS
    taken = intervals.redrawn(len(places), draws, np.random.default_rng(seed))
    of_right, of_all = (
        taken @ np.bincount(cell, weights, cells).reshape(-1, BINS) for weights in (right, None)
    )
    ends = np.full((BINS, 2), np.nan)
    for number in np.flatnonzero(of_all.any(axis=0)):
        drawn = of_all[:, number] > 0
        shares = of_right[drawn, number] / of_all[drawn, number]
        ends[number] = np.quantile(shares, [0.025, 0.975])
    return _binned(predictions).assign(low=ends[:, 0], high=ends[:, 1])


def expected_calibration_error(predictions: pd.DataFrame) -> float:
    """Mean over clips of |accuracy - confidence| of their bin, 0 to 1 (Guo et al., eq. 3)."""
    table = _binned(predictions)
    gap = (table["accuracy"] - table["confidence"]).abs()
    return float((gap * table["clips"]).sum() / table["clips"].sum())


def error_by_chance(predictions: pd.DataFrame, draws: int = 200, seed: int = 0) -> float:
    """Mean calibration error that these confidences would show if each were exactly true.

    It is not zero: few clips in a bin miss their probability by chance. Clips are drawn one by one;
    clips of one place are alike, so that chance in fact makes a little more.
    """
    confidence, _ = _confidence_and_right(predictions)
    in_bin = np.eye(BINS, dtype=np.float32)[_bin(confidence)]  # (clips, bins)
    rng = np.random.default_rng(seed)
    right = rng.random((draws, len(confidence)), np.float32) < confidence
    gaps = np.abs((right - confidence.astype(np.float32)) @ in_bin)  # (draws, bins)
    return float(gaps.sum(axis=1).mean() / len(confidence))


def overconfidence(
    predictions: pd.DataFrame, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """Mean confidence minus accuracy, and its 95 % interval over recording places.

    Above zero: surer than right.
    """
    confidence, right = _confidence_and_right(predictions)
    place, places = pd.factorize(predictions["location"])
    taken = intervals.once_and_redrawn(len(places), draws, seed)
    of_place = np.bincount(place, confidence - right), np.bincount(place)
    return intervals.value_and_interval(taken @ of_place[0] / (taken @ of_place[1]))


def confidences(predictions: pd.DataFrame) -> np.ndarray:
    """Probability of each clip's most probable scene, (clips,)."""
    return _confidence_and_right(predictions)[0]


def _binned(predictions: pd.DataFrame) -> pd.DataFrame:
    confidence, right = _confidence_and_right(predictions)
    which = _bin(confidence)
    clips, *sums = (np.bincount(which, weights, BINS) for weights in (None, confidence, right))
    table = pd.DataFrame({"bin": np.arange(1, BINS + 1), "clips": clips.astype(int)})
    with np.errstate(invalid="ignore"):
        return table.assign(confidence=sums[0] / clips, accuracy=sums[1] / clips)


def _confidence_and_right(predictions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    right = metrics.clip_scores(predictions)["accuracy"].to_numpy()
    log_p = predictions[metrics.LOG_P].to_numpy(float)
    # rounding may leave a probability a hair above one
    return np.exp(log_p.max(axis=1)).clip(max=1.0), right


def _bin(confidence: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
