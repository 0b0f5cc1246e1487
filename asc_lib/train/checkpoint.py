"""An unfinished training on disk, so that it can be stopped at any step."""

import time
import zipfile
from pathlib import Path
from typing import Any, Protocol

import torch

from asc_lib.files import clear_unfinished, reading, temporary_file

_LEAST_S = 20  # between two saves


class Resumable(Protocol):
    """A training's state: what it carries from step to step, and taking it over."""

    def carried(self) -> dict[str, Any]:
        """Tensors, numbers, text, and lists and dicts of them."""

    def take(self, content: dict[str, Any]) -> None:
        """Go on from what `carried` gave, all its tensors on the CPU."""


class Checkpoint:
    """A file that belongs to one training on one set of data."""

    def __init__(self, file: Path, fingerprint: str) -> None:
        self.file, self.fingerprint = file, fingerprint
        self._next = time.monotonic() + _LEAST_S

    def save_now_and_then(self, state: Resumable) -> None:
        """Save when the last save is long ago, measured by what a save costs."""
        began = time.monotonic()
        if began >= self._next:
            self.save(state)
            self._next = time.monotonic() + max(_LEAST_S, 20 * (time.monotonic() - began))

    def save(self, state: Resumable) -> None:
        """Save now; the file appears whole or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        content = {"fingerprint": self.fingerprint} | state.carried()
        # the one before stays until this one is whole
        with temporary_file(self.file, _bytes(content)) as unfinished:
            torch.save(content, unfinished)

    def restore(self, state: Resumable) -> None:
        """Go on from the file, if there is one of the same data; `InputError`: it is damaged."""
        if not self.file.is_file():
            return
        with reading(self.file, "a checkpoint", "delete it to begin anew"):
            with zipfile.ZipFile(self.file) as whole:
                if damaged := whole.testzip():  # torch does not look at the sums
                    raise ValueError(f"{damaged} is damaged")
            # mapped, or a network as large as PaSST-S would stand in memory twice; to the CPU, as
            # predictions and the best weights lie there: `take` moves what belongs elsewhere
            content = torch.load(self.file, "cpu", weights_only=True, mmap=True)
            if content["fingerprint"] == self.fingerprint:
                _check_kinds(content, state.carried())
                state.take(content)

    def clear(self) -> None:
        """Take the file away: the training is complete, and its results are on disk."""
        self.file.unlink(missing_ok=True)
        clear_unfinished(*self.file.parent.glob(".*.unfinished"))


def _bytes(content: Any) -> int:
    """Bytes of the tensors in lists and dicts."""
    if isinstance(content, torch.Tensor):
        return content.nbytes
    if isinstance(content, dict):
        content = list(content.values())
    return sum(map(_bytes, content)) if isinstance(content, list) else 0


def _check_kinds(content: dict[str, Any], wanted: dict[str, Any]) -> None:
    for name, here in wanted.items():
        there = content[name]
        if not isinstance(there, type(here)):
            raise TypeError(f"{name} is {type(there).__name__}, not {type(here).__name__}")
        if isinstance(here, torch.Tensor) and here.shape != there.shape:
            raise ValueError(f"{name} is {tuple(there.shape)}, not {tuple(here.shape)}")
