"""How many seeds and places it takes to tell two methods apart.

The paired difference of two methods' log-loss, of seed r of R and place l of L, is taken as

    d_rl = delta + a_r + b_l + e_rl,

delta what is looked for, a the luck of training, b that of places, e what is left; normal, with
variances that a study shows (crossed random effects, method of moments). A difference counts as
found where zero lies outside the two-sided 95 % interval of the mean, whose squared standard error
(MS_a + MS_b - MS_e) / (R L) and degrees of freedom follow F. E. Satterthwaite, "An approximate
distribution of estimates of variance components", Biometrics Bulletin 2, 1946,
https://doi.org/10.2307/3002019. Power is the share of simulated studies in which it is found.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy

from asc_lib.experiment import metrics
from asc_lib.experiment.metrics import FAMILY_OF

POWER = 0.8  # what is usually asked for
MOST = 10_000  # seeds or places: more is no plan


class Luck(NamedTuple):
    """Variances of a paired difference, nats squared; seeds unknown (NaN) from one seed."""

    seeds: float
    places: float
    rest: float  # of one place in one training; part of `places` where there is one seed


def place_differences(left: Sequence[pd.DataFrame], right: Sequence[pd.DataFrame]) -> np.ndarray:
    """Each place's part in one method's overall log-loss less another's: (seeds, places), nats.

    Their mean over places is the difference of the runs' overall log-loss: a place's number is its
    influence on that mean, times the number of places, around it, whatever clips it has of which
    device. `left` and `right`: predictions of the same clips, seed by seed the same.
    """
    rows = []
    for pair in zip(left, right, strict=True):
        one, other = (run.sort_values("filename") for run in pair)
        scores = metrics.clip_scores(one)
        scores["log_loss"] -= metrics.clip_scores(other)["log_loss"].to_numpy()
        scores = scores[scores["device"].map(FAMILY_OF) != "further"]
        by_device = scores.groupby("device")["log_loss"]
        off = (scores["log_loss"] - by_device.transform("mean")) / by_device.transform("size")
        by_place = off.groupby(scores["location"]).sum() / by_device.ngroups
        rows.append(by_device.mean().mean() + len(by_place) * by_place.to_numpy())
    return np.stack(rows)


def observed_luck(differences: Sequence[np.ndarray]) -> Luck:
    """Variances from (seeds, places) differences of several pairs of methods, pooled.

    Mean squares are averaged over the pairs before they are solved, since a single pair says next
    to nothing about its spread; a variance below 0 is 0.
    """
    seeds, places = differences[0].shape
    squares = []
    for d in differences:
        of_seed, of_place = d.mean(axis=1, keepdims=True), d.mean(axis=0, keepdims=True)
        rest = d - of_seed - of_place + d.mean()
        free = max(seeds - 1, 1), places - 1
        squares.append(
            [places * ((of_seed - d.mean()) ** 2).sum() / free[0],
             seeds * ((of_place - d.mean()) ** 2).sum() / free[1],
             (rest**2).sum() / (free[0] * free[1])]
        )  # fmt: skip
    of_seeds, of_places, rest = np.mean(squares, axis=0)
    if seeds == 1:
        return Luck(np.nan, float(of_places), 0.0)
    return Luck(
        float(max(of_seeds - rest, 0) / places), float(max(of_places - rest, 0) / seeds),
        float(rest),
    )  # fmt: skip


def simulated_power(
    delta: float, luck: Luck, seeds: int, places: int, trials: int = 4000, seed: int = 0
) -> float:
    """Share of studies of so many seeds and places that find a difference of `delta` nats.

    A study of one seed tests over places alone: it speaks of its two trainings, not of methods, and
    the luck of training has no part in it. The same studies' luck for every delta.
    """
    rng = np.random.default_rng(seed)
    free = np.array([seeds - 1, places - 1, (seeds - 1) * (places - 1)])
    if seeds == 1:
        variance = luck.places + luck.rest
        square = variance * rng.chisquare(free[1], trials) / free[1]
        spread, freedom = np.sqrt(variance / places), np.full(trials, float(free[1]))
        error = np.sqrt(square / places)
    else:
        expected = np.array(
            [places * luck.seeds + luck.rest, seeds * luck.places + luck.rest, luck.rest]
        )
        # mean squares of normal crossed effects: independent, scaled chi-square
        found = expected * np.stack([rng.chisquare(f, trials) for f in free], axis=1) / free
        # never below what seeds, or places, alone would say
        square = np.maximum(found @ [1, 1, -1], found[:, :2].max(axis=1))
        freedom = square**2 / np.maximum((found**2 / free).sum(axis=1), np.finfo(float).tiny)
        freedom = freedom.clip(min(free[:2]), free[2])
        spread = np.sqrt((expected @ [1, 1, -1]) / (seeds * places))
        error = np.sqrt(square / (seeds * places))
    mean = delta + spread * rng.standard_normal(trials)
    return float((np.abs(mean) > scipy.stats.t.ppf(0.975, freedom) * error).mean())


def needed(
    delta: float, luck: Luck, vary: Literal["seeds", "places"], other: int, power: float = POWER
) -> float:
    """Fewest seeds (at `other` places) or places (at `other` seeds) that find `delta` often enough.

    Infinite where `MOST` of them do not: more of the one does not make up for few of the other.
    """

    def enough(number: int) -> bool:
        given = (number, other) if vary == "seeds" else (other, number)
        return simulated_power(delta, luck, *given) >= power

    low, high = 1, 2  # two of either at least: one shows no spread
    while not enough(high):
        if high >= MOST:
            return np.inf
        low, high = high, min(2 * high, MOST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)


def needed_table(
    deltas: Sequence[float], luck: Luck, seeds: int, places: int, clips: int
) -> pd.DataFrame:
    """What each difference in nats needs: columns `delta seeds places clips`.

    Clips grow with places; `seeds` is missing where the luck of training is unknown.
    """
    rows = []
    for delta in deltas:
        of_seeds = np.nan if np.isnan(luck.seeds) else needed(delta, luck, "seeds", places)
        of_places = needed(delta, luck, "places", seeds)
        rows.append((delta, of_seeds, of_places, of_places * clips / places))
    return pd.DataFrame(rows, columns=["delta", "seeds", "places", "clips"])
