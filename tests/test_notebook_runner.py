"""The notebook runner: what fails says so, and nothing half-done stands where a result should."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import pytest
import yaml

from asc_lib import notebook as runner
from asc_lib import papermill_engine
from asc_lib.files import ROOT

PARAMETERS = (
    'study: str = "quick"  # folder\nseed: int = 0  # of the run\nalpha: float = 0.2  # ICL'
)


def write_notebook(folder: Path, *cells: str, parameters: tuple[str, ...] = (PARAMETERS,)) -> Path:
    nb = nbformat.v4.new_notebook()
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    tag = {"tags": ["parameters"]}
    nb.cells = [nbformat.v4.new_code_cell(text, metadata=tag) for text in parameters]
    nb.cells += [nbformat.v4.new_code_cell(text) for text in cells]
    path = folder / "small.ipynb"
    nbformat.write(nb, path)
    return path


def call(folder: Path, notebook: Path, *arguments: object) -> int:
    return runner.main([str(notebook), str(folder / "out" / "small.ipynb"), *map(str, arguments)])


def texts(path: Path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def left(folder: Path) -> list[str]:
    """Files under out/, hidden ones included."""
    out = folder / "out"
    return sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())


def study_file(folder: Path, **changes: object) -> Path:
    values = yaml.safe_load((ROOT / "params" / "quick.yaml").read_text())
    path = folder / "quick.yaml"
    path.write_text(yaml.safe_dump(values | changes))
    return path


def test_success_takes_the_study_and_the_changes_over_it(tmp_path):
    source = "import os\nprint(study, seed, alpha, os.getcwd())"
    notebook = write_notebook(tmp_path, source, "print('a\\rb')")
    before = notebook.read_bytes()
    study = study_file(tmp_path, alpha=0.7)
    assert call(tmp_path, notebook, "-f", study, "-p", "seed", "3") == 0
    # nothing says on which machine's disk it lay
    said = nbformat.read(tmp_path / "out" / "small.ipynb", as_version=4).metadata.papermill
    assert (said.input_path, said.output_path) == ("small.ipynb", "small.ipynb")
    assert left(tmp_path) == ["small.ipynb"]
    assert texts(tmp_path / "out" / "small.ipynb") == f"quick 3 0.7 {ROOT}\nb\n"
    assert notebook.read_bytes() == before


def test_pieces_are_joined_and_a_long_line_holds_nothing_up(tmp_path):
    cell = """
import sys
for n in range(3):
    print(f"step {n}", end="\\r", flush=True)
    sys.stderr.write(f"\\rbar {n}")
    sys.stderr.flush()
