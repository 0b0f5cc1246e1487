"""nbformat, imported without a grammar that no notebook is checked with.

nbformat imports jsonschema, which, where rfc3987_syntax is installed (JupyterLab wants it), builds
a parser for international addresses: 2 s of each process that reads a notebook, for a format that
the notebooks' scheme (https://nbformat.readthedocs.io) does not use. jsonschema does without it
where it is missing, so for the time of the import it is.
"""

import sys

_GRAMMAR = "rfc3987_syntax"
_hidden = _GRAMMAR not in sys.modules
if _hidden:
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # Python's own sign for "not there"
try:
    import nbformat
finally:
    if _hidden:
        del sys.modules[_GRAMMAR]

__all__ = ["nbformat"]
