"""The parameters cell of a notebook: what it declares, and the values a study gives it.

One code cell is tagged `parameters`; each of its lines is `name: type = value  # meaning`, the
names those of `experiment/config.py` or the notebook's own.
"""

import ast
import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import TypeAdapter, ValidationError

from asc_lib.experiment.config import StudyConfig, load
from asc_lib.experiment.study_file import plain_yaml
from asc_lib.inputs import InputError, reading, short
from asc_lib.notebook_format import nbformat

_TYPES: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list[str]": list[str],
    "list[int]": list[int],
    "list[float]": list[float],
}


class Parameter(NamedTuple):
    """A line of a parameters cell."""

    kind: str
    value: Any


def declared_parameters(notebook: Path) -> dict[str, Parameter]:
    """Names, types and defaults of the one cell that is tagged `parameters`.

    Raises:
        InputError: no notebook, no or several such cells, or a line that is no
            `name: type = value`.
    """
    code = [c for c in read_notebook(notebook).cells if c.cell_type == "code"]
    cells = [c for c in code if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise InputError(
            f"{notebook}: {len(cells)} code cells are tagged `parameters`; tag exactly one"
        )
    try:
        statements = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise InputError(f"{notebook}: parameters cell, line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # signs that none may have, depth
        raise InputError(f"{notebook}: parameters cell: {short(error)}") from None
    found: dict[str, Parameter] = {}
    for statement in statements:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=ast.expr()):
                parameter = Parameter(ast.unparse(kind), _literal(statement.value))
                if not _misfit(parameter, parameter.value):
                    found[name] = parameter
                    continue
        raise InputError(
            f"{notebook}: parameters cell, line {statement.lineno}: expected "
            "`name: type = value  # meaning`, the value a literal of that type, the type one of "
            + ", ".join(_TYPES)
        )
    return found


def choose_parameters(
    notebook: Path, study_file: str | Path | None, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Values for `notebook`: those of the study that it declares, with `changes` put over them.

    Raises:
        InputError: the study or a change has an unknown name, a wrong type or is out of range.
    """
    declared = declared_parameters(notebook)
    for name in changes:
        if name not in declared:
            close = get_close_matches(name, declared, n=1)
            hint = f"did you mean {close[0]}?" if close else f"it has: {', '.join(declared)}"
            raise InputError(f"{name}: {notebook.name} has no such parameter; {hint}")
    of_study = {n: v for n, v in changes.items() if n in StudyConfig.model_fields}
    default = declared["study"].value if "study" in declared else "quick"
    study = load(study_file or default, **of_study).model_dump()
    names = study.keys() if study_file else of_study.keys()
    return dict(changes) | {name: study[name] for name in names if name in declared}


def check_parameters(notebook: Path, parameters: Mapping[str, Any]) -> None:
    """Nothing, where the notebook declares each parameter, with a type that the value has.

    Raises:
        InputError: names the parameter that it does not declare, or not so.
    """
    declared = declared_parameters(notebook)
    for name, value in parameters.items():
        if name not in declared:
            raise InputError(f"{name}: {notebook.name} has no such parameter")
        if misfit := _misfit(declared[name], value):
            raise InputError(f"{name}: {value!r} given; {notebook.name} declares {misfit}")


def _misfit(parameter: Parameter, value: Any) -> str:
    if parameter.kind not in _TYPES:
        return f"the unknown type {parameter.kind}"
    try:
        TypeAdapter(_TYPES[parameter.kind]).validate_python(value, strict=True)
    except ValidationError:
        return parameter.kind
    return ""


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None  # fits no type


def read_notebook(notebook: Path) -> nbformat.NotebookNode:
    """A notebook in format 4.

    Raises:
        InputError: there is none, or the file is not one.
    """
    if not notebook.exists():
        raise InputError(f"{notebook}: no such notebook")
    with reading(notebook, "a notebook (nbformat 4)", "save it anew, or take the project's"):
        content = json.loads(notebook.read_text(encoding="utf-8"))
        nbformat.validate(content, version=4)  # `read` alone trips over what is none
        return nbformat.read(notebook, as_version=4)


def parsed_change(name: str, text: str) -> tuple[str, Any]:
    """Name and value of a parameter given on the command line, the value read as YAML.

    Raises:
        InputError: it is no YAML value, or one that YAML reads as another number.
    """
    if re.fullmatch(r"[-+]?0[0-9_]+|[-+]?[0-9]+(:[0-9]+)+", text):
        raise InputError(f"{name}: YAML reads {text} as {yaml.safe_load(text)}; write that number")
    try:
        return name, plain_yaml(text)
    except Exception:  # PyYAML raises more than its own, where a tag is not what it says
        raise InputError(f"{name}: {text[:80]!r} is no YAML value; put it in quotes") from None
