"""A study made fit to be shown: silent, of no machine, not too large; and the one that is."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from asc_lib import showcase
from asc_lib.experiment import config as configs
from asc_lib.experiment.config import METHODS, StudyConfig, load
from asc_lib.inputs import ROOT, InputError
from asc_lib.report.listening import listening_table, players

SECOND = np.zeros(32_000, np.float32)


def sounding(text: str = "a table") -> nbformat.NotebookNode:
    table = listening_table({"bus": {"a": SECOND, "b": SECOND}}, 32_000, text)
    one = players({"dry": SECOND}, 32_000)
    code = new_code_cell("show()", execution_count=1)
    code.outputs = [new_output("display_data", {"text/html": html}) for html in (table, one)]
    code.outputs.append(new_output("display_data", {"image/png": "aGk=", "text/plain": "x"}))
    return new_notebook(cells=[code])


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyConfig:
    """A made-up study that has run."""
    for module in (configs, showcase):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    config = load(ROOT / "params" / "smoke.yaml")
    names = sorted(path.name for path in (ROOT / "notebooks").glob("0*.ipynb"))
    for name in names:
        for folder in (tmp_path / "notebooks", config.output / "notebooks"):
            folder.mkdir(parents=True, exist_ok=True)
            if folder.parent == tmp_path or name != "03_main_training.ipynb":
                nbformat.write(sounding(), folder / name)
    for method in METHODS:
        folder = config.run(method=method, seed=0).run_folder
        folder.mkdir(parents=True)
        nbformat.write(sounding(method), folder / "03_main_training.ipynb")
    for part in ("figures", "tables"):
        (config.output / part).mkdir()
        (config.output / part / "one.csv").write_text("a,b\n1,2\n")
    return config


def test_sounds_go_and_all_else_stays(study: StudyConfig) -> None:
    before = nbformat.read(study.output / "notebooks" / "01_dir_analysis.ipynb", as_version=4)
    assert showcase.make(study) < 1
    shown = sorted(path.name for path in (study.output / "notebooks").iterdir())
    assert [f"03_main_training_{method}.ipynb" for method in sorted(METHODS)] == [
        name for name in shown if name.startswith("03")
    ]
    assert len(shown) == 5 + len(METHODS)
    for path in (study.output / "notebooks").iterdir():
        text = path.read_text()
        assert "<audio" not in text and "base64" not in text
        assert text.count("run the notebook to hear it") == 3
    after = nbformat.read(study.output / "notebooks" / "01_dir_analysis.ipynb", as_version=4)
    nbformat.validate(after)
    assert after.cells[0].outputs[2] == before.cells[0].outputs[2]
    table = after.cells[0].outputs[0].data["text/html"]
    assert re.search(r"a table</caption>.*<th scope=\"row\">bus</th>", table, re.DOTALL)
    # a run's own notebook keeps its sound
    run = study.run(method="plain", seed=0).run_folder / "03_main_training.ipynb"
    assert "<audio" in run.read_text()
    # once more changes nothing
    assert showcase.make(study) < 1


def test_what_is_not_fit_is_named(study: StudyConfig, tmp_path: Path) -> None:
    table = study.output / "tables" / "one.csv"
    table.write_text(f"a,b\n1,{tmp_path}/somewhere\n")
    with pytest.raises(InputError, match=re.escape(f"{table}: names {tmp_path}")):
        showcase.make(study)
    table.write_bytes(bytes(20_100_000))
    with pytest.raises(InputError, match="a repository takes 20"):
        showcase.make(study)
    (study.output / "notebooks" / "05_results.ipynb").unlink()
    with pytest.raises(
        InputError, match=r"05_results.ipynb: no such file \(1 are missing\); first"
    ):
        showcase.make(study)
