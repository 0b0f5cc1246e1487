"""A copy of the project with a small study of its own, to be run on a cluster."""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from asc_lib.inputs import ROOT

# six runs, long enough to be killed in their midst
STUDY = {"study": "cluster", "epochs": 12, "grid_alphas": [0.2], "beyond_methods": []}


def copied_project(root: Path, profile: str, changes: dict[str, object]) -> Path:
    """Trainings there save every second; `changes` are made to the profile's first level."""
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for folder in ("asc_lib", "notebooks", "params"):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignore)
    shutil.copy(ROOT / "Snakefile", root)
    checkpoint = root / "asc_lib/experiment/checkpoint.py"
    often = checkpoint.read_text().replace("_LEAST_S = 20", "_LEAST_S = 1")
    assert "_LEAST_S = 1\n" in often or "_LEAST_S = 1 " in often
    checkpoint.write_text(often)
    values = yaml.safe_load((root / "params/smoke.yaml").read_text()) | STUDY
    (root / "params/cluster.yaml").write_text(yaml.safe_dump(values))
    file = root / profile / "config.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | changes))
    return root


def start(root: Path, environment: dict[str, str], *options: str) -> subprocess.Popen[str]:
    """The study, begun."""
    return subprocess.Popen(
        [sys.executable, "-m", "asc_lib.study", "cluster", *options],
        cwd=root,
        env=environment | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
