"""One run, one folder: what it was asked, how it went, what it predicts, how it came about.

`config.json history.csv predictions.parquet weights.safetensors provenance.json`; the last is
written last, so a folder that has it is complete.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import safetensors.torch
import torch

from asc_lib.experiment.config import RunConfig, validated
from asc_lib.inputs import InputError, temporary_file
from asc_lib.model import passt


@dataclass(frozen=True)
class Run:
    """A training run as it lies in its folder."""

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
        return pd.read_csv(self._file("history.csv"))

    @property
    def predictions(self) -> pd.DataFrame:
        """One row a clip, side and choice of epoch: `log_p_<scene>` and what the clip is."""
        return pd.read_parquet(self._file("predictions.parquet"))

    @property
    def provenance(self) -> dict[str, Any]:
        """Seed, versions, data fingerprint, hardware, wall time, chosen epochs."""
        return self._json("provenance.json")

    def model(self) -> passt.PaSST:
        """The network of the epoch that validation chose, in evaluation mode, on the CPU."""
        model = passt.from_config(self.config, released=False)
        model.load_state_dict(safetensors.torch.load_file(self._file("weights.safetensors")))
        return model.eval()

    def _file(self, name: str) -> Path:
        file = self.folder / name
        if not file.is_file():
            raise InputError(f"{file}: no such file; train the run with notebook 03")
        return file

    def _json(self, name: str) -> dict[str, Any]:
        return json.loads(self._file(name).read_text(encoding="utf-8"))


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
    for name, writer in write.items():
        with temporary_file(run.folder / name) as unfinished:
            writer(unfinished)
