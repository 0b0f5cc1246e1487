"""Copies of the project, for studies that are run whole."""

import shutil
from pathlib import Path

from asc_lib.inputs import ROOT


def copied_project(root: Path, saves_every_s: float | None = None) -> Path:
    """All that a study needs, at `root`; trainings there may save more often than they do here."""
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for folder in ("asc_lib", "notebooks", "params"):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignore)
    shutil.copy(ROOT / "Snakefile", root)
    if saves_every_s is not None:
        checkpoint = root / "asc_lib/experiment/checkpoint.py"
        often = checkpoint.read_text().replace("_LEAST_S = 20 ", f"_LEAST_S = {saves_every_s} ")
        assert f"_LEAST_S = {saves_every_s} " in often
        checkpoint.write_text(often)
    return root
