"""A real Chromium, and the two places where it meets the panels: JupyterLab and the classroom page.

Both show `notebooks/explore.ipynb`, and the forces of notebook 02, on the smallest simulated world.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
import yaml
from playwright.sync_api import Browser, Page, sync_playwright

from asc_lib.files import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "no Chromium here; to run the browser tests, install it from your system's packages "
    "(Debian: apt-get install chromium)"
)
PATIENCE_MS = 90_000  # a kernel's first imports on a busy machine
FORCES = "from asc_lib.icl.panels import Forces\n\ndisplay(Forces())"
SERVE = """
import sys
from pathlib import Path
from asc_lib.explore import serve
serve(sys.argv[1], sys.argv[2], "--no-browser", source=Path(sys.argv[3]))
"""
ADDRESS = r"http://127\.0\.0\.1:(\d+)/\S*token=[0-9a-f]{40,}"


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
def study(smoke: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a study on the smallest world."""
    folder = tmp_path_factory.mktemp("study")
    values = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    roots = {f"{part}_root": str(smoke / part) for part in ("tau22", "vintage", "multi")}
    file = folder / "smoke.yaml"
    file.write_text(yaml.safe_dump(values | roots | {"bank_root": str(folder / "banks")}))
    return file


@pytest.fixture(scope="session")
def panels(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`explore.ipynb` with one panel more, for that study, alone in its folder."""
    notebook = nbformat.read(ROOT / "notebooks" / "explore.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(FORCES))
    for cell in notebook.cells:
        cell.source = cell.source.replace('study: str = "quick"', f'study: str = "{study}"')
    path = tmp_path_factory.mktemp("lab") / "notebooks" / "explore.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(command: list[str], folder: Path, **environment: str) -> Iterator[str]:
    """The address with its token that a server tells, on this machine alone, while it runs."""
    log = folder / "server.log"
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | environment | {"PYTHONPATH": os.pathsep.join(paths)}
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + 60
        while not (told := re.search(ADDRESS, log.read_text())):
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        tables = [file.read_text() for file in Path("/proc/net").glob("tcp*")]
        at = [line.split()[1] for table in tables for line in table.splitlines() if " 0A " in line]
        assert {a.split(":")[0] for a in at if a.endswith(f":{int(told[1]):04X}")} <= {"0100007F"}
        yield told[0]
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


@pytest.fixture(scope="session")
def classroom(panels: Path, study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the classroom page, served to somebody whose own settings are no good."""
    folder = tmp_path_factory.mktemp("classroom")
    own, kernel = folder / ".jupyter", folder / "kernels" / "python3"
    long = folder / ("t" * (102 - len(str(folder))))
    for made in (own, kernel, long):
        made.mkdir(parents=True)
    other = {"VoilaConfiguration": {"multi_kernel_manager_class": "nowhere.None"}}
    (own / "voila.json").write_text(json.dumps(other))
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "x"}')
    bad = {"HOME": folder, "JUPYTER_PATH": folder, "JUPYTER_CONFIG_DIR": own, "TMPDIR": long}
    command = [sys.executable, "-c", SERVE, str(study), f"--port={free_port()}", str(panels)]
    with served(command, folder, **{name: str(value) for name, value in bad.items()}) as at:
        yield at


@pytest.fixture(scope="session")
def jupyterlab(panels: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the same notebook in JupyterLab as `make lab` calls it, nobody's settings."""
    folder = tmp_path_factory.mktemp("settings")
    (folder / "config" / "labconfig").mkdir(parents=True)
    # it would ask whether to fetch news
    (folder / "config" / "labconfig" / "page_config.json").write_text(
        '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}'
    )
    (line,) = re.findall(r"\$\(BIN\)/jupyter (lab [^$]*)", (ROOT / "Makefile").read_text())
    command = [sys.executable, "-m", "jupyter", *line.split(), "--no-browser", "--allow-root"]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    own = {name: str(folder / name.split("_")[1].lower()) for name in names}
    own["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    with served([*command, f"--port={free_port()}"], panels.parents[1], **own) as at:
        yield at
