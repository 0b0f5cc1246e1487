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

from asc_lib.study import load
from asc_lib.experiment.generator_config import folds_of
from asc_lib.experiment.together import groups_of
from asc_lib.files import ROOT
from asc_lib.progress import Progress, tail
from tests.projects import command, environment, study

MARK = """
import sys
from pathlib import Path
folder = Path({folder})
folder.mkdir(parents=True, exist_ok=True)
(folder / "{name}").write_text('{{"made": true}}')
print("made", folder)
"""

EXPECTED = {
    "00_simulated_benchmark": ["tables/benchmark_plain.csv", "figures/benchmark_spectra.png"],
    "01_dir_analysis": [
        *(f"figures/figure_{n}.{k}" for n in (1, 2) for k in ("png", "pdf", "csv")),
        "tables/dir_measures.csv",
    ],
    "02_icl_grid_search": ["tables/table_1.csv", "figures/icl_grid.png"],
    "04_device_probe": [
        "tables/table_2.csv",
        *(f"tables/probe_{name}.csv" for name in ("ladder", "differences", "depth")),
        "figures/device_probe.png",
    ],
    "05_results": [
        *(f"tables/{name}.csv" for name in ("table_3", "ledger", "audit")),
        "figures/table_3.png",
    ],
    "06_dir_generator": [
        "tables/generator_scores.csv",
        "tables/generator_differences.csv",
        "figures/generator_scores.png",
    ],
    "07_beyond_the_paper": [
        *(f"tables/beyond_{name}.csv" for name in ("table", "probes")),
        "figures/beyond_trade_off.png",
    ],
}
GENERATOR = """
import sys
from pathlib import Path
from asc_lib.study import load
from asc_lib.experiment.generator_config import config_of
folder = config_of(load(sys.argv[1]), sys.argv[2]).folder
folder.mkdir(parents=True, exist_ok=True)
(folder / "provenance.json").write_text("{}")
"""
RUN_FILES = ["history.csv", "predictions.parquet", "weights.safetensors", "provenance.json"]
# seven runs; 1e-05 must not come to notebook 03 as text
TINY = {
    "study": "tiny",
    "seeds": 1,
    "grid_alphas": [0.2],
    "grid_lambdas": [0.00001],
    "grid_fixed_lambda": 0.5,
    "generated_method": False,
    "beyond_methods": ["mmd"],
    "runs_together": 1,
}

WRITE = """
def write(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix:
        case ".csv":
            columns = "label,overall,overall_low,overall_high,seeds,measured_on"
            path.write_text(columns + "\\nPaSST,1.25,1.1,1.4,1,made-up clips\\n")
        case ".json":
            path.write_text("{}")
        case ".parquet":
            import pyarrow.parquet
            pyarrow.parquet.write_table(pyarrow.table(dict(x=[1])), path)
        case ".safetensors":
            import numpy, safetensors.numpy
            safetensors.numpy.save_file(dict(x=numpy.ones(3)), path)
        case ".pdf":
            path.write_text("%PDF-1.4 %%EOF")
        case _:
            from PIL import Image
            Image.new("L", (1, 1)).save(path)
"""


def small_notebook(path: Path, parameters: str, *cells: str) -> None:
    nb = nbformat.v4.new_notebook()
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    tag = {"tags": ["parameters"]}
    nb.cells = [nbformat.v4.new_code_cell(parameters, metadata=tag)]
    nb.cells += [nbformat.v4.new_code_cell(text) for text in cells]
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nb, path)


