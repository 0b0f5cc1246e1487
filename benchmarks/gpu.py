"""The training of PaSST-S on a GPU as a user has it, beside hear21passt and the GPU's limit.

    python benchmarks/gpu.py [--device cuda:1] [--quick]

Prints a table and how long one training of the paper takes at that rate; the table goes to
outputs/bench/gpu.csv. No GPU has seen it yet; `--quick --device cpu` tries it without one.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

import pandas as pd
from measure import Timing, measure
from rows import input_path, paper, passt_step, training_loop

from asc_lib.check_data import official
from asc_lib.files import ROOT, exit_code
from asc_lib.train.prepare import torch_device


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python benchmarks/gpu.py", description="Measure a GPU.")
    parser.add_argument("--device", default="cuda", help="default: cuda")
    parser.add_argument("--quick", action="store_true", help="only try it; numbers say nothing")
    parser.add_argument("--to", type=Path, default=ROOT / "outputs" / "bench", help="folder")
    given = parser.parse_args()
    timing = Timing(given.quick, torch_device(given.device))
    # compiling takes minutes, which a GPU repays
    ways = {"float32": {}, "bfloat16": {"precision": "bfloat16"}}
    if timing.on.type == "cuda":
        ways["compiled"] = {"precision": "bfloat16", "compile": True}
    few = {"batch_size": 4} if given.quick else {}
    rows = {"input_path": input_path}
    for name, values in ways.items():
        config = paper(timing, method="icl_vintage", **few, **values)
        rows[f"step_{name}"] = partial(passt_step, config=config)
        rows[f"training_{name}"] = partial(training_loop, config=config)
    file = given.to / f"gpu{'-quick' * given.quick}.csv"
    measure(rows, timing, file)
    found = pd.read_csv(file).set_index("row")["ours"]
    epochs, windows = paper(timing).epochs, official("tau22_devices")["train"].sum()
    hours = epochs * windows / found[f"training_{name}"] / 3600
    print(f"one training of the paper, {epochs} epochs of {windows:,} windows: {hours:.1f} h")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
