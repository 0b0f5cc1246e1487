"""Run a study: everything that is not there yet, in order, side by side, and say how far it is.

    python -m asc_lib.study quick [--cores 2] [--only 05_results] [--dry-run]
    python -m asc_lib.study quick --profile params/profiles/slurm    its jobs on a cluster

Snakemake does the work (see `Snakefile`); here it is checked beforehand, kept to one call at a
time and shown in one line a job. Exit codes: 0 done, 1 a job failed, 2 wrong input, 130 stopped.
"""

import argparse
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING

import yaml

from asc_lib.cores import machine_cores
from asc_lib.experiment.config import StudyConfig
from asc_lib.experiment.gpus import runs_at_once
from asc_lib.inputs import ROOT, InputError, held, reading, resolve, seconds
from asc_lib.memory import KILLED
from asc_lib.progress import Progress, tail
from asc_lib.study_check import check, targets
from asc_lib.study_jobs import PATIENCE_S, STOPS

if TYPE_CHECKING:
    import pandas as pd

_SILENCE_S = 30  # then say what the running job says
_TAIL_LINES = 15
BUSY = "{}: this study is being run by another process; wait for it or stop it"


def here(cores: int) -> list[str]:
    """Snakemake's options for this machine."""
    runs = runs_at_once()
    side_by_side = ["--resources", f"gpu={runs}"] if runs else []
    return ["--cores", str(cores), *side_by_side]


def cluster(profile: str) -> list[str]:
    """Snakemake's options for the cluster of a profile, a folder with a `config.yaml`.

    Raises:
        InputError: there is none, it is not readable, or Snakemake lacks the plugin that it names.
    """
    file = resolve(profile) / "config.yaml"
    if not file.is_file():
        raise InputError(f"profile: no file {file}; name a folder such as params/profiles/slurm")
    with reading(file, "YAML", "compare it with params/profiles/slurm/config.yaml"):
        profile = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not (isinstance(profile, dict) and isinstance(profile.get("executor"), str)):
            raise ValueError("no line `executor: ...`")
    plugin = f"snakemake-executor-plugin-{profile['executor']}"
    if find_spec(plugin.replace("-", "_")) is None:
        raise InputError(
            f"profile: {profile} needs {plugin}, which is not installed here: "
            "docs/from_laptop_to_cluster.md"
        )
    return ["--profile", str(file.parent)]


def run(
    study: str,
    config: StudyConfig,
    wanted: list[str],
    where: list[str],
    dry_run: bool,
    lock: IO[str],
    cell_timeout: int | None = None,
) -> int:
    """Let Snakemake make what is missing of `wanted` (of all, where it is empty), a line a job.

    `where` it computes is said in Snakemake's own options. `cell_timeout`: most seconds of a
    notebook's cell, None for no limit. Returns the exit code.
    """
    logs = config.output / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "asc_lib.study_jobs", "--snakefile", ROOT / "Snakefile"]
    command += ["--directory", ROOT, *where, "--scheduler", "greedy", "--nocolor"]
    # the lock is ours; a change of a rule's wording changes no result
    command += ["--nolock", "--rerun-incomplete", "--keep-incomplete"]
    command += ["--rerun-triggers", "mtime", "params", "input", "--quiet", "host", "reason"]
    if not wanted:
        # the longest notebook, and what others wait for, first: the rest fills the cores beside
        first = ("04_device_probe", "06_dir_generator")
        command += ["--prioritize", *(f"outputs/{config.study}/notebooks/{n}.ipynb" for n in first)]
    command += ["--config", f"study={study}"]
    command += [f"cell_timeout={cell_timeout}"] if cell_timeout else []
    command += ["--dry-run"] if dry_run else []
    command += ["--", *wanted]
    # what Snakemake puts aside of a job's results, to restore where it fails: of a killed study
    # half a copy, or one from long ago
    shutil.rmtree(
        ROOT / ".snakemake" / "backups" / config.output.relative_to(ROOT), ignore_errors=True
    )
    # A session of its own: a stop goes to all of its processes at once and only through us, or
    # through the pipe's end when we are killed. It inherits the lock, so that the study stays held
    # for as long as Snakemake lives.
    snakemake = subprocess.Popen(
        command,
        cwd=ROOT,
        env=_job_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.PIPE,
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
        if code:
            _stop(snakemake)  # its jobs, where it was killed itself
    except KeyboardInterrupt:
        _stop(snakemake)
        raise
    finally:
        assert snakemake.stdin
        snakemake.stdin.close()
    for number, (what, log) in progress.failed.items():
        why = f": {KILLED}" if number in progress.killed else ""
        print(f"\n{what} failed{why}; the end of {log}:", file=sys.stderr)
        print("\n".join(f"  {line}" for line in tail(log, _TAIL_LINES)), file=sys.stderr)
    if code and not progress.failed:
        print("\nSnakemake could not go on:", file=sys.stderr)
        print("\n".join(tail(logs / "snakemake.log", _TAIL_LINES)), file=sys.stderr)
    elif not code and not progress.total:
        print("nothing to do: everything is there")
    return code


def _job_environment() -> dict[str, str]:
    """This process' environment, but Python may keep the bytecode that it compiles.

    The environment is installed without. Where PYTHONDONTWRITEBYTECODE is set, as in many
    containers, each of some thirty jobs would compile torch and all the rest anew: a third of them.
    """
    kept = dict(os.environ)
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


def _lines(process: subprocess.Popen[str], copy: Path) -> Iterator[str | None]:
    """Lines as they come, None after each silence."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout
        with process.stdout, copy.open("w", encoding="utf-8") as file:
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
    for number in STOPS:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(PATIENCE_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue
        return


def show_results(config: StudyConfig, wanted: list[str]) -> None:
    """Print the results table, where it was asked for, and where the notebooks lie."""
    table = config.output / "tables" / "table_3.csv"
    if table.is_file() and (not wanted or "05_results" in wanted[0]):
        import pandas as pd  # after the work: a wrong parameter is told at once

        print(f"\n{table.relative_to(ROOT)}: log-loss on the test side [95 % interval], nats")
        print(results_table(pd.read_csv(table)))
    place = config.output.relative_to(ROOT)
    print(f"\nexecuted notebooks: {place}/notebooks/  (training runs: {place}/runs/*/)")


def results_table(table: "pd.DataFrame") -> str:
    """The family columns of `table_3.csv` as text, a line a method, under what they stand for."""
    families = [
        name for name in ("real", "simulated", "unseen", "overall", "further") if name in table
    ]
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
    parser.add_argument("--profile", default="", help="folder of a cluster: params/profiles/...")
    parser.add_argument("--only", default="", help="a notebook: make it and what it needs")
    parser.add_argument(
        "--cell-timeout",
        type=seconds,
        metavar="SECONDS",
        help="most for one cell of a notebook, a whole training for one; default: no limit",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    given = parser.parse_args(arguments)
    cores = given.cores or machine_cores()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        config = check(given.study)
        wanted = targets(config, given.only)
        where = cluster(given.profile) if given.profile else here(cores)
        with held(config.output, BUSY.format(config.output.name)) as lock:
            what = f"only {given.only}" if wanted else f"{len(config.all_runs())} training runs"
            print(f"study {config.study}: {what}, {given.profile or f'{cores} cores'}")
            limit = given.cell_timeout
            code = run(given.study, config, wanted, where, given.dry_run, lock, limit)
        if code == 0 and not given.dry_run:
            show_results(config, wanted)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
