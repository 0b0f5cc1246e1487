"""The user's files: the one error that is meant to be read, paths, locks, writing whole or not."""

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

ROOT = Path(__file__).resolve().parents[1]
SIMULATED = ROOT / "outputs" / "simulated"  # what is below it is made, not given

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_IN_WORDS = ("os error 28", "No space left", "iostream error")  # safetensors, torch
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


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
        if isinstance(error, OSError) and error.errno in _FORBIDDEN:
            raise InputError(of_system(error, file)) from None
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


def of_system(error: BaseException | None, place: Path) -> str:
    """What to say of a full disk or a missing permission; empty where it is neither.

    torch and safetensors wrap the system's error, so its causes are looked at as well.
    """
    while error is not None:
        number = error.errno if isinstance(error, OSError) else None
        if number in _FULL or any(words in str(error) for words in _FULL_IN_WORDS):
            free = shutil.disk_usage(disk_of(place)).free / 1e6
            return (
                f"{place}: the disk is full, {free:,.1f} MB are free; make room, the same command "
                "goes on from here"
            )
        if number in _FORBIDDEN:
            file = getattr(error, "filename", None) or place
            return (
                f"{file}: {error.strerror}; give yourself the right to use it (chmod, chown), or "
                "choose another place"
            )
        error = error.__context__
    return ""


@contextmanager
def writing(place: Path, need: int = 0) -> Iterator[None]:
    """A block that writes `need` bytes, where known, at `place`.

    Raises:
        InputError: the disk has no room for them, is full before the block ends, or forbids it.
    """
    if need > (free := shutil.disk_usage(disk_of(place)).free):
        raise InputError(
            f"{place}: the disk is full: {need / 1e6:,.1f} MB are needed, {free / 1e6:,.1f} MB are "
            "free; make room, the same command goes on from here"
        )
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, InputError) or not (text := of_system(error, place)):
            raise
        raise InputError(text) from None


@contextmanager
def alone_on(target: Path, complaint: str = "") -> Iterator[None]:
    """A block for one process at a time; a killed process holds nobody up.

    Others wait, or, where `complaint` says why they should not, are refused.

    Raises:
        InputError: with `complaint`.
    """
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(target.with_name(f".{target.name}.lock"))
        try:
            lock.acquire(timeout=0 if complaint else -1)
        except Timeout:
            raise InputError(complaint) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def to_make(target: Path) -> Iterator[bool]:
    """Whether `target` is missing and this process is the one to make it, in the block.

    A second process waits for the first, and then has it made.
    """
    if target.exists():
        yield False
        return
    with alone_on(target):
        yield not target.exists()


@contextmanager
def temporary_sibling(target: Path) -> Iterator[Path]:
    """A new folder that becomes `target` when the block ends well and vanishes when it does not.

    To be used within `to_make`: what a killed process left is taken away.

    Raises:
        InputError: the disk is full, or forbids it.
    """
    folder = target.with_name(f".{target.name}.unfinished")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with writing(target.parent):
            folder.mkdir()
            yield folder
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_unfinished(folder: Path) -> None:
    """Take away what killed processes have left of files in a folder."""
    for left in folder.glob(".*.unfinished"):
        pid = left.suffixes[-2][1:]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            left.unlink(missing_ok=True)


@contextmanager
def temporary_file(target: Path, need: int = 0) -> Iterator[Path]:
    """A path beside `target` that becomes it when the block ends well: no half-written file.

    Raises:
        InputError: the disk is full, has no room for `need` bytes, or forbids it.
    """
    file = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        with writing(target.parent, need):
            yield file
            file.replace(target)
    finally:
        file.unlink(missing_ok=True)


def exit_code(work: Callable[[], int | None]) -> int:
    """Do a command's work; its exit code.

    0 done, 2 wrong input, a full disk or a missing permission, told in a line, 130 stopped.
    """
    try:
        return work() or 0
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except (InputError, OSError, RuntimeError) as error:
        text = str(error) if isinstance(error, InputError) else of_system(error, ROOT)
        if not text:
            raise
        print(text, file=sys.stderr)
        return 2
