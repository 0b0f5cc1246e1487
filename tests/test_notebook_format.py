"""nbformat comes without a grammar of addresses, and reads and checks notebooks all the same."""

import subprocess
import sys

import pytest
from nbformat import ValidationError

from asc_lib.notebook_format import nbformat

LOADED = """
import sys
import asc_lib.notebook, papermill
print([name for name in ("lark", "rfc3987_syntax") if name in sys.modules])
import rfc3987_syntax
print(rfc3987_syntax.is_valid_syntax("iri", "https://example.org/ä"))
"""


def test_running_a_notebook_builds_no_grammar_and_leaves_it_to_others():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True"]


def test_a_notebook_against_its_scheme_is_refused():
    wrong = nbformat.v4.new_notebook()
    wrong.cells = [{"id": "odd", "cell_type": "unknown"}]
    with pytest.raises(ValidationError):
        nbformat.validate(wrong)
    nbformat.validate(nbformat.v4.new_notebook())
