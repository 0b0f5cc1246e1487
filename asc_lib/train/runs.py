"""One run, one folder: what it was asked, how it went, what it predicts, how it came about.

`config.json history.csv predictions.parquet weights.safetensors provenance.json`; the last is
written last, so a folder that has it is complete. Until then there is a `checkpoint.pt`.
"""

import json
import os
import platform
import subprocess
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch

from asc_lib.files import (
    ROOT,
    InputError,
    clear_unfinished,
    read_object,
    reading,
    temporary_file,
)
from asc_lib.model import passt
from asc_lib.results.metrics import LOG_P
from asc_lib.study import RunConfig
from asc_lib.study_file import validated

_REMEDY = "delete the run's folder, and the study trains it again"
_LEAST_S = 20  # between two checkpoints
_COLUMNS = ["choice", "side", "filename", "scene", "device", "location", *LOG_P]
_PACKAGES = ("torch", "torchaudio", "timm", "numpy", "scipy", "pandas", "soxr")
_TOLD = (
    "steps", "seconds", "windows_per_second", "threads", "git_commit", "git_changed",
    "data_fingerprint", "finished", "hardware",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A training run as it lies in its folder; what is damaged there is an `InputError`."""

    folder: Path

    @property
    def complete(self) -> bool:
        """Whether the run was trained to its end."""
        return (self.folder / "provenance.json").is_file()

    @property
    def config(self) -> RunConfig:
        """The parameters it was trained with."""
        return validated(RunConfig, self._json("config.json"), str(self.folder / "config.json"))

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: losses, learning rate, and log-loss and accuracy of each side."""
        file = self._file("history.csv")
        with reading(file, "a history", _REMEDY):
            history = pd.read_csv(file).astype(float).astype({"epoch": int})
            if not np.isfinite(history["test_log_loss"]).all():
                raise ValueError("NaN or infinity among the log-losses")
        return history

    @property
    def predictions(self) -> pd.DataFrame:
        """One row a clip, side and choice of epoch: `log_p_<scene>` and what the clip is."""
        file = self._file("predictions.parquet")
        with reading(file, "predictions", _REMEDY):
            table = pd.read_parquet(file, columns=_COLUMNS)
            if not np.isfinite(table[LOG_P].to_numpy(float)).all():
                raise ValueError("NaN or infinity among the log-probabilities")
        return table

    @property
    def provenance(self) -> dict[str, Any]:
        """Seed, versions, data fingerprint, hardware, wall time, chosen epochs."""
        return self._json("provenance.json")

    def model(self) -> passt.PaSST:
        """The network of the epoch that validation chose, in evaluation mode, on the CPU."""
        model = passt.from_config(self.config, released=False)
        file = self._file("weights.safetensors")
        with reading(file, "the run's weights", _REMEDY):
            model.load_state_dict(finite_weights(file))
        return model.eval()

    def _file(self, name: str) -> Path:
        file = self.folder / name
        if not file.is_file():
            raise InputError(f"{file}: no such file; train the run with notebook 03")
        return file

    def _json(self, name: str) -> dict[str, Any]:
        return read_object(self._file(name), _REMEDY)


def finite_weights(file: Path) -> dict[str, torch.Tensor]:
    """Weights by name; `ValueError` where one is not finite."""
    weights = safetensors.torch.load_file(file)
    if not all(tensor.isfinite().all() for tensor in weights.values()):
        raise ValueError("NaN or infinity among them")
    return weights


def lay_aside(folder: Path) -> None:
    """Keep a training of other data under another name."""
    folder.rename(folder.with_name(f"{folder.name}.of-other-data-{time.time():.0f}"))


def save(
    folder: Path, files: dict[str, Callable[[Path], object]], provenance: dict[str, Any]
) -> None:
    """Write a finished run, its provenance last; each file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    finished = {"finished": datetime.now(UTC).isoformat(timespec="seconds")}
    text = json.dumps(provenance | finished, indent=2) + "\n"
    for name, write in (files | {"provenance.json": lambda to: to.write_text(text)}).items():
        with temporary_file(folder / name) as unfinished:
            write(unfinished)


def run_table(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """One row a run: which it is, which epochs were chosen, its cost, and where it comes from."""
    rows = []
    for method, run in ((method, run) for method, some in runs.items() for run in some):
        told = run.provenance
        row = {"method": method, "seed": told["seed"], "run": run.folder.name}
        row |= {f"epoch_{choice}": epoch for choice, epoch in told["chosen_epoch"].items()}
        rows.append(row | {name: told[name] for name in _TOLD})
    return pd.DataFrame(rows)


class Checkpoint:
    """An unfinished training on disk, which belongs to one set of data (`fingerprint`).

    What is saved has `carried()`, a dict of tensors, numbers, text, lists and dicts of them, and
    `take(content)`, which goes on from it, all tensors on the CPU.
    """

    def __init__(self, file: Path, fingerprint: str) -> None:
        self.file, self.fingerprint = file, fingerprint
        self._next = time.monotonic() + _LEAST_S

    def save_now_and_then(self, state: Any) -> None:
        """Save when the last save is long ago, measured by what a save costs."""
        began = time.monotonic()
        if began >= self._next:
            self.save(state)
            self._next = time.monotonic() + max(_LEAST_S, 20 * (time.monotonic() - began))

    def save(self, state: Any) -> None:
        """Save now; the one before stays until this one is whole."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with temporary_file(self.file) as unfinished:
            torch.save({"fingerprint": self.fingerprint} | state.carried(), unfinished)

    def restore(self, state: Any) -> None:
        """Go on from the file, if there is one of the same data; `InputError`: it is damaged."""
        if not self.file.is_file():
            return
        with reading(self.file, "a checkpoint", "delete it to begin anew"):
            with zipfile.ZipFile(self.file) as whole:
                if damaged := whole.testzip():  # torch does not look at the sums
                    raise ValueError(f"{damaged} is damaged")
            # mapped, or a network as large as PaSST-S would stand in memory twice
            content = torch.load(self.file, "cpu", weights_only=True, mmap=True)
            if content["fingerprint"] == self.fingerprint:
                for name, here in state.carried().items():
                    if not isinstance(content[name], type(here)):
                        raise TypeError(f"{name} is no {type(here).__name__}")
                state.take(content)

    def clear(self) -> None:
        """Take the file away: the training is complete, and its results are on disk."""
        self.file.unlink(missing_ok=True)
        clear_unfinished(*self.file.parent.glob(".*.unfinished"))


def origin(device: torch.device) -> dict[str, Any]:
    """Versions, commit and hardware, for a run's provenance."""
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    try:
        words = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
        commit = subprocess.check_output(words, cwd=ROOT, stderr=subprocess.DEVNULL, text=True)
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"  # an unpacked archive has no history
    return {
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "git_commit": commit.strip().removesuffix("-dirty"),
        "git_changed": "-dirty" in commit,
        "hardware": gpu or f"{platform.machine()} CPU, {os.cpu_count()} cores",
        "device": str(device),
        "system": platform.system(),
    }
