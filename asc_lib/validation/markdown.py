"""A validation as Markdown: verdicts first, then findings, then tables."""

import os
from collections.abc import Sequence

import pandas as pd

from asc_lib.validation.findings import SHOWN, Finding, Section

_HEADINGS = ("Notes", "Warnings", "Errors")
_OVERALL = (
    "Everything is as expected.",
    "The study can use the data; they are not in every respect the published sets.",
    "The study cannot use the data as they are.",
)


def overall(sections: Sequence[Section]) -> str:
    """One sentence on all data sets together."""
    return _OVERALL[max(section.level for section in sections)]


def report(sections: Sequence[Section], what: str, seconds: float, deep: bool) -> str:
    """The whole report; `what` was validated, in `seconds`."""
    lines = [f"# Validation of {what}", "", f"**{overall(sections)}**", ""]
    lines += [f"- {section.verdict}" for section in sections]
    for section in sections:
        lines += ["", f"## {section.title}", "", f"`{os.path.normpath(section.root)}`"]
        for level in (2, 1, 0):
            found = [finding for finding in section.findings if finding.level == level]
            if found:
                lines += ["", f"### {_HEADINGS[level]}", ""]
                lines += [line for finding in found for line in _finding(finding)]
        for table in section.tables:
            lines += ["", f"### {table.title}", "", *_table(table.rows)]
            if table.note:
                lines += ["", table.note]
    lines += ["", "---", "", footer(sections, seconds, deep)]
    return "\n".join(lines) + "\n"


def footer(sections: Sequence[Section], seconds: float, deep: bool) -> str:
    """What was looked at and how long it took."""
    files = sum(section.files for section in sections)
    megabytes = sum(section.bytes for section in sections) / 1e6
    depth = "every sample of every clip" if deep else "headers of clips; --deep reads every sample"
    return f"{files:,} wavs, {megabytes:,.1f} MB read ({depth}), {seconds:.1f} s."


def _finding(finding: Finding) -> list[str]:
    lines = [f"- {finding.what}.", f"  *{finding.means}.*"]
    for name in finding.names:
        lines.append(f"  - `{name}`")
    if len(finding.names) == SHOWN:
        lines[-1] += " ..."
    return lines


def _table(rows: pd.DataFrame) -> list[str]:
    def cell(value: object) -> str:
        return f"{value:,}" if pd.api.types.is_integer(value) else str(value).replace("|", "\\|")

    numeric = [all(pd.api.types.is_number(v) for v in rows[column]) for column in rows]
    lines = [list(map(str, rows.columns)), ["---:" if n else "---" for n in numeric]]
    lines += [[cell(value) for value in row] for row in rows.itertuples(index=False)]
    return ["| " + " | ".join(line) + " |" for line in lines]
