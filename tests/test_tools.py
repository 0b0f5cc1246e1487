"""The scripts of tools/, and the executed study that one of them made fit to be shown."""

import base64
import re
import runpy
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from asc_lib import study
from asc_lib.files import ROOT
from asc_lib.methods import METHODS

SHOWN = ROOT / "outputs" / "standard"
TEXT = "# Title\nProse.\n\n## Part\n\n```\n# none\n```\n#nor this\n### Last"


@pytest.fixture
def tool(monkeypatch, capsys):
    def run(name: str, *words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(ROOT / "tools" / f"{name}.py", run_name="__main__")
        return end.value.code, capsys.readouterr().err

    return run


def test_a_clean_notebook_has_headings_and_code(tool, tmp_path: Path) -> None:
    source, target = tmp_path / "lesson.ipynb", tmp_path / "new" / "clean.ipynb"
    code = new_code_cell("x = 1", metadata={"tags": ["parameters"]}, execution_count=3)
    code.outputs = [new_output("stream", text="1")]
    nbformat.write(new_notebook(cells=[new_markdown_cell(TEXT), code]), source)
    assert tool("clean_notebook", source, target) == (0, "")
    text, kept = nbformat.read(target, as_version=4).cells
    assert text.source == "# Title\n## Part\n### Last"
    assert kept == code | {"outputs": [], "execution_count": None}
    (bad := tmp_path / "bad.ipynb").write_text("{}")
    for given, said in {source: "name another file", bad: "not readable as a notebook"}.items():
        ended, told = tool("clean_notebook", given, source)
        assert ended == 2 and said in told and told.count("\n") == 1


def test_a_study_is_shown_without_sound_and_of_no_machine(tool, tmp_path, monkeypatch) -> None:
    config = study.load(file := ROOT / "params" / "smoke.yaml")
    monkeypatch.setattr(study, "ROOT", tmp_path)  # where outputs/ lies
    png = (SHOWN / "figures" / "table_3.png").read_bytes()
    data = {"text/html": "<b>bus</b><audio controls><source></audio>"}
    data["image/png"] = base64.b64encode(png).decode()
    notebook = new_notebook(cells=[new_code_cell(outputs=[new_output("display_data", data)])])
    names = {path.stem for path in (ROOT / "notebooks").glob("0*.ipynb")} - {"03_main_training"}
    names |= {f"03_{config.run(method=method, seed=0).run_name}" for method in METHODS}
    (folder := config.output / "notebooks").mkdir(parents=True)
    for name in names:
        nbformat.write(notebook, folder / f"{name}.ipynb")
    assert tool("showcase", file) == (0, "")
    shown = nbformat.read(folder / f"{min(names)}.ipynb", as_version=4).cells[0].outputs[0].data
    assert shown["text/html"] == "<b>bus</b><em>sound: run the notebook to hear it</em>"
    (config.output / "tables").mkdir()
    (config.output / "tables" / "one.csv").write_text(f"{ROOT}/data")
    assert f"one.csv: names {ROOT}" in tool("showcase", file)[1]
    (folder / "01_dir_analysis.ipynb").write_text("{}")
    assert "01_dir_analysis.ipynb: not readable" in tool("showcase", file)[1]


def test_the_standard_study_that_is_shown_is_whole_light_and_of_one_commit() -> None:
    listed = ["git", "-C", ROOT, "ls-files", "outputs/standard"]
    tracked = [ROOT / name for name in subprocess.check_output(listed, text=True).split()]
    assert {file.suffix for file in tracked} == {".ipynb", ".png", ".pdf", ".csv"}
    assert sum(file.stat().st_size for file in tracked) < 20e6
    for file in tracked:
        assert not re.search(rb"/(home|root|Users|work)/[a-z]", file.read_bytes()), file
        if file.suffix == ".ipynb":
            odd = '<audio controls|"output_type": "error"|"execution_count": null'
            assert not re.search(odd, file.read_text()), file
    config = study.load("standard")
    runs = pd.concat(pd.read_csv(SHOWN / "tables" / f"{name}runs.csv") for name in ("", "beyond_"))
    wanted = config.method_runs() + config.generated_runs() + config.beyond_runs()
    # made by an earlier commit, whose digests were others
    named = [re.sub(r"-[0-9a-f]{8}$", "", name) for name in runs["run"]]
    assert {*named} == {re.sub(r"-[0-9a-f]{8}$", "", run.run_name) for run in wanted}
    assert runs["git_commit"].nunique() == 1 and not runs["git_changed"].any()
    table = pd.read_csv(SHOWN / "tables" / "table_3.csv", index_col="label")
    for label, overall in table["overall"].items():  # as README shows it
        assert re.search(
            rf"\| {re.escape(label)} \|.* {overall:.3f} \[", (ROOT / "README.md").read_text()
        )
