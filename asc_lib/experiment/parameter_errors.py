"""What is wrong with a parameter, said with its name, its value and what is allowed."""

from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from asc_lib.files import InputError

C = TypeVar("C", bound=BaseModel)
LINES, SIGNS = 20, 80  # most that a message shows of what is wrong


def validated(kind: type[C], values: dict[str, Any], where: str) -> C:
    """`values` as a configuration.

    Raises:
        InputError: a name, type or range is wrong; names the parameter, the value, what is allowed.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InputError(_explain(kind, error, where)) from None


def in_table(name: str, table: dict[str, Any], parameter: str) -> str:
    """`name`, where the table has it.

    Raises:
        ValueError: it has not; names the nearest, or all that it has.
    """
    if name not in table:
        raise ValueError(f"{parameter}: {name!r} given; {_nearest(name, list(table))}")
    return name


def _explain(kind: type[BaseModel], error: ValidationError, where: str) -> str:
    lines = []
    for item in error.errors()[:LINES]:
        name = str(item["loc"][0])[:SIGNS] if item["loc"] else ""
        if item["type"] == "extra_forbidden":
            lines.append(f"{name}: no such parameter; {_nearest(name, list(kind.model_fields))}")
        elif item["type"] == "missing":
            lines.append(f"{name}: missing; add a line `{name}: ...`")
        elif item["type"] == "value_error":
            lines.append(str(item["ctx"]["error"]))
        else:
            text = item["msg"].replace("Input should be", "should be")
            hint = ""
            if isinstance(item["input"], str) and _is_number(item["input"]):
                hint = (
                    f" (YAML reads {_shown(item['input'])} as text: write {float(item['input'])!r})"
                )
            lines.append(f"{name}: {_shown(item['input'])} given; {text}{hint}")
    if (more := error.error_count() - LINES) > 0:
        lines.append(f"and {more} more")
    return f"{where}:\n  " + "\n  ".join(lines)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of thousands of digits
        return "a very long number"
    return text if len(text) <= SIGNS else f"{text[:SIGNS]} ..."


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else "known are: " + ", ".join(known)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
