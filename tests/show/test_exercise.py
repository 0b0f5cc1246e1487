"""Exercises: right, wrong, open, not understood; the smoke study answers those of notebooks."""

from asc_lib.show.exercise import check

HINTS = {-3: "The sign.", (lambda x: x > 100): "Far too large.", None: "Draw it."}


def test_verdicts_and_hints() -> None:
    def tried(answer: object) -> tuple[str, str]:
        verdict = check(answer, 3.0, 0.1, HINTS, solution="1 + 2", why="So it is.")
        return verdict.state, verdict.remark

    assert tried(None) == ("open", "")
    assert tried(3.05) == ("right", "So it is.")
    assert tried(-3.0) == ("wrong", "The sign.")
    assert tried(500) == ("wrong", "Far too large.")
    assert tried(7) == ("wrong", "Draw it.")
    assert tried("three") == ("unreadable", "'three' is not a number.")
    assert check(" Bus", "bus", solution="'bus'").state == "right"
    assert check(5, lambda x: x > 4, hints={4.0: "More."}, solution="5").state == "right"


def test_the_solution_is_shown_after_two_different_wrong_answers() -> None:
    def solution(answer: float) -> str:
        return check(answer, 8.0, solution="2 ** 3").solution

    assert [solution(4), solution(4), solution(5), solution(8)] == ["", "", "2 ** 3", "2 ** 3"]
    assert "2 ** 3" in check(6, 8.0, solution="2 ** 3")._repr_html_()
