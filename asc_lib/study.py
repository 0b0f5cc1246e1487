"""Run a study: everything that is not there yet, in order, side by side, and say how far it is.

    python -m asc_lib.study quick [--cores 2] [--dry-run]

Snakemake does the work (see `Snakefile`); here it is checked beforehand, kept to one call at a
time and shown in one line a job. Exit codes: 0 done, 1 a job failed, 2 wrong input, 130 stopped.
"""

import argparse
import fcntl
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from asc_lib.experiment.config import StudyConfig, load
from asc_lib.inputs import ROOT, InputError, resolve

if TYPE_CHECKING:
    import pandas as pd

_SILENCE_S = 30  # then say what the running job says
_PATIENCE_S = 30  # for jobs to put away their things after a stop
_TAIL_LINES = 15


def check(study: str) -> StudyConfig:
    """The study's parameters, after all that can be said without running anything.

    Raises:
        InputError: a parameter is wrong, a folder of recordings or responses is missing, or the
            file's name is not the study's name.
    """
    config = load(study)
    if resolve(study).suffix and resolve(study).parent != ROOT / "params":
        raise InputError(
            f"{study}: outside params/, where the notebooks look; copy it there and run "
            f"`make study STUDY={Path(study).stem}`"
        )
    if config.study != Path(study).stem:
        raise InputError(
            f"study: {config.study!r} in the parameter file {study}; its results would mix with "
            f"those of {config.study}: write `study: {Path(study).stem}`"
        )
    for name in ("tau22_root", "vintage_root", "multi_root"):
        root = resolve(getattr(config, name))
        simulated = root.is_relative_to(ROOT / "outputs" / "simulated")
        if not simulated and not root.is_dir():
            raise InputError(
                f"{name}: no folder {root}; get the data as the README says, or take the simulated "
                f"ones: outputs/simulated/quick/{name.removesuffix('_root')}"
            )
    checkpoint = resolve(config.checkpoint)
    if config.checkpoint and not checkpoint.is_file():
        raise InputError(
            f"checkpoint: no file {checkpoint}; put the released weights there, or write "
            '`checkpoint: ""` to start from random ones (no longer the paper\'s study)'
        )
    return config


class Progress:
    """Snakemake's messages as one readable line a job.

    `done` and `failed` tell after the last line what became of the jobs.
    """

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.done = self.total = 0
        self.jobs: dict[str, tuple[str, Path]] = {}  # running: number -> what, its log
        self.failed: list[tuple[str, Path]] = []
        self._error = False

    def read(self, line: str) -> str | None:
        """What to show for a line of Snakemake's, if anything."""
        if match := re.match(r"Job (\d+): (.+) > (\S+)$", line):
            number, what, log = match.groups()
            self.jobs[number] = (what, Path(log))
            return self._line(f"{what} ...")
        if match := re.match(r"total +(\d+)$", line):
            self.total = int(match[1])
        elif match := re.match(r"Finished jobid: (\d+) ", line):
            what = self.jobs.pop(match[1], None)
            self.done += 1
            return self._line(f"{what[0]}: done") if what else None
        elif re.match(r"Error in rule ", line):
            self._error = True
        elif self._error and (match := re.match(r"    jobid: (\d+)", line)):
            self._error = False
            if what := self.jobs.pop(match[1], None):
                self.failed.append(what)
                return self._line(f"{what[0]}: FAILED")
        return None

    def still(self) -> list[str]:
        """A sign of life of each running job: the last line of its log."""
        lines = []
        for what, log in self.jobs.values():
            said = "".join(tail(log, 1)).removeprefix(f"{what.split()[-1]}: ")
            lines.append(self._line(f"{what}: {said[:72]}" if said else f"{what} ..."))
        return lines

    def _line(self, text: str) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        total = max(self.total - 1, 0)  # the rule `all` is no job
        done = min(self.done, total)
        share = round(100 * done / total) if total else 0
        return f"[{done:3d}/{total} {share:3d} % {minutes:3d}:{seconds:02d}] {text}"


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log; of a line that a progress bar overwrote, what was seen last."""
    log = ROOT / log
    if not log.is_file():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        text = file.read().decode(errors="replace")
    seen = [line.rstrip("\r ").rsplit("\r", 1)[-1] for line in text.split("\n")]
    return [line for line in seen if line.strip()][-lines:]


@contextmanager
def only_one(folder: Path) -> Iterator[IO[str]]:
    """Hold the study against a second call; the system lets go when the last holder is gone.

    Raises:
        InputError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{folder.name}: this study is being run by another process; wait for it or stop it"
            ) from None
        yield lock


