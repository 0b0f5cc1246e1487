"""The text of a study's file: plain YAML, `name: value` a line."""

import re
from pathlib import Path
from typing import Any

import yaml

from asc_lib.files import InputError, reading


class _Loader(yaml.SafeLoader):
    """Builds numbers, text, lists and dicts, and nothing else; knows no aliases.

    A few lines of aliases of aliases stand for more values than any memory holds.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias (*name); write the value out")
        return super().compose_node(parent, index)


def plain_yaml(text: str) -> Any:
    """The value that a YAML text stands for; nothing in it is ever executed.

    Raises:
        Exception: it is none; PyYAML raises more kinds than its own.
    """
    return yaml.load(text, _Loader)


def read_study_file(path: Path) -> dict[str, Any]:
    """Names and values of a study's file, not yet checked.

    Raises:
        InputError: it is not readable as YAML, has aliases, is no list of `name: value`, or has a
            number with a leading zero.
    """
    with reading(path, "YAML", "mend it, or begin with a copy of params/quick.yaml"):
        text = path.read_text(encoding="utf-8-sig")
        try:
            values = plain_yaml(text)
        except yaml.MarkedYAMLError as error:  # in one line what it says in several
            at = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
            raise ValueError(f"{error.problem}{at}") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected lines of `name: value`")
    if odd := [name for name in values if not isinstance(name, str)]:
        raise InputError(f"{path}: {str(odd[0])[:80]!r} is no name of a parameter")
    if octal := re.search(r"^\s*(\w+):\s*([-+]?0\d+)\s*(?:#.*)?$", text, re.MULTILINE):
        raise InputError(f"{path}: {octal[1]}: YAML reads {octal[2]} as octal; drop the zero")
    return values
