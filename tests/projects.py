"""Copies of the project, for studies that are run whole, their command, and quick fakes of jobs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

from asc_lib.files import ROOT

LOCAL = "params/profiles/local"
# what a study's jobs call, but quick: each writes what it should make
FAKES = {
    "simulate/benchmark.py": """
import sys
from pathlib import Path
Path(sys.argv[3]).mkdir(parents=True, exist_ok=True)
(Path(sys.argv[3]) / "simulated.json").write_text("{}")
""",
    "train/prepare.py": """
import sys
from asc_lib.study import load
(load(sys.argv[1]).output / "bank.json").write_text("{}")
""",
    "generator/training.py": """
import sys
from asc_lib.study import load
from asc_lib.generator.config import config_of
folder = config_of(load(sys.argv[1]), sys.argv[2]).folder
folder.mkdir(parents=True, exist_ok=True)
(folder / "provenance.json").write_text("{}")
""",
    "train/training.py": """
FILES = ["history.csv", "predictions.parquet", "weights.safetensors", "provenance.json"]
def fit_together(runs):
    for run in runs:
        run.run_folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            if not (run.run_folder / file).exists():
                (run.run_folder / file).write_text("trained to its end")
""",
    # a notebook is a list of what it writes into its study's folder
    "run.py": """
import sys
from pathlib import Path
text, output = Path(sys.argv[1]).read_text(), Path(sys.argv[2])
TABLE = "label,overall,overall_low,overall_high,measured_on\\nPaSST,1.25,1.1,1.4,made-up\\n"
for file in [output, *(output.parents[1] / name for name in text.split())]:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TABLE)
""",
}
MADE = {
    "00_simulated_benchmark": "",
    "01_dir_analysis": "tables/dir_measures.csv figures/figure_1.png",
    "02_icl_grid_search": "tables/table_1.csv",
    "03_main_training": "",
    "04_device_probe": "tables/table_2.csv",
    "05_results": "tables/table_3.csv",
    "06_dir_generator": "tables/generator_differences.csv",
    "07_beyond_the_paper": "tables/beyond_probes.csv",
    "08_claims": "tables/ledger.csv",
}


def copied_project(root: Path, saves_every_s: float | None = None) -> Path:
    """All that a study needs, at `root`; trainings there may save more often than they do here."""
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for folder in ("asc_lib", "notebooks", "params"):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignore)
    shutil.copy(ROOT / "Snakefile", root)
    if saves_every_s is not None:
        changed(root / "asc_lib/train/runs.py", "_LEAST_S = 20 ", f"_LEAST_S = {saves_every_s} ")
    return root


def changed(file: Path, old: str, new: str) -> None:
    """A line of a copy, to save time."""
    assert file.read_text().count(old) == 1, file
    file.write_text(file.read_text().replace(old, new))


def faked_project(root: Path) -> Path:
    """A project whose data, trainings and notebooks are quick fakes."""
    copied_project(root)
    for module, text in FAKES.items():
        (root / "asc_lib" / module).write_text(text)
    for name, files in MADE.items():
        (root / f"notebooks/{name}.ipynb").write_text(files)
    return root


def small_notebook(root: Path, name: str, *cells: str) -> None:
    """A notebook of these cells at `root`, and what really runs it."""
    shutil.copy(ROOT / "asc_lib/run.py", root / "asc_lib")
    nb = nbformat.v4.new_notebook()
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    parameters = 'study: str = "tiny"\nrun: str = ""'
    nb.cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    nb.cells += [nbformat.v4.new_code_cell(text) for text in cells]
    nbformat.write(nb, root / f"notebooks/{name}.ipynb")


def write_parameters(root: Path, name: str, changes: dict[str, object]) -> None:
    """A study's file at `root`: the smoke study's with changes."""
    values = yaml.safe_load((ROOT / "params/smoke.yaml").read_text()) | changes
    (root / f"params/{name}.yaml").write_text(yaml.safe_dump(values))


def command(name: str, *options: str, profile: str = LOCAL, **values: object) -> list[str]:
    """The study's command as `make study` gives it; `values`: only, cell_timeout."""
    said = [f"{key}={value}" for key, value in {"study": name, **values}.items()]
    where = ["--profile", profile, *(["--cores", "2"] if profile == LOCAL else [])]
    return [sys.executable, "-m", "snakemake", *where, *options, "--config", *said]


def environment(root: Path) -> dict[str, str]:
    """For a study of the copy at `root`."""
    return os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}


def study(
    root: Path, *options: str, name: str = "tiny", **values: object
) -> subprocess.CompletedProcess[str]:
    """Run a study of the copy at `root` to its end; `stdout` holds all that it said."""
    return subprocess.run(
        command(name, *options, **values),
        cwd=root,
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
    )
