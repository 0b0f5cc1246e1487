"""Clean notebooks: headings and code, as runnable as the original."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from asc_lib.clean_notebook import cleaned, main
from asc_lib.files import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("0*.ipynb"))


def write(path: Path) -> Path:
    text = "# Title\nProse.\n\n## Part\n\n```\n# no heading\n```\n#nor this\n### Last"
    code = new_code_cell("x = 1  # kept", metadata={"tags": ["parameters"]}, execution_count=3)
    code.outputs = [new_output("stream", text="1")]
    cells = [new_markdown_cell(text), code, new_markdown_cell("Only prose.")]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_headings_and_code_are_left(tmp_path: Path) -> None:
    source = write(tmp_path / "lesson.ipynb")
    before = source.read_bytes()
    target = tmp_path / "new" / "clean.ipynb"
    assert main([str(source), str(target)]) == 0
    text, code = nbformat.read(target, as_version=4).cells
    assert text.source == "# Title\n## Part\n### Last"
    assert code.source == "x = 1  # kept" and code.metadata.tags == ["parameters"]
    assert not code.outputs and code.execution_count is None
    assert source.read_bytes() == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_studys_notebooks_keep_all_code_and_no_prose(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    clean = cleaned(notebook)
    nbformat.validate(clean)

    def code(of):
        return [c.source for c in of.cells if c.cell_type == "code"]

    assert code(clean) == code(notebook)
    text = [c.source for c in clean.cells if c.cell_type == "markdown"]
    assert len(text) >= 3
    assert all(line.startswith("#") for source in text for line in source.splitlines())
    assert clean.metadata == notebook.metadata


@pytest.mark.parametrize(
    ("name", "said"),
    [("nosuch.ipynb", "no such notebook"), ("bad.ipynb", "not readable as a notebook")],
)
def test_mistakes_are_told(tmp_path: Path, capsys, name: str, said: str) -> None:
    (tmp_path / "bad.ipynb").write_text("{}")
    assert main([str(tmp_path / name), str(tmp_path / "out.ipynb")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.ipynb").exists()


def test_the_notebook_itself_is_never_overwritten(tmp_path: Path, capsys) -> None:
    source = write(tmp_path / "lesson.ipynb")
    before = source.read_bytes()
    assert main([str(source), str(source)]) == 2
    assert "name another file" in capsys.readouterr().err and source.read_bytes() == before
