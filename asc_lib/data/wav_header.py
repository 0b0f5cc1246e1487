"""What a wav says about itself, and whether its size bears it out, without reading its samples."""

import os
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import soundfile
from tqdm import tqdm

from asc_lib.data.wav import plain_header

_THREADS = 8  # they wait for the disk
_AT_A_TIME = 256
_CODINGS = {1: "PCM", 3: "float"}
_EXTENSIBLE = 0xFFFE


class Header(NamedTuple):
    """Of one file: `size` in bytes, rate in Hz, frames that are there and that it states.

    `coding` is PCM, float or libsndfile's name of another one. `problem`: why nothing else is
    known; empty if all is.
    """

    size: int
    coding: str = ""
    rate: int = 0
    bits: int = 0
    channels: int = 0
    frames: int = 0
    stated: int = 0
    problem: str = ""

    @property
    def read(self) -> int:
        """Bytes that had to be read."""
        return min(self.size, 44)


def read_headers(
    folder: Path,
    names: Sequence[str],
    progress: str = "",
    *,
    rate: int = 44_100,
    frames: int = 44_100,
) -> list[Header]:
    """The header of each of the files, in their order; `progress` is the bar's title, if any.

    Mono 24-bit files of `rate` and `frames` with nothing but their samples are known at a glance.
    """
    plain = plain_header(rate, frames)
    size = len(plain) + 3 * frames
    usual = Header(size, "PCM", rate, 24, 1, frames, frames)

    def some(chunk: Sequence[str]) -> list[Header]:
        found = []
        for name in chunk:
            path = f"{folder}{os.sep}{name}"
            try:
                file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            except OSError as error:
                found.append(Header(0, problem=f"cannot be opened: {error.strerror}"))
                continue
            try:
                if hasattr(os, "posix_fadvise"):  # nothing beyond the header is wanted
                    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
                head, there = os.read(file, len(plain)), os.fstat(file).st_size
                found.append(usual if (head, there) == (plain, size) else _parse(file, there, path))
            except OSError as error:
                found.append(Header(0, problem=f"cannot be read: {error.strerror}"))
            finally:
                os.close(file)
        return found

    chunks = [names[at : at + _AT_A_TIME] for at in range(0, len(names), _AT_A_TIME)]
    headers: list[Header] = []
    pool = ThreadPoolExecutor(_THREADS)
    try:
        with tqdm(total=len(names), desc=progress, unit="file", disable=not progress) as bar:
            for found in pool.map(some, chunks):
                headers += found
                bar.update(len(found))
    finally:
        pool.shutdown(cancel_futures=True)  # a stop from the keyboard waits for no queue
    return headers


def _parse(file: int, size: int, path: str) -> Header:
    """Chunk by chunk; what is no RIFF file, or an odd one, is for libsndfile to understand."""
    if size == 0:
        return Header(0, problem="empty")
    os.lseek(file, 0, os.SEEK_SET)
    head = os.read(file, 12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return _ask_libsndfile(size, path)
    form, at = b"", 12
    while True:
        os.lseek(file, at, os.SEEK_SET)
        chunk = os.read(file, 8)
        if len(chunk) < 8:
            return _ask_libsndfile(size, path)
        name, length = struct.unpack("<4sI", chunk)
        at += 8
        if name == b"fmt ":
            form = os.read(file, min(length, 40))
        if name == b"data":
            break
        at += length + length % 2
    if len(form) < 16:
        return _ask_libsndfile(size, path)
    tag, channels, rate, _, block, bits = struct.unpack("<HHIIHH", form[:16])
    if tag == _EXTENSIBLE and len(form) >= 26:
        tag = int.from_bytes(form[24:26], "little")
    if tag not in _CODINGS or not block:
        return _ask_libsndfile(size, path)
    there = min(length, size - at)
    return Header(size, _CODINGS[tag], rate, bits, channels, there // block, length // block)


def _ask_libsndfile(size: int, path: str) -> Header:
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError, ValueError, TypeError):
        return Header(size, problem="not readable as wav")
    kind, _, bits = info.subtype.partition("_")
    depth = int(bits) if bits.isdecimal() else {"FLOAT": 32, "DOUBLE": 64}.get(kind, 0)
    coding = {"FLOAT": "float", "DOUBLE": "float"}.get(kind, kind)
    return Header(size, coding, info.samplerate, depth, info.channels, info.frames, info.frames)
