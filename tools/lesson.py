"""How much of each notebook's code is the lesson: lines of code, lesson in percent, first picture.

    python tools/lesson.py

The rest is plumbing: imports, set-up, `show`, asserts and exercises.
"""

import ast
from pathlib import Path

import nbformat
import pandas as pd

from asc_lib.files import ROOT

_PLUMBING = {"load", "start", "show", "check", "display", "run_table", "open_bank"}


def plumbing(source: str) -> set[int]:
    """Numbers of the lines that are imports, set-up, `show`, asserts and exercises."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        value = getattr(node, "value", None) if isinstance(node, ast.Expr | ast.Assign) else None
        called = value.func if isinstance(value, ast.Call) else None
        name = getattr(called, "id", getattr(called, "attr", ""))
        unanswered = isinstance(node, ast.Assign) and ast.unparse(node).startswith("answer_")
        imports = isinstance(node, ast.Import | ast.ImportFrom | ast.Assert)
        if imports or unanswered or name in _PLUMBING:
            lines |= set(range(node.lineno, node.end_lineno + 1))
    return lines


def count(notebook: Path) -> dict[str, object]:
    """Lines of code, those of the lesson in percent, lines until the first picture."""
    code = lesson = 0
    first = None
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        full = {n for n, line in enumerate(cell.source.split("\n"), 1) if line.strip()}
        code += len(full)
        if not {"parameters", "exercise"} & set(cell.metadata.get("tags", [])):
            lesson += len(full - plumbing(cell.source))
        if first is None and "show(" in cell.source:
            first = code
    return {
        "notebook": notebook.stem,
        "code_lines": code,
        "lesson_percent": round(100 * lesson / code),
        "lines_to_first_picture": first,
    }


def main() -> None:
    """The command."""
    print(
        pd.DataFrame(map(count, sorted((ROOT / "notebooks").glob("0*.ipynb")))).to_string(
            index=False
        )
    )


if __name__ == "__main__":
    main()
