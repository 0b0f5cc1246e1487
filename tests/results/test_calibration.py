"""Calibration against scikit-learn and closed forms."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from asc_lib.data.tau22 import SCENES
from asc_lib.results import calibration, metrics


def made(confidence: np.ndarray, right: np.ndarray, places: int = 25) -> pd.DataFrame:
    """Clips with one scene at `confidence`, the rest shared by the others; right or not."""
    clips = len(confidence)
    p = np.repeat((1 - confidence)[:, None] / 9, 10, axis=1)
    p[:, 0] = confidence
    table = pd.DataFrame(np.log(p), columns=metrics.LOG_P)
    table["filename"] = [f"audio/{n}.wav" for n in range(clips)]
    table["scene"] = np.where(right, SCENES[0], SCENES[1])
    table["device"] = "a"
    table["location"] = [f"place-{n % places}" for n in range(clips)]
    return table


@pytest.fixture
def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.15, 0.99, 3000)
    return made(confidence, rng.random(3000) < confidence**1.5)


def test_bins_equal_scikit_learn(predictions: pd.DataFrame) -> None:
    table = calibration.reliability(predictions, draws=20)
    assert table["bin"].tolist() == list(range(1, 16))
    assert table["clips"].sum() == len(predictions)
    confidence = np.exp(predictions[metrics.LOG_P].to_numpy()).max(axis=1)
    right = predictions["scene"] == SCENES[0]
    accuracy, mean = calibration_curve(right, confidence, n_bins=15)
    filled = table[table["clips"] > 0]
    np.testing.assert_allclose(filled["accuracy"], accuracy)
    np.testing.assert_allclose(filled["confidence"], mean)
    empty = table[table["clips"] == 0]
    assert empty[["confidence", "accuracy"]].isna().all(axis=None)


def test_a_bin_has_its_upper_end() -> None:
    table = calibration.reliability(made(np.array([0.4, 0.4 + 1e-9]), np.array([1, 0])))
    assert table["clips"][[5, 6]].tolist() == [1, 1]


def test_error_in_closed_form() -> None:
    # 200 clips at 0.9 of which 150 right, 100 at 0.5 of which 60: 2/3 * 0.15 + 1/3 * 0.1
    confidence = np.repeat([0.9, 0.5], [200, 100])
    right = np.r_[np.arange(200) < 150, np.arange(100) < 60]
    error = calibration.expected_calibration_error(made(confidence, right))
    assert error == pytest.approx(0.4 / 3)


def test_the_error_of_true_confidences_is_what_chance_makes() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.2, 0.95, 4000)
    true = [made(confidence, rng.random(4000) < confidence) for _ in range(20)]
    found = np.mean([calibration.expected_calibration_error(one) for one in true])
    assert calibration.error_by_chance(true[0]) == pytest.approx(found, rel=0.15)
    # of one bin: the mean size of a normal of standard deviation sqrt(p (1 - p) / n)
    one = made(np.full(500, 0.5), np.arange(500) % 2 == 0)
    expected = 0.5 / 500**0.5 * (2 / np.pi) ** 0.5
    assert calibration.error_by_chance(one, draws=4000) == pytest.approx(expected, rel=0.05)


def test_overconfidence_and_its_interval() -> None:
    # each clip a place of its own: the standard error of a mean
    rng = np.random.default_rng(2)
    right = rng.random(400) < 0.5
    predictions = made(np.full(400, 0.7), right, places=400)
    over, low, high = calibration.overconfidence(predictions, draws=4000)
    assert over == pytest.approx(0.7 - right.mean())
    assert (high - low) / 2 == pytest.approx(1.96 * right.std() / 20, rel=0.06)
    assert low < over < high


def test_intervals_of_bins_are_over_places() -> None:
    right = np.arange(300) % 3 == 0
    alone = made(np.full(300, 0.5), right, places=300)
    ten = pd.concat([alone.assign(filename=alone["filename"] + str(n)) for n in range(10)])
    ends = [calibration.reliability(of, draws=3000) for of in (alone, ten)]
    number = int(np.flatnonzero(ends[0]["clips"])[0])
    width = [of["high"][number] - of["low"][number] for of in ends]
    # ten copies of each place's clip tell nothing new
    assert width[1] == pytest.approx(width[0], rel=0.05)
    expected = 2 * 1.96 * (2 / 9 / 300) ** 0.5
    assert width[0] == pytest.approx(expected, rel=0.08)
    assert ends[0].drop(number)[["low", "high"]].isna().all(axis=None)
