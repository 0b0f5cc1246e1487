"""What a check of a data set found: findings, tables, a verdict."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

NOTE, WARNING, ERROR = range(3)  # also the exit codes
SHOWN = 5  # names of a list that stand in a report


class Finding(NamedTuple):
    """`what` was found, what it `means` for the study and what to do; the first of the `names`."""

    level: int
    what: str
    means: str
    names: tuple[str, ...] = ()


class Table(NamedTuple):
    """A table of the report; `note` stands below it."""

    title: str
    rows: pd.DataFrame
    note: str = ""


@dataclass
class Section:
    """One data set. `state`: what it was taken for; `files`, `bytes`: what was looked at."""

    title: str
    root: Path
    state: str = ""
    simulated: bool = False
    tables: list[Table] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    bytes: int = 0

    def add(self, level: int, what: str, means: str, names: Iterable[object] = ()) -> None:
        """Another finding; of many names the first few are kept, in their order."""
        shown = tuple(str(name) for name in sorted(names, key=str)[:SHOWN])
        self.findings.append(Finding(level, what, means, shown))

    @property
    def level(self) -> int:
        """0 as expected, 1 usable with warnings, 2 of no use to the study."""
        return max((finding.level for finding in self.findings), default=NOTE)

    @property
    def verdict(self) -> str:
        """One sentence."""
        worst = [finding for finding in self.findings if finding.level == self.level]
        more = f" (and {len(worst) - 1} more)" if len(worst) > 1 else ""
        state = f"{self.state}; " if self.state else ""
        match self.level:
            case 0:
                end = "all as expected"
            case 1:
                end = f"the study can use it, but: {worst[0].what}{more}"
            case _:
                end = f"THE STUDY CANNOT USE IT: {worst[0].what}{more}"
        return f"{self.title}: {state}{end}."


def compared(
    found: pd.Series, published: dict[object, int] | None, what: str, name: str = "found"
) -> pd.DataFrame:
    """Counts beside the published ones, with the difference; without them if None."""
    table = found.rename(name).to_frame()
    if published is not None:
        keys = [*published, *(key for key in found.index if key not in published)]
        table = table.reindex(keys, fill_value=0)
        table["published"] = [published.get(key, 0) for key in keys]
        table["difference"] = table[name] - table["published"]
    return table.rename_axis(what).reset_index()


def number(count: int, one: str, many: str = "") -> str:
    """`1 clip`, `1,200 clips`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
