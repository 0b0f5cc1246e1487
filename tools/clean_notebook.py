"""A notebook to recall a lesson by: its headings and its code, no prose and no outputs.

    python tools/clean_notebook.py notebooks/02_icl_grid_search.ipynb clean.ipynb

It runs as the original does. Read the headings, say what the prose said, and run the code.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat

from asc_lib.files import InputError, exit_code, reading, temporary_file


def headings(text: str) -> str:
    """The headings of a text, none of those that stand in a fenced block."""
    outside = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    return "\n".join(re.findall(r"^#{1,6} \S.*$", outside, re.MULTILINE))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Keep a notebook's headings and code.")
    parser.add_argument("notebook", type=Path, help="a notebook of the study")
    parser.add_argument("clean", type=Path, help="where the clean version goes")
    given = parser.parse_args()
    if given.clean.resolve() == given.notebook.resolve():
        raise InputError(f"{given.clean}: is the notebook itself; name another file")
    with reading(given.notebook, "a notebook", "take one of notebooks/"):
        notebook = nbformat.read(given.notebook, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = headings(cell.source)
    notebook.cells = [c for c in notebook.cells if c.cell_type == "code" or c.source]
    given.clean.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(given.clean) as unfinished:
        nbformat.write(notebook, unfinished)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
