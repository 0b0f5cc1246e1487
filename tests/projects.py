"""Copies of the project, for studies that are run whole, and their command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from asc_lib.files import ROOT

LOCAL = "params/profiles/local"


def copied_project(root: Path, saves_every_s: float | None = None) -> Path:
    """All that a study needs, at `root`; trainings there may save more often than they do here."""
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for folder in ("asc_lib", "notebooks", "params"):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignore)
    shutil.copy(ROOT / "Snakefile", root)
    if saves_every_s is not None:
        checkpoint = root / "asc_lib/train/runs.py"
        often = checkpoint.read_text().replace("_LEAST_S = 20 ", f"_LEAST_S = {saves_every_s} ")
        assert f"_LEAST_S = {saves_every_s} " in often
        checkpoint.write_text(often)
    return root


def command(name: str, *options: str, profile: str = LOCAL, **values: object) -> list[str]:
    """The study's command as `make study` gives it; `values`: only, cell_timeout."""
    said = [f"{key}={value}" for key, value in {"study": name, **values}.items()]
    where = ["--profile", profile, *(["--cores", "2"] if profile == LOCAL else [])]
    return [sys.executable, "-m", "snakemake", *where, *options, "--config", *said]


def environment(root: Path) -> dict[str, str]:
    """For a study of the copy at `root`."""
    return os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}


def study(
    root: Path,
    *options: str,
    name: str = "tiny",
    env: dict[str, str] | None = None,
    **values: object,
) -> subprocess.CompletedProcess[str]:
    """Run a study of the copy at `root` to its end; `stdout` holds all that it said."""
    return subprocess.run(
        command(name, *options, **values),
        cwd=root,
        env=environment(root) | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
    )
