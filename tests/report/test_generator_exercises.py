"""The exercises of notebook 06: verdicts, and hidden solutions that are right."""

import pandas as pd

from asc_lib.report import generator_exercises
from tests.report.exercise_checks import check_solution, check_verdicts

TWINS = pd.DataFrame(
    [("A", "B", 1.2, 0.1), ("C Omni", "D", 2.0, 0.1), ("E", "C Omni", 1.0, 0.1)],
    columns=["one", "other", "lsd_db", "error_share"],
)
NAMES = ["A", "B", "C Omni", "D", "E", "F"]


def test_layers():
    check_verdicts(generator_exercises.longer_response(), 5, [3, 10], "5")
    check_solution(generator_exercises.longer_response())


def test_silence():
    check_verdicts(generator_exercises.silent_error(), 0.000488, [0.5, 0.00527], "0")
    check_solution(generator_exercises.silent_error())


def test_baseline():
    lsd_db = {"silence": 115.0, "mean": 6.0, "nearest": 1.6, "interpolation": 0.6, "formula": 5.0}
    scores = pd.Series(lsd_db | {"generator": 0.1})  # no baseline
    wrong = ["silence", "Nearest neighbour"]
    check_verdicts(
        generator_exercises.baseline_to_beat(scores), "Interpolation", wrong, "generator"
    )
    check_solution(generator_exercises.baseline_to_beat(scores))
    coarse = generator_exercises.baseline_to_beat(scores.replace(5.0, 0.5))
    assert coarse.check("first-order formula").state == "right"


def test_twin():
    exercise = generator_exercises.find_the_twin(TWINS, NAMES)
    assert "twin of E" in exercise.title
    check_verdicts(exercise, "c omni", ["A", "E"], "G")
    check_solution(generator_exercises.find_the_twin(TWINS, NAMES))
    none = generator_exercises.find_the_twin(TWINS.iloc[:0], NAMES)
    assert none.check(None).state == "impossible"
