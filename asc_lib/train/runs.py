"""One run, one folder: what it was asked, how it went, what it predicts, how it came about.

`config.json history.csv predictions.parquet weights.safetensors provenance.json`; the last is
written last, so a folder that has it is complete.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch

from asc_lib.files import ROOT, InputError, read_object, reading, temporary_file
from asc_lib.model import passt
from asc_lib.results.metrics import LOG_P
from asc_lib.study import RunConfig
from asc_lib.study_file import validated

_REMEDY = "delete the run's folder, and the study trains it again"
_COLUMNS = ["choice", "side", "filename", "scene", "device", "location", *LOG_P]
_PACKAGES = ("torch", "torchaudio", "timm", "numpy", "scipy", "pandas", "soxr", "asc_lib")
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
        file = self.folder / "config.json"
        return validated(RunConfig, self._json("config.json"), str(file))

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
            table = pd.read_parquet(file)
            if missing := [name for name in _COLUMNS if name not in table]:
                raise ValueError(f"no column {', '.join(missing)}")
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
    run: Run,
    config: RunConfig,
    history: pd.DataFrame,
    predictions: pd.DataFrame,
    weights: dict[str, torch.Tensor],
    provenance: dict[str, Any],
) -> None:
    """Write a finished run; each file appears whole or not at all."""
    run.folder.mkdir(parents=True, exist_ok=True)
    contiguous = {name: tensor.contiguous() for name, tensor in weights.items()}
    write = {
        "config.json": lambda to: to.write_text(config.model_dump_json(indent=2) + "\n"),
        "history.csv": lambda to: history.to_csv(to, index=False),
        "predictions.parquet": lambda to: predictions.to_parquet(to, index=False),
        "weights.safetensors": lambda to: safetensors.torch.save_file(contiguous, to),
        "provenance.json": lambda to: to.write_text(json.dumps(provenance, indent=2) + "\n"),
    }
    need = sum(tensor.nbytes for tensor in weights.values())
    for name, writer in write.items():
        with temporary_file(run.folder / name, need if "weights" in name else 0) as unfinished:
            writer(unfinished)


def run_table(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """One row a run: which it is, which epochs were chosen, its cost, and where it comes from."""
    rows = []
    for method, run in ((method, run) for method, some in runs.items() for run in some):
        told = run.provenance
        row = {"method": method, "seed": told["seed"], "run": run.folder.name}
        row |= {f"epoch_{choice}": epoch for choice, epoch in told["chosen_epoch"].items()}
        rows.append(row | {name: told[name] for name in _TOLD})
    return pd.DataFrame(rows)


def origin(device: torch.device) -> dict[str, Any]:
    """Versions, commit and hardware, for a run's provenance."""
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "git_commit": _git("rev-parse", "HEAD") or "unknown",
        "git_changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "hardware": hardware(device),
        "device": str(device),
        "system": platform.system(),
    }


def hardware(device: torch.device) -> str:
    """What the device is, in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {os.cpu_count()} cores"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # this library, where it is run from its folder
        return "not installed"


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""  # an unpacked archive has no history
    return done.stdout.strip()
