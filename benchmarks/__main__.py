"""How fast the study is, beside what is usually done for the same ends.

    python benchmarks [ROW ...] [--threads 4] [--quick]

Prints a table and writes it to outputs/bench/. Each side computes on one thread unless asked for
more, as a run of the study does; only a bank is built on all cores. For a GPU: benchmarks/gpu.py.
"""

import argparse
import sys
from pathlib import Path

import torch
from measure import Timing, measure
from rows import ROWS

from asc_lib.files import ROOT, InputError, exit_code


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python benchmarks", description="Measure speed.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--threads", type=int, default=1, help="of each side (default: 1)")
    parser.add_argument("--quick", action="store_true", help="only try it; numbers say nothing")
    parser.add_argument("--to", type=Path, default=ROOT / "outputs" / "bench", help="folder")
    given = parser.parse_args()
    for name in given.rows:
        if name not in ROWS:
            raise InputError(f"row {name!r}: unknown; choose from {', '.join(ROWS)}")
    torch.set_num_threads(given.threads)
    names = [name for name in ROWS if name in given.rows] or list(ROWS)
    stem = "quick" if given.quick else "-".join(names) if given.rows else "bench"
    chosen = {name: ROWS[name] for name in names}
    measure(chosen, Timing(given.quick, torch.device("cpu")), given.to / f"{stem}.csv")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
