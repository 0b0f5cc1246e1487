"""A copy of the project with a small study of its own, to be run on a cluster."""

import subprocess
from pathlib import Path

import yaml

from tests import projects

# six runs, long enough to be killed in their midst
STUDY = {
    "study": "cluster",
    "epochs": 12,
    "grid_alphas": [0.2],
    "generated_method": False,
    "beyond_methods": [],
    "runs_together": 1,
}


def copied_project(root: Path, profile: str, changes: dict[str, object]) -> Path:
    """Trainings there save every second; `changes` are made to the profile's first level."""
    projects.copied_project(root, saves_every_s=1)
    values = yaml.safe_load((root / "params/smoke.yaml").read_text()) | STUDY
    (root / "params/cluster.yaml").write_text(yaml.safe_dump(values))
    file = root / profile / "config.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | changes))
    return root


def start(root: Path, env: dict[str, str], profile: str) -> subprocess.Popen[str]:
    """The study, begun."""
    return subprocess.Popen(
        projects.command("cluster", profile=profile),
        cwd=root,
        env=env | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
