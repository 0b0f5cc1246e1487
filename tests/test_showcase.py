"""A study made fit to be shown: silent, of no machine, not too large; and the one that is."""

import base64
import io
import re
import subprocess
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import PIL.Image
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from asc_lib import showcase
from asc_lib import study as configs
from asc_lib.files import ROOT, InputError
from asc_lib.report.listening import listening_table, players
from asc_lib.study import METHODS, StudyConfig, load

SECOND = np.zeros(32_000, np.float32)
NOISE = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
SHOWN = ROOT / "outputs" / "standard"


def picture() -> str:
    buffer = io.BytesIO()
    PIL.Image.fromarray(NOISE).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


PICTURE = picture()


def sounding(text: str = "a table") -> nbformat.NotebookNode:
    table = listening_table({"bus": {"a": SECOND, "b": SECOND}}, 32_000, text)
    one = players({"dry": SECOND}, 32_000)
    code = new_code_cell("show()", execution_count=1)
    code.outputs = [new_output("display_data", {"text/html": html}) for html in (table, one)]
    code.outputs.append(new_output("display_data", {"image/png": PICTURE, "text/plain": "x"}))
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
    (config.output / "figures" / "one.png").write_bytes(base64.b64decode(PICTURE))
    return config


def test_sounds_go_and_all_else_stays(study: StudyConfig) -> None:
    before = nbformat.read(study.output / "notebooks" / "01_dir_analysis.ipynb", as_version=4)
    assert showcase.make(study) < 1
    shown = sorted(path.name for path in (study.output / "notebooks").iterdir())
    assert [f"03_main_training_{method}.ipynb" for method in sorted(METHODS)] == [
        name for name in shown if name.startswith("03")
    ]
    assert len(shown) == 7 + len(METHODS)
    for path in (study.output / "notebooks").iterdir():
        text = path.read_text()
        assert "<audio" not in text
        assert text.count("run the notebook to hear it") == 3
    after = nbformat.read(study.output / "notebooks" / "01_dir_analysis.ipynb", as_version=4)
    nbformat.validate(after)
    given, kept = (of.cells[0].outputs[2].data for of in (before, after))
    assert kept["text/plain"] == given["text/plain"]
    seen = PIL.Image.open(io.BytesIO(base64.b64decode(kept["image/png"]))).convert("RGB")
    assert np.abs(np.asarray(seen, float) - NOISE).mean() < 20  # 256 colours of noise
    assert len(kept["image/png"]) < 0.6 * len(given["image/png"])
    assert (study.output / "figures" / "one.png").read_bytes() == base64.b64decode(
        kept["image/png"]
    )
    table = after.cells[0].outputs[0].data["text/html"]
    assert re.search(r"a table</caption>.*<th scope=\"row\">bus</th>", table, re.DOTALL)
    # a run's own notebook keeps its sound
    run = study.run(method="plain", seed=0).run_folder / "03_main_training.ipynb"
    assert "<audio" in run.read_text()
    # once more changes nothing
    once = [path.read_bytes() for path in sorted((study.output / "notebooks").iterdir())]
    showcase.make(study)
    assert once == [path.read_bytes() for path in sorted((study.output / "notebooks").iterdir())]


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


def test_the_standard_study_that_is_shown_is_whole_and_light() -> None:
    tracked = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "outputs/standard"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert {Path(name).suffix for name in tracked} <= {".ipynb", ".png", ".pdf", ".csv"}
    files = [ROOT / name for name in tracked]
    assert sum(file.stat().st_size for file in files) < 1e6 * showcase.LIMIT_MB
    names = {path.stem for path in (ROOT / "notebooks").glob("0*.ipynb")} - {"03_main_training"}
    names |= {f"03_main_training_{method}" for method in METHODS}
    notebooks = [file for file in files if file.suffix == ".ipynb"]
    assert {file.stem for file in notebooks} == names
    for file in notebooks:
        assert "<audio controls" not in file.read_text()
        for cell in nbformat.read(file, as_version=4).cells:
            if cell.cell_type == "code":
                assert cell.execution_count, (file.name, cell.source)
                assert all(out.output_type != "error" for out in cell.outputs)


def test_every_number_of_the_standard_study_has_its_run() -> None:
    config = load("standard")
    of_06 = [r for r in config.method_runs() if r.method in ("plain", "multi")]
    generated = config.generated_runs()
    tables = {"runs": config.method_runs() + generated, "generator_runs": of_06 + generated}
    tables["beyond_runs"] = config.method_runs() + config.beyond_runs()
    commits: set[str] = set()
    for name, wanted in tables.items():
        runs = pd.read_csv(SHOWN / "tables" / f"{name}.csv")
        assert sorted(runs["run"]) == sorted(run.run_name for run in wanted)
        assert not runs["git_changed"].any()
        commits |= {*runs["git_commit"]}
        assert runs["data_fingerprint"].str.startswith("simulated-").all()
    assert len(commits) == 1  # as README says
    table = pd.read_csv(SHOWN / "tables" / "table_3.csv", index_col="method")
    seeds = pd.read_csv(SHOWN / "tables" / "table_3_seeds.csv").groupby("method")["overall"]
    assert seeds.size().eq(config.seeds).all()
    assert seeds.mean().to_dict() == pytest.approx(table["overall"].to_dict())


def test_readme_shows_the_standard_studys_table() -> None:
    table = pd.read_csv(SHOWN / "tables" / "table_3.csv", index_col="label")
    readme = (ROOT / "README.md").read_text()
    for label, row in table.iterrows():
        shown = [
            f"{row[name]:.3f} [{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]"
            for name in ("real", "simulated", "unseen", "overall", "further")
        ]
        assert f"| {label} | {' | '.join(shown)} |" in readme
