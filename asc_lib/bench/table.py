"""Rows of the benchmark: what was measured against what, as a line, a csv and a page."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from asc_lib.files import temporary_file

_COLUMNS = (
    *("row", "what", "unit", "ours", "ours_min", "ours_max"),
    *("against", "theirs", "theirs_min", "theirs_max", "ratio", "ratio_min", "ratio_max"),
    *("reach", "reached", "threads", "repeats", "note"),
)


class Row(NamedTuple):
    """One comparison: on both sides one value a repeat, taken in turn."""

    what: str
    unit: str
    ours: Sequence[float]
    against: str  # a peer, or a limit
    theirs: Sequence[float]
    reach: float | None = None  # of the ratio ours / theirs; None: nothing to reach
    at_most: bool = False  # the ratio is to stay below `reach`
    threads: int = 1  # of each side
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Ours over theirs, repeat by repeat."""
        return [one / other for one, other in zip(self.ours, self.theirs, strict=True)]

    @property
    def reached(self) -> bool | None:
        """Whether the median ratio is where it should be; None where nothing was asked."""
        if self.reach is None:
            return None
        ratio = median(self.ratios)
        return ratio <= self.reach if self.at_most else ratio >= self.reach

    @property
    def wanted(self) -> str:
        """`reach` in words."""
        if self.reach is None:
            return ""
        return f"{'at most' if self.at_most else 'at least'} {number(self.reach)}"


class Part(NamedTuple):
    """A part of one training step."""

    model: str
    part: str
    ms: float
    share: float  # of the whole step


def number(value: float) -> str:
    """Three figures of a number, thousands apart."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(0, digits)}f}"


def spread(values: Sequence[float]) -> str:
    """Median and, where they differ, the least and the largest value."""
    middle, low, high = (number(v) for v in (median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def line(name: str, row: Row) -> str:
    """The row as one line of a terminal."""
    verdict = {None: "", True: "  reached", False: "  NOT REACHED"}[row.reached]
    wanted = f", {row.wanted} wanted" if row.wanted else ""
    return (
        f"{name:14s} {row.what}: {spread(row.ours)} {row.unit}; {row.against}: "
        f"{spread(row.theirs)}; ratio {spread(row.ratios)}{wanted}{verdict}"
        + (f" [{row.note}]" if row.note else "")
    )


def part_line(name: str, part: Part) -> str:
    """The part as one line of a terminal."""
    return f"{name:14s} {part.model}: {part.part} {number(part.ms)} ms ({100 * part.share:.1f} %)"


def table_csv(rows: Iterable[tuple[str, Row]]) -> str:
    """All rows as csv text, numbers in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for name, row in rows:
        three = [
            f"{v:.6g}"
            for values in (row.ours, row.theirs, row.ratios)
            for v in (median(values), min(values), max(values))
        ]
        reached = {None: "", True: "yes", False: "no"}[row.reached]
        writer.writerow(
            (
                *(name, row.what, row.unit, *three[:3], row.against, *three[3:]),
                *(row.wanted, reached, row.threads, len(row.ours), row.note),
            )
        )
    return text.getvalue()


def page(
    rows: Iterable[tuple[str, Row]], parts: Sequence[Part], facts: dict[str, str], title: str
) -> str:
    """The page: what it was measured on, the table, the profile of one training step."""
    text = [f"# {title}", "", *(f"- {name}: {value}" for name, value in facts.items()), ""]
    text += [
        "Medians of repeats taken in turn (ours, theirs, ours, ...) after one that does not count, "
        "least and largest in brackets; the ratio, ours over theirs, is taken repeat by repeat.",
        "",
        "| what | ours | peer or limit | ratio | reach | threads | repeats | note |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for _, row in rows:
        reach = row.wanted and f"{row.wanted}: {'reached' if row.reached else 'not reached'}"
        cells = [row.what, f"{spread(row.ours)} {row.unit}", f"{row.against}: {spread(row.theirs)}"]
        cells += [spread(row.ratios), reach, str(row.threads), str(len(row.ours)), row.note]
        text.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    for model in dict.fromkeys(part.model for part in parts):
        text += ["", f"## Profile of one training step: {model}", ""]
        text += ["| part | ms | share |", "|---|---|---|"]
        of_model = [part for part in parts if part.model == model]
        text += [f"| {p.part} | {number(p.ms)} | {100 * p.share:.1f} % |" for p in of_model]
        text.append(f"| sum | {number(sum(p.ms for p in of_model))} | |")
    return "\n".join(text) + "\n"


def write(
    folder: Path,
    name: str,
    rows: Sequence[tuple[str, Row]],
    parts: Sequence[Part],
    facts: dict[str, str],
    title: str,
) -> None:
    """`<name>.csv` and `<name>.md` in `folder`, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in (("csv", table_csv(rows)), ("md", page(rows, parts, facts, title))):
        with temporary_file(folder / f"{name}.{suffix}") as unfinished:
            unfinished.write_text(text, encoding="utf-8")
