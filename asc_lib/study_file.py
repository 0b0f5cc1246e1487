"""A study's file, plain YAML, `name: value` a line; and what is said of a wrong value."""

import re
from difflib import get_close_matches
from pathlib import Path
from reprlib import repr as brief
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from asc_lib.files import ROOT, InputError, reading

C = TypeVar("C", bound=BaseModel)
_LINES, _SIGNS = 20, 80  # most that a message shows of what is wrong
_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_DIGITS = r"[-+]?(?:0|[1-9][0-9_]*)"


class _Loader(yaml.SafeLoader):
    """Builds numbers, text, lists and dicts, and nothing else.

    Numbers are what YAML 1.2 and Python take for one: 5e-5 is, 010 and 1:30 are not. No aliases: a
    few lines of aliases of aliases stand for more values than any memory holds.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012
        sign: [pair for pair in pairs if pair[0] not in (_INT, _FLOAT)]
        for sign, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias (*name); write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        first: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if (before := first.setdefault(str(key.value), line)) != line:
                name = str(key.value)[:_SIGNS]
                raise yaml.YAMLError(f"{name} is there twice, in lines {before} and {line}")
        return super().construct_mapping(node, deep)

    def number(self, node: yaml.ScalarNode) -> float:
        """A number with a point or an exponent; 1e3 is a whole one."""
        value = self.construct_yaml_float(node)
        return int(value) if "e" in node.value.lower() and value.is_integer() else value


_Loader.add_implicit_resolver(_INT, re.compile(_DIGITS + "$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(
        rf"(?:{_DIGITS}(?:\.[0-9_]*)?|[-+]?\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?$"
        r"|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)
_Loader.add_constructor(_FLOAT, _Loader.number)


def read_study_file(path: Path) -> dict[str, Any]:
    """Names and values of a study's file, not yet checked; nothing in it is ever executed.

    Raises:
        InputError: no such file, not readable as YAML, an alias, a name twice, or no `name: value`.
    """
    with reading(path, "YAML", "write `name: value` a line, in UTF-8, as params/smoke.yaml does"):
        try:
            values = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        except (FileNotFoundError, NotADirectoryError):
            known = ", ".join(sorted(p.stem for p in (ROOT / "params").glob("*.yaml")))
            raise InputError(f"{path}: no such file; studies in params/ are: {known}") from None
        except yaml.MarkedYAMLError as error:  # in one line what it says in several
            at = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
            raise ValueError(f"{error.problem}{at}") from None
        values = {} if values is None else values  # comments alone: the defaults
        if not isinstance(values, dict):
            raise ValueError("no `name: value`")
        if odd := [name for name in values if not isinstance(name, str)]:
            raise ValueError(f"{brief(odd[0])} is no name of a parameter")
    return values


def validated(kind: type[C], values: dict[str, Any], where: str) -> C:
    """`values` as a configuration.

    Raises:
        InputError: a name, type or range is wrong; names the parameter, the value, what is allowed.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        told = [_explain(kind, item) for item in error.errors()]
        if len(told) > _LINES:
            told[_LINES:] = [f"and {len(told) - _LINES} more"]
        raise InputError(f"{where}: " + "\n  ".join(told)) from None


def nearest(name: str, known: list[str]) -> str:
    """What to say of an unknown name."""
    close = get_close_matches(name, known, n=3)
    return f"did you mean {' or '.join(close)}?" if close else "known are: " + ", ".join(known)


def _explain(kind: type[BaseModel], item: Any) -> str:
    name = ".".join(map(str, item["loc"]))[:_SIGNS]
    if item["type"] == "extra_forbidden":
        return f"{name}: no such parameter; {nearest(name, list(kind.model_fields))}"
    text = f"{name}: {item['msg']}" if name else item["msg"]
    if item["type"] == "value_error":  # of our own checks, which show the value
        return text.replace("Value error, ", "", 1)
    return text if item["type"] == "missing" else f"{text} ({brief(item['input'])} given)"
