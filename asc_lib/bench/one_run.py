"""One training run in a process of its own, driven line by line by `runs_rows`.

    python -m asc_lib.bench.one_run OUTPUTS SMALL

Says "ready"; then trains for each line `threads ahead seconds` of its input and answers how many
windows a second.
"""

import sys
from pathlib import Path

import torch

from asc_lib.bench.loop import Loop
from asc_lib.bench.setting import Setting

CPU = torch.device("cpu")


def main() -> None:
    """The command."""
    setting = Setting(small=sys.argv[2] == "True", outputs=Path(sys.argv[1]))
    config = setting.config(method="vintage")
    loop = Loop(config, setting.batches(config, CPU), CPU)
    print("ready", flush=True)
    for asked in sys.stdin:
        threads, prepared_ahead, seconds = asked.split()
        torch.set_num_threads(int(threads))
        steps = loop.train_for(float(seconds), prepared_ahead == "1")
        print(steps * loop.batches.batch_size, flush=True)


if __name__ == "__main__":
    main()
