"""Notebook 03 for several runs in one kernel, none of which finds anything of the one before."""

import pytest

from asc_lib import notebook as runner
from asc_lib import run_notebooks
from asc_lib.experiment.config import RunConfig, load
from asc_lib.inputs import InputError
from asc_lib.kernel import one_kernel
from tests.test_notebook_runner import texts, write_notebook

PARAMETERS = 'study: str = "quick"\nmethod: str = "plain"\nseed: int = 0\n' + "\n".join(
    f"{name}: float = 0.0" for name in ("alpha", "lambda_icl")
)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Runs whose notebook is a small one of the test's, in a folder of its own."""
    monkeypatch.setattr(RunConfig, "run_folder", property(lambda run: tmp_path / run.run_name))
    monkeypatch.setattr(run_notebooks, "RUN_FILES", ["history.csv"])

    def with_notebook(*cells: str) -> list[RunConfig]:
        notebook = write_notebook(tmp_path, *cells, parameters=(PARAMETERS,))
        monkeypatch.setattr(run_notebooks, "NOTEBOOK", notebook)
        found = [load("quick").run(method="plain", seed=seed) for seed in range(3)]
        for run in found:
            run.run_folder.mkdir()
            (run.run_folder / "history.csv").write_text("epoch\n1\n")
        return found

    return with_notebook


def test_each_notebook_finds_the_same_kernel_empty(tmp_path):
    notebook = write_notebook(
        tmp_path, "import os\nprint(os.getpid(), 'left' in globals(), len(In))\nleft = 1"
    )
    said = []
    with one_kernel() as kernel:
        for number in range(3):
            output = tmp_path / f"{number}.ipynb"
            runner.execute(notebook, output, {}, kernel=kernel)
            said.append(texts(output).split())
    assert len({process for process, *_ in said}) == 1
    assert [rest for _, *rest in said] == [["False", "3"]] * 3


def test_no_beat_is_waited_for_once_a_kernel_has_ended():
    with one_kernel() as kernel:
        heart = kernel.client().hb_channel
        heart._create_socket()  # as its thread begins
        assert heart.socket.linger == 0
        heart.close()


def test_every_run_has_its_own_parameters(runs):
    some = runs("print(study, method, seed, alpha, lambda_icl)")
    assert run_notebooks.execute_all("quick", some) == []
    said = [texts(run.run_folder / "small.ipynb") for run in some]
    assert said == [f"quick plain {seed} 0.2 0.5\n" for seed in range(3)]


@pytest.mark.parametrize("failure", ["1 / 0", "import os\n    os.kill(os.getpid(), 9)"])
def test_one_that_fails_costs_the_others_nothing(runs, failure):
    some = runs(f"if seed == 1:\n    {failure}\nprint(seed)")
    (error,) = run_notebooks.execute_all("quick", some)
    assert some[1].run_name in str(error) and "cell [3]" in str(error)
    made = [run.seed for run in some if (run.run_folder / "small.ipynb").is_file()]
    assert made == [0, 2]
    assert (some[1].run_folder / "failed" / "small.ipynb").is_file()


def test_a_notebook_without_its_run_is_a_failure(runs):
    some = runs("print(seed)")
    (some[2].run_folder / "history.csv").unlink()
    (error,) = run_notebooks.execute_all("quick", some)
    assert "history.csv" in str(error)


def test_bad_input_met_in_one_ends_all(runs):
    some = runs("from asc_lib.inputs import InputError\nraise InputError('seed: a bad one')")
    with pytest.raises(InputError, match="a bad one"):
        run_notebooks.execute_all("quick", some)
    assert not list(some[1].run_folder.glob("*.ipynb"))


def test_a_run_that_the_study_does_not_have_starts_nothing(capsys, monkeypatch):
    monkeypatch.setattr(run_notebooks, "execute_all", lambda *_: pytest.fail("started"))
    assert run_notebooks.main(["quick", "plain-s9-00000000"]) == 2
    assert "plain-s9-00000000: no run of quick" in capsys.readouterr().err


def test_the_command_tells_each_failure_and_ends_with_1(runs, capsys, monkeypatch):
    some = runs("if seed < 2:\n    raise ValueError(f'wrong {seed}')\nprint(seed)")
    monkeypatch.setattr(run_notebooks, "runs_named", lambda study, names: some)
    assert run_notebooks.main(["quick", *(run.run_name for run in some)]) == 1
    said = capsys.readouterr().err
    assert "ValueError: wrong 0" in said and "ValueError: wrong 1" in said
    assert (some[2].run_folder / "small.ipynb").is_file()
