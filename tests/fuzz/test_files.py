"""Thousands of spoilt files: each ends well or in an `InputError` that names it, and soon.

    ASC_FUZZ=20000 pytest tests/fuzz -s        so many inputs, spread over all kinds of files
    ASC_SEED=1                                 other inputs

Without the variable a small share runs, always the same inputs. A failure names the kind of file
and the input's number, and the input lies in the test's folder.
"""

import os
import resource
import signal
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from asc_lib.files import InputError
from tests.fuzz.cases import CASES, Case
from tests.fuzz.mutate import mutated
from tests.fuzz.words import MARK

WANTED = int(os.environ.get("ASC_FUZZ", "0"))
SEED = int(os.environ.get("ASC_SEED", "0"))
_FEW = 40  # mutated inputs of each kind in the usual test run
_CRAFTED = 50  # about so many crafted ones
_PATIENCE_S = int(os.environ.get("ASC_PATIENCE", "20"))
_MEMORY = 6 << 30  # bytes of address space that one input may ask for beyond what is there
_LONGEST = 4000  # signs of a message that a person is to read


class HangError(BaseException):
    """One input took too long; no reader may catch this."""


@contextmanager
def limits() -> Iterator[None]:
    """An input that wants too much time or memory ends in an error."""

    def too_long(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, too_long)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + _MEMORY, hard))
    signal.alarm(_PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def holds_nan(value: Any) -> bool:
    """Whether a table, an array or a tensor holds what is not a number."""
    match value:
        case list() | tuple():
            return any(map(holds_nan, value))
        case pd.DataFrame():
            return bool(value.isna().any(axis=None)) or holds_nan(
                value.select_dtypes("number").to_numpy(float)
            )
        case np.ndarray():
            return not np.isfinite(value).all()
        case torch.Tensor():
            return value.is_floating_point() and not value.isfinite().all()
    return False


def verdict(case: Case, content: bytes) -> str:
    """What is wrong with how a content was taken; empty: nothing."""
    case.file.write_bytes(content)
    try:
        with limits(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = case.read(case.file)
    except InputError as error:
        text = str(error)
        if case.file.name not in text and case.file.parent.name not in text:
            return f"a message that names no file: {text[:200]!r}"
        return f"{len(text)} signs of message" if len(text) > _LONGEST else ""
    except HangError:
        return f"no end within {_PATIENCE_S} s"
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}: {str(error)[:150]}"
    return "NaN or infinity where numbers should be" if holds_nan(found) else ""


def inputs(case: Case, draw: np.random.Generator) -> Iterator[bytes]:
    """Crafted contents, of hundreds only some in the usual run; then mutated ones."""
    step = 1 if WANTED else max(1, len(case.crafted) // _CRAFTED)
    yield from case.crafted[::step]
    count = max(50, 3 * WANTED // len(CASES) // (case.cost + 1)) if WANTED else _FEW // case.cost
    for _ in range(count):
        yield mutated(draw, case.seeds, case.words)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory by /proc")
@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_spoilt_files_end_well_or_in_a_message(
    make: Callable[[Path], Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / make.__name__
    folder.mkdir()
    case = make(folder)
    monkeypatch.chdir(tmp_path)
    case.file.write_bytes(case.seeds[0])
    case.read(case.file)  # what is good is taken
    draw = np.random.default_rng(zlib.crc32(make.__name__.encode()) + SEED)
    wrong: dict[str, str] = {}
    tried = failed = 0
    for number, content in enumerate(inputs(case, draw)):
        tried += 1
        if not (found := verdict(case, content)):
            continue
        failed += 1
        if (kind := found.split(":")[0]) not in wrong:
            (tmp_path / f"input-{number}").write_bytes(content)
            wrong[kind] = f"input {number}: {found}"
    if WANTED:
        said = f"{make.__name__}: {tried} inputs, {failed} failures of {len(wrong)} kinds"
        print(f"\n{said}", file=sys.stderr)
    assert not list(tmp_path.rglob(MARK.decode())), "a file was executed"
    assert not wrong, "\n".join(wrong.values())
