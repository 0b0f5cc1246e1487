"""Exercises: right, wrong, open, not understood; and each hidden solution is right."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asc_lib.experiment.sandbox import Settings, Trained
from asc_lib.report import (
    dir_exercises,
    generator_exercises,
    icl_exercises,
    icl_sandbox,
    results_exercises,
)
from asc_lib.report.exercises import Exercise, Impossible

# 01
NAMES = [f"Mic_{number}" for number in range(100)]
DISTANCES = pd.Series(np.linspace(1, 20, 100), NAMES).sample(frac=1, random_state=0)
WIDTHS = {"vintage_width_db": 8.0, "multi_width_db": 12.0}
BOOST_DB = 10 * np.log10(1 + (343 / (np.pi * 100)) ** 2)  # of a figure of eight at 50 cm
FAR_DB = 10 * np.log10(1 + (343 / (np.pi * 1000)) ** 2)
# 05: unpaired sqrt(2 * 0.1^2 + 0.02^2), paired 0.02
RNG = np.random.default_rng(0)
PLACES = RNG.normal(0, 0.1, 4000)
DRAWS = {
    "multi_draws": pd.Series(1.8 + PLACES + RNG.normal(0, 0.02, 4000)),
    "plain_draws": pd.Series(1.9 + PLACES),
    "elsewhere_draws": pd.Series(1.9 + RNG.normal(0, 0.1, 4000)),
}
RATIO = np.sqrt(2 * 0.1**2 + 0.02**2) / 0.02
# 06
TWINS = pd.DataFrame(
    [("A", "B", 1.2, 0.1), ("C Omni", "D", 2.0, 0.1), ("E", "C Omni", 1.0, 0.1)],
    columns=["one", "other", "lsd_db", "error_share"],
)
LSD_DB = pd.Series(
    {"silence": 115.0, "mean": 6.0, "nearest": 1.6, "interpolation": 0.6, "formula": 5.0,
     "generator": 0.1}  # no baseline
)  # fmt: skip
# 07
POINTS = pd.DataFrame(
    {
        "device_accuracy": [0.5, 0.3, 0.6, 0.4],
        "overall": [1.2, 1.3, 1.1, 1.3],
        "label": ["PaSST", "+ ICL", "+ Multi DIRs", "+ MMD"],
    },
    index=["plain", "icl", "multi", "mmd"],
)


def sandbox(settings: Settings) -> Trained:
    """Made-up accuracies of three scenes: beyond 3 the probe falls, beyond 10 the scenes do."""
    known, weight = Trained.__new__(Trained), settings.lambda_icl
    assert settings.scenes == 3
    seen, probe = (0.9 if weight <= 10 else 0.7), (0.46 if weight <= 3 else 0.38)
    for name, value in {"seen": seen, "probe": probe, "unseen": 0.7}.items():
        object.__setattr__(known, name, value)
    return known


# exercise, a right answer, wrong ones, one that cannot be read, what the solution stands beside
CASES: dict[str, tuple[Callable[[], Exercise], Any, list[Any], Any, dict[str, Any]]] = {
    "pattern": (
        lambda: dir_exercises.which_pattern("Hyper"), "HYPER", ["omni", "cardioid"], 0.25, {},
    ),
    # |0.25 + 0.75 cos 120 degrees| is an eighth
    "level": (
        dir_exercises.hypercardioid_level, 20 * np.log10(8), [-18.06, 0, 20.0, np.nan], "18", {},
    ),
    "most like": (
        lambda: dir_exercises.most_like(DISTANCES, "b"), "Mic_4", ["Mic_5", "Mic_99"], 3,
        {"distances_db": DISTANCES},
    ),
    "far": (
        lambda: dir_exercises.far_level(4.0, FAR_DB - BOOST_DB, 0.3),
        4.0 + FAR_DB - BOOST_DB + 0.4, [4.0, 4.0 + BOOST_DB], [1.0], {"near_db": 4.0},
    ),
    "width": (
        lambda: dir_exercises.width_ratio(*WIDTHS.values()), 1.52, [0.67, 4.0], True, WIDTHS,
    ),
    "cost": (icl_exercises.equal_cost, 0.76, [0.5, 0.76**2, np.nan], "0.76", {}),
    "share": (icl_exercises.share_for_balance, 0.816, [0.54, 1.5, -1.0, 1.0], [0.5], {}),
    "alpha": (icl_exercises.papers_alpha, 0.5, [2.0, 4.0, 8.0], "0.5", {}),
    "balanced": (icl_exercises.balanced_share, 0.432, [0.533, 0.5, 0.0], True, {}),
    "sandbox": (
        lambda: icl_exercises.lambda_of_the_sandbox(sandbox), 10.0, [0.0, 0.5, 30.0], 200, {},
    ),
    "paired": (
        lambda: results_exercises.paired_ratio(*DRAWS.values()), RATIO, [1 / RATIO, 1.0], "much",
        DRAWS,
    ),
    "best": (results_exercises.best_of_three, 0.0169, [-0.0169, 0.02, 0.0113], "much", {}),
    "cooled": (results_exercises.cooled, 0.75, [0.9, 0.45, 0.95], "much", {}),
    "layers": (generator_exercises.longer_response, 5, [3, 10], "5", {}),
    "silence": (generator_exercises.silent_error, 0.000488, [0.5, 0.00527], "0", {}),
    "baseline": (
        lambda: generator_exercises.baseline_to_beat(LSD_DB), "Interpolation",
        ["silence", "Nearest neighbour"], "generator", {},
    ),
    "twin": (
        lambda: generator_exercises.find_the_twin(TWINS, ["A", "B", "C Omni", "D", "E", "F"]),
        "c omni", ["A", "E"], "G", {},
    ),
    # 1000 windows over 6 devices are 166.7 each, over 50 clips
}  # fmt: skip


def solved(exercise: Exercise, **given: object) -> object:
    """What its hidden solution gives, run as a reader would run it beside what the cell gives."""
    names = {"np": np, "pd": pd} | given
    *before, last = exercise.solution.splitlines()
    exec("\n".join(before), names)
    return eval(last, names)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_verdicts_hints_and_solution(case) -> None:
    make_exercise, right, wrongs, unreadable, beside = case
    exercise = make_exercise()
    opened = exercise.check(None)
    html = opened._repr_html_()
    assert opened.state == "open" and "not answered yet" in html
    assert "<details" in html and "<details open" not in html  # the solution is folded
    for number, wrong in enumerate(wrongs):
        for _ in range(2):  # the same once more is no new try
            verdict = exercise.check(wrong)
            assert verdict.state == "wrong", wrong
            assert exercise.hints[min(number, len(exercise.hints) - 1)] in verdict.remark
    told = exercise.check(unreadable)
    assert told.state == "unreadable" and repr(unreadable).strip("'\"") in told.remark
    for answer in (right, solved(exercise, **beside)):
        verdict = exercise.check(answer)
        assert verdict.state == "right" and len(verdict.remark) > 15, verdict


def test_what_differs_with_the_data() -> None:
    exercise = dir_exercises.most_like(DISTANCES, "b")
    states = [exercise.check(name).state for name in NAMES]
    assert states == ["right"] * 5 + ["wrong"] * 95  # the best five percent count
    assert "none of the 100 names" in exercise.check("Mic_100").remark
    told = dir_exercises.which_pattern("omni").check("figure-8")
    assert "omni, cardioid, hyper, bidirect" in told.remark
    coarse = generator_exercises.baseline_to_beat(LSD_DB.replace(5.0, 0.5))
    assert coarse.check("first-order formula").state == "right"
    assert generator_exercises.find_the_twin(TWINS.iloc[:0], NAMES).check(None).state == (
        "impossible"
    )
    html = Impossible("Exercise 9", "No distance is known.").check(3.0)._repr_html_()
    assert "No distance is known." in html and "<details" not in html


def test_markup_in_an_answer_is_text() -> None:
    html = dir_exercises.which_pattern("omni").check("<img src=x>")._repr_html_()
    assert "<img" not in html and "&lt;img" in html


def test_the_sandbox_itself_agrees_with_its_exercise() -> None:
    exercise = icl_exercises.lambda_of_the_sandbox()
    assert exercise.check(solved(exercise)).state == "right"
    # what the sandbox begins with is no answer
    start = Settings.lambda_icl, icl_sandbox.Sandbox().state["lambda_icl"]
    assert all(exercise.check(weight).state == "wrong" for weight in start)
