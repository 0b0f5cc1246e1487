"""A real Chromium, and the two places where it meets the panels: JupyterLab and the classroom page.

Both show `notebooks/explore.ipynb` on the smallest simulated world, from a folder of their own.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Browser, Page, sync_playwright

from asc_lib import explore
from asc_lib.files import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "no Chromium here; to run the browser tests, install it from your system's packages "
    "(Debian: apt-get install chromium)"
)
PATIENCE_MS = 90_000  # a kernel's first imports on a busy machine


@dataclass
class Watched:
    """A page, what its console complained of, and what it asked other machines for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium has no sandbox for root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if root else []
        )
        yield browser
        browser.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    seen = Watched(page)

    def listen(message) -> None:
        if message.type == "error":
            seen.complaints.append(f"{message.text} ({message.location.get('url')})")

    def keep_inside(route) -> None:
        seen.outside.append(route.request.url)
        route.abort()

    page.on("console", listen)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.route(lambda url: not url.startswith(("http://127.0.0.1", "data:", "blob:")), keep_inside)
    yield seen
    page.close()


@pytest.fixture(scope="session")
def small_page(smoke: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`explore.ipynb` in a folder of its own, for a study on the smallest world."""
    folder = tmp_path_factory.mktemp("page")
    values = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    roots = {f"{part}_root": str(smoke / part) for part in ("tau22", "vintage", "multi")}
    study = folder / "smoke.yaml"
    study.write_text(yaml.safe_dump(values | roots | {"bank_root": str(folder / "banks")}))
    (folder / "served").mkdir()
    return explore.page(str(study), folder / "served")


@contextmanager
def served(command: list[str], address: str, folder: Path, **environment: str) -> Iterator[str]:
    """The address, as long as the command answers there; its words, where it does not."""
    log, at = folder / "server.log", urlsplit(address)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | environment | {"PYTHONPATH": os.pathsep.join(paths)}
    with log.open("w") as out:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        # a request would take the kernel that is kept ready
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex((at.hostname, at.port)) == 0:
                    break
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            pytest.fail(f"{address}: no answer\n{log.read_text()}")
        yield address
    finally:
        explore.stop(server)


@contextmanager
def page_without_code(notebook: Path, folder: Path) -> Iterator[str]:
    """Address at which a notebook is served as the classroom page is."""
    port, token = explore.free_port(0), "a-token-for-this-test"
    with patch.dict(os.environ):
        environment = explore.environment(token)
    address = f"http://127.0.0.1:{port}/?token={token}"
    with served(explore.command(notebook, port), address, folder, **environment) as at:
        yield at


@pytest.fixture
def classroom(small_page: Path, tmp_path: Path) -> Iterator[str]:
    """Address of the classroom page."""
    with page_without_code(small_page, tmp_path) as at:
        yield at


@pytest.fixture
def jupyterlab(small_page: Path, tmp_path: Path) -> Iterator[str]:
    """Address of the same notebook in JupyterLab, nobody's settings but its own."""
    port, token = explore.free_port(0), "a-token-for-this-test"
    settings = tmp_path / "config" / "labconfig"
    settings.mkdir(parents=True)
    # it would ask whether to fetch news
    (settings / "page_config.json").write_text(
        '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}'
    )
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", f"--IdentityProvider.token={token}", "--allow-root"]
    command += [f"--ServerApp.root_dir={small_page.parent}", "--log-level=ERROR"]
    folders = {
        name: str(tmp_path / name.lower())
        for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    }
    folders["JUPYTER_CONFIG_DIR"] = str(settings.parent)
    address = f"http://127.0.0.1:{port}/lab/tree/{small_page.name}?token={token}"
    with served(command, address, tmp_path, **folders) as at:
        yield at
