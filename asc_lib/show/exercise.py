"""Exercises that check themselves: an answer in a cell, a verdict in words under the next one.

An exercise that is not answered is a sentence, never an error: a notebook with None for every
answer runs to its end.
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

_TRIES = 2  # wrong answers after which the solution is shown
_WORDS = {
    "open": ("○", "Not answered yet"),
    "right": ("✓", "Right"),
    "wrong": ("✗", "Not yet"),
    "unreadable": ("△", "Not an answer yet"),
}
_wrong: dict[str, list[Any]] = {}  # by solution, so that a cell may be run again


@dataclass(frozen=True)
class Verdict:
    """What became of an answer; a notebook shows it as HTML.

    Attributes:
        state: "open", "right", "wrong" or "unreadable".
        remark: what is to be said of the answer.
        solution: shown under it; empty until it may be seen.
    """

    state: str
    remark: str = ""
    solution: str = ""

    def _repr_html_(self) -> str:
        sign, word = _WORDS[self.state]
        shown = f"<p>Solution:</p><pre>{html.escape(self.solution)}</pre>" if self.solution else ""
        return (
            f'<div style="line-height: 1.5"><b><span aria-hidden="true">{sign}</span> {word}.</b> '
            f"{html.escape(self.remark)}{shown}</div>"
        )


def check(
    answer: Any,
    right: Any,
    tolerance: float = 0.0,
    hints: Mapping[Any, str] | None = None,
    *,
    solution: str,
    why: str = "",
) -> Verdict:
    """Whether an answer is right; None is no answer yet.

    Args:
        answer: a number, or a name (capital letters make no difference).
        right: the right number or name, or a rule: a function that says whether an answer is right.
        tolerance: how far a number may lie from the right one, or from that of a hint.
        hints: a wrong answer, or a rule that finds one -> what went wrong. The first that fits is
            shown; the key None fits everything.
        solution: Python code, the value of whose last line is a right answer; shown after two
            different wrong answers.
        why: shown with a right answer.
    """
    if answer is None:
        return Verdict("open")
    example = right if not callable(right) else next(iter(hints or {}), 0.0)
    if isinstance(example, str) != isinstance(answer, str) or not isinstance(answer, Real | str):
        kind = "a name in quotation marks" if isinstance(example, str) else "a number"
        return Verdict("unreadable", f"{answer!r} is not {kind}.")
    if _fits(answer, right, tolerance):
        return Verdict("right", why, solution)
    tries = _wrong.setdefault(solution, [])
    if answer not in tries:
        tries.append(answer)
    fitting = (text for key, text in (hints or {}).items() if _fits(answer, key, tolerance))
    return Verdict("wrong", next(fitting, ""), solution if len(tries) >= _TRIES else "")


def _fits(answer: Any, key: Any | Callable[[Any], bool], tolerance: float) -> bool:
    if key is None:
        return True
    if callable(key):
        return bool(key(answer))
    if isinstance(answer, str) or isinstance(key, str):
        return str(answer).strip().lower() == str(key).strip().lower()
    return abs(answer - key) <= tolerance