def run(study: str, config: StudyConfig, cores: int, dry_run: bool, lock: IO[str]) -> int:
    """Let Snakemake make what is missing; print a line a job. Returns the exit code."""
    logs = config.output / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    command += ["--directory", ROOT, "--cores", str(cores), "--scheduler", "greedy", "--nocolor"]
    # the lock is ours; a change of a rule's wording changes no result
    command += ["--nolock", "--rerun-incomplete", "--keep-incomplete"]
    command += ["--rerun-triggers", "mtime", "params", "input", "--quiet", "host", "reason"]
    # the longest notebook, and the runs it reads, first: the others fill the cores beside it
    command += ["--prioritize", f"outputs/{config.study}/notebooks/04_device_probe.ipynb"]
    if gpus := len(list(Path("/dev").glob("nvidia[0-9]*"))):
        command += ["--resources", f"gpu={2 * gpus}"]  # training runs side by side
    command += ["--config", f"study={study}"] + (["--dry-run"] if dry_run else [])
    # A session of its own: a stop goes to all of its processes at once and only through us. It
    # inherits the lock, so that the study stays held for as long as Snakemake lives.
    snakemake = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,
        pass_fds=[lock.fileno()],
    )
    progress = Progress()
    try:
        for line in _lines(snakemake, logs / "snakemake.log"):
            shown = progress.still() if line is None else [progress.read(line)]
            for text in filter(None, shown):
                print(text, flush=True)
        code = snakemake.wait()
    except KeyboardInterrupt:
        _stop(snakemake)
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    for what, log in progress.failed:
        print(f"\n{what} failed; the end of {log}:", file=sys.stderr)
        print("\n".join(f"  {line}" for line in tail(log, _TAIL_LINES)), file=sys.stderr)
    if code and not progress.failed:
        print("\nSnakemake could not go on:", file=sys.stderr)
        print("\n".join(tail(logs / "snakemake.log", _TAIL_LINES)), file=sys.stderr)
    elif not code and not progress.total:
        print("nothing to do: everything is there")
    return code


def _lines(process: subprocess.Popen[str], copy: Path) -> Iterator[str | None]:
    """Lines as they come, None after each silence."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout
        with copy.open("w", encoding="utf-8") as file:
            for line in process.stdout:
                file.write(line)
                file.flush()
                lines.put(line.rstrip("\n"))
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while True:
        try:
            line = lines.get(timeout=_SILENCE_S)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


def _stop(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(_PATIENCE_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue
        return


def show_results(config: StudyConfig) -> None:
    """Print the results table of a finished study, and where its notebooks lie."""
    table = config.output / "tables" / "table_3.csv"
    if table.is_file():
        import pandas as pd  # after the work: a wrong parameter is told at once

        print(f"\n{table.relative_to(ROOT)}: log-loss on the test side [95 % interval], nats")
        print(results_table(pd.read_csv(table)))
    place = config.output.relative_to(ROOT)
    print(f"\nexecuted notebooks: {place}/notebooks/  (training runs: {place}/runs/*/)")


def results_table(table: "pd.DataFrame") -> str:
    """The family columns of `table_3.csv` as text, a line a method, under what they stand for."""
    families = [name for name in ("real", "simulated", "unseen", "overall") if name in table]
    shown = table[["label"]].rename(columns={"label": "method"})
    for name in families:
        low, high = table[f"{name}_low"], table[f"{name}_high"]
        numbers = zip(table[name], low, high, strict=True)
        shown[name] = [f"{mean:.3f} [{a:.2f}, {b:.2f}]" for mean, a, b in numbers]
    heard = ", ".join(table["measured_on"].unique())
    seeds = ", ".join(map(str, table["seeds"].unique()))
    return f"measured on: {heard}; seeds: {seeds}\n{shown.to_string(index=False)}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m asc_lib.study", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("study", help="name of a file in params/, or its path")
    parser.add_argument("--cores", type=int, help="default: all that this process may use")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    given = parser.parse_args(arguments)
    cores = given.cores or _usable_cores()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        config = check(given.study)
        with only_one(config.output) as lock:
            print(f"study {config.study}: {len(config.all_runs())} training runs, {cores} cores")
            code = run(given.study, config, cores, given.dry_run, lock)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    if code == 0 and not given.dry_run:
        show_results(config)
    return code


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
