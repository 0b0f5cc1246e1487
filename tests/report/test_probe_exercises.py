"""The exercises of notebook 04: verdicts, and hidden solutions that are right."""

import numpy as np
import pytest

from asc_lib.report import probe_exercises
from tests.report.exercise_checks import check_solution, check_verdicts

CASES = {
    "always a": (probe_exercises.always_a, 0.167, [0.73, 0.5, np.nan], "0.17"),
    "weight": (probe_exercises.weight_of_a_rare_clip, 2.5, [0.25, 15.0, 0.4], [2.5]),
    "hidden": (probe_exercises.hide_the_device, 0.02, [1.0, -1.0], True),
    "control": (
        probe_exercises.which_control, "Untrained encoder",
        ["guessing", "shuffled devices", "log-mel statistics"], "plain",
    ),
    "places": (probe_exercises.places_or_clips, 2.6, [1.0, 60.0, 0.39], "2.6"),
}  # fmt: skip
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each
def test_verdicts(case):
    make, *answers = case
    check_verdicts(make(), *answers)


@each
def test_the_hidden_solution_is_right(case):
    check_solution(case[0]())
