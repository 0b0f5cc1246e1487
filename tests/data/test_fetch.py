"""Fetching one file: whole and right, or not there at all, whatever the server does."""

import errno
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from asc_lib.data.checksums import Remote
from asc_lib.data.fetch import (
    NoAnswerError,
    NoRoomError,
    Patience,
    ask_size,
    check_address,
    fetch,
)
from asc_lib.files import InputError
from tests.data.file_server import FileServer, running

CONTENT = os.urandom(300_000)
QUICK = Patience(timeout_s=0.3, tries=3, wait_s=0.01)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as server:
        server.files["/set.zip"] = CONTENT
        yield server


def remote(server: FileServer, kind: str = "md5", **changes: object) -> Remote:
    checksum = f"{kind}:{hashlib.new(kind, CONTENT).hexdigest()}" if kind else ""
    return replace(Remote(f"{server.address}/set.zip", "set.zip", checksum), **changes)


def get(wanted: Remote, folder: Path, patience: Patience = QUICK) -> bytes:
    fetch(wanted, folder / "set.zip", folder / ".downloads", patience, progress=False)
    return (folder / "set.zip").read_bytes()


def left(folder: Path) -> set[str]:
    return {file.name for file in (folder / ".downloads").iterdir()}


@pytest.mark.parametrize("kind", ["md5", "sha256", ""])
def test_a_file_comes_once_and_is_recorded(server, tmp_path, kind):
    assert get(remote(server, kind), tmp_path) == CONTENT
    assert get(remote(server, kind), tmp_path) == CONTENT
    assert len(server.asked) == 1
    assert left(tmp_path) == {"record.json"}
    record = json.loads((tmp_path / ".downloads" / "record.json").read_text())
    assert record["set.zip"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert record["set.zip"]["bytes"] == len(CONTENT)


def test_a_break_is_resumed_where_it_was(server, tmp_path):
    server.script = [lambda h: h.serve(only=100_000), lambda h: h.serve(only=50_000)]
    assert get(remote(server), tmp_path) == CONTENT
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_later_call_goes_on_from_the_part(server, tmp_path):
    server.script = [lambda h: h.serve(only=100_000)] + [lambda h: h.answer(503)] * 2
    with pytest.raises(NoAnswerError, match=r"503 .*kept \(0\.1 MB\)"):
        get(remote(server), tmp_path)
    assert not (tmp_path / "set.zip").exists()
    assert get(remote(server), tmp_path) == CONTENT
    assert server.asked[-1][1] == "bytes=100000-"


def test_a_server_without_ranges_begins_anew(server, tmp_path):
    server.script = [lambda h: h.serve(only=100_000, ranges=False), lambda h: h.serve(ranges=False)]
    assert get(remote(server), tmp_path) == CONTENT


def test_what_nobody_vouches_for_is_not_pieced_together(server, tmp_path):
    server.script = [lambda h: h.serve(only=100_000, etag=False)]
    assert get(remote(server, ""), tmp_path) == CONTENT
    assert [asked for _, asked in server.asked] == [None, None]


@pytest.mark.parametrize("etag", [True, False])
def test_a_file_that_changed_between_two_parts_comes_whole(server, tmp_path, etag):
    old = os.urandom(len(CONTENT))
    server.script = [lambda h: h.serve(only=100_000, etag=etag, body=old)]
    assert get(remote(server), tmp_path) == CONTENT
    assert left(tmp_path) == {"record.json"}


def test_a_server_that_ignores_if_range_is_seen_through(server, tmp_path):
    def careless(handler):
        del handler.headers["If-Range"]
        handler.serve()

    server.script = [lambda h: h.serve(only=100_000, body=os.urandom(300_000)), careless]
    assert get(remote(server, ""), tmp_path) == CONTENT


def test_the_server_is_told_which_file_is_gone_on_with(server, tmp_path):
    seen = []

    def watched(handler):
        seen.append(handler.headers["If-Range"])
        handler.serve()

    server.script = [lambda h: h.serve(only=100_000), watched]
    assert get(remote(server), tmp_path) == CONTENT
    assert seen == [f'"{hashlib.md5(CONTENT).hexdigest()}"']


def test_another_range_than_was_asked_for_is_not_taken(server, tmp_path):
    def askew(handler):
        handler.headers.replace_header("Range", "bytes=100001-")
        handler.serve()

    server.script = [lambda h: h.serve(only=100_000), askew]
    assert get(remote(server, ""), tmp_path) == CONTENT


def test_an_end_that_nobody_stated_comes_too_early(server, tmp_path):
    def unstated(handler):
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(CONTENT[:1000])

    server.script = [unstated]
    assert get(remote(server, size=300_000), tmp_path) == CONTENT


def test_a_part_longer_than_the_new_file_is_dropped(server, tmp_path):
    def careless(handler):
        del handler.headers["If-Range"]
        handler.serve()

    server.script = [lambda h: h.serve(only=350_000, body=os.urandom(400_000)), careless]
    assert get(remote(server), tmp_path) == CONTENT


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_that_passes_is_waited_for(server, tmp_path, status):
    server.script = [lambda h: h.answer(status, Retry_After="0")] * 2
    assert get(remote(server), tmp_path) == CONTENT


def test_a_server_says_how_long_to_wait(server, tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr("asc_lib.data.fetch.time.sleep", waits.append)
    server.script = [lambda h: h.answer(429, Retry_After="7")]
    get(remote(server), tmp_path)
    assert waits == [7]


def test_trouble_that_stays_ends_in_a_message(server, tmp_path):
    server.script = [lambda h: h.answer(500)] * 3
    with pytest.raises(NoAnswerError, match=r"after 3 tries.*500"):
        get(remote(server), tmp_path)
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final(server, tmp_path, status):
    server.script = [lambda h: h.answer(status)]
    with pytest.raises(InputError, match=f"answers {status}"):
        get(remote(server), tmp_path)
    assert len(server.asked) == 1 and not (tmp_path / "set.zip").exists()


def test_silence_is_not_waited_out(server, tmp_path):
    server.script = [lambda h: h.stall(20)]
    begun = time.monotonic()
    assert get(remote(server), tmp_path) == CONTENT
    assert time.monotonic() - begun < 10


def test_a_trickle_is_not_waited_out(server, tmp_path):
    server.script = [lambda h: h.drip(0.05, 400)] * 2
    begun = time.monotonic()
    assert get(remote(server), tmp_path) == CONTENT
    assert time.monotonic() - begun < 10
    assert len(server.asked) == 3


def test_nobody_there(tmp_path, server):
    gone = remote(server)
    server.server_close()
    with pytest.raises(NoAnswerError, match="after 3 tries"):
        get(gone, tmp_path)


def test_wrong_bytes_are_kept_aside(server, tmp_path):
    server.files["/set.zip"] = b"y" * 300_000
    with pytest.raises(InputError, match=r"md5 is \w+, published is \w+; it is kept as .*\.wrong"):
        get(remote(server), tmp_path)
    assert not (tmp_path / "set.zip").exists()
    assert (tmp_path / ".downloads" / "set.zip.wrong").read_bytes() == b"y" * 300_000
    server.files["/set.zip"] = CONTENT
    assert get(remote(server), tmp_path) == CONTENT
    assert left(tmp_path) == {"record.json"}


def test_breaks_and_wrong_bytes_come_to_an_end(server, tmp_path):
    server.files["/set.zip"] = b"y" * 300_000
    server.script = [lambda h: h.serve(only=100_000), lambda h: h.serve()] * 5
    with pytest.raises(InputError, match="published"):
        get(remote(server), tmp_path)
    assert len(server.asked) <= 4


def test_another_size_is_refused_before_it_is_fetched(server, tmp_path):
    with pytest.raises(InputError, match=r"300,000 bytes instead of 299,999"):
        get(remote(server, size=299_999), tmp_path)
    assert not (tmp_path / ".downloads" / "set.zip.part").exists()


@pytest.mark.parametrize("length", [299_000, 301_000])
def test_a_wrong_length_does_not_pass(server, tmp_path, length):
    server.script = [lambda h: h.serve(length=length)] * 3
    with pytest.raises(InputError):
        get(remote(server), tmp_path)
    assert not (tmp_path / "set.zip").exists()


def test_content_without_a_stated_end_has_a_limit(server, tmp_path):
    def endless(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"10000\r\n" + b"z" * 0x10000 + b"\r\n")

    server.script = [endless]
    with pytest.raises(InputError, match="more than the 300,000 bytes"):
        get(remote(server, size=300_000), tmp_path)


def test_another_content_later_is_refused_by_both_sums(server, tmp_path):
    get(remote(server, ""), tmp_path)
    (tmp_path / "set.zip").unlink()
    server.files["/set.zip"] = b"new" * 100
    sums = [hashlib.sha256(content).hexdigest() for content in (b"new" * 100, CONTENT)]
    with pytest.raises(
        InputError, match=f"sha256 is {sums[0]}, when it first came it was {sums[1]}"
    ):
        get(remote(server, ""), tmp_path)
    assert not (tmp_path / "set.zip").exists()


@pytest.mark.parametrize("text", ["[]", '{"set.zip": 3}', '{"set.zip": {"sha256": 1}}', "[" * 5000])
def test_a_spoilt_record_lets_nothing_pass(server, tmp_path, text):
    get(remote(server, ""), tmp_path)
    (tmp_path / "set.zip").unlink()
    (tmp_path / ".downloads" / "record.json").write_text(text)
    with pytest.raises(InputError, match=r"record.json: not readable; delete it"):
        get(remote(server, ""), tmp_path)
    assert not (tmp_path / "set.zip").exists()


def test_a_file_of_ones_own_in_its_place_is_left_alone(server, tmp_path):
    (tmp_path / "set.zip").write_bytes(b"mine")
    with pytest.raises(InputError, match="move it away"):
        get(remote(server), tmp_path)
    assert (tmp_path / "set.zip").read_bytes() == b"mine" and not server.asked


def test_redirects_are_followed(server, tmp_path):
    server.script = [
        lambda h: h.answer(302, Location="/there"),
        lambda h: h.answer(301, Location="/set.zip"),
    ]
    assert get(remote(server), tmp_path) == CONTENT
    assert [path for path, _ in server.asked] == ["/set.zip", "/there", "/set.zip"]


def test_redirects_in_a_circle_end(server, tmp_path):
    server.script = [lambda h: h.answer(302, Location="/set.zip")] * 50
    with pytest.raises(InputError, match="more than 10 redirects"):
        get(remote(server), tmp_path)


@pytest.mark.parametrize(
    "place", ["http://example.org/x", "ftp://example.org/x", "file:///etc/passwd"]
)
def test_a_redirect_away_from_https_is_refused(server, tmp_path, place):
    server.script = [lambda h: h.answer(302, Location=place)]
    with pytest.raises(InputError, match=r"refused; only https"):
        get(remote(server), tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "https://",
        "set.zip",
        "file:///x",
        "http://[",
        "http://127.0.0.1.example.org/",
    ],
)
def test_addresses_that_are_refused(url):
    with pytest.raises(InputError):
        check_address(url)


def test_addresses_that_are_taken():
    check_address("https://zenodo.org/x")
    check_address("http://127.0.0.1:8000/x")
    with pytest.raises(InputError):  # a server elsewhere must not send us to this machine's ports
        check_address("http://127.0.0.1:8000/x", may_be_local=False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_keeps_the_part(server, tmp_path, monkeypatch, number):
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("asc_lib.data.fetch._copy", full)
    with pytest.raises(NoRoomError, match="the disk is full"):  # the next file fares no better
        get(remote(server), tmp_path)


def test_sizes_are_asked_for_without_content(server):
    with requests.Session() as session:
        assert ask_size(remote(server), QUICK, session) == 300_000
        assert ask_size(Remote(f"{server.address}/no", "no"), QUICK, session) is None
        server.server_close()
        assert not server.asked
