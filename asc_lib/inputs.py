"""The one error that a user is meant to read: bad input, named, with what to do about it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class InputError(ValueError):
    """A file or parameter is wrong; the message names it, says what is wrong and what to do."""


def resolve(path: str | Path) -> Path:
    """Absolute path of a parameter's path: relative ones are meant from the project's folder."""
    path = Path(path).expanduser()
    return path if path.is_absolute() else ROOT / path
