"""One notebook through `python -m asc_lib.run`; what a study does with it: test_study.py."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from asc_lib.files import ROOT

CODE = ["study: str = 'smoke'\nshare: float = 0.5", "print('share', share * 2)", "1 + 1"]


def run(folder: Path, *words: str, code: list[str] = CODE) -> subprocess.CompletedProcess[str]:
    cells = [nbformat.v4.new_code_cell(text) for text in code]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "lesson.ipynb")
    command = [sys.executable, "-m", "asc_lib.run", folder / "lesson.ipynb", folder / "out.ipynb"]
    return subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True)


def test_values_reach_the_notebook_with_their_type(tmp_path: Path) -> None:
    done = run(tmp_path, "-p", "share", "5e-1", "-p", "study", "quick")
    assert done.returncode == 0 and "share 1.0" in done.stdout, done.stderr
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-p", "shar", "1"], "shar: lesson.ipynb has no such parameter; it has: study, share"),
        (["-p", "share", "much"], "share: 'much' given; lesson.ipynb wants float"),
        (["-p", "study", "nope"], "nope.yaml: no such"),
    ],
)
def test_a_wrong_value_is_told_before_a_kernel_starts(
    tmp_path: Path, words: list[str], said: str
) -> None:
    wrong = run(tmp_path, *words)
    assert wrong.returncode == 2 and said in wrong.stderr and "Traceback" not in wrong.stderr
    assert not (tmp_path / "out.ipynb").exists() and not (tmp_path / "failed").exists()


def test_what_a_notebook_says_of_wrong_input_is_what_the_command_says(tmp_path: Path) -> None:
    code = [CODE[0], "from asc_lib.files import InputError\nraise InputError('x.wav: is silent')"]
    wrong = run(tmp_path, code=code)
    assert wrong.returncode == 2 and wrong.stderr.strip().splitlines()[-1] == "x.wav: is silent"
    assert "x.wav: is silent" in (tmp_path / "failed/out.ipynb").read_text()


def test_of_a_live_panel_the_picture_stays(tmp_path: Path) -> None:
    """A viewer without kernel prefers the live half, and then shows nothing."""
    live = "'application/vnd.jupyter.widget-view+json': {'model_id': 'x'}"
    show = (
        f"from IPython.display import display\ndisplay({{'image/png': 'aaaa', {live}}}, raw=True)"
    )
    done = run(tmp_path, code=[CODE[0], show])
    assert done.returncode == 0, done.stderr
    (shown,) = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[-1].outputs
    assert list(shown.data) == ["image/png"]
    assert str(ROOT) not in (tmp_path / "out.ipynb").read_text()
