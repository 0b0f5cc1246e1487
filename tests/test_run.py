"""One notebook through `python -m asc_lib.run`; what a study does with it: test_study.py."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from asc_lib.files import ROOT, InputError
from asc_lib.run import checked, execute

LIVE = "'application/vnd.jupyter.widget-view+json': {'model_id': 'x'}"
CODE = [
    "study: str = 'smoke'\nshare: float = 0.5",
    "from IPython.display import display\nprint('share', share * 2)",
    f"display({{'image/png': 'aaaa', {LIVE}}}, raw=True)",
]


def lesson(folder: Path, *code: str) -> Path:
    cells = [nbformat.v4.new_code_cell(text) for text in (CODE[0], *code)]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "lesson.ipynb")
    return folder / "lesson.ipynb"


def test_values_reach_the_notebook_and_of_a_live_panel_the_picture_stays(tmp_path: Path) -> None:
    """A viewer without kernel prefers the live half, and then shows nothing."""
    command = [sys.executable, "-m", "asc_lib.run", lesson(tmp_path, *CODE[1:])]
    given = [tmp_path / "out.ipynb", "-p", "share", "5e-1", "-p", "study", "quick"]
    done = subprocess.run([*command, *given], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "share 1.0" in done.stdout, done.stderr
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4]
    assert list(cells[-1].outputs[0].data) == ["image/png"]
    assert str(ROOT) not in (tmp_path / "out.ipynb").read_text()


def test_a_wrong_value_is_told(tmp_path: Path) -> None:
    for given, said in [
        ({"shar": "1"}, "shar: lesson.ipynb has no such parameter; it has: study, share"),
        ({"share": "much"}, "share: 'much' given; lesson.ipynb wants float"),
        ({"study": "nope"}, "nope.yaml: no such"),
    ]:
        with pytest.raises(InputError, match=said):
            checked(lesson(tmp_path), given)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            ["cell [2]: ", "too much memory"],
        ),
        ("import time\nwhile True:\n    time.sleep(1)", ["cell [2]: ", "timed out"]),
        ("import sys; sys.exit(0)", ["not executed to its end"]),
        (
            "from asc_lib.files import InputError\nraise InputError('x.wav: silent')",
            ["x.wav: silent"],
        ),
    ],
)
def test_what_was_executed_is_kept_with_what_went_wrong(
    tmp_path: Path, code: str, said: list[str]
) -> None:
    """A kernel dies, a cell does not end, or leaves, or meets wrong input."""
    try:
        told = execute(lesson(tmp_path, code, "'the end'"), tmp_path / "out.ipynb", {}, 3)
    except InputError as error:
        told = str(error)
    first = nbformat.read(tmp_path / "failed/out.ipynb", as_version=4).cells[0].source
    assert all(part in text for part in said for text in (told, first)), (told, first)
    assert not (tmp_path / "out.ipynb").exists()
