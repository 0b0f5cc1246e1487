"""The benchmarks in small, as a user calls them, and what they say to mistakes."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from asc_lib.files import ROOT

ROWS = ["convolution", "front_end", "input_path", "training_loop", "passt", "bank"]
ON_GPU = ["input_path", "step_float32", "training_float32", "step_bfloat16", "training_bfloat16"]


def call(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("words", "rows", "file"),
    [
        (["benchmarks", "--quick"], ROWS, "quick.csv"),
        (["benchmarks/gpu.py", "--quick", "--device", "cpu"], ON_GPU, "gpu-quick.csv"),
    ],
)
def test_each_row_stands_beside_its_peers(words, rows, file, tmp_path: Path) -> None:
    done = call(*words, "--to", tmp_path)
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / file)
    assert list(dict.fromkeys(found["row"])) == rows
    assert (found[["ours", "theirs", "least"]] > 0).all(axis=None)
    # one round is measured
    assert (found["ratio"] - found["ours"] / found["theirs"]).abs().max() < 1e-3 * found[
        "ratio"
    ].max()
    assert found[["peer", "machine", "commit"]].notna().all(axis=None)
    assert all(what in done.stdout for what in found["what"])


def test_mistakes_are_told_in_a_line() -> None:
    done = call("benchmarks", "convolutoin")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "row 'convolutoin': unknown; choose from convolution, front_end" in done.stderr
