"""One training killed wherever it can be: it goes on, ends as an unbroken one, leaves nothing."""

import os
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pandas as pd

from asc_lib.files import ROOT
from asc_lib.study import RunConfig, load
from asc_lib.study_file import validated
from tests.conftest import write_tau22

SMALL = {"dim": 16, "depth": 1, "heads": 2, "batch_size": 4, "epochs": 3, "method": "adversary"}
DEATHS = [("bank", 5), ("step", 3), ("checkpoint", 4), ("weights", 1), ("end", 1)]


def train(folder: Path, place: str = "never", call: int = 0) -> int:
    """Train in a process of its own; its exit code."""
    mortal = Path(__file__).with_name("mortal.py")
    return subprocess.run(
        [sys.executable, mortal, folder, place, str(call)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        timeout=300,
    ).returncode


def prepared(folder: Path, tau22: Path) -> RunConfig:
    folder.mkdir()
    values = load("quick").run().model_dump() | SMALL
    values |= {"study": "mortal", "tau22_root": str(tau22)}
    values |= {"bank_root": str(folder / "banks"), "validation_share": 0.5, "device": "cpu"}
    config = validated(RunConfig, values, "test")
    (folder / "config.json").write_text(config.model_dump_json())
    return config


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_killed_anywhere_a_training_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    tau22 = write_tau22(tmp_path / "tau22")
    folder, unbroken = tmp_path / "project", tmp_path / "unbroken"
    run = f"outputs/mortal/runs/{prepared(folder, tau22).run_name}"
    assert train(folder) == 0
    folder.rename(unbroken)
    prepared(folder, tau22)
    half_written = set()
    for place, call in DEATHS:
        assert train(folder, place, call) == -signal.SIGKILL, place
        half_written |= {path.name for path in folder.rglob("*.unfinished")}
    for name in (".checkpoint.pt.", ".weights.safetensors.", ".bank-"):
        assert any(half.startswith(name) for half in half_written)
    assert (folder / run / "checkpoint.pt").is_file()
    assert train(folder) == 0

    made, expected = contents(folder), contents(unbroken)
    for history in (made, expected):
        table = pd.read_csv(BytesIO(history[f"{run}/history.csv"]), dtype=str)
        history[f"{run}/history.csv"] = table.drop(columns="seconds").to_csv().encode()
    assert made.keys() == expected.keys()  # nothing half-written, no checkpoint
    assert [path for path in expected if made[path] != expected[path]] == [f"{run}/provenance.json"]
