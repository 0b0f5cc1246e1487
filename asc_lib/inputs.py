"""What touches the user's files everywhere: the one error meant to be read, paths, safe writing."""

import argparse
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
SIMULATED = ROOT / "outputs" / "simulated"  # what is below it is made, not given

FULL = {errno.ENOSPC, errno.EDQUOT}  # of an OSError: a full disk, a quota that is used up
_LITTLE = 1 << 20  # bytes free on a disk that a write has just failed on


class InputError(ValueError):
    """A file or parameter is wrong; the message names it, says what is wrong and what to do."""


def resolve(path: str | Path) -> Path:
    """Absolute path of a parameter's path: relative ones are meant from the project's folder.

    Raises:
        InputError: it begins with `~` and the name of nobody here.
    """
    try:
        path = Path(path).expanduser()
    except RuntimeError:
        raise InputError(f"{path}: no such user here; write the path out") from None
    return path if path.is_absolute() else ROOT / path


def disk_of(path: Path) -> Path:
    """The folder that is there and holds, or will hold, `path`."""
    path = path.absolute()
    return next(at for at in (path, *path.parents) if at.exists())


def seconds(text: str) -> int:
    """A whole number of seconds above 0, for argparse."""
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0 and len(text) < 9):
        raise argparse.ArgumentTypeError(f"{text!r} given; write whole seconds, 1 or more")
    return int(text)


def short(error: object) -> str:
    """The first line of what a library says, at most 200 signs; its kind where it says nothing."""
    return next(iter(str(error).strip().splitlines()), "")[:200] or type(error).__name__


@contextmanager
def reading(file: Path, what: str, remedy: str) -> Iterator[None]:
    """Whatever a library raises in the block, as the one error that names the file.

    Readers of foreign formats raise nearly anything where a file is cut short or something else.

    Raises:
        InputError: `file` is not readable as `what`; `remedy` says what to do.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{file}: not readable as {what} ({short(error)}); {remedy}") from None


def read_object(file: Path, remedy: str) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        InputError: it is not readable, or holds something else; `remedy` says what to do.
    """
    with reading(file, "JSON", remedy):
        content = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise InputError(f"{file}: holds no JSON object; {remedy}")
    return content


@contextmanager
def room_in(folder: Path, need: int = 0) -> Iterator[None]:
    """A block that writes `need` bytes, where known, into a folder.

    Raises:
        InputError: the disk has no room for them, or is full before the block ends.
    """
    if need > (free := shutil.disk_usage(folder).free):
        raise InputError(_full(folder, f"{need / 1e6:,.1f} MB are needed", free))
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, InputError) or not _is_full(error, folder):
            raise
        known = f"{need / 1e6:,.1f} MB are needed" if need else "more is needed"
        raise InputError(_full(folder, known, shutil.disk_usage(folder).free)) from None


def _full(folder: Path, need: str, free: int) -> str:
    return (
        f"{folder}: the disk is full: {need}, {free / 1e6:,.1f} MB are free; make room, the same "
        "command goes on from here"
    )


def _is_full(error: BaseException | None, folder: Path) -> bool:
    """Whether a full disk is behind an error; torch and safetensors wrap the system's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return error.errno in FULL
        if "No space left" in str(error) or "os error 28" in str(error):
            return True
        if error.__context__ is None:
            break
        error = error.__context__
    return isinstance(error, RuntimeError) and shutil.disk_usage(folder).free < _LITTLE


@contextmanager
def held(folder: Path, complaint: str) -> Iterator[IO[str]]:
    """Hold `folder` against a second process; the system lets go when the last holder is gone.

    Raises:
        InputError: with `complaint`: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(complaint) from None
        yield lock


@contextmanager
def to_make(target: Path) -> Iterator[bool]:
    """Whether `target` is missing and this process is the one to make it, in the block.

    A second process waits for the first, and then has it made. See `alone_on`.
    """
    if target.exists():
        yield False
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with alone_on(target):
        yield not target.exists()


@contextmanager
def alone_on(target: Path) -> Iterator[None]:
    """A block for one process at a time; others wait. A killed process holds nobody up."""
    with _locked(target.with_name(f".{target.name}.lock")):
        yield


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """A file held by this process alone while the block lasts; what is there after it goes."""
    while True:
        with file.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if _is_at(file, lock):
                    yield
                    return
                # who held it before has taken it away, or given it its name
            finally:
                # a Ctrl-C may come while another still holds it, or just as it becomes ours
                if _is_ours(lock) and _is_at(file, lock):
                    file.unlink()


def _is_ours(lock: IO[str]) -> bool:
    """Whether no other process holds this open file, which then is held by this one."""
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _is_at(path: Path, opened: IO[str]) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(opened.fileno()))
    return False


def unfinished_of(target: Path) -> Path:
    """Where `target` is written before it has its name; a killed process leaves it there."""
    return target.with_name(f".{target.name}.unfinished")


@contextmanager
def temporary_sibling(target: Path) -> Iterator[Path]:
    """A new folder that becomes `target` when the block ends well and vanishes when it does not.

    To be used within `to_make`: what a killed process left is taken away.

    Raises:
        InputError: the disk is full.
    """
    folder = unfinished_of(target)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        with room_in(target.parent):
            yield folder
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_file(target: Path, need: int = 0) -> Iterator[Path]:
    """A path beside `target` that becomes it when the block ends well: no half-written file.

    Of two processes the second waits; it begins with what a killed one left emptied.

    Raises:
        InputError: the disk is full, or has no room for `need` bytes.
    """
    file = unfinished_of(target)
    with _locked(file):
        os.truncate(file, 0)
        with room_in(target.parent, need):
            yield file
        file.chmod(0o644)
        file.replace(target)
