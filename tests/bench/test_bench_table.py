"""Rows of the benchmark: ratios, verdicts, what is written, and how values are taken."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from asc_lib.bench import measure
from asc_lib.bench.measure import in_turn, matrix_flops, rate, seconds, threads
from asc_lib.bench.table import Part, Row, line, number, spread, write

ROW = Row(
    "a | b", "windows/s", [30.0, 10.0, 40.0], "a peer", [10.0, 5.0, 8.0], reach=3, threads=2,
    note="noted",
)  # fmt: skip


def test_the_ratio_is_taken_repeat_by_repeat() -> None:
    assert ROW.ratios == [3, 2, 5]
    assert ROW.reached and ROW.wanted == "at least 3.00"
    assert not ROW._replace(reach=3.01).reached


def test_a_ratio_that_is_to_stay_small() -> None:
    row = ROW._replace(at_most=True)
    assert row.reached and row.wanted == "at most 3.00"
    assert not row._replace(reach=2.99).reached


def test_a_row_that_is_to_reach_nothing_gets_no_verdict() -> None:
    row = ROW._replace(reach=None)
    assert row.reached is None and row.wanted == ""
    assert "reached" not in line("x", row).lower()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12345, "12,300"), (999.6, "1,000"), (42.16, "42.2"), (0.00123456, "0.00123")],
)
def test_numbers_have_three_figures(value: float, text: str) -> None:
    assert number(value) == text


def test_spread_is_median_and_range() -> None:
    assert spread([3, 1, 2]) == "2.00 (1.00 to 3.00)"
    assert spread([2, 2]) == "2.00"


def test_written_tables_hold_the_row_the_verdict_and_the_facts(tmp_path) -> None:
    missed = ROW._replace(what="other", reach=4)
    parts = [Part("tiny", "mel", 1.5, 0.75), Part("tiny", "masks", 0.5, 0.25)]
    write(tmp_path, "bench", [("one", ROW), ("two", missed)], parts, {"CPU": "some"}, "Title")
    with (tmp_path / "bench.csv").open(newline="") as file:
        one, two = csv.DictReader(file)
    assert (one["row"], one["what"], one["threads"], one["repeats"]) == ("one", "a | b", "2", "3")
    medians = [float(one[name]) for name in ("ours", "theirs", "ratio")]
    assert medians == [30, 8, 3]
    assert (float(one["ratio_min"]), float(one["ratio_max"])) == (2, 5)
    assert (one["reached"], two["reached"]) == ("yes", "no")
    text = (tmp_path / "bench.md").read_text()
    assert "- CPU: some" in text
    assert "| a / b | 30.0 (10.0 to 40.0) windows/s | a peer: 8.00" in text
    assert "at least 4.00: not reached" in text
    assert "| mel | 1.50 | 75.0 % |" in text and "| sum | 2.00 | |" in text
    (table,) = [t for t in text.split("\n\n") if t.startswith("| what")]
    assert {row.count("|") for row in table.splitlines()} == {9}


def test_sides_are_measured_in_turn_after_a_round_that_does_not_count() -> None:
    called: list[str] = []

    def side(name: str) -> float:
        called.append(name)
        return len(called)

    found = in_turn(lambda: side("a"), lambda: side("b"), repeats=2)
    assert "".join(called) == "ababab"
    assert found == [[3, 5], [4, 6]]


def test_seconds_a_call_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(measure.time, "perf_counter", lambda: now[0])

    def work() -> None:
        now[0] += 0.25

    assert seconds(work, at_least=0.9) == 0.25
    assert now[0] == 1.0
    assert seconds(work, at_least=0) == 0.25
    assert rate(work, units=8, at_least=0)() == 32


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_flops_of_products_attention_and_their_gradients() -> None:
    left, right = torch.randn(3, 5, requires_grad=True), torch.randn(5, 7)
    assert matrix_flops(lambda: left @ right) == 2 * 3 * 5 * 7
    assert matrix_flops(lambda: (left @ right).sum().backward()) == 2 * 2 * 3 * 5 * 7
    q = torch.randn(2, 3, 11, 4)  # batch, heads, tokens, dim: two products of each head
    attention = torch.nn.functional.scaled_dot_product_attention
    assert matrix_flops(lambda: attention(q, q, q)) == 2 * 2 * 2 * 3 * 11 * 11 * 4


_PEAKS = """
import json, sys, time, torch
from asc_lib.memory import Peak, private_mb
before = private_mb()
with Peak() as mapped:
    file = torch.from_file(sys.argv[1], size=80_000_000, dtype=torch.int8)
    assert int(file[::512].sum()) == 0  # every page is read
    time.sleep(0.02)
with Peak() as peak:
    held = torch.ones(80_000_000, dtype=torch.int8)
    time.sleep(0.02)
    del held
print(json.dumps([mapped.mb - before, peak.mb - before]))
"""


def test_peak_of_memory_sees_what_was_given_back_and_no_mapped_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(80_000_000))
    # a process of its own: one that keeps freed memory may hold so much already
    command = [sys.executable, "-c", _PEAKS, str(tmp_path / "file")]
    mapped, held = json.loads(subprocess.check_output(command, text=True))
    assert held > 70
    if Path("/proc/self/status").exists():
        assert mapped < 40
