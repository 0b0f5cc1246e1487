"""Exercises: right, wrong, not answered, not understood; and their hidden solutions are right."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.files import InputError
from asc_lib.report import dir_exercises
from asc_lib.report.exercises import Impossible
from tests.report.exercise_checks import solved

NAMES = [f"Mic_{number}" for number in range(100)]
DISTANCES = pd.Series(np.linspace(1, 20, 100), NAMES).sample(frac=1, random_state=0)
WIDTHS = {"vintage_width_db": 8.0, "multi_width_db": 12.0}
BOOST_DB = 10 * np.log10(1 + (343 / (np.pi * 100)) ** 2)  # of a figure of eight at 50 cm
FAR_DB = 10 * np.log10(1 + (343 / (np.pi * 1000)) ** 2)

# exercise, what its solution needs, a right answer, wrong ones, one of a wrong type
CASES = {
    "pattern": (
        lambda: dir_exercises.which_pattern("Hyper"), {}, "HYPER", ["omni", "cardioid"], 0.25,
    ),
    "level": (dir_exercises.hypercardioid_level, {}, 18, [-18.06, 0, 20.0, np.nan], "18"),
    "most like": (
        lambda: dir_exercises.most_like(DISTANCES, "b"), {"distances_db": DISTANCES},
        "Mic_4", ["Mic_5", "Mic_99"], 3,
    ),
    "far": (
        lambda: dir_exercises.far_level(4.0, FAR_DB - BOOST_DB, 0.3), {"near_db": 4.0},
        4.0 + FAR_DB - BOOST_DB + 0.4, [4.0, 4.0 + BOOST_DB], [1.0],
    ),
    "width": (
        lambda: dir_exercises.width_ratio(*WIDTHS.values()), WIDTHS, 1.52, [0.67, 4.0], True,
    ),
}  # fmt: skip
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each
def test_none_is_no_answer_and_no_error(case):
    verdict = case[0]().check(None)
    assert verdict.state == "open" and "not answered yet" in verdict._repr_html_()


@each
def test_a_right_answer_passes_and_says_why(case):
    verdict = case[0]().check(case[2])
    assert verdict.state == "right" and len(verdict.remark) > 15, verdict


@each
def test_the_hidden_solution_is_right_and_folded(case):
    exercise = case[0]()
    assert exercise.check(solved(exercise, **case[1])).state == "right"
    html = exercise.check(None)._repr_html_()
    assert "<details" in html and "<details open" not in html


@each
def test_wrong_answers_fail_and_each_new_one_gets_the_next_hint(case):
    exercise = case[0]()
    hints = list(exercise.hints)
    for number, wrong in enumerate(case[3]):
        for _ in range(2):  # the same once more is no new try
            verdict = exercise.check(wrong)
            assert verdict.state == "wrong"
            assert hints[min(number, len(hints) - 1)] in verdict.remark
    assert exercise.check(case[2]).state == "right"


@each
def test_a_wrong_type_is_told_in_words(case):
    verdict = case[0]().check(case[4])
    assert verdict.state == "unreadable" and repr(case[4]) in verdict.remark
    assert "give a" in verdict.remark


def test_a_name_that_there_is_not_is_told_with_some_that_there_are():
    told = dir_exercises.most_like(DISTANCES, "b").check("Mic_100")
    assert told.state == "unreadable" and "none of the 100 names" in told.remark
    told = dir_exercises.which_pattern("omni").check("figure-8")
    assert "omni, cardioid, hyper, bidirect" in told.remark


def test_the_best_five_percent_count():
    exercise = dir_exercises.most_like(DISTANCES, "b")
    states = [exercise.check(name).state for name in NAMES]
    assert states == ["right"] * 5 + ["wrong"] * 95
    assert "number 6 of 100" in exercise.check("Mic_5").remark


def test_the_closed_form_is_what_physics_says():
    """|0.25 + 0.75 cos 120 degrees| is an eighth."""
    exercise = dir_exercises.hypercardioid_level()
    assert solved(exercise) == pytest.approx(20 * np.log10(8))


def test_markup_in_an_answer_is_text():
    html = dir_exercises.which_pattern("omni").check("<img src=x>")._repr_html_()
    assert "<img" not in html and "&lt;img" in html


def test_a_pattern_without_a_name_is_refused():
    with pytest.raises(InputError, match="true_pattern: 'wide' is none of omni"):
        dir_exercises.which_pattern("Wide")


@pytest.mark.parametrize("answer", [None, 3.0])
def test_what_the_data_do_not_allow_says_so_and_folds_no_solution(answer):
    html = Impossible("Exercise 9", "No distance is known.").check(answer)._repr_html_()
    assert "not with these data" in html and "No distance is known." in html
    assert "<details" not in html