def training(extra: str = "") -> tuple[str, str]:
    """Parameters and code of a notebook 03 that trains by writing files."""
    config = load("smoke", study="tiny")
    parameters = "\n".join(
        f"{name}: {type(value).__name__} = {value!r}"
        for name, value in config.model_dump(include=set(config.run().model_fields_set)).items()
    )
    names = list(config.run().model_fields_set)
    code = f"""
from asc_lib.study import RunConfig
config = RunConfig(**{{name: globals()[name] for name in {names!r}}})
{extra}
for name in {RUN_FILES!r}:
    if not (config.run_folder / name).exists():
        write(config.run_folder / name)
"""
    return parameters, code


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project whose data, bank and notebooks are quick fakes; its study `tiny` has been run."""
    root = tmp_path_factory.mktemp("tiny") / "project"
    root.mkdir()
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "asc_lib", root / "asc_lib", ignore=ignore)
    shutil.copy(ROOT / "Snakefile", root)
    values = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    values |= TINY
    (root / "params").mkdir()
    (root / "params" / "tiny.yaml").write_text(yaml.safe_dump(values))
    for module, folder, name in [
        ("simulate/benchmark.py", "sys.argv[3]", "simulated.json"),
        ("experiment/prepare.py", "'outputs/' + sys.argv[1]", "bank.json"),
    ]:
        (root / "asc_lib" / module).write_text(MARK.format(folder=folder, name=name))
    (root / "asc_lib/experiment/generator_training.py").write_text(GENERATOR)
    fake = MARK.format(folder="'outputs/' + sys.argv[1] + '/generator/dirs'", name="origin.json")
    (root / "asc_lib/experiment/generated_set.py").write_text(fake)
    for name, files in EXPECTED.items():
        cell = f"from pathlib import Path\nfor f in {files}: write(Path('outputs/tiny') / f)"
        small_notebook(root / f"notebooks/{name}.ipynb", 'study: str = "tiny"', WRITE, cell)
    parameters, code = training()
    small_notebook(root / "notebooks/03_main_training.ipynb", parameters, WRITE, code)
    first = study(root)
    assert first.returncode == 0, first.stdout + first.stderr
    return root, first


@pytest.fixture
def project(made, tmp_path):
    """A finished tiny project to do as one likes with."""
    root = tmp_path / "project"
    shutil.copytree(made[0], root)  # keeps the times of files
    return root


def runs(root: Path) -> list[str]:
    return sorted(p.parent.name for p in root.glob("outputs/tiny/runs/*/03_main_training.ipynb"))


def test_first_call_makes_all_and_says_how_far_it_is(made):
    root, first = made
    config = load("smoke", **TINY)
    assert runs(root) == sorted(config.all_runs())
    for name, files in EXPECTED.items():
        for file in [f"notebooks/{name}.ipynb", *files]:
            assert (root / "outputs/tiny" / file).is_file()
    jobs = 3 + 1 + len(config.all_runs()) + len(folds_of(config)) + len(EXPECTED)
    assert f"[  0/{jobs}   0 %" in first.stdout
    last = f"[{jobs:3d}/{jobs} 100 %"
    assert first.stdout.count(last) == 1
    assert "1.250 [1.10, 1.40]" in first.stdout and "made-up clips" in first.stdout
    assert "outputs/tiny/notebooks/" in first.stdout


def test_second_call_does_nothing_and_says_so(project):
    before = {p: p.stat().st_mtime_ns for p in (project / "outputs").rglob("*") if p.is_file()}
    again = study(project)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing to do: everything is there" in again.stdout
    assert "1.250" in again.stdout
    after = {p: p.stat().st_mtime_ns for p in before}
    changed = {p.name for p in before if before[p] != after[p]}
    assert changed <= {".lock", "snakemake.log"}


def test_jobs_keep_bytecode_where_the_environment_says_not_to(project, tmp_path):
    kept = tmp_path / "bytecode"
    told = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(kept)}
    subprocess.run(
        command("tiny", "--dry-run"), cwd=project, env=environment(project) | told, check=True
    )
    assert list(kept.rglob("asc_lib/experiment/config*.pyc"))


def test_only_makes_a_notebook_and_what_it_needs(project):
    shutil.rmtree(project / "outputs" / "tiny")
    done = study(project, "--only", "00_simulated_benchmark")
    assert done.returncode == 0, done.stdout + done.stderr
    plain = [run.run_name for run in load("smoke", **TINY).method_runs() if run.method == "plain"]
    assert runs(project) == plain
    assert [p.stem for p in project.glob("outputs/tiny/notebooks/*.ipynb")] == [
        "00_simulated_benchmark"
    ]
    assert "only 00_simulated_benchmark" in done.stdout
    assert "[  0/3   0 %" in done.stdout and "[  3/3 100 %" in done.stdout  # bank, run, notebook
    assert "1.250" not in done.stdout
    # 05 reads what 01, 04, 06 and 07 wrote, and the search of lambda: its runs, without 02
    generator = 1 + len(folds_of(load("smoke", **TINY)))
    for name, jobs in (("01_dir_analysis.ipynb", 1), ("05_results", 9 + generator)):
        done = study(project, "--only", name)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"[{jobs:3d}/{jobs} 100 %" in done.stdout
        assert ("1.250" in done.stdout) == (name == "05_results")
        assert "icl_grid_search" not in done.stdout


@pytest.mark.parametrize("name", ["06_more", "03_main_training", "../05_results", "05"])
def test_only_an_unknown_notebook_is_told(project, name):
    before = sorted(project.rglob("*"))
    wrong = study(project, "--only", name)
    assert wrong.returncode == 2
    assert f"'{name}': not a notebook of study tiny; choose one of 00_sim" in wrong.stderr
    assert "05_results, 06_dir_generator" in wrong.stderr
    assert [p for p in sorted(project.rglob("*")) if "__pycache__" not in p.parts] == [
        p for p in before if "__pycache__" not in p.parts
    ]


def test_saved_but_unchanged_notebook_reruns_nothing_and_a_changed_one_does(project):
    source = project / "notebooks" / "05_results.ipynb"
    source.touch()
    assert "nothing to do" in study(project).stdout
    nb = nbformat.read(source, as_version=4)
    nb.cells.append(nbformat.v4.new_markdown_cell("More."))
    nbformat.write(nb, source)
    said = study(project, "--dry-run").stdout
    assert "05_results" in said and "] train" not in said and "04_" not in said


def test_lost_result_of_a_run_is_made_again_and_no_other(project):
    lost, kept = (project / "outputs/tiny/runs" / name for name in runs(project)[:2])
    (lost / "predictions.parquet").unlink()
    weights = (lost / "weights.safetensors").read_bytes()
    (lost / "weights.safetensors").write_bytes(weights)
    inode = (lost / "weights.safetensors").stat().st_ino
    again = study(project)
    assert again.returncode == 0, again.stdout + again.stderr
    assert (lost / "predictions.parquet").is_file()
    assert (lost / "weights.safetensors").stat().st_ino == inode  # loaded, not deleted
    assert f"train {lost.name}" in again.stdout and f"train {kept.name}" not in again.stdout


def test_another_parameter_trains_only_what_depends_on_it(project):
    path = project / "params" / "tiny.yaml"
    path.write_text(path.read_text().replace("probe_epochs: 20", "probe_epochs: 21"))
    said = study(project, "--dry-run").stdout
    assert "04_device_probe" in said and "] train" not in said and "simulate " not in said


def test_a_changed_function_trains_its_method_again(project):
    file = project / "asc_lib" / "model" / "mmd.py"
    text = file.read_text()
    file.write_text("# words\n" + text)
    assert "nothing to do" in study(project).stdout
    file.write_text(text + "\n_SCALE = 3\n")
    said = study(project, "--dry-run").stdout
    assert said.count("] train ") == said.count("] train mmd-") == 1, said


def test_runs_that_hear_the_same_are_trained_by_one_job_and_all_reported_by_one(project):
    path = project / "params" / "tiny.yaml"
    together = TINY | {"runs_together": 2}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | together))
    shutil.rmtree(project / "outputs" / "tiny" / "runs")
    said = study(project, "--dry-run").stdout
    config = load("smoke", **together)
    pairs = [sorted(run.run_name for run in some) for some in groups_of(config) if len(some) == 2]
    alone = config.all_runs().keys() - {name for pair in pairs for name in pair}
    assert len(pairs) == 2 and len(alone) == 3  # pairs: plain and ICL, Multi and both
    assert all(f"] train {first} and 1 more ..." in said for first, _ in pairs)
    assert any(f"] report of {first} and 3 more ..." in said for first, _ in pairs)
    assert all(f"] train {name} ..." in said for name in alone)
    assert said.count("] train ") - said.count("] train DIR") == 5 and said.count("] report ") == 1
    # results wait for no report
    said = study(project, "--only", "04_device_probe", "--dry-run").stdout
    assert f"] train {pairs[0][0]} and 1 more ..." in said and "] report of" not in said


def test_a_joint_grid_and_a_warm_up_are_trained_and_told_to_notebook_03(project):
    path = project / "params" / "tiny.yaml"
    values = yaml.safe_load(path.read_text()) | {"grid_warmup_steps": 7}
    joint = {"grid_joint": True, "grid_alphas": [0.2, 0.4]}
    before = set(runs(project))
    path.write_text(yaml.safe_dump(values | joint))
    said = study(project, "--only", "02_icl_grid_search", "--dry-run").stdout
    wanted = load("smoke", **TINY | {"grid_warmup_steps": 7} | joint).all_runs().keys() - before
    # a 2 x 2 grid adds two points at alpha 0.4, and the warm-up one run
    assert len(wanted) == 3 and all(f"train {name}" in said for name in wanted)
    assert said.count("] train ") == 3, said

    path.write_text(yaml.safe_dump(values))
    (warm,) = load("smoke", **TINY | {"grid_warmup_steps": 7}).all_runs().keys() - before
    done = study(project, "--only", "02_icl_grid_search")
    assert done.returncode == 0, done.stdout + done.stderr
    notebook = project / "outputs/tiny/runs" / warm / "03_main_training.ipynb"
    assert "icl_warmup_steps = 7" in notebook.read_text()


def test_generated_responses_are_trained_with_where_they_are_asked_for(project):
    path = project / "params" / "tiny.yaml"
    values = yaml.safe_load(path.read_text()) | {"generated_method": True, "seeds": 1}
    path.write_text(yaml.safe_dump(values))
    (wanted,) = load("smoke", **TINY | {"generated_method": True}).generated_runs()
    said = study(project, "--only", "06_dir_generator", "--dry-run").stdout
    assert said.index("generated DIRs") < said.index(f"train {wanted.run_name}")
    assert "train DIR generator" not in said  # they are there
    done = study(project, "--only", "06_dir_generator")
    assert done.returncode == 0, done.stdout + done.stderr
    assert wanted.run_name in runs(project)


def test_another_simulator_is_asked_about_its_older_data(project):
    simulator = project / "asc_lib/simulate/benchmark.py"
    marker = project / "outputs/simulated/smoke/tau22/simulated.json"
    simulator.write_text(
        f"import sys\nsys.exit({str(marker)!r} + ': ' + open({str(marker)!r}).read())"
    )
    version = project / "asc_lib/data/simulated.py"
    version.write_text(version.read_text() + "VERSION += 1\n")
    refused = study(project)
    assert refused.returncode == 1
    assert "simulated.json" in refused.stderr and "made" in refused.stderr  # still there to be read
    assert marker.is_file()


def test_failing_job_ends_it_with_its_log(project):
    parameters, code = training("print('a line of the log')\nassert method != 'icl', 'no icl here'")
    small_notebook(project / "notebooks/03_main_training.ipynb", parameters, WRITE, code)
    failed = study(project)
    assert failed.returncode == 1
    assert "FAILED" in failed.stdout
    assert "no icl here" in failed.stderr and "a line of the log" in failed.stderr
    assert "Traceback" not in failed.stderr and "memory" not in failed.stderr
    assert list(project.glob("outputs/tiny/runs/icl-*/failed/03_main_training.ipynb"))
    assert list(project.glob("outputs/tiny/runs/icl-*/weights.safetensors"))  # nothing lost


def test_a_job_that_the_system_kills_is_told_as_such(project):
    for folder in (project / "outputs/tiny/generator").iterdir():
        (folder / "provenance.json").unlink(missing_ok=True)
    (project / "outputs/tiny/notebooks/06_dir_generator.ipynb").unlink()
    dies = "print('step 3', flush=True)\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    (project / "asc_lib/experiment/generator_training.py").write_text(dies)
    failed = study(project, "--only", "06_dir_generator")
    assert failed.returncode == 1
    assert "failed: something ended it from outside" in failed.stderr
    assert "where memory runs out" in failed.stderr and "step 3" in failed.stderr


FAULTS = {
    "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "died"),
    "endless": ("import time\nwhile True:\n    time.sleep(1)", "timed out"),
    "memory": ("raise MemoryError('no room')", "MemoryError: no room"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_runs_on_what_a_fault_left(project, fault):
    """Kernel killed, cell without end, no memory: told with its cell, and nothing downstream."""
    code, said = FAULTS[fault]
    parameters, _ = training()
    small_notebook(project / "notebooks/03_main_training.ipynb", parameters, "1", code)
    downstream = project / "outputs/tiny/notebooks/02_icl_grid_search.ipynb"
    before = downstream.stat().st_mtime_ns
    failed = study(project, "--only", "02_icl_grid_search", "--cell-timeout", "8")
    assert failed.returncode == 1
    assert "cell [4]" in failed.stderr and said in failed.stderr, failed.stderr
    assert "Traceback" not in failed.stderr
    (kept, *_) = project.glob("outputs/tiny/runs/*/failed/03_main_training.ipynb")
    assert "cell [4]" in nbformat.read(kept, as_version=4).cells[0].source
    assert not (kept.parents[1] / kept.name).exists()
    assert not downstream.exists() or downstream.stat().st_mtime_ns == before
    log = (project / "outputs/tiny/logs/snakemake.log").read_text()
    assert "notebook 02_icl_grid_search" not in log


@pytest.mark.parametrize("world", ["x;touch PWNED", "$(touch PWNED)", "`touch PWNED`", "a b", ".."])
def test_a_study_file_cannot_give_the_shell_orders(project, world):
    """Not even where Snakemake is called without `asc_lib.study`, which looks first."""
    file = project / "params" / "tiny.yaml"
    values = yaml.safe_load(file.read_text())
    for part in ("tau22", "vintage", "multi"):
        values[f"{part}_root"] = f"outputs/simulated/{world}/{part}"
    file.write_text(yaml.safe_dump(values))
    call = [sys.executable, "-m", "snakemake", "--cores", "2", "--config", "study=tiny"]
    direct = subprocess.run(
        [*call, "outputs/tiny/bank.json"],
        cwd=project,
        env=environment(project),
        capture_output=True,
    )
    assert direct.returncode != 0
    assert study(project).returncode == 2
    assert not list(project.rglob("PWNED"))


def test_a_name_of_a_study_is_no_order(project):
    name = "x;touch PWNED;"
    shutil.copy(project / "params/tiny.yaml", project / f"params/{name}.yaml")
    assert study(project, name=name).returncode == 2
    call = [sys.executable, "-m", "snakemake", "--cores", "2", "--forceall"]
    subprocess.run(
        [*call, "outputs/tiny/bank.json", "--config", f"study={name}"],
        cwd=project,
        env=environment(project),
        capture_output=True,
    )
    assert not list(project.rglob("PWNED"))


ONLY = ("--only", "02_icl_grid_search")  # two runs and what reads them: to go on is soon done


def start_slow(project: Path) -> subprocess.Popen[str]:
    """A study whose trainings have begun, left a checkpoint and do not end."""
    extra = (
        "import time, os\n"
        "config.run_folder.mkdir(parents=True, exist_ok=True)\n"
        "(config.run_folder / 'checkpoint.json').write_text(str(os.getpid()))\n"
        "time.sleep(100)"
    )
    parameters, code = training(extra)
    small_notebook(project / "notebooks/03_main_training.ipynb", parameters, WRITE, code)
    process = subprocess.Popen(
        command("tiny", "--cores", "2", *ONLY),
        cwd=project,
        env=environment(project),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 90
    while len(list(project.glob("outputs/tiny/runs/*/checkpoint.json"))) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    return process


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().split()[2] != "Z"


def end_of_kernels(marks: list[Path]) -> None:
    deadline = time.monotonic() + 60
    while any(alive(int(mark.read_text())) for mark in marks):
        assert time.monotonic() < deadline, "a kernel outlived its study"
        time.sleep(0.2)


def child_of(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
@pytest.mark.parametrize("who", ["study", "snakemake"])
def test_one_that_is_killed_takes_its_jobs_along_and_the_same_call_goes_on(project, who):
    process = start_slow(project)
    snakemake = child_of(process.pid)
    os.kill(process.pid if who == "study" else snakemake, signal.SIGKILL)
    with process:  # closes what it said
        process.wait(60)
    end_of_kernels(list(project.glob("outputs/tiny/runs/*/checkpoint.json")))
    parameters, code = training()
    small_notebook(project / "notebooks/03_main_training.ipynb", parameters, WRITE, code)
    deadline = time.monotonic() + 60
    while (again := study(project, *ONLY)).returncode == 2:  # held until Snakemake, too, has ended
        assert "another process" in again.stderr and time.monotonic() < deadline
    assert not alive(snakemake)
    assert again.returncode == 0, again.stdout + again.stderr
    assert not list(project.glob("outputs/tiny/runs/*/.*.partial.ipynb"))


def test_what_a_killed_study_put_aside_is_not_restored(project):
    """Snakemake's copies of results are half copies, or old ones, where it was killed."""
    for name in runs(project):
        shutil.rmtree(project / "outputs/tiny/runs" / name)
        stale = project / ".snakemake/backups/outputs/tiny/runs" / name / "history.csv"
        stale.parent.mkdir(parents=True)
        stale.write_text("half of an old histo")
    # trained to its end, and then the notebook fails
    parameters, code = training()
    cells = WRITE, code, "raise ValueError('too late')"
    small_notebook(project / "notebooks/03_main_training.ipynb", parameters, *cells)
    failed = study(project)
    assert failed.returncode == 1 and "too late" in failed.stderr
    trained = list(project.glob("outputs/tiny/runs/*/history.csv"))
    assert trained and all(file.read_text().startswith("label,") for file in trained)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_stop_is_clean_and_a_second_call_meanwhile_is_refused(project):
    process = start_slow(project)
    second = study(project)
    assert second.returncode == 2
    assert "tiny" in second.stderr and "another process" in second.stderr
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; the same command goes on from here" in said and "Traceback" not in said
    marks = list(project.glob("outputs/tiny/runs/*/checkpoint.json"))
    assert len(marks) == 2  # what a training goes on from is still there
    end_of_kernels(marks)
    assert not list(project.glob("outputs/tiny/runs/*/.*.partial.ipynb"))
    parameters, code = training()
    small_notebook(project / "notebooks/03_main_training.ipynb", parameters, WRITE, code)
    again = study(project, *ONLY)
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sed": 1}, ["sed", "did you mean seed?"]),
        ({"learning_rate": "1e-3"}, ["learning_rate", "0.001"]),
        ({"study": "other"}, ["study", "other", "study: wrong"]),
        ({"tau22_root": "no/such/folder"}, ["tau22_root", "no/such/folder"]),
        ({"multi_root": "no/such/folder"}, ["multi_root", "outputs/simulated/quick/multi"]),
        (
            {"tau22_root": "outputs/simulated/quik/tau22"},
            ["tau22_root: world 'quik': size 'quik' is none of smoke, quick"],
        ),
        (
            {"tau22_root": "outputs/simulated/quick/multi"},
            ["tau22_root", "is no simulated tau22; write outputs/simulated/<world>/tau22"],
        ),
        ({"multi_root": "outputs/simulated/quick"}, ["multi_root", "<world>/multi"]),
        ({"compare_tau22_root": "no/such"}, ["compare_tau22_root", "to compare nothing"]),
        ({"compare_vintage_root": "no/such"}, ["compare_vintage_root", "to compare nothing"]),
        ({"checkpoint": "no/such.pt"}, ["checkpoint", "no/such.pt"]),
    ],
)
def test_wrong_input_starts_nothing(made, change, said):
    root, _ = made
    values = yaml.safe_load((root / "params" / "tiny.yaml").read_text()) | {"study": "wrong"}
    (root / "params" / "wrong.yaml").write_text(yaml.safe_dump(values | change))
    wrong = study(root, name="wrong")
    assert wrong.returncode == 2
    assert all(part in wrong.stderr for part in said), wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert not (root / "outputs" / "wrong").exists()


