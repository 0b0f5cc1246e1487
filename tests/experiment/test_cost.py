"""The table of costs says what the run's own files say."""

import json
from pathlib import Path

import pandas as pd

from asc_lib.experiment.cost import cost_table
from asc_lib.experiment.runs import Run
from asc_lib.model.anatomy import multiply_adds
from asc_lib.model.passt import from_config
from asc_lib.study import load

TOLD = {
    "steps": 500, "train_clips": 40, "seconds": 12.5, "windows_per_second": 1600.0,
    "parameters": 119_124, "hardware": "a machine", "device": "cpu", "threads": 1,
    "precision": "float32", "compile": True, "finished": "2026-01-01T00:00:00+00:00",
    "git_commit": "0123456789abcdef", "git_changed": True, "packages": {"torch": "2.11.0"},
    "python": "3.11.7", "data_fingerprint": "simulated-v3-0",
}  # fmt: skip


def test_work_time_and_origin(tmp_path: Path) -> None:
    config = load("quick").run()
    (tmp_path / "config.json").write_text(config.model_dump_json())
    (tmp_path / "provenance.json").write_text(json.dumps(TOLD))
    pd.DataFrame({"epoch": [1, 2], "test_log_loss": 2.0}).to_csv(
        tmp_path / "history.csv", index=False
    )
    model = from_config(config)
    said = cost_table(Run(tmp_path), model).set_index("what")["value"]
    # a batch cannot hold more than there are clips
    assert said["steps"] == "500 of 40 windows"
    assert said["windows"].startswith("20,000 in 2 ")
    assert said["code"] == "commit 0123456789, changed"
    assert said["precision"] == "float32, compiled"
    counted = [
        said[f"multiply-adds a window, forward, {n}"] for n in ("all patches", "after patchout")
    ]
    assert counted[0] == f"{multiply_adds(model):,}"
    assert int(counted[1].replace(",", "")) < int(counted[0].replace(",", ""))
