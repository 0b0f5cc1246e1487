"""Snakemake as a study runs it: it stops, with its jobs, when the study's process is gone.

`asc_lib.study` starts it with an open pipe as its standard input. A study that is killed closes the
pipe without a word; what is at work is then stopped as by Ctrl-C, and nothing works on unseen.
"""

import os
import signal
import sys
import threading
import time

PATIENCE_S = 30  # for jobs to put away their things after a stop
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def _stop_at_end_of(pipe: int) -> None:
    os.read(pipe, 1)  # nothing is ever written: this returns when the study is gone
    for number in STOPS:
        os.killpg(os.getpgrp(), number)
        time.sleep(PATIENCE_S)


def main() -> None:
    """Snakemake's command line."""
    pipe = os.dup(0)  # which jobs do not inherit; they read nothing
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_stop_at_end_of, args=(pipe,), daemon=True).start()
    from snakemake.cli import main as snakemake

    sys.exit(snakemake())


if __name__ == "__main__":
    main()
