"""The benchmarks in small, as a user calls them."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from asc_lib.files import ROOT

ROWS = ["convolution", "front_end", "bank"]  # the others are measured on a GPU as well
ON_GPU = ["input_path", "step_float32", "training_float32", "step_bfloat16", "training_bfloat16"]


@pytest.mark.parametrize(
    ("words", "rows", "file"),
    [
        (["benchmarks", *ROWS, "--quick"], ROWS, "quick.csv"),
        (["benchmarks/gpu.py", "--quick", "--device", "cpu"], ON_GPU, "gpu-quick.csv"),
    ],
)
def test_each_row_stands_beside_its_peers(words, rows, file, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *words, "--to", tmp_path], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / file)
    assert list(dict.fromkeys(found["row"])) == rows
    assert (found[["ours", "theirs", "least"]] > 0).all(axis=None)
    ratio = found["ours"] / found["theirs"]  # one round is measured
    assert (found["ratio"] / ratio - 1).abs().max() < 1e-3
    assert found[["peer", "machine", "commit"]].notna().all(axis=None)
    assert all(what in done.stdout for what in found["what"])
