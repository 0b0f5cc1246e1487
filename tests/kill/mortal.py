"""One training that kills itself by SIGKILL at a stated moment: `mortal.py FOLDER PLACE CALL`.

FOLDER holds `config.json`. PLACE: see `PLACES`, or `never`; CALL: at which call there it dies.
"""

import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from asc_lib import study as config
from asc_lib.data import bank
from asc_lib.study import RunConfig
from asc_lib.train import runs, training

# where it dies: of which object what is called
PLACES: dict[str, tuple[Any, str]] = {
    "bank": (bank, "_convert"),
    "step": (training, "train_step"),
    "checkpoint": (torch, "save"),
    "weights": (safetensors.torch, "save_file"),
    "end": (runs.Checkpoint, "clear"),
}
_save = torch.save  # as it is before a place takes it


def die() -> None:
    """As if the system had taken the memory, or the power had gone."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying(place: str, last: int) -> Callable[..., Any]:
    """What is called at a place, until the call that is the last."""
    whole = getattr(*PLACES[place])
    calls = 0

    def called(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls < last:
            return whole(*arguments, **options)
        if place in ("checkpoint", "weights"):
            _write_half(arguments)
        return die()

    return called


def _write_half(arguments: tuple[Any, ...]) -> None:
    content, file = arguments
    memory = io.BytesIO()
    _save(content, memory)
    Path(file).write_bytes(memory.getvalue()[: memory.tell() // 2])


def main() -> None:
    folder, place, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    config.ROOT = folder
    if place != "never":
        setattr(*PLACES[place], dying(place, last))
    training.Checkpoint.save_now_and_then = training.Checkpoint.save
    training.fit(RunConfig.model_validate_json((folder / "config.json").read_text()), False)


if __name__ == "__main__":
    main()
