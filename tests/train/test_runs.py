"""A run's folder: what is damaged in it is told with its name, and never comes into a table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch

from asc_lib.files import InputError
from asc_lib.model import passt
from asc_lib.results.metrics import LOG_P
from asc_lib.study import RunConfig, load
from asc_lib.train import runs
from asc_lib.train.runs import Run, run_table


@pytest.fixture
def run(tmp_path: Path) -> Run:
    config = load("quick").run(dim=8, depth=1, heads=1)
    rows = {"choice": "clean", "side": "test", "filename": "x", "scene": "bus", "device": "a"}
    predictions = pd.DataFrame(rows | {"location": "y"} | dict.fromkeys(LOG_P, -2.0), index=[0])
    history = pd.DataFrame({"epoch": [1, 2], "validation_log_loss": np.nan, "test_log_loss": 2.0})
    weights = passt.from_config(config).state_dict()
    files = {
        "config.json": lambda to: to.write_text(config.model_dump_json()),
        "history.csv": lambda to: history.to_csv(to, index=False),
        "predictions.parquet": predictions.to_parquet,
        "weights.safetensors": lambda to: safetensors.torch.save_file(weights, to),
    }
    runs.save(tmp_path, files, {"seed": 0})
    return Run(tmp_path)


def test_a_whole_run_is_read(run: Run) -> None:
    assert isinstance(run.config, RunConfig) and run.complete and run.provenance["seed"] == 0
    assert run.history["epoch"].tolist() == [1, 2] and len(run.predictions) == 1
    assert not run.model().training


READ = {
    "config.json": lambda run: run.config,
    "provenance.json": lambda run: run.provenance,
    "history.csv": lambda run: run.history,
    "predictions.parquet": lambda run: run.predictions,
    "weights.safetensors": lambda run: run.model(),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'{"x"', b"[" * 5000, b"PAR1PAR1"])
def test_a_file_that_is_something_else_is_named(run: Run, name: str, content: bytes) -> None:
    (run.folder / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        READ[name](run)


@pytest.mark.parametrize("column", ["scene", LOG_P[3]])
def test_predictions_without_a_column_are_told(run: Run, column: str) -> None:
    file = run.folder / "predictions.parquet"
    pd.read_parquet(file).drop(columns=column).to_parquet(file)
    with pytest.raises(InputError, match=f"predictions.parquet.*{column}.*trains it"):
        _ = run.predictions


def test_nan_is_told_wherever_it_lies(run: Run) -> None:
    file = run.folder / "predictions.parquet"
    pd.read_parquet(file).assign(**{LOG_P[0]: np.nan}).to_parquet(file)
    with pytest.raises(InputError, match=r"predictions.parquet.*NaN"):
        _ = run.predictions
    (run.folder / "history.csv").write_text("epoch,test_log_loss\n1,inf\n")
    with pytest.raises(InputError, match=r"history.csv.*NaN or infinity"):
        _ = run.history
    weights = safetensors.torch.load_file(run.folder / "weights.safetensors")
    weights["cls_token"] = torch.full_like(weights["cls_token"], torch.nan)
    safetensors.torch.save_file(weights, run.folder / "weights.safetensors")
    with pytest.raises(InputError, match=r"weights.safetensors.*NaN"):
        run.model()


def trained(folder: Path, seed: int, speed: float) -> Run:
    folder.mkdir()
    said = {
        "seed": seed,
        "chosen_epoch": {"clean": 3, "paper": 4 + seed},
        "steps": 100,
        "seconds": 6400 / speed,
        "windows_per_second": speed,
        "threads": 1,
        "git_commit": "abc",
        "git_changed": False,
        "data_fingerprint": "made-up",
        "finished": "2024-01-01T00:00:00+00:00",
        "hardware": "CPU",
    }
    (folder / "provenance.json").write_text(json.dumps(said))
    return Run(folder)


def test_a_row_a_run(tmp_path: Path) -> None:
    runs = {
        "plain": [trained(tmp_path / f"plain-s{s}", s, speed) for s, speed in enumerate((90, 110))],
        "multi": [trained(tmp_path / f"multi-s{s}", s, speed) for s, speed in enumerate((50, 50))],
    }
    table = run_table(runs)
    assert list(table["run"]) == ["plain-s0", "plain-s1", "multi-s0", "multi-s1"]
    assert list(table["epoch_clean"]) == [3] * 4 and list(table["epoch_paper"]) == [4, 5, 4, 5]
