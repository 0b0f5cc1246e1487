"""A study: checked before it starts, resumed, left alone when it is done, run once at a time."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml

from asc_lib.files import ROOT, InputError
from asc_lib.study import check, load
from tests.projects import command, environment, study

pytestmark = pytest.mark.study

MADE = {
    "00_simulated_benchmark": [],
    "01_dir_analysis": ["tables/dir_measures.csv", "figures/figure_1.png"],
    "02_icl_grid_search": ["tables/table_1.csv"],
    "04_device_probe": ["tables/table_2.csv"],
    "05_results": ["tables/table_3.csv"],
    "06_dir_generator": ["tables/generator_differences.csv"],
    "07_beyond_the_paper": ["tables/beyond_probes.csv"],
    "08_claims": ["tables/ledger.csv"],
}
# seven runs
TINY = {
    "seeds": 1,
    "grid_alphas": [0.2],
    "grid_lambdas": [0.00001],
    "grid_fixed_lambda": 0.5,
    "generated_method": False,
    "beyond_methods": ["mmd"],
    "runs_together": 2,
}
TABLE = "label,overall,overall_low,overall_high,seeds,measured_on\\nPaSST,1.25,1.1,1.4,1,made-up\\n"
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
}


def small_notebook(path: Path, *cells: str) -> None:
    nb = nbformat.v4.new_notebook()
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    parameters = 'study: str = "tiny"\nrun: str = ""'
    nb.cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    nb.cells += [nbformat.v4.new_code_cell(text) for text in cells]
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nb, path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project whose data, trainings and notebooks are quick fakes; its study has been run."""
    root = tmp_path_factory.mktemp("tiny") / "project"
    shutil.copytree(
        ROOT / "asc_lib", root / "asc_lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "params", root / "params")
    shutil.copy(ROOT / "Snakefile", root)
    write_parameters(root, "tiny", TINY)
    for module, text in FAKES.items():
        (root / "asc_lib" / module).write_text(text)
    for name, files in MADE.items():
        write = "file.parent.mkdir(exist_ok=True)\n    file.write_text(table)"
        paths = f"[Path('outputs/tiny', name) for name in {files}]"
        cell = f"from pathlib import Path\ntable = '{TABLE}'\nfor file in {paths}:\n    {write}"
        small_notebook(root / f"notebooks/{name}.ipynb", cell)
    small_notebook(root / "notebooks/03_main_training.ipynb", "assert run")
    first = study(root)
    assert first.returncode == 0, first.stdout
    return root, first.stdout


def write_parameters(root: Path, name: str, changes: dict[str, object]) -> None:
    values = yaml.safe_load((ROOT / "params/smoke.yaml").read_text()) | changes
    values.pop("study", None)
    (root / f"params/{name}.yaml").write_text(yaml.safe_dump(values))


@pytest.fixture
def project(made: tuple[Path, str], tmp_path: Path) -> Path:
    """A finished tiny project to do as one likes with."""
    root = tmp_path / "project"
    shutil.copytree(made[0], root)  # keeps the times of files
    return root


def runs(root: Path) -> list[str]:
    return sorted(file.parent.name for file in root.glob("outputs/tiny/runs/*/provenance.json"))


def test_first_call_makes_all_and_says_how_far_it_is_and_what_to_do_next(
    made: tuple[Path, str],
) -> None:
    root, said = made
    config = load(root / "params/tiny.yaml")
    assert runs(root) == sorted(config.all_runs()) and len(runs(root)) == 7
    for name, files in MADE.items():
        for file in [f"notebooks/{name}.ipynb", *files]:
            assert (root / "outputs/tiny" / file).is_file()
    # a report of the first seed of each method
    reports = [path.stem[3:] for path in root.glob("outputs/tiny/notebooks/03_*.ipynb")]
    assert sorted(reports) == sorted(run.run_name for run in config.method_runs())
    assert "(100%) done" in said and "1.250 [1.10, 1.40]" in said and "made-up" in said
    assert "next: `make lab`" in said


def test_second_call_does_nothing_and_says_so(project: Path) -> None:
    files = [path for path in (project / "outputs").rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    again = study(project)
    assert again.returncode == 0 and "Nothing to be done" in again.stdout, again.stdout
    changed = {p.name for p in before if p.is_file() and before[p] != p.stat().st_mtime_ns}
    assert changed <= {".study.lock"}


def test_only_makes_a_notebook_and_what_it_needs(project: Path) -> None:
    shutil.rmtree(project / "outputs/tiny")
    done = study(project, only="00_simulated_benchmark")
    assert done.returncode == 0, done.stdout
    plain = [name for name in load(project / "params/tiny.yaml").all_runs() if "plain" in name]
    assert plain[0] in runs(project) and not any("multi" in name for name in runs(project))
    assert [p.stem for p in project.glob("outputs/tiny/notebooks/*.ipynb")] == [
        "00_simulated_benchmark"
    ]
    (other,) = [name for name in load(project / "params/tiny.yaml").all_runs() if "mmd" in name]
    done = study(project, only=f"03:{other}")
    assert done.returncode == 0, done.stdout
    assert (project / f"outputs/tiny/notebooks/03_{other}.ipynb").is_file()
    wrong = study(project, only="05_result")
    assert wrong.returncode == 2 and "no part of study tiny; choose 05_results" in wrong.stdout


def test_what_has_changed_is_made_again_and_nothing_else(project: Path) -> None:
    source = project / "notebooks/05_results.ipynb"
    source.touch()  # saved, unchanged
    assert "Nothing to be done" in study(project).stdout
    source.write_text(source.read_text().replace('"cells"', ' "cells"'))
    said = study(project, "--dry-run").stdout
    assert "notebook 05_results" in said
    assert ": train " not in said and "notebook 04" not in said
    # a parameter of notebook 04 alone: nothing is simulated or trained anew
    write_parameters(project, "tiny", TINY | {"probe_epochs": 21})
    said = study(project, "--dry-run").stdout
    assert "notebook 04_device_probe" in said
    assert ": train " not in said and "simulate " not in said


def test_lost_result_of_a_run_is_made_again_and_no_other(project: Path) -> None:
    lost = project / "outputs/tiny/runs" / runs(project)[0]
    (lost / "predictions.parquet").unlink()
    inode = (lost / "weights.safetensors").stat().st_ino
    again = study(project)
    assert again.returncode == 0 and (lost / "predictions.parquet").is_file(), again.stdout
    assert (lost / "weights.safetensors").stat().st_ino == inode  # loaded, not deleted
    assert again.stdout.count(": train ") == 1


FAULTS = {
    "error": ("print('a line of the log')\n1 / 0", "ZeroDivisionError: division by zero"),
    "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "too much memory"),
    "endless": ("import time\nwhile True:\n    time.sleep(1)", "timed out"),
    "left": ("import sys; sys.exit(0)", "not executed to its end"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_runs_on_what_a_fault_left(project: Path, fault: str) -> None:
    """A cell fails or does not end, a kernel dies: told with its cell, and nothing downstream."""
    code, said = FAULTS[fault]
    small_notebook(project / "notebooks/04_device_probe.ipynb", "1", code, "print('the end')")
    failed = study(project, only="08_claims", cell_timeout=8)
    assert failed.returncode == 1 and said in failed.stdout, failed.stdout
    assert "the same command goes on from here" in failed.stdout
    kept = project / "outputs/tiny/notebooks/failed/04_device_probe.ipynb"
    first = nbformat.read(kept, as_version=4).cells[0].source
    assert ("cell [4]" if fault != "left" else said) in first
    assert not (kept.parents[1] / kept.name).exists()
    assert "Job 0" not in failed.stdout and ": notebook 08_claims" not in failed.stdout
    assert fault != "error" or "a line of the log" in failed.stdout


def test_a_job_that_the_system_kills_is_told(project: Path) -> None:
    shutil.rmtree(project / "outputs/tiny/generator")
    (project / "outputs/tiny/notebooks/06_dir_generator.ipynb").unlink()
    dies = "print('step 3', flush=True)\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    (project / "asc_lib/generator/training.py").write_text(dies)
    failed = study(project, only="06_dir_generator")
    assert failed.returncode == 1 and "step 3" in failed.stdout and "SIGKILL" in failed.stdout


def test_a_study_file_cannot_give_the_shell_orders(project: Path) -> None:
    for world in ("x;touch PWNED", "$(touch PWNED)", "`touch PWNED`", "a b", ".."):
        roots = {
            f"{p}_root": f"outputs/simulated/{world}/{p}" for p in ("tau22", "vintage", "multi")
        }
        write_parameters(project, "tiny", TINY | roots)
        assert study(project).returncode == 2
    name = "x;touch PWNED;"
    shutil.copy(project / "params/tiny.yaml", project / f"params/{name}.yaml")
    assert study(project, name=name).returncode == 2
    assert not list(project.rglob("PWNED"))


SLOW = """
import os, time
def fit_together(runs):
    runs[0].run_folder.mkdir(parents=True, exist_ok=True)
    (runs[0].run_folder / "pid").write_text(str(os.getpid()))
    time.sleep(100)
"""


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().split()[2] != "Z"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_stop_is_clean_and_a_second_call_meanwhile_is_refused(project: Path) -> None:
    training = project / "asc_lib/train/training.py"
    training.write_text(SLOW)
    shutil.rmtree(project / "outputs/tiny/runs")
    process = subprocess.Popen(
        command("tiny"), cwd=project, env=environment(project), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 90
    while len(marks := list(project.glob("outputs/tiny/runs/*/pid"))) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    second = study(project)
    assert second.returncode == 2 and "another process runs this study" in second.stdout
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does at Ctrl-C
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0 and "the same command goes on from here" in said
    assert "Traceback" not in said, said
    while any(alive(int(mark.read_text())) for mark in marks):
        assert time.monotonic() < deadline + 60, "a job outlived its study"
        time.sleep(0.2)
    training.write_text(FAKES["train/training.py"])
    again = study(project)
    assert again.returncode == 0 and len(runs(project)) == 7, again.stdout


def test_what_a_killed_study_put_aside_is_not_restored(project: Path) -> None:
    """Snakemake's copies of results are half copies, or old ones, where it was killed."""
    for name in runs(project):
        stale = project / ".snakemake/backups/outputs/tiny/runs" / name / "history.csv"
        stale.parent.mkdir(parents=True)
        stale.write_text("half of an old histo")
        (project / "outputs/tiny/runs" / name / "provenance.json").unlink()
    with (project / "asc_lib/train/training.py").open("a") as file:
        file.write("    raise ValueError('too late')\n")
    failed = study(project)
    assert failed.returncode == 1 and "too late" in failed.stdout
    kept = [file.read_text() for file in project.glob("outputs/tiny/runs/*/history.csv")]
    assert kept and set(kept) == {"trained to its end"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sed": 1}, ["wrong.yaml", "sed", "seed"]),
        ({"learning_rate": "fast"}, ["learning_rate"]),
        ({"tau22_root": "no/such/folder"}, ["tau22_root", "no/such/folder"]),
        ({"multi_root": "no/such/folder"}, ["multi_root", "outputs/simulated/quick/multi"]),
        ({"tau22_root": "outputs/simulated/quik/tau22"}, ["tau22_root", "quik", "smoke, quick"]),
        ({"tau22_root": "outputs/simulated/quick/multi"}, ["is no simulated tau22"]),
        ({"compare_tau22_root": "no/such"}, ["compare_tau22_root", "to compare nothing"]),
        ({"checkpoint": "no/such.pt"}, ["checkpoint", "no/such.pt"]),
    ],
)
def test_what_is_wrong_is_told_with_its_name(
    made: tuple[Path, str], change: dict[str, object], said: list[str]
) -> None:
    root, _ = made
    write_parameters(root, "wrong", change)
    with pytest.raises(InputError) as told:
        check(str(root / "params/wrong.yaml"))
    assert all(part in str(told.value) for part in said), told.value


def test_wrong_input_starts_nothing(project: Path) -> None:
    write_parameters(project, "wrong", {"sed": 1})
    wrong = study(project, name="wrong")
    assert wrong.returncode == 2 and "sed: no such parameter" in wrong.stdout, wrong.stdout
    assert "Traceback" not in wrong.stdout and not (project / "outputs/wrong").exists()


def test_real_data_are_never_simulated(project: Path) -> None:
    (project / "real").mkdir()
    real = {"tau22_root": "real", "vintage_root": str(project / "real")}
    write_parameters(project, "mixed", TINY | real)
    shutil.rmtree(project / "outputs/simulated")
    said = study(project, "--dry-run", name="mixed").stdout
    assert "simulate multi" in said and "05_results" in said
    assert not any(word in said for word in ("simulate tau22", "simulate vintage", "00_simulated"))


def test_a_user_s_own_settings_and_odd_places_change_nothing(project: Path, tmp_path: Path) -> None:
    """Snakemake's, Jupyter's and matplotlib's settings, a long TMPDIR, a home of nobody."""
    for name in ("01_dir_analysis.ipynb",):
        (project / "outputs/tiny/notebooks" / name).unlink()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/config.yaml").write_text("dry-run: true\n")
    kernel = tmp_path / "data/kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        '{"argv": ["/bin/false"], "display_name": "x", "language": "x"}'
    )
    (tmp_path / "matplotlibrc").write_text("nonsense: 1\n")
    long = tmp_path / ("t" * (110 - len(str(tmp_path))) if len(str(tmp_path)) < 100 else "t")
    long.mkdir()
    odd = {
        "SNAKEMAKE_PROFILE": str(tmp_path / "mine"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_PATH": str(tmp_path / "data"),
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "MPLBACKEND": "nonsense",
        "TMPDIR": str(long),
        "HOME": "/nonexistent",
        "XDG_CACHE_HOME": "",
    }
    done = study(project, only="01_dir_analysis", env=odd)
    assert done.returncode == 0, done.stdout
    assert (project / "outputs/tiny/notebooks/01_dir_analysis.ipynb").is_file()


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="becomes another user")
def test_a_user_without_a_name_runs_it(project: Path) -> None:
    (project / "outputs/tiny/notebooks/01_dir_analysis.ipynb").unlink()
    subprocess.run(["chmod", "-R", "a+rwX", project], check=True)
    for folder in project.parents:
        if os.stat(folder).st_uid == 0 and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    nobody = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]
    # the environment's Python may lie in a home of root's; the system's does as well
    env = environment(project) | {"HOME": "/nonexistent"}
    env["PYTHONPATH"] += f":{Path(pytest.__file__).parents[1]}"
    for name in ("USER", "LOGNAME"):
        env.pop(name, None)
    for python in (sys.executable, "/usr/bin/python3"):
        reach = [*nobody, "sh", "-c", f"exec {python} -c 'import numpy'"]
        if subprocess.run(reach, env=env, capture_output=True).returncode == 0:
            break
    else:
        pytest.skip("no Python here that another user may run")
    done = subprocess.run(
        [*nobody, python, *command("tiny", only="01_dir_analysis")[1:]],
        cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_file_dated_ahead_is_told_until_it_is_touched(project: Path) -> None:
    late = project / "notebooks/01_dir_analysis.ipynb"
    os.utime(late, (time.time() + 7200,) * 2)
    for _ in range(2):
        told = study(project)
        assert told.returncode == 2 and f"{late}: dated ahead" in told.stdout
    late.touch()
    assert study(project).returncode == 0
