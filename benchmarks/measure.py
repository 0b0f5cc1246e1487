"""Two ways to do the same, timed in turn in one run, and the table of what came out."""

import contextlib
import io
import platform
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

import joblib
import pandas as pd
import torch
from data import Data

from asc_lib.files import temporary_file
from asc_lib.train.runs import origin

Side = tuple[float, Callable[[], object]]  # units a call, and what to call


class Row(NamedTuple):
    """One comparison: on both sides one value a repeat."""

    what: str
    unit: str
    ours: list[float]
    peer: str
    theirs: list[float]


@dataclass(frozen=True)
class Timing:
    """On what and how long is measured; `quick`: hardly at all, the numbers say nothing."""

    quick: bool
    on: torch.device

    def rates(self, *sides: Side) -> list[list[float]]:
        """Units a second of each side, in turn (A B A B ...): what else the machine does meanwhile
        disturbs all alike. A first round does not count."""
        with quiet():
            rounds = [
                [units / self._seconds(work) for units, work in sides]
                for _ in range(2 if self.quick else 6)
            ]
        return [list(values) for values in zip(*rounds[1:], strict=True)]

    def _seconds(self, work: Callable[[], object]) -> float:
        calls, began = 0, time.perf_counter()
        while True:
            work()
            calls += 1
            if self.on.type == "cpu" or calls % 20 == 0 or self.quick:
                if self.on.type == "cuda":
                    torch.cuda.synchronize(self.on)
                passed = time.perf_counter() - began
                if self.quick or passed >= 0.5:
                    return passed / calls


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What peers say of their deprecated calls and shapes is kept out of the table."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def table(rows: Mapping[str, list[Row]], on: torch.device) -> pd.DataFrame:
    """One line a comparison: medians of both sides and of their ratio, its least and its largest;
    with threads, machine, torch, commit ("+": changed since) and time."""
    made = origin(on)
    about = {
        "threads": torch.get_num_threads(),
        "machine": made["hardware"] if on.type == "cuda" else _cpu(),
        "torch": torch.__version__,
        "commit": made["git_commit"] + "+" * made["git_changed"],
        "time": datetime.now(UTC).isoformat(timespec="minutes"),
    }
    found = []
    for name, row in ((name, row) for name, some in rows.items() for row in some):
        ratios = [a / b for a, b in zip(row.ours, row.theirs, strict=True)]
        values = {"row": name, "what": row.what, "unit": row.unit, "ours": median(row.ours)}
        values |= {"peer": row.peer, "theirs": median(row.theirs), "ratio": median(ratios)}
        found.append(values | {"least": min(ratios), "largest": max(ratios)} | about)
    return pd.DataFrame(found)


def measure(
    functions: Mapping[str, Callable[[Timing, Data], list[Row]]], timing: Timing, file: Path
) -> None:
    """Measure each row; the table goes to the terminal and, as csv, to `file`."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        data = Data(Path(folder))
        found = table({name: row(timing, data) for name, row in functions.items()}, timing.on)
    shown = found.loc[:, "row":"largest"]
    print(shown.to_string(index=False, float_format=lambda value: f"{value:,.3g}"))
    file.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(file) as unfinished:
        found.to_csv(unfinished, index=False, float_format="%.6g")
    print(f"{found['machine'][0]}, threads: {found['threads'][0]}; written: {file}")


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{next(iter(names), platform.machine())}, {joblib.cpu_count()} cores"
