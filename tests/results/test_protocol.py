"""How much a protocol flatters, on made-up runs where it is known exactly."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.results import metrics, protocol
from tests.results.test_intervals import one_place_a_clip


def history(test: np.ndarray, validation: np.ndarray | None = None) -> pd.DataFrame:
    """One device, a: its log-loss is the overall one."""
    test = np.asarray(test, float)
    return pd.DataFrame(
        {
            "epoch": np.arange(1, len(test) + 1),
            "validation_log_loss": np.nan if validation is None else validation,
            "test_log_loss": test,
            "test_log_loss_a": test,
        }
    )


def expected_best(count: int) -> float:
    """Standard deviations that the lowest of `count` normal numbers lies below the mean."""
    numbers = np.random.default_rng(0).normal(size=(200_000, count))
    return -numbers.min(axis=1).mean()


def test_flattery_of_pure_noise_is_the_expected_minimum() -> None:
    """Epochs and seeds scatter around one value, validation tells nothing about the test side:
    the best of n epochs gains e(n) sigma, the best of n R numbers e(n R) sigma."""
    rng = np.random.default_rng(1)
    studies, seeds, epochs, sigma = 150, 3, 4, 0.1
    found = []
    for _ in range(studies):
        runs = [
            history(rng.normal(2, sigma, epochs), rng.normal(2, sigma, epochs))
            for _ in range(seeds)
        ]
        stages = protocol.rows(runs)
        found.append([part["overall"] for part in protocol.parts(stages).values()])
    epoch, both = (expected_best(n) * sigma for n in (epochs, seeds * epochs))
    error = np.std(found, axis=0) / np.sqrt(studies)
    assert (np.abs(np.mean(found, axis=0) - [epoch, both - epoch, both]) < 2.5 * error).all()
    assert error.max() < 0.06 * both


def test_each_protocol_takes_its_epoch_and_its_seed() -> None:
    runs = [history([3, 2, 1, 2.5], [5, 4, 4.5, 4]), history([3, 0.5, 2, 2], [5, 6, 4, 7])]
    assert [protocol.chosen_epochs(run) for run in runs] == [
        {"clean": 2, "paper": 3},
        {"clean": 3, "paper": 2},
    ]
    stages = protocol.rows(runs)
    assert {name: row["a"] for name, row in stages.items()} == {
        "clean": 2.0, "epoch": 0.75, "seed": 0.5,
    }  # fmt: skip
    assert protocol.best_seed(runs) == 1
    assert set(stages["clean"].index) == {"a", "real", "overall"}


def test_without_validation_the_clean_epoch_is_the_last() -> None:
    assert protocol.chosen_epochs(history([1, 3, 2])) == {"clean": 3, "paper": 1}


def test_one_seed_leaves_nothing_to_pick() -> None:
    assert protocol.parts(protocol.rows([history([2, 1, 3], [2, 3, 1])]))["seed"]["overall"] == 0


def test_draws_of_places_scatter_around_the_parts_with_their_standard_error() -> None:
    clean = [one_place_a_clip(seed) for seed in (1, 2)]
    paper = [one_place_a_clip(seed) for seed in (3, 4)]
    scores = {seed: metrics.clip_scores(one_place_a_clip(seed))["log_loss"] for seed in range(1, 5)}
    draws = protocol.parts(
        protocol.stages([history([2, 1]), history([3, 0.5])], clean, paper, 4000)
    )
    per_clip = {
        "epoch": (scores[1] + scores[2] - scores[3] - scores[4]) / 2,
        "seed": (scores[3] - scores[4]) / 2,
        "both": (scores[1] + scores[2]) / 2 - scores[4],
    }
    for part, values in per_clip.items():
        assert draws[part]["a"][1:].mean() == pytest.approx(values.mean(), abs=0.01), part
        assert draws[part]["a"][1:].std() == pytest.approx(values.std() / 20, rel=0.06), part
