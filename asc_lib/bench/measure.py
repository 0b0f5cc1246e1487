"""Rates taken in turn, so that whatever else the machine does disturbs both sides alike."""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from asc_lib.experiment.origin import origin
from asc_lib.model.transfer import finish

_PACKAGES = ("torchvision", "librosa", "hear21passt", "scikit-learn", "pyarrow", "soundfile")


def seconds(work: Callable[[], object], at_least: float) -> float:
    """Seconds of one call of `work`, called until `at_least` seconds are over."""
    calls, began = 0, time.perf_counter()
    while True:
        work()
        calls += 1
        passed = time.perf_counter() - began
        if passed >= at_least:
            return passed / calls


def rate(work: Callable[[], object], units: float, at_least: float) -> Callable[[], float]:
    """What measures once how many units a second `work` does, `units` a call."""
    return lambda: units / seconds(work, at_least)


def in_turn(*sides: Callable[[], float], repeats: int) -> list[list[float]]:
    """Values of each side, measured A B A B ..., after one round that does not count."""
    for side in sides:
        side()
    rounds = [[side() for side in sides] for _ in range(repeats)]
    return [list(values) for values in zip(*rounds, strict=True)]


@contextmanager
def own_process(make: Callable[[], Callable[[], float]]) -> Iterator[Callable[[], float]]:
    """The side that `make()` gives, in a process of its own: nothing that ours sets reaches it.

    `make` is sent there, so it must be a function of a module, or a `partial` of one.
    """
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(make, there))  # no daemon: it may have workers
    process.start()
    there.close()

    def once() -> float:
        here.send(True)
        found = here.recv()
        if isinstance(found, Exception):
            raise found
        return found

    try:
        yield once
    finally:
        here.close()  # its sign to end
        process.join()


def _serve(make: Callable[[], Callable[[], float]], asked: Connection) -> None:
    side: Callable[[], float] | None = None
    while True:
        try:
            asked.recv()
        except EOFError:
            return
        try:
            side = side or make()
            asked.send(side())
        except Exception as error:
            asked.send(error)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many of torch's threads within the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def matrix_rate(
    size: int, dtype: torch.dtype, on: torch.device, at_least: float
) -> Callable[[], float]:
    """What measures FLOP/s of a square matrix product: the limit of what a network can reach."""
    left, right = (torch.randn(size, size, device=on).to(dtype) for _ in range(2))
    out = torch.empty_like(left)
    calls = 20 if on.type == "cuda" else 1

    def work() -> None:
        for _ in range(calls):
            torch.mm(left, right, out=out)
        finish(on)

    return rate(work, calls * 2 * size**3, at_least)


def matrix_flops(work: Callable[[], object]) -> int:
    """FLOP of the matrix products (and convolutions) in one call of `work`."""
    # attention written out, since the counter does not know the CPU's fused kernel
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        work()
    return counter.get_total_flops()


def facts(on: torch.device, small: bool) -> dict[str, str]:
    """What the numbers depend on: hardware, versions, commit, date."""
    made_by = origin(on)
    packages = made_by["packages"] | {name: _version(name) for name in _PACKAGES}
    changed = ", changed since" if made_by["git_changed"] else ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": f"{made_by['git_commit']}{changed}",
        "CPU": f"{_cpu()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory",
        "GPU": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "system": platform.platform(),
        "python": made_by["python"],
        "packages": ", ".join(f"{name} {version}" for name, version in sorted(packages.items())),
    } | ({"small": "all shrunk to seconds: these numbers say nothing of speed"} if small else {})


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        ask = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()
