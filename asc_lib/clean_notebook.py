"""A notebook to recall a lesson by: its headings and its code, no prose and no outputs.

    python -m asc_lib.clean_notebook notebooks/02_icl_grid_search.ipynb clean.ipynb

It runs as the original does. Read the headings, say what the prose said, and run the code.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from asc_lib.files import InputError, temporary_file
from asc_lib.notebook_format import nbformat
from asc_lib.parameters_cell import read_notebook

_HEADING = re.compile(r"#{1,6} \S.*")


def cleaned(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy with headings of text cells, and code cells without outputs."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            code = nbformat.from_dict(cell)
            cells.append(code | {"outputs": [], "execution_count": None})
        elif cell.cell_type == "markdown" and (headings := _headings(cell.source)):
            cells.append(nbformat.from_dict(cell) | {"source": "\n".join(headings)})
    return nbformat.from_dict(notebook | {"cells": cells})


def _headings(text: str) -> list[str]:
    """Headings of a text, none of those that stand in a fenced block."""
    found, fenced = [], False
    for line in text.splitlines():
        fenced ^= line.startswith(("```", "~~~"))
        if not fenced and _HEADING.fullmatch(line):
            found.append(line)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; a mistake of the user's ends as one message and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.clean_notebook", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebook", type=Path, help="a notebook of the study")
    parser.add_argument("clean", type=Path, help="where the clean version goes")
    given = parser.parse_args(arguments)
    try:
        if given.clean.resolve() == given.notebook.resolve():
            raise InputError(f"{given.clean}: is the notebook itself; name another file")
        notebook = cleaned(read_notebook(given.notebook))
        given.clean.parent.mkdir(parents=True, exist_ok=True)
        with temporary_file(given.clean) as unfinished:
            nbformat.write(notebook, unfinished)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
