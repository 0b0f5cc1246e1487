"""What to do with the cores: several runs side by side, or one after the other on all of them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import NamedTuple, Self

from asc_lib.bench.measure import in_turn
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row
from asc_lib.files import ROOT


class Way(NamedTuple):
    """So many runs at a time, each of so many threads."""

    runs: int
    threads: int
    ahead: bool  # batches are prepared in a thread of their own, where a core is left to it

    def __str__(self) -> str:
        runs = f"{self.runs} run{'s' * (self.runs > 1)} of {self.threads} thread"
        return f"{runs}{'s' * (self.threads > 1)}" + ", input prepared ahead" * self.ahead


class _Process:
    """A child that answers lines with lines, and is gone after the block."""

    def __init__(self, command: list[str]) -> None:
        self._child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, line: str) -> None:
        print(line, file=self._child.stdin, flush=True)

    def answer(self) -> str:
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"a run ended with code {self._child.wait()}; its message is above")
        return line.strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.stdin.close()
        try:
            self._child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()


def ways(cores: int) -> list[Way]:
    """What is compared on so many cores; the first is what the others are held against."""
    found = [
        Way(1, cores, False),
        Way(cores, 1, False),
        Way(cores, 1, True),
        Way(max(1, cores // 2), 1, True),
    ]
    return list(dict.fromkeys(found))


def runs(setting: Setting) -> Iterator[Row]:
    """Training of the default model, windows a second of all runs together."""
    seconds = 0.2 if setting.small else 3
    command = [sys.executable, "-m", "asc_lib.bench.one_run", str(setting.outputs)]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(_Process([*command, str(setting.small)]))
            for _ in range(setting.cores)
        ]
        for process in processes:
            process.answer()

        def together(way: Way) -> float:
            for process in processes[: way.runs]:
                process.ask(f"{way.threads} {way.ahead:d} {seconds}")
            return sum(float(process.answer()) for process in processes[: way.runs])

        tried = ways(setting.cores)
        rates = in_turn(*(lambda w=w: together(w) for w in tried), repeats=setting.repeats)
    best = max(range(len(tried)), key=lambda number: median(rates[number]))
    for number, way in enumerate(tried[1:], start=1):
        note = "the best" if number == best else f"the best: {tried[best]}"
        yield Row(
            f"all runs together: {way}", "windows/s", rates[number], str(tried[0]), rates[0],
            threads=setting.cores, note=note,
        )  # fmt: skip
