"""The classroom page's server: what it serves, where, and to whom."""

import socket
from contextlib import nullcontext

import nbformat
import pytest

from asc_lib import explore, study
from asc_lib.inputs import InputError
from asc_lib.parameters_cell import choose_parameters


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
    command = explore.command(tmp_path / "explore.ipynb", 8866, browser=False)
    assert "--Voila.ip=127.0.0.1" in command and "--port=8866" in command
    assert "--strip_sources=True" in command and "--no-browser" in command
    assert "--no-browser" not in explore.command(tmp_path / "explore.ipynb", 8866, browser=True)


def test_its_template_fetches_nothing_from_elsewhere(tmp_path):
    (template,) = explore.TEMPLATES.rglob("index.html.j2")
    assert "http" not in template.read_text()
    environment = explore.environment(tmp_path)
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
        study.targets(study.check("quick"), "explore")
