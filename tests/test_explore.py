"""The classroom page's server: what it serves, where, and to whom."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import nbformat
import pytest
import requests
import websocket

from asc_lib import explore
from asc_lib.files import ROOT

TOKEN = "0123456789abcdef"


def answers(url: str) -> int:
    return requests.get(url, timeout=60, allow_redirects=False).status_code


@contextmanager
def served(command: list[str], port: int, folder: Path, environment: dict[str, str]) -> Iterator:
    """The server's log, while it answers at this machine's own address and at no other."""
    log = folder / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
    try:
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        tables = [file.read_text() for file in Path("/proc/net").glob("tcp*")]
        at = [line.split()[1] for table in tables for line in table.splitlines() if " 0A " in line]
        assert {a.split(":")[0] for a in at if a.endswith(f":{port:04X}")} <= {"0100007F"}
        yield log
    finally:
        explore.stop(server)


def test_the_page_is_a_copy_for_the_study_alone_in_its_folder(tmp_path):
    page = explore.page("standard", tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["explore.ipynb"]
    assert 'study = "standard"' in page.read_text().replace('\\"', '"')


def test_who_has_no_token_is_not_let_in_and_own_settings_change_nothing(tmp_path, monkeypatch):
    home, long = tmp_path / "home", tmp_path / ("t" * (102 - len(str(tmp_path))))
    (home / ".jupyter").mkdir(parents=True)
    (home / ".jupyter" / "voila.json").write_text('{"VoilaConfiguration": {"template": "none"}}')
    kernel = home / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "x"}')
    long.mkdir()
    for name, at in {"HOME": home, "JUPYTER_PATH": home, "TMPDIR": long}.items():
        monkeypatch.setenv(name, str(at))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / ".jupyter"))
    (tmp_path / "served").mkdir()
    notebook, page = nbformat.v4.new_notebook(), tmp_path / "served" / "small.ipynb"
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "x", "language": "python"}
    notebook.cells = [nbformat.v4.new_code_cell("print(6 * 7)")]
    nbformat.write(notebook, page)
    port = explore.free_port(0)
    command = explore.command(page, port)
    with patch.dict(os.environ):
        environment = explore.environment(TOKEN)
    assert TOKEN not in " ".join(command)
    at = f"http://127.0.0.1:{port}/"
    with served(command, port, page.parent, environment):
        for way in (at, f"{at}?token=wrong", f"{at}api/kernels"):
            assert answers(way) in (302, 403), way
        browser = requests.Session()
        shown = browser.get(f"{at}?token={TOKEN}", timeout=120)
        assert shown.status_code == 200 and "42" in shown.text and "6 * 7" not in shown.text
        (kernel,) = set(re.findall(r'"kernelId":\s*"([0-9a-f-]+)"', shown.text))
        known = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        ways = f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels"
        for more in ({}, {"cookie": known, "origin": "http://evil.test"}):
            with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
                websocket.create_connection(ways, timeout=30, **more)
        channel, mark = websocket.create_connection(ways, timeout=30, cookie=known), tmp_path / "x"
        order = {"header": {"msg_type": "execute_request", "msg_id": "1"}, "channel": "shell"}
        order |= {"content": {"code": f"open({str(mark)!r}, 'w')", "silent": False}}
        channel.send(json.dumps(order | {"parent_header": {}, "metadata": {}}))
        time.sleep(2)
        channel.close()
        assert not mark.exists()  # a page without code takes none


def test_jupyterlab_listens_here_alone_and_wants_its_token(tmp_path):
    """As `make lab` calls it, whatever a newer JupyterLab's defaults are."""
    (line,) = re.findall(r"\$\(BIN\)/jupyter (lab [^$]*)", (ROOT / "Makefile").read_text())
    port = explore.free_port(0)
    (tmp_path / "notebooks").mkdir()
    command = [sys.executable, "-m", "jupyter", *line.split()]
    command += ["--no-browser", "--allow-root", f"--port={port}"]
    own = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    with served(command, port, tmp_path, os.environ | own) as log:
        assert answers(f"http://127.0.0.1:{port}/api/contents") == 403
        (told,) = set(re.findall(r"token=([0-9a-f]{40,})", log.read_text()))
        assert answers(f"http://127.0.0.1:{port}/api/contents?token={told}") == 200


def test_the_browser_gets_the_address_by_a_file_of_the_users_own(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(explore.webbrowser, "open", opened.append)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert explore.free_port(port) not in (port, 0)  # another, where one is taken
        explore.open_browser("http://127.0.0.1/?token=secret", port, tmp_path)
    assert opened == [(file := tmp_path / "open.html").as_uri()] and "secret" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_what_is_in_the_way_ends_it_before_anything_is_served(capsys, monkeypatch):
    assert explore.main(["quik", "--no-browser"]) == 2
    assert "quik.yaml: no such" in capsys.readouterr().err
    monkeypatch.setattr(explore, "make_data", lambda _study: 1)
    monkeypatch.setattr(explore, "serve", None)
    assert explore.main(["quick", "--no-browser"]) == 1
