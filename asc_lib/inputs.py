"""What touches the user's files everywhere: the one error meant to be read, paths, safe writing."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
SIMULATED = ROOT / "outputs" / "simulated"  # what is below it is made, not given


class InputError(ValueError):
    """A file or parameter is wrong; the message names it, says what is wrong and what to do."""


def resolve(path: str | Path) -> Path:
    """Absolute path of a parameter's path: relative ones are meant from the project's folder."""
    path = Path(path).expanduser()
    return path if path.is_absolute() else ROOT / path


def disk_of(path: Path) -> Path:
    """The folder that is there and holds, or will hold, `path`."""
    path = path.absolute()
    return next(at for at in (path, *path.parents) if at.exists())


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
def temporary_sibling(target: Path) -> Iterator[Path]:
    """A new folder that becomes `target` when the block ends well and vanishes when it does not.

    Where another process was faster, its folder stays: what is kept by content is the same.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield folder
        folder.chmod(0o755)
        if not target.exists():
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_file(target: Path) -> Iterator[Path]:
    """A path beside `target` that becomes it when the block ends well: no half-written file."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    os.close(handle)
    try:
        yield Path(name)
        Path(name).chmod(0o644)
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)
