"""The panels of notebook 02 in a real browser: every control moved by keys or by choice."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Watched, page_without_code

CODE = """
from asc_lib.icl.panels import Forces, Sandbox
from asc_lib.show.style import use_style

use_style()
display(Forces())
display(Sandbox())
"""
FORCES, SANDBOX = 'img[alt^="Three panels over"]', 'img[alt^="Simulated sandbox"]'
# by description: what is done with the control, and what the picture's words then say
FORCE_MOVES = {
    "alpha": ("key", "alpha 0.3"),
    "beta": ("key", "beta 1.5"),
    "same-device pairs in %": ("key", "55 %"),
}
SANDBOX_MOVES = {
    "lambda": ("key", "lambda = 1,"),
    "alpha": ("key", "alpha = 0.3"),
    "beta": ("key", "beta = 2"),
    "device a's share in %": ("key", "76 % device a"),
    "through DIRs in %": ("key", "10 % through DIRs"),
    "warm-up in steps": ("key", "warm-up 50"),
    "weighting": ("balanced", "balanced"),
    "encoder": ("one hidden layer", ""),
    "scenes": ("3", ""),
    "force on device": ("b", ""),
}


@pytest.fixture
def lesson(tmp_path: Path) -> Iterator[str]:
    """Address of a page with both panels and nothing else."""
    notebook = new_notebook(cells=[new_code_cell(CODE)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    path = tmp_path / "lesson.ipynb"
    nbformat.write(notebook, path)
    with page_without_code(path, tmp_path) as at:
        yield at


def live(page: Page, picture: str) -> Locator:
    """The panel's own picture, not the one for pages without a kernel."""
    return page.locator(f".widget-html {picture}").first


def panel_of(page: Page, picture: str) -> Locator:
    return page.locator(".widget-vbox", has=page.locator(f".widget-html {picture}")).first


def move(page: Page, picture: str, description: str, how: str, words: str) -> None:
    image = live(page, picture)
    before = image.get_attribute("src")
    row = (
        panel_of(page, picture)
        .locator(".widget-inline-hbox", has=page.locator(f'label:text-is("{description}")'))
        .first
    )
    if how == "key":
        handle = row.locator('[role="slider"]').first
        handle.focus()
        page.keyboard.press("ArrowRight")
    else:
        row.locator("select").first.select_option(label=how)
    page.wait_for_function(
        "([s, old, words]) => [...document.querySelectorAll(s)]"
        ".some(i => i.src != old && i.alt.includes(words))",
        arg=[f".widget-html {picture}", before, words],
    )


def test_every_control_of_both_panels(watched: Watched, lesson: str) -> None:
    page = watched.page
    page.goto(lesson)
    page.wait_for_selector(f".widget-html {SANDBOX}")
    for picture, moves in ((FORCES, FORCE_MOVES), (SANDBOX, SANDBOX_MOVES)):
        for description, (how, words) in moves.items():
            move(page, picture, description, how, words)
    alt = live(page, SANDBOX).get_attribute("alt")
    assert "lambda = 1" in alt and "balanced" in alt and "10 % through DIRs" in alt
    assert not page.query_selector_all('[role="alert"]')
    assert not watched.complaints, watched.complaints
    assert not watched.outside, watched.outside
