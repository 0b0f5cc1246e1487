"""The smoke study from nothing to its last notebook, in a file and thus a process of its own."""

import nbformat
import pytest

from asc_lib.study import load
from tests.projects import copied_project, study
from tests.warnings_shown import warnings_shown


@pytest.mark.study
def test_smoke_study_end_to_end(tmp_path, monkeypatch):
    """The real thing, small: data are simulated, runs trained, the notebooks executed."""
    root = copied_project(tmp_path / "project")
    monkeypatch.setenv("PYTHONWARNINGS", "default")  # in each process of the study, kernels too
    first = study(root, "--omit-from", "report", name="smoke")
    plain = load("smoke").method_runs()[0].run_name
    report = study(root, name="smoke", only=f"03:{plain}")  # of five alike
    logs = {p.stem: p.read_text() for p in root.glob("outputs/smoke/logs/*.log")}
    ends = "".join(text[-2000:] for text in logs.values())
    assert first.returncode == report.returncode == 0, first.stdout + report.stdout + ends
    said = {name: warnings_shown(text) for name, text in logs.items()}
    said |= {"study": warnings_shown(first.stdout)}
    assert not any(said.values()), said
    names = [path.stem for path in (root / "notebooks").glob("0*.ipynb") if "03" not in path.stem]
    for name in [*names, f"03_{plain}"]:
        path = root / "outputs/smoke/notebooks" / f"{name}.ipynb"
        cells = nbformat.read(path, as_version=4).cells
        assert all(c.execution_count for c in cells if c.cell_type == "code" and c.source.strip())
    # with the method that the paper dropped, in both notebooks that show it
    tables = root / "outputs" / "smoke" / "tables"
    for name in ("table_3", "generator_table_3"):
        assert "generated" in (tables / f"{name}.csv").read_text().lower()
    again = study(root, name="smoke", only="05_results")
    assert again.returncode == 0 and "Nothing to be done" in again.stdout
