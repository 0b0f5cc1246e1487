"""Which of a machine's GPUs a run takes, where several runs go side by side."""

from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path

from filelock import FileLock, Timeout

from asc_lib.files import ROOT

_HELD: list[FileLock] = []  # until this process ends


def take_gpu(names: Sequence[str], folder: Path) -> int:
    """Position of a GPU that no more processes hold than any other; held from now on.

    Args:
        names: of all GPUs, the same in every process, such as their UUIDs.
        folder: where the holds of all processes lie.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for place in count():
        for position, name in enumerate(names):
            lock = FileLock(folder / f"{name}-{place}")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            _HELD.append(lock)
            return position
    raise AssertionError  # never: `count` does not end


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
