"""A copy of the project with a small, whole study, and all of its processes within reach."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

import pandas as pd
import yaml

from tests import projects

# all notebooks, a DIR generator and a method of notebook 07 too: `test_killed_study.py`
WHOLE = bool(os.environ.get("ASC_WHOLE"))
SMALL = {
    "study": "small",
    "dim": 16,
    "depth": 1,
    "batch_size": 32,
    "grid_alphas": [0.2],
    "grid_fixed_lambda": 0.5,
    "probe_epochs": 3,
    "bootstrap_draws": 50,
    "generator_steps": 6,
    "generated_method": WHOLE,
    "beyond_methods": ["freq_mixstyle"] if WHOLE else [],
    "device": "cpu",
}
# what follows the clock, not the seed: whole tables, columns of tables, names in a run's provenance
CLOCK_TABLES = {"cost.csv", "beyond_cost.csv"}
CLOCK_COLUMNS = {"seconds", "windows_per_second", "finished", "milliseconds", "relative_time"}
# a run whose companion was finished before a kill is finished alone
CLOCK_NAMES = {"seconds", "windows_per_second", "finished", "trained_together"}
LEFT = ("*.unfinished", ".*.partial.ipynb", "checkpoint.pt")
_MARK = "ASC_KILL_MARK"


def copied_project(root: Path) -> Path:
    """Trainings there save five times a second."""
    projects.copied_project(root, saves_every_s=0.2)
    add_study(root, "small")
    return root


def add_study(root: Path, name: str) -> None:
    """The small study under another name: the same data and bank, runs of its own."""
    values = yaml.safe_load((root / "params/smoke.yaml").read_text()) | SMALL | {"study": name}
    (root / f"params/{name}.yaml").write_text(yaml.safe_dump(values))


class Study:
    """A study being run, in processes that are all found by a mark in their environment."""

    def __init__(self, root: Path, name: str = "small", *options: str) -> None:
        self.root, self.name = root, name
        self.mark = f"{root}-{name}-{time.monotonic_ns()}"
        self.began = time.time()
        self.said = root / f"said-{name}-{time.monotonic_ns()}"
        own = {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", _MARK: self.mark}
        with self.said.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "asc_lib.study", name, "--cores", "2", *options],
                cwd=root,
                env=os.environ | own,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a process group of its own, as a shell gives it
            )

    @property
    def output(self) -> Path:
        return self.root / "outputs" / self.name

    @property
    def text(self) -> str:
        """What it has said so far."""
        return self.said.read_text()

    @property
    def at_work(self) -> list[str]:
        """The jobs that have begun and not ended."""
        jobs: list[str] = []
        for line in self.text.splitlines():
            what = line.partition("] ")[2]
            if what.endswith(" ...") and what[:-4] not in jobs:
                jobs.append(what[:-4])
            elif what.removesuffix(": done") in jobs:
                jobs.remove(what.removesuffix(": done"))
        return jobs

    def wrote(self, pattern: str) -> bool:
        """Whether a file below outputs/ is there that was written since the beginning."""
        for file in (self.root / "outputs").glob(pattern):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime >= self.began:
                    return True
        return False

    def processes(self) -> list[int]:
        """All that live, kernels and workers included."""
        return [pid for pid, environ in _environments() if f"{_MARK}={self.mark}" in environ]

    def kill(self) -> None:
        """Like a power cut: SIGKILL to every process."""
        while living := self.processes():
            for pid in living:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.poll()
            time.sleep(0.01)
        self.process.wait()

    def end(self, patience_s: float = 1800) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(patience_s)


@contextmanager
def running(root: Path, name: str = "small", *options: str) -> Iterator[Study]:
    """A study that does not outlive the block."""
    study = Study(root, name, *options)
    try:
        yield study
    finally:
        study.kill()


def wait_for(condition: Callable[[], object], patience_s: float = 600) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def _environments() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                content = (folder / "environ").read_bytes().decode(errors="replace")
                yield int(folder.name), content.split("\0")


def results(root: Path, name: str = "small") -> dict[str, object]:
    """All that a study made, by path: bytes, but for what follows the clock."""
    found: dict[str, object] = {}
    for file in sorted((root / "outputs").rglob("*")):
        path = str(file.relative_to(root / "outputs"))
        own, _, rest = path.partition("/")
        if not file.is_file() or file.name.startswith(".") or file.suffix == ".ipynb":
            continue  # a notebook says when it was executed
        if own not in ("simulated", "banks", name) or rest.startswith("logs/"):
            continue
        if file.name in CLOCK_TABLES:
            continue
        path = re.sub(r"^banks/(.+)-[0-9a-f]{16}/", r"banks/\1/", path)  # it follows files' times
        content = file.read_bytes().replace(f"outputs/{name}/".encode(), b"outputs/small/")
        key = path if own != name else f"small/{rest}"
        if file.suffix == ".csv" and own == name:
            table = pd.read_csv(StringIO(content.decode()), dtype=str, keep_default_na=False)
            found[key] = table.drop(columns=CLOCK_COLUMNS & set(table)).to_csv(index=False)
        elif file.suffix == ".json" and own == name:
            values = json.loads(content)
            found[key] = {k: v for k, v in values.items() if k not in {*CLOCK_NAMES, "study"}}
        else:
            found[key] = content
    return found


def assert_same(found: dict[str, object], unbroken: dict[str, object]) -> None:
    assert found.keys() == unbroken.keys()
    differ = [path for path, content in unbroken.items() if found[path] != content]
    assert not differ, differ
    assert any(path.endswith("table_1.csv") for path in unbroken)


def left(root: Path) -> list[str]:
    """What only a study at work may have lying about."""
    found = [file for pattern in LEFT for file in (root / "outputs").rglob(pattern)]
    return [str(file.relative_to(root)) for file in found]
