"""Python's search for garbage, in processes that import big libraries."""

import atexit
import gc


def seldom_search() -> None:
    """Let this process look for garbage seldom, and not at its end.

    An import of torch makes a million objects to keep: to search them while they come takes a tenth
    of its time, to search them once more at the exit, after which all memory is free anyway, a
    second.
    """
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
