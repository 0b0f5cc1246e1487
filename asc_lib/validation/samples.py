"""What only the samples tell: silence, clipping, NaN, and the same sound under two names."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
from tqdm import tqdm

SILENT = 1e-6  # the largest sample of a silent one is below; data.dirs refuses the same
_FULL_SCALE = 0.9999
_CLIPPED_RUN = 4  # so many neighbours of one value at full scale: cut off, not just loud
T = TypeVar("T")
U = TypeVar("U")


class Sound(NamedTuple):
    """One file's samples in short."""

    silent: bool
    clipped: bool
    digest: bytes


def describe(samples: np.ndarray) -> Sound:
    """Of the samples of one channel, in [-1, 1]."""
    magnitude = np.abs(samples)
    peak = magnitude.max()
    clipped = False
    if peak >= _FULL_SCALE:
        same = (samples[1:] == samples[:-1]) & (magnitude[1:] >= _FULL_SCALE)
        runs = np.convolve(same, np.ones(_CLIPPED_RUN - 1), "valid")
        clipped = bool((runs == _CLIPPED_RUN - 1).any())
    digest = hashlib.blake2b(np.ascontiguousarray(samples), digest_size=16).digest()
    return Sound(bool(peak < SILENT), clipped, digest)


def same_sound(sounds: dict[str, Sound]) -> list[list[str]]:
    """Names whose samples are equal, group by group; silence is not counted as equal."""
    groups = defaultdict(list)
    for name, sound in sounds.items():
        if not sound.silent:
            groups[sound.digest].append(name)
    return [sorted(names) for names in groups.values() if len(names) > 1]


def in_threads(
    work: Callable[[T], U], items: Sequence[T], workers: int, progress: str
) -> Iterable[U]:
    """`work` of each item, in order, under a bar of this title, if any."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield from tqdm(
            pool.map(work, items), progress, len(items), unit="file", disable=not progress
        )
    finally:
        pool.shutdown(cancel_futures=True)
