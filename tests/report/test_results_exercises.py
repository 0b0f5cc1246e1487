"""The exercises of notebook 05: verdicts, and hidden solutions that are right."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.report import results_exercises
from tests.report.exercise_checks import check_solution, check_verdicts, solved

RNG = np.random.default_rng(0)
PLACES = RNG.normal(0, 0.1, 4000)
DRAWS = {
    "multi_draws": pd.Series(1.8 + PLACES + RNG.normal(0, 0.02, 4000)),
    "plain_draws": pd.Series(1.9 + PLACES),
    "elsewhere_draws": pd.Series(1.9 + RNG.normal(0, 0.1, 4000)),
}
# unpaired sqrt(2 * 0.1^2 + 0.02^2), paired 0.02
RATIO = np.sqrt(2 * 0.1**2 + 0.02**2) / 0.02

CASES = {
    "paired": (lambda: results_exercises.paired_ratio(*DRAWS.values()), None, [1 / RATIO, 1.0]),
    "best": (results_exercises.best_of_three, 0.0169, [-0.0169, 0.02, 0.0113]),
    "cooled": (results_exercises.cooled, 0.75, [0.9, 0.45, 0.95]),
}
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each
def test_verdicts(case) -> None:
    make, *answers = case
    check_verdicts(make(), *answers, "much")


@each
def test_the_hidden_solution_is_right(case) -> None:
    check_solution(case[0](), **DRAWS)


def test_the_ratio_is_that_of_the_normal_numbers_drawn() -> None:
    exercise = results_exercises.paired_ratio(*DRAWS.values())
    assert solved(exercise, **DRAWS) == pytest.approx(RATIO, rel=0.06)
