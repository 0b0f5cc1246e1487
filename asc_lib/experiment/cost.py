"""What a run cost, and by what it can be made again."""

import pandas as pd

from asc_lib.experiment.runs import Run
from asc_lib.model.anatomy import multiply_adds
from asc_lib.model.passt import PaSST


def cost_table(run: Run, model: PaSST) -> pd.DataFrame:
    """Rows of `what value`, both text: work, time, network, machine, origin of a finished run."""
    config, told = run.config, run.provenance
    batch = min(config.batch_size, told["train_clips"])
    draw = model.draw(100)  # how many rows are left, not which, makes the cost
    rows = {
        "steps": f"{told['steps']:,} of {batch} windows",
        "windows": f"{told['steps'] * batch:,} in {len(run.history):,} epoch(s)",
        "wall time, judging each epoch included": f"{told['seconds']:,.1f} s",
        "speed, likewise": f"{told['windows_per_second']:,.0f} windows/s",
        "parameters": f"{told['parameters']:,}",
        "multiply-adds a window, forward, all patches": f"{multiply_adds(model):,}",
        "multiply-adds a window, forward, after patchout": f"{multiply_adds(model, draw):,}",
        "hardware": f"{told['hardware']} ({told['device']}, {told['threads']} thread(s))",
        "precision": told["precision"] + (", compiled" if told["compile"] else ""),
        "finished": told["finished"],
        "code": f"commit {told['git_commit'][:10]}{', changed' if told['git_changed'] else ''}",
        "torch, python": f"{told['packages']['torch']}, {told['python']}",
        "data fingerprint": told["data_fingerprint"],
    }
    return pd.DataFrame({"what": list(rows), "value": list(rows.values())})
