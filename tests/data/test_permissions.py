"""A user who may not read or write a file is told which, and what to do: a line, no traceback."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asc_lib.files import ROOT
from tests.conftest import write_tau22

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable]

# each as a command does it; what it says and its exit code end in one line
WORK = """
import sys
from pathlib import Path
from asc_lib.data import bank, dir_sets as dirs, own_recordings, simulated, tau22
from asc_lib.files import exit_code

works = {
    "index": lambda root: tau22.read_index(root / "tau22"),
    "bank": lambda root: bank.open_bank(root / "tau22", root / "free" / "banks", progress=False),
    "banks": lambda root: bank.open_bank(root / "tau22", root / "closed" / "banks", progress=False),
    "vintage": lambda root: dirs.load_dirs("vintage", root / "vintage", root / "free", False),
    "table": lambda root: own_recordings.read_table(root / "table.csv", progress=False),
    "mine": lambda root: own_recordings.write(
        own_recordings.read_table(root / "table.csv", False), root / "closed" / "mine", False
    ),
}
for line in sys.stdin:
    name, folder = line.rstrip().split("\\t")
    code = exit_code(lambda: works[name](Path(folder)) and None)
    print(name, code, file=sys.stderr)
"""
CASES = [
    ("index", "tau22/meta.csv"),
    ("index", "tau22/evaluation_setup"),
    ("bank", "tau22/evaluation_setup/fold1_train.csv"),
    ("bank", "tau22/audio"),
    ("bank", "tau22/audio/."),  # may be listed, not entered
    ("bank", "tau22/audio/bus-paris-0-7-0-a.wav"),
    ("banks", "closed"),
    ("vintage", "vintage/one.wav"),
    ("vintage", "vintage/inner"),
    ("vintage", "vintage/simulated.json"),
    ("table", "table.csv"),
    ("table", "one.wav"),
    ("mine", "closed"),
]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that others may enter, as pytest's own are not."""
    if os.getuid() or not shutil.which("setpriv"):
        pytest.skip("only root on Linux can be another user")
    if subprocess.run([*NOBODY, "-c", "import asc_lib"], cwd=ROOT, capture_output=True).returncode:
        pytest.skip("another user may not read this project")
    folder = Path(tempfile.mkdtemp(prefix="asc-lib-permissions-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_it_is_a_line_with_path_and_remedy(home: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 44_100))
    for number, (_, closed) in enumerate(CASES):
        root = home / str(number)
        write_tau22(root / "tau22")
        for folder in ("vintage/inner", "free", "closed"):
            (root / folder).mkdir(parents=True)
        (root / "free").chmod(0o777)
        for file in ("vintage/one.wav", "vintage/inner/two.wav", "one.wav"):
            soundfile.write(root / file, noise[0], 44_100)
        soundfile.write(root / "two.wav", noise[1], 44_100)
        rows = ["file,scene,place,device,side", "one.wav,bus,x-1,a,train", "two.wav,bus,x-2,a,test"]
        (root / "table.csv").write_text("\n".join(rows))
        if closed.endswith(".json"):
            (root / closed).write_text('{"version": 3}')
        (root / closed).chmod(0o444 if closed.endswith(".") else 0o000)
    asked = "".join(f"{name}\t{home / str(number)}\n" for number, (name, _) in enumerate(CASES))
    done = subprocess.run(
        [*NOBODY, "-c", WORK], cwd=ROOT, input=asked, capture_output=True, text=True
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 0 and len(lines) == 2 * len(CASES), done.stderr
    for number, (name, closed) in enumerate(CASES):
        said, code = lines[2 * number], lines[2 * number + 1]
        assert code == f"{name} 2"
        assert str(home / str(number) / closed) in said, said
        assert "Permission denied; give yourself the right to use it" in said
