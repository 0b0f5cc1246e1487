"""The exercises of notebook 02: verdicts, and hidden solutions that are right."""

import numpy as np
import pytest

from asc_lib.experiment.sandbox import Settings, Trained
from asc_lib.report import icl_exercises, icl_sandbox
from tests.report.exercise_checks import check_solution, check_verdicts, solved


def sandbox(settings: Settings) -> Trained:
    """Made-up accuracies of three scenes: beyond 3 the probe falls, beyond 10 the scenes do."""
    known = Trained.__new__(Trained)
    assert settings.scenes == 3
    weight = settings.lambda_icl
    seen, probe = (0.9 if weight <= 10 else 0.7), (0.46 if weight <= 3 else 0.38)
    for name, value in {"seen": seen, "probe": probe, "unseen": 0.7}.items():
        object.__setattr__(known, name, value)
    return known


CASES = {
    "cost": (icl_exercises.equal_cost, 0.76, [0.5, 0.76**2, np.nan], "0.76"),
    "share": (icl_exercises.share_for_balance, 0.816, [0.54, 1.5, -1.0, 1.0], [0.5]),
    "alpha": (icl_exercises.papers_alpha, 0.5, [2.0, 4.0, 8.0], "0.5"),
    "balanced": (icl_exercises.balanced_share, 0.432, [0.533, 0.5, 0.0], True),
    "sandbox": (
        lambda: icl_exercises.lambda_of_the_sandbox(sandbox), 10.0, [0.0, 0.5, 30.0], 200.0,
    ),
}  # fmt: skip
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each
def test_verdicts(case):
    make, *answers = case
    check_verdicts(make(), *answers)


@each
def test_the_hidden_solution_is_right(case):
    check_solution(case[0]())


def test_the_solution_holds_in_the_sandbox_itself():
    exercise = icl_exercises.lambda_of_the_sandbox()
    verdict = exercise.check(solved(exercise))
    assert verdict.state == "right", verdict
    # what the sandbox begins with is no answer
    start = Settings.lambda_icl, icl_sandbox.Sandbox().state["lambda_icl"]
    assert all(exercise.check(weight).state == "wrong" for weight in start)
