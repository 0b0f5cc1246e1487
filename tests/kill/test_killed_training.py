"""One training killed wherever it can be: it goes on, ends as an unbroken one, leaves nothing."""

import io
import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import safetensors.torch
import torch

from asc_lib import study
from asc_lib.data import bank
from asc_lib.study import RunConfig, load
from asc_lib.train import runs, training
from tests.conftest import write_tau22

SMALL = {"dim": 16, "depth": 1, "heads": 2, "batch_size": 4, "epochs": 3, "method": "adversary"}
# where it dies: of which object what is called, and at which call
DEATHS = {
    "bank": (bank, "_convert", 5),
    "step": (training, "train_step", 3),
    "checkpoint": (torch, "save", 4),
    "weights": (safetensors.torch, "save_file", 1),
    "end": (runs.Checkpoint, "clear", 1),
}
_save = torch.save  # as it is before a death takes its place


def dying(place: str) -> Callable[..., Any]:
    """What is called at a place: the last call writes half a file, and no power is left."""
    owner, name, last = DEATHS[place]
    whole, calls = getattr(owner, name), iter(range(1, last))

    def called(*arguments: Any, **options: Any) -> Any:
        if next(calls, None):
            return whole(*arguments, **options)
        if place in ("checkpoint", "weights"):
            content, file = arguments
            memory = io.BytesIO()
            _save(content, memory)
            Path(file).write_bytes(memory.getvalue()[: memory.tell() // 2])
        return os.kill(os.getpid(), signal.SIGKILL)

    return called


def trained(folder: Path, tau22: Path, place: str = "") -> None:
    config, study.ROOT = config_of(folder, tau22), folder
    if place:
        setattr(*DEATHS[place][:2], dying(place))
    training.Checkpoint.save_now_and_then = training.Checkpoint.save
    training.fit(config, False)


def config_of(folder: Path, tau22: Path) -> RunConfig:
    values = {"tau22_root": str(tau22), "bank_root": str(folder / "banks"), "device": "cpu"}
    return load("quick", **SMALL, **values, validation_share=0.5).run()


def train(*given: object) -> int | None:
    """Train in a process of its own; its exit code."""
    process = get_context("forkserver").Process(target=trained, args=given)
    process.start()
    process.join(300)
    return process.exitcode


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_killed_anywhere_a_training_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    get_context("forkserver").set_forkserver_preload([__name__])  # torch is imported once
    tau22 = write_tau22(tmp_path / "tau22")
    folder, unbroken = tmp_path / "project", tmp_path / "unbroken"
    folder.mkdir()
    run = f"outputs/quick/runs/{config_of(folder, tau22).run_name}"
    assert train(folder, tau22) == 0
    folder.rename(unbroken)
    folder.mkdir()
    half_written = set()
    for place in DEATHS:
        assert train(folder, tau22, place) == -signal.SIGKILL, place
        half_written |= {path.name for path in folder.rglob("*.unfinished")}
    for name in (".checkpoint.pt.", ".weights.safetensors.", ".bank-"):
        assert any(half.startswith(name) for half in half_written)
    assert (folder / run / "checkpoint.pt").is_file()
    assert train(folder, tau22) == 0

    made, expected = contents(folder), contents(unbroken)
    for history in (made, expected):
        table = pd.read_csv(io.BytesIO(history[f"{run}/history.csv"]), dtype=str)
        history[f"{run}/history.csv"] = table.drop(columns="seconds").to_csv().encode()
    assert made.keys() == expected.keys()  # nothing half-written, no checkpoint
    assert [path for path in expected if made[path] != expected[path]] == [f"{run}/provenance.json"]
