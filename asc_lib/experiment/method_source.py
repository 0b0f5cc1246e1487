"""The code of a method's own functions, so that a run of older code does not pass for one of now.

A run's name knows a function by its place only: its lines may change, and the name must not.
"""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from asc_lib.experiment.methods import PARTS, Method

_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def method_source(method: Method) -> dict[str, str]:
    """Digest of the code behind each function that a method adds, by its place; none: empty.

    Counted is all of the file that the function stands in, helpers included, without comments,
    docstrings and layout; of one typed into a notebook the function alone.
    """
    parts = [getattr(method, name) for name in PARTS]
    return {part.place: _digest(_code_of(part.function)) for part in parts if part}


def _code_of(function: str | Callable[..., Any]) -> str:
    name = function.partition(":")[0] if isinstance(function, str) else function.__module__
    try:
        found = find_spec(name)
    except (ImportError, ValueError):  # __main__, a notebook's
        found = None
    if found and found.origin and Path(found.origin).is_file():
        return Path(found.origin).read_text(encoding="utf-8")
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return ""  # typed in where nothing keeps the text


def _digest(code: str) -> str:
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a lambda out of the midst of a line
        return hashlib.sha256(code.encode()).hexdigest()[:12]
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:12]
