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

from filelock import FileLock, Timeout

ROOT = Path(__file__).resolve().parents[1]
SIMULATED = ROOT / "outputs" / "simulated"  # what is below it is made, not given

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_IN_WORDS = ("os error 28", "No space left", "iostream error")  # safetensors, torch
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class InputError(ValueError):
    """A file or parameter is wrong; the message names it, says what is wrong and what to do."""


def resolve(path: str | Path) -> Path:
    """Absolute path of a parameter's path: relative ones are meant from the project's folder."""
    try:
        return ROOT / Path(path).expanduser()
    except RuntimeError:
        raise InputError(f"{path}: no such user here; write the path out") from None


def disk_of(path: Path) -> Path:
    """The folder that is there and holds, or will hold, `path`."""
    path = path.absolute()
    return next(at for at in (path, *path.parents) if at.exists())


def short(error: object) -> str:
    """The first line of what a library says, at most 200 signs; its kind where it says nothing."""
    return next(iter(str(error).strip().splitlines()), "")[:200] or type(error).__name__


@contextmanager
def reading(file: Path, what: str, remedy: str) -> Iterator[None]:
    """Whatever a library raises in the block, as one `InputError`: `file` is no `what`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # readers of foreign formats raise nearly anything
        unreadable = f"{file}: not readable as {what} ({short(error)}); {remedy}"
        raise InputError(of_system(error, file) or unreadable) from None


def read_object(file: Path, remedy: str) -> dict[str, Any]:
    """The object in a JSON file; `InputError` with `remedy` where there is none."""
    with reading(file, "JSON", remedy):
        content = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise InputError(f"{file}: holds no JSON object; {remedy}")
    return content


def of_system(error: BaseException | None, place: Path) -> str:
    """What to say of a full disk or a missing permission; empty where it is neither."""
    while error is not None:  # torch and safetensors wrap the system's error
        number = error.errno if isinstance(error, OSError) else None
        if number in _FULL or any(words in str(error) for words in _FULL_IN_WORDS):
            return _full(place)
        if number in _FORBIDDEN:
            remedy = "give yourself the right to use it (chmod, chown), or choose another place"
            return f"{error.filename or place}: {error.strerror}; {remedy}"
        error = error.__context__
    return ""


def _full(place: Path, need: int = 0) -> str:
    needed = f": {need / 1e6:,.1f} MB are needed" if need else ""
    free = f"{shutil.disk_usage(disk_of(place)).free / 1e6:,.1f} MB are free"
    remedy = "make room, the same command goes on from here"
    return f"{place}: the disk is full{needed}, {free}; {remedy}"


@contextmanager
def writing(place: Path, need: int = 0) -> Iterator[None]:
    """A block that writes `need` bytes, if known, at `place`; what the disk refuses is told."""
    if need > shutil.disk_usage(disk_of(place)).free:
        raise InputError(_full(place, need))
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, InputError) or not (text := of_system(error, place)):
            raise
        raise InputError(text) from None


@contextmanager
def alone_on(target: Path, complaint: str = "") -> Iterator[None]:
    """A block for one process at a time; others wait, or are refused with `complaint`."""
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(target.with_name(f".{target.name}.lock"))
        try:
            held = lock.acquire(timeout=0 if complaint else -1)
        except Timeout:
            raise InputError(complaint) from None
    with held:
        yield


@contextmanager
def to_make(target: Path) -> Iterator[bool]:
    """Whether `target` is missing and to be made in the block; a second process waits for it."""
    if target.exists():
        yield False
        return
    with alone_on(target):
        yield not target.exists()


@contextmanager
def temporary_file(target: Path, need: int = 0) -> Iterator[Path]:
    """A path beside `target` that becomes it when the block ends well: no half-written file."""
    file = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        with writing(target.parent, need):
            yield file
            file.replace(target)
    finally:
        clear_unfinished(file)


@contextmanager
def temporary_sibling(target: Path) -> Iterator[Path]:
    """A new folder that becomes `target` when the block ends well; to be used in `to_make`."""
    clear_unfinished(*target.parent.glob(f".{target.name}.*.unfinished"))
    with temporary_file(target) as folder:
        folder.mkdir()
        yield folder


def clear_unfinished(*left: Path) -> None:
    """Take away what failed or killed processes have left."""
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def exit_code(work: Callable[[], int | None]) -> int:
    """Do a command's work: 0 done, 2 wrong input, full disk or no permission, 130 stopped."""
    try:
        with writing(ROOT):
            return work() or 0
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