print("x" * 3_000_000, end="", flush=True)
"""
    assert call(tmp_path, write_notebook(tmp_path, cell)) == 0
    (_, made) = nbformat.read(tmp_path / "out" / "small.ipynb", as_version=4).cells
    found = {out.name: out.text for out in made.outputs}
    assert len(made.outputs) == 2 and found["stderr"] == "bar 2"
    assert found["stdout"] == "x" * 3_000_000


def test_kernel_is_of_this_environment(tmp_path):
    notebook = write_notebook(tmp_path, "import sys\nprint(sys.executable)")
    assert call(tmp_path, notebook) == 0
    assert texts(tmp_path / "out" / "small.ipynb").strip() == sys.executable


def test_foreign_kernel_is_refused(tmp_path, monkeypatch, capsys):
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text('{"argv": ["/other/bin/python"], "display_name": "other"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    assert call(tmp_path, write_notebook(tmp_path)) == 2
    assert "/other/bin/python" in capsys.readouterr().err


def test_failing_cell_is_kept_with_the_error_first(tmp_path, capsys):
    notebook = write_notebook(tmp_path, "print('before')", "1 / 0", "print('after')")
    assert call(tmp_path, notebook) == 1
    message = capsys.readouterr().err
    assert "cell [3]" in message and "ZeroDivisionError: division by zero" in message
    assert "failed/small.ipynb" in message and "Traceback" not in message
    assert left(tmp_path) == ["failed/small.ipynb"]
    first = nbformat.read(tmp_path / "out" / "failed" / "small.ipynb", as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert "cell [3]" in first.source and "ZeroDivisionError: division by zero" in first.source


def test_failure_leaves_an_older_result_alone_and_success_clears_the_failure(tmp_path):
    good = write_notebook(tmp_path, "print('good')")
    assert call(tmp_path, good) == 0
    before = (tmp_path / "out" / "small.ipynb").read_bytes()
    assert call(tmp_path, write_notebook(tmp_path, "1 / 0")) == 1
    assert (tmp_path / "out" / "small.ipynb").read_bytes() == before
    assert left(tmp_path) == ["failed/small.ipynb", "small.ipynb"]
    assert call(tmp_path, write_notebook(tmp_path, "print('good')")) == 0
    assert left(tmp_path) == ["small.ipynb"]


@pytest.mark.parametrize("last", [(), ("print('after')",)])
def test_killed_kernel_is_a_failure(tmp_path, capsys, last):
    notebook = write_notebook(tmp_path, "import os\nos.kill(os.getpid(), 9)", *last)
    assert call(tmp_path, notebook) == 1
    message = capsys.readouterr().err
    assert "cell [2]" in message and "died" in message and "where memory runs out" in message
    assert left(tmp_path) == ["failed/small.ipynb"]


def test_what_was_executed_before_a_kernel_died_is_kept(tmp_path):
    notebook = write_notebook(tmp_path, "print('first')", "import os\nos.kill(os.getpid(), 9)")
    assert call(tmp_path, notebook) == 1
    assert texts(tmp_path / "out" / "failed" / "small.ipynb") == "first\n"


@pytest.mark.parametrize(("every_s", "least", "most"), [(30, 2, 5), (-1, 12, 99)])
def test_what_was_executed_is_written_now_and_then(tmp_path, monkeypatch, every_s, least, most):
    writes, write = [], papermill.engines.write_ipynb

    def count(*arguments):
        writes.append(arguments)
        write(*arguments)

    monkeypatch.setattr(papermill.engines, "write_ipynb", count)
    monkeypatch.setattr(papermill_engine, "_SAVE_EVERY_S", every_s)
    assert call(tmp_path, write_notebook(tmp_path, *["print(1)"] * 5)) == 0
    assert least <= len(writes) <= most  # each cell is begun and ended


def test_leaving_early_is_a_failure(tmp_path):
    assert call(tmp_path, write_notebook(tmp_path, "raise SystemExit(0)", "print(1)")) == 1
    assert left(tmp_path) == ["failed/small.ipynb"]


def test_swallowed_error_is_a_failure(tmp_path):
    notebook = write_notebook(tmp_path, "1 / 0")
    nb = nbformat.read(notebook, as_version=4)
    nb.cells[-1].metadata["tags"] = ["raises-exception"]
    nbformat.write(nb, notebook)
    assert call(tmp_path, notebook) == 1


def test_slow_cell_is_stopped(tmp_path, capsys):
    notebook = write_notebook(tmp_path, "import time\ntime.sleep(60)")
    assert call(tmp_path, notebook, "--cell-timeout", "1") == 1
    assert "cell [2]" in capsys.readouterr().err


def test_a_cell_that_will_not_be_stopped_is_stopped_all_the_same(tmp_path, capsys):
    stubborn = f"""
import os, signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
open({str(tmp_path / "started")!r}, "w").write(str(os.getpid()))
while True:
    time.sleep(1)
"""
    notebook = write_notebook(tmp_path, "print('before')", stubborn, "print('after')")
    assert call(tmp_path, notebook, "--cell-timeout", "3") == 1
    message = capsys.readouterr().err
    assert "cell [3]" in message and "timed out" in message and "Traceback" not in message
    assert left(tmp_path) == ["failed/small.ipynb"]
    assert texts(tmp_path / "out" / "failed" / "small.ipynb") == "before\n"
    assert gone(int((tmp_path / "started").read_text()))


def test_memory_that_is_not_there_fails_its_cell(tmp_path, capsys):
    greedy = """
