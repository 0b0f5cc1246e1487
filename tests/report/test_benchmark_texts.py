"""The yardsticks' words follow from the table: who is ahead, and how sure that is."""

import pandas as pd
import pytest

from asc_lib.experiment import baseline
from asc_lib.files import InputError
from asc_lib.report import benchmark_texts


def yardsticks(network: float, classical: float) -> pd.DataFrame:
    rows = [
        ("plain PaSST", "one second", "log_loss", network),
        ("plain PaSST", "one second", "accuracy", 0.432),
        ("plain PaSST", "ten seconds", "log_loss", 1.0),
        ("classical baseline", "one second", "log_loss", classical),
        ("classical baseline", "one second", "accuracy", 0.459),
        ("classical baseline", "ten seconds", "log_loss", 1.0),
    ]
    return pd.DataFrame(rows, columns=[*benchmark_texts.KEYS, "overall"]).set_index(
        benchmark_texts.KEYS
    )


@pytest.mark.parametrize(
    ("less", "said", "never"),
    [
        ((0.13, 0.05, 0.2), "classical classifier beats plain training", "cannot be told apart"),
        ((-0.13, -0.2, -0.05), "Plain training beats the classical", "no strong starting point"),
        ((0.13, -0.05, 0.3), "cannot be told apart", "beats"),
    ],
)
def test_the_interval_says_who_is_ahead(less, said, never):
    text = benchmark_texts.against_baseline(yardsticks(1.73, 1.60), less)
    assert said in text and never not in text
    assert "1.60 nats overall (45.9% right), plain PaSST 1.73 (43.2%)" in text
    assert f"{less[0]:+.2f} [{less[1]:+.2f}, {less[2]:+.2f}]" in text


def test_table_3_names_the_yardstick_only_where_it_was_made(tmp_path):
    overall = pd.Series({"PaSST": 1.725, "+ ICL": 1.59})
    file = tmp_path / "benchmark_yardsticks.csv"
    assert benchmark_texts.beside_table_3(benchmark_texts.read_yardsticks(file), overall) == ""
    yardsticks(1.725, 1.598).to_csv(file)
    said = benchmark_texts.beside_table_3(benchmark_texts.read_yardsticks(file), overall)
    assert "1.598 nats" in said and said.endswith("below that: + ICL.") and "notebook 00" in said
    yardsticks(1.725, 1.5).to_csv(file)
    said = benchmark_texts.beside_table_3(benchmark_texts.read_yardsticks(file), overall)
    assert said.endswith("below that: no method.")
    file.write_text("")
    with pytest.raises(InputError, match="run notebook 00 again"):
        benchmark_texts.read_yardsticks(file)


def test_a_penalty_at_an_end_of_those_tried_is_said_to_be():
    tried = baseline.PENALTIES
    assert "end of the range" in benchmark_texts.penalty(max(tried), tried)
    assert "end of the range" in benchmark_texts.penalty(min(tried), tried)
    assert benchmark_texts.penalty(0.1, tried) == "penalty C = 0.1 of 0.0003 to 1"
