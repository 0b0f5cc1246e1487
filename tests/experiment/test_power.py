"""Power by simulation against the noncentral t distribution, and against studies drawn in full."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from asc_lib.experiment import metrics, power
from asc_lib.experiment.power import Luck
from tests.experiment.test_metrics import make


def t_test_power(delta: float, deviation: float, n: int) -> float:
    """Of a paired two-sided t test at 5 % on n differences (closed form)."""
    critical, shift = stats.t.ppf(0.975, n - 1), delta / deviation * np.sqrt(n)
    return stats.nct.sf(critical, n - 1, shift) + stats.nct.cdf(-critical, n - 1, shift)


@pytest.mark.parametrize("seeds", [2, 3, 10])
@pytest.mark.parametrize("delta", [0.0, 0.02, 0.06])
def test_luck_of_training_alone_is_a_paired_t_test_over_seeds(seeds, delta):
    found = power.simulated_power(delta, Luck(0.03**2, 0.0, 0.0), seeds, 40, trials=20_000)
    assert found == pytest.approx(t_test_power(delta, 0.03, seeds), abs=0.012)


@pytest.mark.parametrize("luck", [Luck(np.nan, 0.2**2, 0.0), Luck(0.0, 0.2**2, 0.0)])
def test_luck_of_places_alone_is_a_paired_t_test_over_places(luck):
    seeds = 1 if np.isnan(luck.seeds) else 3
    for places in (5, 40):
        found = power.simulated_power(0.1, luck, seeds, places, trials=20_000)
        assert found == pytest.approx(t_test_power(0.1, 0.2, places), abs=0.012)


def in_full(delta: float, luck: Luck, seeds: int, places: int, trials: int) -> float:
    """The same test on tables of seeds by places, with sums of squares by hand."""
    rng, found = np.random.default_rng(5), 0
    for _ in range(trials):
        d = delta + np.sqrt(luck.seeds) * rng.standard_normal((seeds, 1))
        d = d + np.sqrt(luck.places) * rng.standard_normal((1, places))
        d = d + np.sqrt(luck.rest) * rng.standard_normal((seeds, places))
        a = places * d.mean(1).var(ddof=1)
        b = seeds * d.mean(0).var(ddof=1)
        free = (seeds - 1) * (places - 1)
        e = ((d - d.mean(1, keepdims=True) - d.mean(0) + d.mean()) ** 2).sum() / free
        square = max(a + b - e, a, b)
        freedom = square**2 / (a**2 / (seeds - 1) + b**2 / (places - 1) + e**2 / free)
        freedom = np.clip(freedom, min(seeds, places) - 1, free)
        interval = stats.t.ppf(0.975, freedom) * np.sqrt(square / d.size)
        found += abs(d.mean()) > interval
    return found / trials


@pytest.mark.parametrize(
    "luck", [Luck(0.01, 0.16, 0.25), Luck(0.0, 0.0, 1.0), Luck(0.04, 0.0, 0.1)]
)
def test_mean_squares_drawn_at_once_are_those_of_studies_drawn_in_full(luck):
    for delta in (0.0, 0.3):
        found = power.simulated_power(delta, luck, 4, 15, trials=20_000)
        assert found == pytest.approx(in_full(delta, luck, 4, 15, 3000), abs=0.03)
    assert power.simulated_power(0.0, luck, 4, 15, trials=20_000) < 0.065  # no more false alarms


def test_numbers_needed_are_those_of_the_closed_form():
    wanted = {n: t_test_power(0.05, 0.1, n) for n in range(2, 60)}
    least = min(n for n, found in wanted.items() if found >= 0.8)
    assert abs(power.needed(0.05, Luck(np.nan, 0.01, 0.0), "places", 1) - least) <= 1
    assert abs(power.needed(0.05, Luck(0.01, 0.0, 0.0), "seeds", 30) - least) <= 1


def of_two_methods(seeds: int = 2) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Runs on the same clips, of which the second method's know more."""
    clips = make(seed=0)[["filename", "scene", "device", "location"]]
    runs = []
    for number in range(2 * seeds):
        log_p = make(seed=number)[metrics.LOG_P]
        rng = np.random.default_rng(number)
        scene = clips["scene"].map(list(metrics.SCENES).index).to_numpy()
        logits = rng.normal(size=log_p.shape)
        logits[np.arange(len(clips)), scene] += 1 + number // seeds
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        runs.append(clips.assign(**dict(zip(metrics.LOG_P, log_p.T, strict=True))))
    return runs[:seeds], runs[seeds:]


def test_places_add_up_to_the_tables_difference_and_to_the_bootstraps_spread():
    left, right = of_two_methods()
    by_place = power.place_differences(left, right)
    assert by_place.shape == (2, left[0]["location"].nunique())
    rows = [metrics.table_row([run])["overall"] for run in (*left, *right)]
    np.testing.assert_allclose(by_place.mean(axis=1), np.subtract(rows[:2], rows[2:]))
    drawn = [metrics.bootstrap_by_location(runs[:1], 4000) for runs in (left, right)]
    spread = (drawn[0]["overall"] - drawn[1]["overall"]).std()
    assert by_place[0].std() / np.sqrt(by_place.shape[1]) == pytest.approx(spread, rel=0.1)
    shuffled = [run.sample(frac=1, random_state=1) for run in left]
    np.testing.assert_allclose(power.place_differences(shuffled, right), by_place)


def test_variances_are_found_again():
    rng = np.random.default_rng(3)
    seeds, places = 4, 30
    differences = [
        0.1 + 0.5 * rng.standard_normal((seeds, 1)) + 0.3 * rng.standard_normal((1, places))
        + 0.8 * rng.standard_normal((seeds, places))
        for _ in range(400)
    ]  # fmt: skip
    found = power.observed_luck(differences)
    np.testing.assert_allclose(found, [0.25, 0.09, 0.64], rtol=0.08)
    one = power.observed_luck([d[:1] for d in differences])
    assert np.isnan(one.seeds) and one.places == pytest.approx(0.09 + 0.64, rel=0.05)
    nothing = power.observed_luck([np.array([[1.0, -1.0], [-1.0, 1.0]])])
    assert nothing.seeds == nothing.places == 0