import resource
import numpy as np
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.RLIM_INFINITY))
numbers = np.ones(1 << 30)
"""
    assert call(tmp_path, write_notebook(tmp_path, greedy, "print('after')")) == 1
    message = capsys.readouterr().err
    assert "cell [2]" in message and "MemoryError" in message
    assert left(tmp_path) == ["failed/small.ipynb"]


# the file that limits a group of processes, the one that counts its killed ones: cgroup 1, then 2
MEMORY_GROUPS = {
    Path("/sys/fs/cgroup/memory"): ("memory.limit_in_bytes", "memory.oom_control"),
    Path("/sys/fs/cgroup"): ("memory.max", "memory.events"),
}


@pytest.fixture
def small_memory():
    """A group of processes with 64 MB, and the file that counts those the system killed in it."""
    for base, (limit, counts) in MEMORY_GROUPS.items():
        group = base / f"asc_lib_test_{os.getpid()}"
        try:
            group.mkdir()
            (group / limit).write_text(str(64 << 20))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        yield group, group / counts
        while (group / "cgroup.procs").read_text():  # a killed process leaves a moment later
            time.sleep(0.05)
        group.rmdir()
        return
    pytest.skip("a group of processes can be made by root on Linux only")


def test_what_the_system_kills_for_want_of_memory_is_a_failure(tmp_path, capsys, small_memory):
    group, counts = small_memory
    greedy = f"""
