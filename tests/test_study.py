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

from asc_lib.files import InputError
from asc_lib.study import check, load
from tests.projects import (
    FAKES,
    MADE,
    command,
    environment,
    faked_project,
    small_notebook,
    study,
    write_parameters,
)

pytestmark = pytest.mark.study

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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project of quick fakes; its study has been run."""
    root = faked_project(tmp_path_factory.mktemp("tiny") / "project")
    write_parameters(root, "tiny", TINY)
    first = study(root)
    assert first.returncode == 0, first.stdout
    return root, first.stdout


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
        for file in [f"notebooks/{name}.ipynb"] * ("03" not in name) + files.split():
            assert (root / "outputs/tiny" / file).is_file()
    # a report of the first seed of each method
    reports = [path.stem[3:] for path in root.glob("outputs/tiny/notebooks/03_*.ipynb")]
    assert sorted(reports) == sorted(run.run_name for run in config.method_runs())
    assert "(100%) done" in said and "1.250 [1.10, 1.40]" in said and "made-up" in said
    assert "next: `make lab`" in said


def test_second_call_does_nothing_and_says_so(project: Path) -> None:
    (project / "notebooks/05_results.ipynb").touch()  # saved, unchanged
    files = [path for path in (project / "outputs").rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    again = study(project)
    assert again.returncode == 0 and "Nothing to be done" in again.stdout, again.stdout
    changed = {p.name for p in before if p.is_file() and before[p] != p.stat().st_mtime_ns}
    assert changed <= {".study.lock"}


def test_what_has_changed_or_is_lost_is_made_again_and_nothing_else(project: Path) -> None:
    (project / "notebooks/06_dir_generator.ipynb").write_text("tables/generator_differences.csv\n")
    (name,) = [name for name in runs(project) if name.startswith("vintage")]
    lost = project / "outputs/tiny/runs" / name
    (lost / "predictions.parquet").unlink()
    inode = (lost / "weights.safetensors").stat().st_ino
    again = study(project)
    assert again.returncode == 0 and (lost / "predictions.parquet").is_file(), again.stdout
    assert (lost / "weights.safetensors").stat().st_ino == inode  # loaded, not deleted
    assert again.stdout.count(": train ") == 1
    assert all(f"notebook {name}" in again.stdout for name in ("04", "06", "08"))
    assert not any(word in again.stdout for word in ("simulate ", "notebook 01", "notebook 02"))
    write_parameters(project, "tiny", TINY | {"bootstrap_draws": 21})  # of notebooks alone
    said = study(project, "--dry-run").stdout
    assert "notebook 04" in said and ": train " not in said and "simulate " not in said


def test_only_makes_a_report_and_what_it_needs(project: Path) -> None:
    shutil.rmtree(project / "outputs")
    (other,) = [name for name in load(project / "params/tiny.yaml").all_runs() if "mmd" in name]
    done = study(project, only=f"03:{other}")
    assert done.returncode == 0, done.stdout
    assert [path.stem for path in project.glob("outputs/tiny/notebooks/*")] == [f"03_{other}"]
    assert other in runs(project) and not any("multi" in name for name in runs(project))


def test_nothing_runs_on_what_a_fault_left(project: Path) -> None:
    small_notebook(project, "04_device_probe", "1", "print('a line of the log')\n1 / 0")
    failed = study(project, only="08_claims")
    assert failed.returncode == 1, failed.stdout
    assert "a line of the log" in failed.stdout
    assert "cell [4]: ZeroDivisionError: division by zero" in failed.stdout
    assert "the same command goes on from here" in failed.stdout
    kept = project / "outputs/tiny/notebooks/failed/04_device_probe.ipynb"
    assert "cell [4]" in nbformat.read(kept, as_version=4).cells[0].source
    assert not (kept.parents[1] / kept.name).exists()
    assert ": notebook 08_claims" not in failed.stdout


def test_a_killed_training_is_told_and_an_older_copy_is_not_restored(project: Path) -> None:
    """Snakemake's copies of results are half copies, or old ones, where it was killed."""
    for name in runs(project):
        stale = project / ".snakemake/backups/outputs/tiny/runs" / name / "history.csv"
        stale.parent.mkdir(parents=True)
        stale.write_text("half of an old histo")
        (project / "outputs/tiny/runs" / name / "provenance.json").unlink()
    with (project / "asc_lib/train/training.py").open("a") as file:
        file.write("    import os\n    print('step 3', flush=True)\n    os.kill(os.getpid(), 9)\n")
    failed = study(project)
    assert failed.returncode == 1 and "step 3" in failed.stdout and "SIGKILL" in failed.stdout
    kept = [file.read_text() for file in project.glob("outputs/tiny/runs/*/history.csv")]
    assert kept and set(kept) == {"trained to its end"}


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
        time.sleep(0.1)
    training.write_text(FAKES["train/training.py"])
    again = study(project)
    assert again.returncode == 0 and len(runs(project)) == 7, again.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sed": 1}, ["wrong.yaml", "sed", "seed"]),
        ({"learning_rate": "fast"}, ["learning_rate"]),
        ({"tau22_root": "no/such/folder"}, ["tau22_root", "no/such/folder"]),
        ({"multi_root": "no/such/folder"}, ["multi_root", "outputs/simulated/<world>/multi"]),
        ({"tau22_root": "outputs/simulated/quick/multi"}, ["is no simulated tau22"]),
        ({"compare_tau22_root": "no/such"}, ["compare_tau22_root", "compares nothing"]),
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


