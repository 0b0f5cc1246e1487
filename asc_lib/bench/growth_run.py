"""One size of the growth rows, in a process of its own so that memory is told apart.

    python -m asc_lib.bench.growth_run audio ROOT BANKS    build a bank, then draw batches from it
    python -m asc_lib.bench.growth_run dirs ROOT BANKS N   draw batches with N responses

Prints one line of json: seconds a clip or a window, MB at the most and before anything was done.
"""

import json
import shutil
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch

from asc_lib.data import bank as banks
from asc_lib.data.bank import Bank
from asc_lib.data.dirs import TAPS, DirSet
from asc_lib.experiment.batches import TrainingBatches
from asc_lib.study import RunConfig, load
from asc_lib.memory import Peak, private_mb


def audio(root: Path, kept_in: Path) -> dict[str, float]:
    """Build the bank until a second is over, then draw batches from it."""
    before, taken = private_mb(), []
    with Peak() as building:
        while sum(taken) < 1:
            shutil.rmtree(kept_in, ignore_errors=True)
            began = time.perf_counter()
            bank = banks.open_bank(root, kept_in, progress=False)
            taken.append(time.perf_counter() - began)
    with Peak() as drawing:
        window_s = _draw(bank, None)
    return {
        "clip_s": median(taken) / len(bank.clips),
        "build_mb": building.mb,
        "window_s": window_s,
        "draw_mb": drawing.mb,
        "before_mb": before,
    }


def dirs(root: Path, kept_in: Path, count: int) -> dict[str, float]:
    """Draw batches of which half the windows go through one of `count` responses."""
    before = private_mb()
    bank = banks.open_bank(root, kept_in, progress=False)
    responses = np.random.default_rng(0).standard_normal((count, TAPS), np.float32)
    with Peak() as drawing:
        window_s = _draw(bank, DirSet("vintage", responses, pd.DataFrame(), simulated=True))
    beside = drawing.mb - responses.nbytes / 1e6
    return {"window_s": window_s, "draw_mb": beside, "before_mb": before}


def _draw(bank: Bank, responses: DirSet | None) -> float:
    """Median seconds of a window of a batch, the first batches left out."""
    heard = bank.clips[bank.clips["side"] == "train"]
    config: RunConfig = load("quick").run()
    batches = TrainingBatches(config, bank, heard, responses, torch.device("cpu"))
    taken: list[float] = []
    while len(taken) < 13 or sum(taken) < 1:
        began = time.perf_counter()
        batches.batch(len(taken))
        taken.append(time.perf_counter() - began)
    return median(taken[3:]) / batches.batch_size


def main() -> None:
    """The command."""
    kind, root, kept_in, *count = sys.argv[1:]
    torch.set_num_threads(1)
    root, kept_in = Path(root), Path(kept_in)
    found = audio(root, kept_in) if kind == "audio" else dirs(root, kept_in, int(count[0]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
