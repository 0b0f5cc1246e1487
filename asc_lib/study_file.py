"""A study's file, plain YAML, `name: value` a line; and what is said of a wrong value."""

from difflib import get_close_matches
from pathlib import Path
from reprlib import repr as brief
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from asc_lib.files import ROOT, InputError, reading

C = TypeVar("C", bound=BaseModel)
_LINES, _SIGNS = 20, 80  # most that a message shows of what is wrong


class _Loader(yaml.BaseLoader):
    """Builds text, lists and dicts, nothing else: which text is a number says the parameter.

    No aliases: a few lines of aliases of aliases stand for more values than any memory holds.
    """

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


def read_study_file(path: Path) -> dict[str, Any]:
    """Names and values of a study's file, not yet checked; nothing in it is ever executed."""
    with reading(path, "YAML", "write `name: value` a line, in UTF-8, as params/smoke.yaml does"):
        try:
            values = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        except (FileNotFoundError, NotADirectoryError):
            known = ", ".join(sorted(p.stem for p in (ROOT / "params").glob("*.yaml")))
            raise InputError(f"{path}: no such file; studies in params/ are: {known}") from None
        except yaml.MarkedYAMLError as error:  # in one line what it says in several
            at = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
            raise ValueError(f"{error.problem}{at}") from None
        values = values or {}  # comments alone: the defaults
        if not isinstance(values, dict):
            raise ValueError("no `name: value`")
    return values


def validated(kind: type[C], values: dict[str, Any], where: str, text: bool = False) -> C:
    """`values` as a configuration; `text`: numbers may stand in them as text, as a file has them.

    `InputError`: a name, type or range is wrong; names the parameter, the value, what is allowed.
    """
    try:
        return kind.model_validate(values, strict=False if text else None)
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
