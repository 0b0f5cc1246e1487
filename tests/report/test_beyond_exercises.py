"""The exercises of notebook 07: verdicts, and hidden solutions that are right."""

import pandas as pd

from asc_lib.report import beyond_exercises
from tests.report.exercise_checks import check_solution, check_verdicts

POINTS = pd.DataFrame(
    {
        "device_accuracy": [0.5, 0.3, 0.6, 0.4],
        "overall": [1.2, 1.3, 1.1, 1.3],
        "label": ["PaSST", "+ ICL", "+ Multi DIRs", "+ MMD"],
    },
    index=["plain", "icl", "multi", "mmd"],
)


def test_times_heard():
    # 1000 windows over 6 devices are 166.7 each, over 50 clips
    check_verdicts(beyond_exercises.times_heard(), 3.33, [20, 0.05], "3")
    check_solution(beyond_exercises.times_heard())


def test_false_alarms():
    check_verdicts(beyond_exercises.false_alarms(), 0.46, [0.05, 0.6], "half")
    check_solution(beyond_exercises.false_alarms())


def test_front():
    exercise = beyond_exercises.on_the_front(POINTS)
    check_verdicts(exercise, "+ icl", ["+ MMD"], "+ CORAL")
    for right in ("PaSST", "+ Multi DIRs"):
        assert exercise.check(right).state == "right"
    check_solution(beyond_exercises.on_the_front(POINTS), points=POINTS)


def test_half():
    check_verdicts(beyond_exercises.half_the_difference(), 4, [2, 0.5], "4")
    check_solution(beyond_exercises.half_the_difference())