def test_real_data_are_never_simulated(project):
    (project / "real").mkdir()
    values = yaml.safe_load((project / "params" / "tiny.yaml").read_text())
    values |= {"study": "mixed", "tau22_root": "real", "vintage_root": str(project / "real")}
    (project / "params" / "mixed.yaml").write_text(yaml.safe_dump(values))
    shutil.rmtree(project / "outputs" / "simulated")
    said = study(project, "--dry-run", name="mixed").stdout
    assert "simulate multi" in said
    assert "simulate tau22" not in said and "simulate vintage" not in said
    assert "05_results" in said and "00_simulated" not in said
    refused = study(project, "--only", "00_simulated_benchmark", name="mixed")
    assert refused.returncode == 2 and "choose one of 01_dir" in refused.stderr


def test_progress_reads_what_a_progress_bar_left(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"first\n 1 %\r 50 %\r100 %\r\n\n")
    assert tail(log, 1) == ["100 %"]
    assert tail(log, 5) == ["first", "100 %"]
    progress = Progress()
    assert progress.read("Job 3: train x > " + str(log)).endswith("train x ...")
    assert progress.still()[0].endswith("train x: 100 %")


def test_progress_counts_jobs_not_the_rule_all():
    progress = Progress()
    for line in ("job count", "all  1", "train  3", "total  4"):
        progress.read(line)
    assert progress.total == 3
    progress.read("Job 1: train x > log")
    assert progress.read("Finished jobid: 1 (Rule: train)").startswith("[  1/3  33 %")
    only = Progress()
    for _ in range(2):  # a dry run says it twice
        only.read("total  2")
    assert only.total == 2


def test_progress_forgets_a_failure_that_is_tried_again():
    progress = Progress()
    job = "Job 4: train x > outputs/x.log"
    error = ("Error in rule train:", "    jobid: 4")
    assert [progress.read(line) for line in (job, *error)][-1].endswith("train x: FAILED")
    assert list(progress.failed.values()) == [("train x", Path("outputs/x.log"))]
    assert progress.read("Trying to restart job 4.").endswith("train x: once more")
    assert not progress.failed
    killed = "Command 'exec python x' died with <Signals.SIGKILL: 9>."
    for line in (job, killed, *error):
        progress.read(line)
    assert list(progress.failed) == ["4"] and progress.killed == {"4"}  # for good
    for line in (job.replace("4", "5"), "Error in rule train:", "    jobid: 5"):
        progress.read(line)
    assert list(progress.failed) == ["4", "5"] and progress.killed == {"4"}