@pytest.mark.parametrize(
    ("name", "world", "only", "said"),
    [
        ("tiny", "quik", "", "size 'quik' is none of smoke, quick"),
        ("tiny", "$(touch PWNED)", "", "$(touch PWNED)"),
        ("x;touch PWNED;", "smoke", "", "study: String should match"),
        ("tiny", "smoke", "05_result", "no part of study tiny; choose 05_results"),
        ("tiny", "smoke", "late", "05_results.ipynb: dated ahead of this machine's clock"),
    ],
)
def test_wrong_input_starts_nothing(
    project: Path, name: str, world: str, only: str, said: str
) -> None:
    """A wrong or an evil name, and a file from the future: told in a line."""
    shutil.rmtree(project / "outputs/tiny")
    write_parameters(project, name, TINY | {"multi_root": f"outputs/simulated/{world}/multi"})
    if only == "late":
        os.utime(project / "notebooks/05_results.ipynb", (time.time() + 7200,) * 2)
        only = "05_results"
    wrong = study(project, name=name, only=only)
    assert wrong.returncode == 2 and said in wrong.stdout and "Traceback" not in wrong.stdout
    assert not list(project.rglob("PWNED")) and not (project / "outputs/tiny").exists()


def test_real_data_are_never_simulated(project: Path) -> None:
    (project / "real").mkdir()
    real = {"tau22_root": "real", "vintage_root": str(project / "real")}
    write_parameters(project, "mixed", TINY | real)
    shutil.rmtree(project / "outputs/simulated")
    said = study(project, "--dry-run", name="mixed").stdout
    assert "simulate multi" in said and "05_results" in said
    assert not any(word in said for word in ("simulate tau22", "simulate vintage", "00_simulated"))


def test_a_users_own_settings_and_odd_places_change_nothing(project: Path, tmp_path: Path) -> None:
    """Snakemake's, Jupyter's and matplotlib's settings, a long TMPDIR, a user without a name."""
    small_notebook(project, "00_simulated_benchmark", "import matplotlib.pyplot")
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
    called = command("tiny", only="00_simulated_benchmark")
    env = {k: v for k, v in environment(project).items() if k not in ("USER", "LOGNAME")} | odd
    if os.getuid() == 0 and shutil.which("setpriv"):
        become = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]
        subprocess.run(["chmod", "-R", "a+rwX", tmp_path], check=True)
        for folder in project.parents:
            if os.stat(folder).st_uid == 0 and str(folder).startswith("/tmp/"):
                folder.chmod(0o755)
        # the environment's Python may lie in a home of root's; the system's does as well
        env["PYTHONPATH"] += f":{Path(pytest.__file__).parents[1]}"
        for python in (sys.executable, "/usr/bin/python3"):
            reach = [*become, "sh", "-c", f"exec {python} -c 'import numpy'"]
            if subprocess.run(reach, env=env, capture_output=True).returncode == 0:
                called = [*become, python, *called[1:]]
                break
    done = subprocess.run(called, cwd=project, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    executed = nbformat.read(project / "outputs/tiny/notebooks/00_simulated_benchmark.ipynb", 4)
    assert executed.cells[-1].execution_count
