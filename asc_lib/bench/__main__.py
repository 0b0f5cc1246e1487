"""How fast the project is, beside its peers and the machine's limits.

    python -m asc_lib.bench [ROW ...] [--device cuda] [--small] [--tau22-csv FOLDER]

Prints each row as it is done and writes `outputs/bench/`: `bench.csv` and `bench.md`, those of the
GPU under `bench_cuda`, of single rows under `selected`, in small under `small`.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from asc_lib.bench import peers, table
from asc_lib.bench.measure import facts
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Part, Row
from asc_lib.experiment.prepare import torch_device
from asc_lib.files import ROOT, InputError


class Measurement(NamedTuple):
    """Where a measurement's function lies, and which peers it needs."""

    module: str
    peers: tuple[str, ...] = ()


ROWS = {  # in the order in which a run comes to them
    "csv": Measurement("data_rows"),
    "bank": Measurement("data_rows", ("librosa",)),
    "validation": Measurement("data_rows"),
    "convolution": Measurement("input_rows"),
    "front_end": Measurement("input_rows", ("hear21passt.models.preprocess",)),
    "input_path": Measurement("input_rows", ("hear21passt.models.preprocess",)),
    "training_loop": Measurement("model_rows"),
    "profile": Measurement("profile"),
    "passt": Measurement("model_rows", ("hear21passt.models.passt",)),
    "explorer": Measurement("panel_rows"),
    "sandbox": Measurement("sandbox_rows"),
    "runs": Measurement("runs_rows"),
    "growth": Measurement("growth"),
    "gpu": Measurement("gpu", ("hear21passt.models.passt", "hear21passt.models.preprocess")),
}


def chosen(names: Sequence[str], device: str, small: bool = False) -> list[str]:
    """The rows to measure: those named; else the GPU's on a GPU and all others on a CPU.

    Always in the order of `ROWS`: from the first batch on the process keeps freed memory (see
    `asc_lib.freed_memory`), which serves peers, too, so that no row may stand now before it, now
    behind it.

    Raises:
        InputError: no row is called so, or the GPU's are asked for on a CPU.
    """
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        raise InputError(f"row {unknown[0]!r}: unknown; choose from {', '.join(ROWS)}")
    if "gpu" in names and device == "cpu" and not small:
        raise InputError("row gpu: --device cpu given; add --device cuda, or --small to try it out")
    if names:
        return [name for name in ROWS if name in names]
    return ["gpu"] if device != "cpu" else [name for name in ROWS if name != "gpu"]


def measurement(name: str) -> Callable[[Setting], Iterator[Row | Part]]:
    """The function behind a row's name, its peers tried beforehand."""
    for peer in ROWS[name].peers:
        peers.load(peer)
    return getattr(importlib.import_module(f"asc_lib.bench.{ROWS[name].module}"), name)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; a mistake of the user's ends as one message and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.bench", description="Measure speed.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--device", default="cpu", help="of the row gpu: cpu, cuda, cuda:1")
    parser.add_argument("--small", action="store_true", help="seconds; the numbers mean nothing")
    parser.add_argument("--tau22-csv", type=Path, help="folder of TAU22's own csv files (or .gz)")
    parser.add_argument("--outputs", type=Path, default=ROOT / "outputs", help="default: outputs/")
    given = parser.parse_args(arguments)
    try:
        names = chosen(given.rows, given.device, given.small)
        on = torch_device(given.device)
        functions = {name: measurement(name) for name in names}
        setting = Setting(given.small, given.device, given.tau22_csv, given.outputs.resolve())
        setting.make_data()
        stem = "bench" if on.type == "cpu" else f"bench_{on.type}"
        stem = "small" if given.small else "selected" if given.rows else stem
        folder, title = setting.outputs / "bench", f"Benchmark: {', '.join(names)}"
        rows: list[tuple[str, Row]] = []
        parts: list[Part] = []
        for name, function in functions.items():
            for found in function(setting):
                if isinstance(found, Row):
                    rows.append((name, found))
                    print(table.line(name, found), flush=True)
                else:
                    parts.append(found)
                    print(table.part_line(name, found), flush=True)
            # after each, so that an end before the end loses nothing
            table.write(folder, stem, rows, parts, facts(on, given.small), title)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"written: {folder / stem}.md and .csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())
