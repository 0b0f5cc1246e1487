"""Spoilt files: each ends well or in an `InputError` that names it, and soon.

    ASC_FUZZ=20000 pytest tests/fuzz       so many inputs of each kind; without it a hundred
    ASC_SEED=1                             other inputs

A failure names the input's number, and the input lies in the test's folder.
"""

import os
import resource
import signal
import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asc_lib.files import InputError
from tests.fuzz.cases import CASES, MARK, Case

WANTED, SEED = (int(os.environ.get(name, 0)) for name in ("ASC_FUZZ", "ASC_SEED"))
_PATIENCE_S = 20
_MEMORY = 6 << 30  # bytes of address space that one input may ask for beyond what is there
_ODD = [struct.pack("<I", n) for n in (0, 1, 2**31 - 1, 2**31, 2**32 - 1)]
_ODD += [struct.pack("<Q", n) for n in (2**40, 2**63 - 1, 2**64 - 1)]
_ODD += [struct.pack(f, float(x)) for f in ("<f", "<d") for x in ("nan", "inf", "1e38")]


def mutated(draw: np.random.Generator, data: bytes, words: Sequence[bytes]) -> bytes:
    """After one to four changes: cut, bits, numbers, noise, moved and repeated parts, words."""
    for _ in range(draw.integers(1, 5)):
        last = max(1, len(data))
        near = (last, min(last, 128), min(last, 256))[kind := draw.integers(3)]  # headers, ends
        at = int(draw.integers(near)) if kind < 2 else last - 1 - int(draw.integers(near))
        to = at + int(draw.integers(1, 400))
        odd, word = _ODD[draw.integers(len(_ODD))], words[draw.integers(len(words))]
        ends = [end for mark in b",\t\n}" if (end := data.find(mark, at)) >= 0]
        bit = bytes([(data[at] if data else 0) ^ 1 << int(draw.integers(8))])
        changes = [
            data[:at], data[:at] + data[to:], data[:at] + data[at:to] * 9 + data[to:],
            data[:at] + bit + data[at + 1 :], data[:at] + odd + data[at + len(odd) :],
            data[:at] + draw.bytes(to - at) + data[to:], data[to:] + data[:at],
            data[:at] + word + data[at + len(word) * int(draw.integers(2)) :],
            data[:at] + word + data[min(ends, default=len(data)) :],  # instead of a value
            data.replace(b"\n", (b"\r", b"\n\n", b"\0\n")[kind]), b"\xef\xbb\xbf" + data,
            data.decode("utf-8", "replace").encode("utf-16") if at % 5 == 0 else bit + data,
        ]  # fmt: skip
        data = changes[draw.integers(len(changes))]
    return data


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


def finite(value: Any) -> bool:
    """Whether a table, an array, a tensor or a list of them holds numbers where it should."""
    if isinstance(value, list):
        return all(map(finite, value))
    if isinstance(value, pd.DataFrame):
        value = value.select_dtypes("number")
    array = np.asarray(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def verdict(case: Case, content: bytes) -> str:
    """What is wrong with how a content was taken; empty: nothing."""
    case.file.write_bytes(content)
    try:
        with limits(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return "" if finite(case.read(case.file)) else "NaN or infinity goes on"
    except InputError as error:
        names = case.file.name in str(error) or case.file.parent.name in str(error)
        return "" if names and len(str(error)) < 4000 else f"no message: {str(error)[:200]!r}"
    except (Exception, HangError) as error:
        return f"{type(error).__name__}: {str(error)[:150]}"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory by /proc")
@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_spoilt_files_end_well_or_in_a_message(
    make: Callable[[Path], Iterator[Case]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder := tmp_path / make.__name__).mkdir()
    monkeypatch.chdir(tmp_path)
    wrong: dict[str, str] = {}
    for case in make(folder):
        for content in reversed(case.good):  # what is good is taken
            case.file.write_bytes(content)
            case.read(case.file)
        draw = np.random.default_rng(SEED)
        some = (case.good[draw.integers(len(case.good))] for _ in range(WANTED or 100))
        spoilt = (mutated(draw, content, case.words) for content in some)
        for number, content in enumerate(chain(case.bad, spoilt)):
            if found := verdict(case, content):
                (tmp_path / f"input-{case.file.name}-{number}").write_bytes(content)
                wrong.setdefault(f"{case.file.name} {found[:30]}", f"input {number}: {found}")
        case.file.write_bytes(case.good[0])
    assert not list(tmp_path.rglob(MARK.decode())), "a file was executed"
    assert not wrong, wrong
