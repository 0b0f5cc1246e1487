"""How many cores there are to compute on."""

import os


def machine_cores() -> int:
    """Cores that this process may be scheduled on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_cores() -> int:
    """`machine_cores`, or this process' share of them where runs go side by side.

    The share is OMP_NUM_THREADS, which Snakemake and clusters set for each job.
    """
    share = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return max(1, int(share)) if share.isdecimal() else machine_cores()
