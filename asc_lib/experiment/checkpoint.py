"""An unfinished training on disk, so that it can be stopped at any step."""

import pickle
import time
from pathlib import Path
from typing import Any, Protocol

import torch

from asc_lib.inputs import InputError, temporary_file

_LEAST_S = 20  # between two saves


class Resumable(Protocol):
    """A training's state: what it carries from step to step, and taking it over."""

    on: torch.device

    def carried(self) -> dict[str, Any]:
        """Tensors, numbers, text, and lists and dicts of them."""

    def take(self, content: dict[str, Any]) -> None:
        """Go on from what `carried` gave."""


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
        with temporary_file(self.file) as unfinished:
            torch.save({"fingerprint": self.fingerprint} | state.carried(), unfinished)

    def restore(self, state: Resumable) -> None:
        """Go on from the file, if there is one and it belongs to the same data.

        Raises:
            InputError: it cannot be read.
        """
        if not self.file.is_file():
            return
        try:
            # mapped, or a network as large as PaSST-S would stand in memory twice
            content = torch.load(self.file, state.on, weights_only=True, mmap=True)
        except (RuntimeError, pickle.UnpicklingError, EOFError, OSError) as error:
            raise InputError(
                f"{self.file}: unreadable ({error}); delete it to begin anew"
            ) from None
        if content["fingerprint"] == self.fingerprint:
            state.take(content)
