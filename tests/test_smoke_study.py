"""The smoke study from nothing to its last notebook, every exercise answered."""

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.projects import changed, copied_project, environment, study, write_parameters
from tests.warnings_shown import warnings_shown

# of the smallest study: what takes longest, in the trainings and in the notebooks
FEWER = {"epochs": 1, "grid_alphas": [0.2], "probe_epochs": 2, "bootstrap_draws": 40}
FEWER |= {"generator_steps": 6, "beyond_methods": ["adversary"], "beyond_seeds": 1}

# in the notebook's own names: the shown solution is right, each wrong answer of a hint is not
TRIED = """
{solution}
_right = {last}
def _tried(answer):
    return check(answer, {rest}).state
assert _tried(None) == "open" and _tried(_right) == "right", _right
_wrong = [hint for hint in {hints} if hint is not None and not callable(hint)]
for _answer in [*_wrong, "none of them" if isinstance(_right, str) else -1e9]:
    assert _tried(_answer) == "wrong", _answer
"""


def answer_exercises(notebook: Path) -> int:
    """Add to each exercise of a notebook a cell that answers it, rightly and wrongly."""
    content = nbformat.read(notebook, as_version=4)
    cells, count = [], 0
    for cell in content.cells:
        cells.append(cell)
        if "exercise" not in cell.metadata.get("tags", []):
            continue
        (call,) = (
            node
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check"
        )
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        hints = named.get("hints", call.args[3] if len(call.args) > 3 else ast.Dict([], []))
        *body, last = ast.parse(ast.literal_eval(named["solution"])).body
        rest = [ast.unparse(part) for part in [*call.args[1:], *call.keywords]]
        text = TRIED.format(
            solution="\n".join(map(ast.unparse, body)), last=ast.unparse(last),
            rest=", ".join(rest), hints=ast.unparse(hints),
        )  # fmt: skip
        cells.append(nbformat.v4.new_code_cell(text))
        count += 1
    content.cells = cells
    nbformat.write(content, notebook)
    return count


@pytest.mark.study
def test_smoke_study_end_to_end(tmp_path, monkeypatch):
    """The real thing, small: data are simulated, runs trained, the notebooks executed."""
    root = copied_project(tmp_path / "project")
    write_parameters(root, "smoke", FEWER)
    # tests/show looks at pdfs: they are a quarter of the notebooks' time
    changed(root / "asc_lib/show/page.py", 'pdf = _drawn(figure, "pdf", ', "pdf = dict(")
    changed(root / "asc_lib/show/page.py", "path.write_bytes(pdf)", 'path.write_bytes(b"%PDF")')
    for notebook in (root / "notebooks").glob("0*.ipynb"):
        assert answer_exercises(notebook), f"{notebook}: asks nothing"
    monkeypatch.setenv("PYTHONWARNINGS", "default")  # in each process of the study, kernels too
    first = study(root, "--omit-from", "report", name="smoke")
    logs = {p.stem: p.read_text() for p in root.glob("outputs/smoke/logs/*.log")}
    ends = "".join(text[-2000:] for text in logs.values())
    assert first.returncode == 0, first.stdout + ends
    said = {name: warnings_shown(text) for name, text in logs.items()}
    said |= {"study": warnings_shown(first.stdout)}
    assert not any(said.values()), said
    # one of five reports, by hand
    by_hand = [sys.executable, "-m", "papermill", "notebooks/03_main_training.ipynb"]
    by_hand += [str(root / "outputs/smoke/notebooks/03.ipynb"), "-p", "study", "smoke"]
    done = subprocess.run(by_hand, cwd=root, env=environment(root), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = [path.stem for path in (root / "notebooks").glob("0*.ipynb") if "03" not in path.stem]
    for name in [*names, "03"]:
        path = root / "outputs/smoke/notebooks" / f"{name}.ipynb"
        cells = nbformat.read(path, as_version=4).cells
        assert all(c.execution_count for c in cells if c.cell_type == "code" and c.source.strip())
    # with the method that the paper dropped
    table_3 = root / "outputs" / "smoke" / "tables" / "table_3.csv"
    assert "generated" in table_3.read_text().lower()
    again = study(root, name="smoke", only="08_claims")
    assert again.returncode == 0 and "Nothing to be done" in again.stdout
