"""The exercises of notebook 05: verdicts, and hidden solutions that are right."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.report import results_exercises
from asc_lib.report.exercises import Exercise

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


def solved(exercise: Exercise) -> float:
    """What its hidden solution gives, run as a reader would run it."""
    names = dict(DRAWS)
    *before, last = exercise.solution.splitlines()
    exec("\n".join(before), names)
    return eval(last, names)


@each
def test_verdicts(case) -> None:
    make, right, wrongs = case
    exercise = make()
    assert exercise.check(None).state == "open"
    assert exercise.check("much").state == "unreadable"
    for number, wrong in enumerate(wrongs):
        verdict = exercise.check(wrong)
        assert verdict.state == "wrong", wrong
        assert exercise.hints[min(number, len(exercise.hints) - 1)] in verdict.remark
    if right:
        assert exercise.check(right).state == "right"


@each
def test_the_hidden_solution_is_right(case) -> None:
    exercise = case[0]()
    verdict = exercise.check(solved(exercise))
    assert verdict.state == "right" and len(verdict.remark) > 15


def test_the_ratio_is_that_of_the_normal_numbers_drawn() -> None:
    exercise = results_exercises.paired_ratio(*DRAWS.values())
    assert solved(exercise) == pytest.approx(RATIO, rel=0.06)
