"""The table of runs says what lies in their folders."""

import json
from pathlib import Path

from asc_lib.experiment.run_table import run_table
from asc_lib.experiment.runs import Run


def made(folder: Path, seed: int, speed: float) -> Run:
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
        "plain": [made(tmp_path / f"plain-s{s}", s, speed) for s, speed in enumerate((90, 110))],
        "multi": [made(tmp_path / f"multi-s{s}", s, speed) for s, speed in enumerate((50, 50))],
    }
    table = run_table(runs)
    assert list(table["run"]) == ["plain-s0", "plain-s1", "multi-s0", "multi-s1"]
    assert list(table["epoch_clean"]) == [3] * 4 and list(table["epoch_paper"]) == [4, 5, 4, 5]
