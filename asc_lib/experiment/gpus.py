"""Which of a machine's GPUs a run takes, where several runs go side by side."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

from asc_lib.inputs import ROOT, InputError, held

_HELD = ExitStack()  # until this process ends
# Two runs share a GPU of so many MiB: each holds TAU22's bank of 10.8 GB and PaSST-S at work
_FOR_TWO_MIB = 40_000


def runs_at_once() -> int:
    """How many runs this machine's GPUs take side by side; 0 without any.

    Counted are those that `CUDA_VISIBLE_DEVICES` leaves, all of them by the smallest one's memory.
    """
    ask = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    memory = [int(line) for line in told.split("\n") if line.strip().isdecimal()]
    count = len(memory)
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        listed = [name.strip() for name in visible.split(",")]
        # CUDA's rule: what stands behind one that is none does not count
        wrong = [place for place, name in enumerate(listed) if name in {"", "-1"}]
        count = min(count, *wrong[:1], len(listed))
    return count * (2 if memory and min(memory) >= _FOR_TWO_MIB else 1)


def take_gpu(names: Sequence[str], folder: Path) -> int:
    """Position of a GPU that no more processes hold than any other; held from now on.

    Args:
        names: of all GPUs, the same in every process, such as their UUIDs.
        folder: where the holds of all processes lie.
    """
    place = 0
    while True:
        for position, name in enumerate(names):
            with suppress(InputError):
                _HELD.enter_context(held(folder / f"{name}-{place}", "taken"))
                return position
        place += 1


@cache  # a process takes one
def use_one_gpu() -> None:
    """Make "cuda" mean one GPU of several: the first free one, or one that few runs share.

    A cluster that shows a job only its own GPU has chosen already.
    """
    import torch  # here, so that to take one needs none of it

    gpus = torch.cuda.device_count()
    if gpus > 1:
        names = [str(torch.cuda.get_device_properties(gpu).uuid) for gpu in range(gpus)]
        torch.cuda.set_device(take_gpu(names, ROOT / "outputs" / ".gpus"))
