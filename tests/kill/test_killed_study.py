"""A whole small study killed again and again, then two at once: the same tables at the end.

ASC_KILLS=20 pytest tests/kill -s    so many kills instead of two; ASC_SEED=1 at other moments
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from tests.projects import FAKES, MADE, command, copied_project, environment, write_parameters

KILLS = int(os.environ.get("ASC_KILLS", "2"))
SEED = int(os.environ.get("ASC_SEED", "0"))
ONLY = "02_icl_grid_search"  # bank, two trainings, and a notebook that is a quick fake
SMALL = {
    "dim": 16,
    "depth": 1,
    "batch_size": 32,
    "grid_alphas": [0.2],
    "grid_fixed_lambda": 0.5,
    "generated_method": False,
    "beyond_methods": [],
    "device": "cpu",
}
# what follows the clock, not the seed; a run whose companion was finished before is finished alone
CLOCK = {"seconds", "windows_per_second", "finished", "trained_together", "study"}
MARK = "ASC_KILL_MARK"
pytestmark = [
    pytest.mark.study,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds processes by /proc"),
]


@contextmanager
def begun(root: Path, name: str = "small") -> Iterator[subprocess.Popen[bytes]]:
    """A study being run; at the block's end every process of it is killed, as by a power cut."""
    mark = f"{root}-{name}-{time.monotonic_ns()}"
    with (root / "said").open("a") as said:
        process = subprocess.Popen(
            command(name, only=ONLY), cwd=root, env=environment(root) | {MARK: mark},
            stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        while living := [pid for pid in processes(mark) if pid != os.getpid()]:
            for pid in living:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.poll()
        process.wait()


def processes(mark: str) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            alive = (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            if alive and f"{MARK}={mark}\0".encode() in (folder / "environ").read_bytes():
                yield int(folder.name)


def finished(root: Path) -> float:
    """Run the study to its end; the seconds that it took."""
    start = time.monotonic()
    with begun(root) as process:
        assert process.wait(900) == 0, (root / "said").read_text()
    return time.monotonic() - start


def project(root: Path, data: Path) -> Path:
    copied_project(root, saves_every_s=0.2)
    shutil.copytree(data, root / "outputs/simulated/smoke")
    (root / "asc_lib/run.py").write_text(FAKES["run.py"])
    (root / f"notebooks/{ONLY}.ipynb").write_text(MADE[ONLY])
    for name in ("small", "other"):
        write_parameters(root, name, SMALL)
    return root


@pytest.fixture(scope="module")
def unbroken(
    smoke: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, object], float]:
    """What the study makes when nobody disturbs it, and how long it takes."""
    root = project(tmp_path_factory.mktemp("unbroken") / "project", smoke)
    seconds = finished(root)
    return results(root), seconds


def results(root: Path, name: str = "small") -> dict[str, object]:
    """All that a study made, by path: bytes, but for what follows the clock."""
    found: dict[str, object] = {}
    for file in sorted((root / "outputs").rglob("*")):
        path = file.relative_to(root / "outputs").as_posix()
        own, _, rest = path.partition("/")
        if not file.is_file() or file.name.startswith(".") or file.suffix in {".ipynb", ".log"}:
            continue
        if own not in ("banks", name):
            continue
        path = re.sub(r"^banks/(.+)-[0-9a-f]{16}/", r"banks/\1/", path)  # it follows files' times
        path = rest if own == name else path
        content = file.read_bytes().replace(f"outputs/{name}/".encode(), b"outputs/small/")
        if file.suffix == ".csv" and own == name:
            table = pd.read_csv(StringIO(content.decode()), dtype=str, keep_default_na=False)
            found[path] = table.drop(columns=CLOCK & set(table)).to_csv(index=False)
        elif file.suffix == ".json" and own == name:
            found[path] = {k: v for k, v in json.loads(content).items() if k not in CLOCK}
        else:
            found[path] = content
    return found


def assert_same(found: dict[str, object], expected: dict[str, object]) -> None:
    assert found.keys() == expected.keys()
    assert not [path for path, content in expected.items() if found[path] != content]
    assert "tables/table_1.csv" in expected


def test_two_studies_killed_again_and_again_end_as_an_unbroken_one(
    unbroken: tuple[dict[str, object], float], smoke: Path, tmp_path: Path
) -> None:
    """At once, on the same data: what one makes the other waits for, or takes."""
    expected, seconds = unbroken
    root, draw = project(tmp_path / "project", smoke), random.Random(SEED)
    for _ in range(KILLS):
        with begun(root) as one, begun(root, "other"), suppress(subprocess.TimeoutExpired):
            one.wait(draw.uniform(0.1, 0.6) * seconds)
        print(f"killed; {(root / 'said').read_text().splitlines()[-1:]}")
    with begun(root) as one, begun(root, "other") as other:
        assert one.wait(900) == 0 and other.wait(900) == 0, (root / "said").read_text()
    assert_same(results(root), expected)
    assert_same(results(root, "other"), expected)
    assert not list((root / "outputs").rglob("checkpoint.pt"))