import os
open({str(group / "cgroup.procs")!r}, "w").write(str(os.getpid()))
hoard = [b"x" * (1 << 20) for _ in range(512)]
"""
    assert call(tmp_path, write_notebook(tmp_path, "1", greedy, "print('after')")) == 1
    message = capsys.readouterr().err
    assert "cell [3]" in message and "died" in message and "where memory runs out" in message
    assert left(tmp_path) == ["failed/small.ipynb"]
    assert "oom_kill 1" in counts.read_text()


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "x", "nan", "9" * 30, "1; touch x", "²"])
def test_a_limit_that_is_none_is_told(tmp_path, capsys, limit):
    with pytest.raises(SystemExit) as end:
        call(tmp_path, write_notebook(tmp_path), f"--cell-timeout={limit}")
    assert end.value.code == 2
    assert "--cell-timeout" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_told_and_keeps_the_result_before(tmp_path, small_disk, capsys):
    output = small_disk.folder / "small.ipynb"
    good = write_notebook(tmp_path, "print('good')")
    assert runner.main([str(good), str(output)]) == 0
    before = output.read_bytes()
    long = write_notebook(tmp_path, "print('x\\n' * 100_000)", "print('after')")
    assert runner.main([str(long), str(output)]) == 2
    message = capsys.readouterr().err
    assert f"{small_disk.folder}: the disk is full" in message and "Traceback" not in message
    assert output.read_bytes() == before
    assert [file.name for file in small_disk.folder.rglob("*") if file.is_file()] == ["small.ipynb"]
    small_disk.grow(16_000)
    assert runner.main([str(long), str(output)]) == 0


def test_bad_input_met_inside_is_told_as_such(tmp_path, capsys):
    source = "from asc_lib.files import InputError\nraise InputError('x.wav: empty; remove it')"
    assert call(tmp_path, write_notebook(tmp_path, source)) == 2
    assert capsys.readouterr().err == "x.wav: empty; remove it\n"
    assert left(tmp_path) == ["failed/small.ipynb"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-p", "sed", "1"], ["sed", "did you mean seed?"]),
        (["-p", "beta", "1.0"], ["beta", "no such parameter", "alpha"]),  # not declared
        (["-p", "seed", "one"], ["seed", "'one'", "integer"]),
        (["-p", "seed", "1.5"], ["seed", "1.5"]),
        (["-p", "seed", "true"], ["seed", "True"]),
        (["-p", "seed", "-1"], ["seed", "-1", "greater than or equal to 0"]),
        (["-p", "alpha", "1e-3"], ["alpha", "'1e-3'", "0.001"]),  # YAML calls it text
        (["-p", "seed", "010"], ["seed", "010", "8"]),  # YAML calls it octal
        (["-p", "seed", "[1"], ["seed", "[1"]),
        (["-f", "nowhere"], ["nowhere", "no such parameter file"]),
    ],
)
def test_wrong_parameter_starts_nothing(tmp_path, capsys, monkeypatch, arguments, said):
    monkeypatch.setattr(runner, "_papermill", lambda *_: pytest.fail("a kernel was started"))
    assert call(tmp_path, write_notebook(tmp_path), *arguments) == 2
    message = capsys.readouterr().err
    assert all(part in message for part in said), message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"learning_rate": "1e-3"}, ["learning_rate", "0.001"]),
        ({"sed": 1}, ["sed", "did you mean seed?"]),
        ({"alpha": -1.0}, ["alpha", "-1.0"]),
    ],
)
def test_wrong_study_file_starts_nothing(tmp_path, capsys, monkeypatch, change, said):
    monkeypatch.setattr(runner, "_papermill", lambda *_: pytest.fail("a kernel was started"))
    study = study_file(tmp_path, **change)
    assert call(tmp_path, write_notebook(tmp_path), "-f", study) == 2
    message = capsys.readouterr().err
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ((), "0 code cells"),
        ((PARAMETERS, PARAMETERS), "2 code cells"),
        (("seed = 0",), "line 1"),
        (("seed: int = 0\nalpha: float = 2 * seed",), "line 2"),  # would not follow a new seed
        (("seed: int = 'zero'",), "line 1"),
        (("seed: Seed = 0",), "line 1"),
        (("seed: int",), "line 1"),
        (("seed: int = (",), "line 1"),
        (("seed: int = {[]: 1}",), "line 1"),
        (("seed: int = " + "(" * 500,), "parameters cell"),
        (("seed: int = 1\x00",), "parameters cell"),
    ],
)
def test_wrong_parameters_cell_is_refused(tmp_path, capsys, cells, said):
    assert call(tmp_path, write_notebook(tmp_path, "1", parameters=cells)) == 2
    assert said in capsys.readouterr().err


def test_declared_type_must_agree_with_the_study(tmp_path, capsys):
    notebook = write_notebook(tmp_path, parameters=('seed: str = ""',))
    assert call(tmp_path, notebook, "-f", "quick") == 2
    assert "seed: 0 given" in capsys.readouterr().err


def test_own_setting_is_checked_by_its_declared_type(tmp_path, capsys):
    notebook = write_notebook(tmp_path, "print(draws)", parameters=("draws: int = 5",))
    assert call(tmp_path, notebook, "-p", "draws", "7") == 0
    assert texts(tmp_path / "out" / "small.ipynb") == "7\n"
    assert call(tmp_path, notebook, "-p", "draws", "seven") == 2
    assert "draws: 'seven' given" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", ["", "{", "[" * 5000, '{"cells": 3}', "[]", '{"nbformat": 4, "cells": 3}']
)
def test_no_notebook(tmp_path, capsys, content):
    path = tmp_path / "small.ipynb"
    path.write_text(content)
    assert call(tmp_path, path) == 2
    assert str(path) in capsys.readouterr().err


def test_notebook_is_never_its_own_output(tmp_path):
    notebook = write_notebook(tmp_path)
    before = notebook.read_bytes()
    assert runner.main([str(notebook), str(notebook)]) == 2
    assert notebook.read_bytes() == before


WRITE = {
    "a.png": "import matplotlib.pyplot as plt; plt.figure().savefig({!r})",
    "a.pdf": "import matplotlib.pyplot as plt; plt.figure().savefig({!r})",
    "a.csv": "open({!r}, 'w').write('x,y\\n1,2\\n3,4')",
    "a.json": "open({!r}, 'w').write('{{}}')",
    "a.parquet": "import pandas; pandas.DataFrame(dict(x=[1])).to_parquet({!r})",
    "a.safetensors": "import numpy, safetensors.numpy as s\n"
    "s.save_file(dict(x=numpy.ones(99)), {!r})",
    "a.ipynb": "import nbformat as n; n.write(n.v4.new_notebook(), {!r})",
}


def test_expected_files_are_verified(tmp_path, capsys):
    files = [tmp_path / name for name in WRITE]
    cells = [code.format(str(tmp_path / name)) for name, code in WRITE.items()]
    assert call(tmp_path, write_notebook(tmp_path, *cells), "--expect", *files) == 0

    idle = write_notebook(tmp_path, "1")
    assert call(tmp_path, idle, "--expect", *files) == 0  # there from before: loaded, not rewritten
    (tmp_path / "out" / "small.ipynb").unlink()
    for path in files:
        whole = path.read_bytes()
        for part in (whole[:-10], whole[: len(whole) // 2], b"x", b""):
            path.write_bytes(part)
            assert runner.complaints([path]), f"{path.name} cut to {len(part)} bytes"
        path.unlink()
        assert runner.complaints([path]) == [f"{path}: missing"]
        path.write_bytes(whole)
    files[0].write_bytes(files[0].read_bytes()[:100])
    files[1].unlink()
    assert call(tmp_path, idle, "--expect", *files) == 1
    message = capsys.readouterr().err
    assert f"{files[0]}: not readable as png" in message and f"{files[1]}: missing" in message
    assert left(tmp_path) == ["failed/small.ipynb"]


def start(tmp_path: Path, notebook: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "asc_lib.notebook", str(notebook)]
    command.append(str(tmp_path / "out" / "small.ipynb"))
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    return process


def sleeper(tmp_path: Path) -> Path:
    mark = f"import os, time\nopen({str(tmp_path / 'started')!r}, 'w').write(str(os.getpid()))"
    return write_notebook(tmp_path, mark + "\ntime.sleep(60)")


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().split()[2] == "Z":
            return True
        time.sleep(0.1)
    return False


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_leaves_nothing_behind(tmp_path, number):
    process = start(tmp_path, sleeper(tmp_path))
    process.send_signal(number)
    _, message = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in message
    assert left(tmp_path) == []
    assert gone(int((tmp_path / "started").read_text()))


@needs_proc
def test_killed_runner_takes_its_kernel_along_and_blocks_nobody(tmp_path):
    process = start(tmp_path, sleeper(tmp_path))
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert gone(int((tmp_path / "started").read_text()))
    assert call(tmp_path, write_notebook(tmp_path, "1")) == 0
    assert left(tmp_path) == ["small.ipynb"]


def test_a_kernel_takes_no_port_that_another_could_take_first(tmp_path):
    cell = "from ipykernel.connect import get_connection_info\nprint(get_connection_info())"
    assert call(tmp_path, write_notebook(tmp_path, cell)) == 0
    connection = json.loads(texts(tmp_path / "out" / "small.ipynb"))
    assert connection["transport"] == "ipc"
    assert not Path(connection["ip"]).parent.exists()  # nothing stays of its sockets


def test_two_runs_of_one_output_do_not_meet(tmp_path, capsys):
    process = start(tmp_path, sleeper(tmp_path))
    try:
        assert call(tmp_path, write_notebook(tmp_path, "1")) == 1
        assert "another process" in capsys.readouterr().err
        assert process.poll() is None
        assert left(tmp_path) == [".small.partial.ipynb"]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_runner_starts_without_torch():
    code = "import sys, asc_lib.notebook, asc_lib.study; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
