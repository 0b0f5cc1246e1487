"""Intervals against closed forms."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.files import InputError
from asc_lib.results import intervals, metrics
from tests.results.test_metrics import make


def one_place_a_clip(seed: int, clips: int = 400) -> pd.DataFrame:
    table = make(clips=clips, seed=seed).assign(device="a", scene="bus")
    return table.assign(location=table["filename"])


def test_places_alone_have_the_standard_error_of_the_mean_over_runs() -> None:
    runs = [one_place_a_clip(1), one_place_a_clip(2)]
    losses = np.mean([metrics.clip_scores(run)["log_loss"] for run in runs], axis=0)
    draws = intervals.over_places(runs, draws=4000)[1:]
    assert draws["a"].mean() == pytest.approx(losses.mean(), abs=0.01)
    assert draws["a"].std() == pytest.approx(losses.std() / 20, rel=0.05)


def test_a_run_with_itself_differs_by_nothing() -> None:
    drawn = {
        m: intervals.redraw([make(seed=s)], 200)
        for m, s in (("plain", 1), ("icl", 1), ("multi", 2))
    }
    found = intervals.long(intervals.minus(drawn)).set_index(["method", "column"])
    assert list(found.index.unique("method")) == ["icl", "multi"]
    assert (found.loc["icl"] == 0).all(axis=None)
    both = drawn["multi"]["overall"] - drawn["plain"]["overall"]
    of_multi = found.loc[("multi", "overall")]
    assert (
        of_multi["value"]
        == both[0]
        == pytest.approx(metrics.overall(make(seed=2)) - metrics.overall(make(seed=1)))
    )
    assert of_multi["low"] == pytest.approx(both[1:].quantile(0.025))
    assert of_multi["high"] == pytest.approx(both[1:].quantile(0.975))
    wide = intervals.wide(intervals.long(drawn))
    assert wide.loc["multi", "overall_low"] == pytest.approx(
        drawn["multi"]["overall"][1:].quantile(0.025)
    )


def test_bootstrap_has_the_standard_error_of_a_mean_over_locations() -> None:
    # one device, equal locations with one clip each: SE of a mean is s / sqrt(n)
    predictions = make(clips=400).assign(device="a")
    predictions["location"] = predictions["filename"]
    losses = metrics.clip_scores(predictions)["log_loss"]
    draws = intervals.redraw([predictions], draws=4000, seed=3)
    expected = losses.std(ddof=0) / np.sqrt(len(losses))
    assert draws["a"].std() == pytest.approx(expected, rel=0.05)
    assert draws["overall"].mean() == pytest.approx(losses.mean(), abs=4 * expected / 4000**0.5)
    low, high = intervals.ends(draws).loc["a", ["low", "high"]]
    assert (high - low) / 2 == pytest.approx(1.96 * expected, rel=0.06)


def test_clips_of_one_location_are_drawn_together() -> None:
    # ten copies of each location's only clip tell nothing new
    one = make(clips=100).assign(device="a")
    one["location"] = one["filename"]
    ten = pd.concat([one.assign(filename=one["filename"] + str(n)) for n in range(10)])
    spread = [intervals.redraw([p], 2000)["a"].std() for p in (one, ten)]
    assert spread[1] == pytest.approx(spread[0], rel=0.05)


@pytest.mark.parametrize("share", [0.2, 0.45, 0.7])
@pytest.mark.parametrize("runs", [2, 3, 5, 10])
def test_95_percent_intervals_hold_what_they_should(runs: int, share: float) -> None:
    """A mean over 80 places of ten fixed scenes, of whose variance seeds have that share."""
    scenes, each, studies, draws = 10, 8, 4000, 1000
    rng = np.random.default_rng(runs)
    names = [(f"place-{n:02}", f"scene-{n // each}") for n in range(scenes * each)]
    clips = pd.DataFrame(names, columns=["location", "scene"])
    of_scene = np.repeat(rng.normal(0, 3, scenes), each)
    places = of_scene[:, None] + rng.standard_normal((len(clips), studies))
    deviation = np.sqrt(share / (1 - share) * runs / len(clips))
    seeds = deviation * rng.standard_normal((runs, studies))
    taken = intervals.redrawn_places(clips, draws, rng)
    weights = intervals.redrawn_seeds(runs, draws, rng)
    drawn = taken @ places / taken.sum(axis=1, keepdims=True) + weights @ seeds / runs
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert 0.93 < ((low <= of_scene.mean()) & (of_scene.mean() <= high)).mean() < 0.97


def test_methods_get_the_same_draws_and_order_of_rows_does_not_matter() -> None:
    plain = make(seed=4)
    shuffled = plain.sample(frac=1, random_state=0)
    difference = intervals.redraw([plain], 200) - (intervals.redraw([shuffled], 200))
    np.testing.assert_allclose(difference.to_numpy(), 0, atol=1e-12)


def test_runs_on_different_clips_are_refused() -> None:
    with pytest.raises(InputError, match="different clips"):
        intervals.redraw([make(), make().iloc[1:]], draws=10)
