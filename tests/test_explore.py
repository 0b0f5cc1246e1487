"""The classroom page's server: what it serves, where, and to whom."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import nbformat
import pytest
import requests
import websocket
from asc_lib.parameters_cell import choose_parameters

from asc_lib import explore, study, study_check
from asc_lib.files import ROOT, InputError


def test_the_page_is_a_copy_for_the_study_alone_in_its_folder(tmp_path):
    before = explore.NOTEBOOK.read_bytes()
    page = explore.page("standard", tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["explore.ipynb"]
    cells = nbformat.read(page, as_version=4).cells
    (given,) = [c for c in cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert 'study = "standard"' in given.source
    assert explore.NOTEBOOK.read_bytes() == before
    assert choose_parameters(explore.NOTEBOOK, "standard", {}) == {"study": "standard"}


def test_it_is_served_to_this_machine_only_and_without_code(tmp_path):
    command = explore.command(tmp_path / "explore.ipynb", 8866)
    assert "--Voila.ip=127.0.0.1" in command and "--port=8866" in command
    assert "--strip_sources=True" in command and "--no-browser" in command


def answers(url: str, **more: object) -> int:
    return requests.get(url, timeout=60, allow_redirects=False, **more).status_code


@contextmanager
def served(command: list[str], port: int, folder: Path, **environment: str) -> Iterator[None]:
    log = folder / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdout=out, stderr=out
        )
    try:
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        explore.stop(server)


def listens_elsewhere(port: int) -> bool:
    """Whether the port answers at another address than 127.0.0.1, out of /proc/net."""
    lines = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    at = {line[1].split(":")[0] for line in lines if line[3] == "0A"
          and int(line[1].split(":")[1], 16) == port}  # fmt: skip
    assert at
    return at != {"0100007F"}


needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc/net")


@needs_proc
def test_who_has_no_token_is_not_let_in(tmp_path):
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "x", "language": "python"}
    notebook.cells = [nbformat.v4.new_code_cell("print(6 * 7)")]
    (tmp_path / "served").mkdir()
    nbformat.write(notebook, tmp_path / "served" / "small.ipynb")
    port, token = explore.free_port(0), "0123456789abcdef"
    command = explore.command(tmp_path / "served" / "small.ipynb", port)
    assert token not in " ".join(command)
    environment = explore.environment(tmp_path, token)
    home = f"http://127.0.0.1:{port}/"
    with served(command, port, tmp_path / "served", **environment):
        assert not listens_elsewhere(port)
        for way in (home, f"{home}?token=wrong", f"{home}api/kernels"):
            assert answers(way) in (302, 403), way
        browser = requests.Session()
        page = browser.get(explore.address(port, token), timeout=120)
        assert page.status_code == 200 and "42" in page.text
        (kernel,) = set(re.findall(r'"kernelId":\s*"([0-9a-f-]+)"', page.text))
        assert answers(f"{home}api/kernels/{kernel}/channels") == 403
        known = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        at = f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels"
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            websocket.create_connection(at, timeout=30)
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            websocket.create_connection(at, timeout=30, cookie=known, origin="http://evil.test")
        channel = websocket.create_connection(at, timeout=30, cookie=known)  # as the page does
        order = {"header": {"msg_type": "execute_request", "msg_id": "1"}, "channel": "shell"}
        mark = tmp_path / "executed"
        order |= {"content": {"code": f"open({str(mark)!r}, 'w')", "silent": False}}
        channel.send(json.dumps(order | {"parent_header": {}, "metadata": {}}))
        time.sleep(2)
        channel.close()
        assert not mark.exists()  # a page without code takes none


@needs_proc
def test_jupyterlab_listens_here_alone_and_wants_its_token(tmp_path):
    """As `make lab` calls it, whatever a newer JupyterLab's defaults are."""
    (line,) = re.findall(r"\$\(BIN\)/jupyter (lab .*)", (ROOT / "Makefile").read_text())
    port = explore.free_port(0)
    command = [sys.executable, "-m", "jupyter", *line.split()[:-1], f"--notebook-dir={tmp_path}"]
    command += ["--no-browser", "--allow-root", f"--port={port}"]
    folders = {
        f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")
    }
    with served(command, port, tmp_path, **folders):
        assert not listens_elsewhere(port)
        assert answers(f"http://127.0.0.1:{port}/api/contents") == 403
        (told,) = set(re.findall(r"token=([0-9a-f]{40,})", (tmp_path / "server.log").read_text()))
        assert answers(f"http://127.0.0.1:{port}/api/contents?token={told}") == 200


def test_the_browser_gets_the_address_by_a_file_of_the_users_own(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(explore.webbrowser, "open", opened.append)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        explore.open_browser(explore.address(port, "secret"), port, tmp_path).join()
    file = tmp_path / "open.html"
    assert opened == [file.as_uri()] and "secret" not in opened[0]
    assert f"http://127.0.0.1:{port}/?token=secret" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_its_template_fetches_nothing_from_elsewhere(tmp_path):
    (template,) = explore.TEMPLATES.rglob("index.html.j2")
    assert "http" not in template.read_text()
    environment = explore.environment(tmp_path, "x")
    assert environment["JUPYTER_PATH"].split(":")[0] == str(explore.TEMPLATES)
    assert str(tmp_path) in environment["IPYTHONDIR"]


def test_a_taken_port_is_replaced_by_a_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert explore.free_port(port) not in (port, 0)
    assert explore.free_port(port) == port


@pytest.mark.parametrize(
    ("name", "message"), [("quik", "no such parameter file"), ("held", "run by another process")]
)
def test_what_is_in_the_way_is_told_before_anything_is_served(name, message, capsys, monkeypatch):
    def held(_name):
        raise InputError("quick: this study is being run by another process; wait for it")

    if name == "held":
        monkeypatch.setattr(explore, "make_data", held)
    assert explore.main([name, "--no-browser"]) == 2
    assert message in capsys.readouterr().err


def test_data_that_cannot_be_made_end_it_with_their_code(monkeypatch):
    monkeypatch.setattr(study, "run", lambda *_: 1)
    monkeypatch.setattr(explore, "held", lambda *_: nullcontext())
    assert explore.main(["quick", "--no-browser"]) == 1


def test_the_page_is_no_notebook_of_a_study():
    with pytest.raises(InputError, match="only 'explore'"):
        study_check.targets(study_check.check("quick"), "explore")
