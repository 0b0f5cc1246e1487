"""Sentences turn with the numbers: one look at each module that builds them."""

import pandas as pd
import pytest

from asc_lib.experiment import baseline
from asc_lib.experiment.comparison import Ends
from asc_lib.files import InputError
from asc_lib.report import (
    benchmark_texts,
    dir_texts,
    generator_texts,
    grid_texts,
    results_texts,
)

LOWER, HIGHER, OPEN = (-0.2, -0.3, -0.1), (0.2, 0.1, 0.3), (0.1, -0.1, 0.3)


def test_benchmark(tmp_path) -> None:
    rows = [(who, "one second", what, n) for who, what, n in (
        ("plain PaSST", "log_loss", 1.73), ("plain PaSST", "accuracy", 0.432),
        ("classical baseline", "log_loss", 1.6), ("classical baseline", "accuracy", 0.459),
    )]  # fmt: skip
    rows += [(who, "ten seconds", "log_loss", 1.0) for who in ("plain PaSST", "classical baseline")]
    table = pd.DataFrame(rows, columns=[*benchmark_texts.KEYS, "overall"])
    table = table.set_index(benchmark_texts.KEYS)
    ends = ((HIGHER, "beats plain"), (LOWER, "Plain training beats"), (OPEN, "cannot be told"))
    for less, said in ends:
        assert said in benchmark_texts.against_baseline(table, less)
    file = tmp_path / "benchmark_yardsticks.csv"
    assert benchmark_texts.read_yardsticks(file) is None
    table.to_csv(file)
    overall = pd.Series({"PaSST": 1.725, "+ ICL": 1.59})
    said = benchmark_texts.beside_table_3(benchmark_texts.read_yardsticks(file), overall)
    assert said.endswith("below that: + ICL.")
    assert "end of the range" in benchmark_texts.penalty(1.0, baseline.PENALTIES)
    file.write_text("")
    with pytest.raises(InputError, match="run notebook 00 again"):
        benchmark_texts.read_yardsticks(file)


def test_results() -> None:
    index = pd.Index(["vintage", "multi", "icl"], name="method")
    parts = zip(LOWER, HIGHER, OPEN, strict=True)
    said = results_texts.against_plain(
        Ends(*(pd.DataFrame({"overall": part}, index=index) for part in parts))
    )
    for word in ("better: + Vintage DIRs", "worse: + Multi DIRs", "open: + ICL (overall)"):
        assert word in said


def test_dirs() -> None:
    fan = pd.DataFrame([[0.0, -6.0, -17.5]], index=[1000.0], columns=[0.0, 120.0, 180.0])
    assert "1 kHz: -17.5 dB at 180°" in dir_texts.deepest(fan, (1000.0,))


def test_grid() -> None:
    losses = {(0.0, 1.0): 1.6, (0.0, 10.0): 1.7, (0.2, 1.0): 1.5, (0.2, 10.0): 1.9}
    rows = [(*point, loss, 1) for point, loss in losses.items()]
    scores = pd.DataFrame(rows, columns=["alpha", "lambda_icl", "log_loss", "seeds"])
    assert "lowest at alpha 0.2 and lambda 1 (1.50 nats)" in grid_texts.joint(scores, 10.0)


def test_generator() -> None:
    rows = [
        (what, "lsd_db", right, *OPEN, 0.05)
        for what in ("angles", "distances", "microphones")
        for right in ("seen", "interpolation", "nearest", "formula")
    ]
    columns = ["held_out", "measure", "right", "value", "low", "high", "seen_share"]
    each = pd.DataFrame([("distance-near", *HIGHER)], columns=["fold", "gap", "low", "high"])
    said = generator_texts.generalises(pd.DataFrame(rows, columns=columns), each)
    assert "it generalises" in said and "`distance-near`" in said
