"""Exercises that check themselves: an answer in a notebook's cell, a verdict in words below it.

An unsolved exercise is a sentence, never an error: a notebook with `None` for every answer runs to
its end. The solution lies folded under the verdict, which any browser unfolds without a kernel.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal, NamedTuple

from asc_lib.files import InputError

_WORDS = {
    "open": ("○", "not answered yet"),
    "unreadable": ("△", "not an answer yet"),
    "right": ("✓", "right"),
    "wrong": ("✗", "not yet"),
    "impossible": ("–", "not with these data"),
}


@dataclass(frozen=True)
class Verdict:
    """What became of an answer; a notebook shows it as HTML."""

    state: Literal["open", "unreadable", "right", "wrong", "impossible"]
    title: str
    remark: str
    solution: str

    def __str__(self) -> str:
        return f"{self.title}: {_WORDS[self.state][1]}. {self.remark}".strip()

    def _repr_html_(self) -> str:
        sign, word = _WORDS[self.state]
        folded = (
            '<details style="margin-top: 0.2em"><summary>Solution (try first)</summary>'
            f"<pre>{html.escape(self.solution)}</pre></details>"
        )
        return (
            f'<div style="line-height: 1.5; margin: 0.4em 0"><b>{html.escape(self.title)}: '
            f"<span aria-hidden='true'>{sign}</span> {word}.</b> {html.escape(self.remark)}"
            f"{folded if self.solution else ''}</div>"
        )


class Judgement(NamedTuple):
    """Whether an answer is right, and what there is to say about it."""

    right: bool
    remark: str


@dataclass
class Exercise:
    """A question whose answer is checked.

    Attributes:
        title: how verdicts call it.
        read: what the user wrote -> the answer; raises `InputError` with what it should be.
        judge: whether an answer is right, and a remark.
        hints: shown one after the other, the next one for each new wrong answer.
        solution: Python code, the value of whose last line is a right answer.
    """

    title: str
    read: Callable[[Any], Any]
    judge: Callable[[Any], Judgement]
    hints: Sequence[str]
    solution: str
    _wrong: list[Any] = field(default_factory=list, repr=False)

    def check(self, answer: Any) -> Verdict:
        """The verdict on an answer; None is no answer yet."""
        if answer is None:
            return Verdict("open", self.title, "", self.solution)
        try:
            answer = self.read(answer)
        except InputError as error:
            return Verdict("unreadable", self.title, str(error), self.solution)
        judged = self.judge(answer)
        if judged.right:
            return Verdict("right", self.title, judged.remark, self.solution)
        if answer not in self._wrong:
            self._wrong.append(answer)
        hint = self.hints[min(self._wrong.index(answer), len(self.hints) - 1)]
        remark = f"{judged.remark} Hint: {hint}".strip()
        return Verdict("wrong", self.title, remark, self.solution)


@dataclass(frozen=True)
class Impossible:
    """In the place of an exercise, where the data at hand lack what it asks about."""

    title: str
    lacks: str

    def check(self, _answer: Any) -> Verdict:
        """That it cannot be solved here, and why."""
        return Verdict("impossible", self.title, self.lacks, "")


def number(unit: str) -> Callable[[Any], float]:
    """Reads a number, whole or not."""

    def read(answer: Any) -> float:
        if isinstance(answer, bool) or not isinstance(answer, Real):
            raise InputError(f"{answer!r} is no number; give {unit}, like 1.5")
        return float(answer)

    return read


def one_of(names: Sequence[str]) -> Callable[[Any], str]:
    """Reads one of some names; capital letters make no difference."""
    known = {name.lower(): name for name in names}

    def read(answer: Any) -> str:
        if not isinstance(answer, str):
            raise InputError(f"{answer!r} is no text; give a name in quotation marks")
        if answer.strip().lower() not in known:
            some = ", ".join(names) if len(names) <= 8 else f"such as {names[0]} or {names[-1]}"
            raise InputError(f"{answer!r} is none of the {len(names)} names; they are {some}")
        return known[answer.strip().lower()]

    return read


def near(right: float, tolerance: float, why: str) -> Callable[[float], Judgement]:
    """Judges a number: right within the tolerance, and why."""

    def judge(answer: float) -> Judgement:
        good = abs(answer - right) <= tolerance
        return Judgement(good, why if good else "")

    return judge
