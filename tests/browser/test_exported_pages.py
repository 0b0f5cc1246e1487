"""A panel, players and an exercise in an executed notebook, as it is read where no kernel runs."""

import base64
import re
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser

from asc_lib.run import execute

CELLS = (
    'study: str = "quick"  # not looked at',
    """
import ipywidgets, matplotlib.pyplot as plt, numpy as np
from IPython.display import HTML
from asc_lib.show.exercise import check
from asc_lib.show.players import listening_table, players
from asc_lib.show.panels import Panel
tone = 0.1 * np.sin(np.arange(32_000) / 5)
def draw(angle_deg):
    fig, ax = plt.subplots(figsize=(3, 2))
    ax.plot([0, angle_deg])
    return fig
""",
    """
Panel(draw, alt="A line that rises to 30 degrees.", angle_deg=ipywidgets.IntSlider(30),
      sounds=lambda angle_deg: players({"a tone": tone}, 32_000))
""",
    'HTML(listening_table({"bus": {"a": tone}}, 32_000, "sounds"))',
    'check(None, 1, solution="1 + 0")',
)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    notebook.cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    notebook.cells[0].metadata.tags = ["parameters"]
    nbformat.write(notebook, folder / "small.ipynb")
    assert not execute(folder / "small.ipynb", folder / "out" / "small.ipynb", {}, None)
    return folder / "out" / "small.ipynb"


def test_no_dead_control_is_left_and_the_picture_is(executed):
    notebook = nbformat.read(executed, as_version=4)
    assert "widgets" not in notebook.metadata
    kinds = [set(out.data) for cell in notebook.cells for out in cell.get("outputs", [])]
    assert kinds[0] >= {"image/png", "text/plain"}
    assert not any(kind.startswith("application/vnd.jupyter") for data in kinds for kind in data)


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_an_exported_page_shows_the_picture_and_plays_by_itself(executed, template):
    text, _ = HTMLExporter(template_name=template).from_notebook_node(
        nbformat.read(executed, as_version=4)
    )
    (picture,) = re.findall(r'<img\b[^>]*src="data:image/png;base64,([^"]+)"', text)
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    if template == "classic":  # the lab template leaves every picture's alt text out
        assert 'alt="A line that rises to 30 degrees."' in text
    players = re.findall(r"<audio\b[^>]*>", text)
    names = [re.search('aria-label="([^"]+)"', player)[1] for player in players]
    assert names == ["a tone", "bus through a"]
    assert all(" controls" in p and 'src="data:audio/mpeg;base64,' in p for p in players)
    assert ".without-kernel {" not in text  # what hides them beside a live panel
    assert "Not answered yet" in text and "1 + 0</pre>" not in text


def test_a_printed_page_keeps_the_picture(executed: Path, browser: Browser, tmp_path: Path) -> None:
    """PDF as nbconvert's webpdf makes it: the HTML, printed by Chromium."""
    pictures = {}
    for name, cells in {"whole": slice(None), "without the panel": slice(2)}.items():
        notebook = nbformat.read(executed, as_version=4)
        notebook.cells = notebook.cells[cells]
        text, _ = HTMLExporter().from_notebook_node(notebook)
        html = tmp_path / f"{name}.html"
        html.write_text(text)
        page = browser.new_page()
        page.goto(html.as_uri(), wait_until="domcontentloaded")
        pdf = page.pdf()
        page.close()
        assert pdf.startswith(b"%PDF")
        pictures[name] = pdf.count(b"/Subtype /Image")
    assert pictures["whole"] > pictures["without the panel"] == 0
