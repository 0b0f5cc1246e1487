"""How the C library treats memory that is given back to it."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # numbers of glibc's `mallopt`
_LARGEST_MMAP_THRESHOLD = 32 * 2**20  # glibc takes no more


def keep_freed_memory() -> None:
    """Let this process keep memory that it frees, where the C library is glibc.

    Batches ask for the same tens of megabytes again and again. By default glibc hands some of them
    back to the system, which has to clear them each time: up to a third of a batch's time. The
    process stays as large as it once was.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # not on macOS
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
