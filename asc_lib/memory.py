"""Memory that belongs to a process alone: files mapped into it are not counted."""

import resource
import sys
import threading
import time
from pathlib import Path
from typing import Self

# What the largest process held (docs/reproduce_the_paper.md): PaSST-S; a small network.
_LARGE_DIM = 384
_LARGE_MB, _SMALL_MB = 4_200, 1_800
_FURTHER_MB = 1_700  # weights, gradients, two moments and the best weights of PaSST-S
_STATUS = Path("/proc/self/status")
# what to say of a process that died of SIGKILL
KILLED = (
    "something ended it from outside: the system does, where memory runs out; take fewer jobs side "
    "by side (--cores, CORES= of make), or a smaller runs_together or batch_size"
)


def training_mb(dim: int, together: int = 1) -> int:
    """MB to ask a cluster for, for trainings of a network so wide in one process.

    Twice what was measured for one, and what each further large one is known to hold.
    """
    if dim < _LARGE_DIM:
        return 2 * _SMALL_MB
    return 2 * _LARGE_MB + (together - 1) * _FURTHER_MB


def private_mb() -> float:
    """MB that this process holds now; on systems without /proc the most that it ever held."""
    if _STATUS.is_file():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1e3
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


class Peak:
    """`mb`: the most that was held within the block, looked at every few milliseconds."""

    def __enter__(self) -> Self:
        self.mb = private_mb()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self.mb = max(self.mb, private_mb())

    def _look(self) -> None:
        while not self._over.is_set():
            self.mb = max(self.mb, private_mb())
            time.sleep(0.003)
