"""What every exercise of a notebook must do, whatever it asks."""

from collections.abc import Sequence

import numpy as np

from asc_lib.report.exercises import Exercise


def solved(exercise: Exercise, **given: object) -> object:
    """What its hidden solution gives, run as a reader would run it beside what the cell gives."""
    names = {"np": np} | given
    *before, last = exercise.solution.splitlines()
    exec("\n".join(before), names)
    return eval(last, names)


def check_verdicts(
    exercise: Exercise, right: object, wrongs: Sequence[object], unreadable: object
) -> None:
    """No answer is open; wrong ones get one hint after the other; the right one gets a remark."""
    assert exercise.check(None).state == "open"
    for number, wrong in enumerate(wrongs):
        verdict = exercise.check(wrong)
        assert verdict.state == "wrong", wrong
        assert exercise.hints[min(number, len(exercise.hints) - 1)] in verdict.remark
    if right is not None:
        verdict = exercise.check(right)
        assert verdict.state == "right" and len(verdict.remark) > 15, verdict
    assert exercise.check(unreadable).state == "unreadable"


def check_solution(exercise: Exercise, **given: object) -> None:
    """The hidden solution is right, and says why."""
    verdict = exercise.check(solved(exercise, **given))
    assert verdict.state == "right" and len(verdict.remark) > 15, verdict
