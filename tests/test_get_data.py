"""The command that fetches the data, against a server on this machine that misbehaves as told."""

import csv
import hashlib
import re
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from asc_lib import get_data
from asc_lib.data.tau22 import check_audio, read_index
from asc_lib.files import ROOT
from tests.conftest import SmallDisk, write_tau22

TOP = "TAU-urban-acoustic-scenes-2022-mobile-development"
COLUMNS = ["data_set", "file", "url", "bytes", "unpacked", "checksum", "licence", "page"]
AUDIO, META = f"{TOP}.audio.1.zip", f"{TOP}.meta.zip"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, content, sent, headers = self.server.files.get(self.path, (404, b"", 0, {}))
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[:sent])
        if sent < len(content) and "stall" in self.path:
            time.sleep(20)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.files: dict[str, tuple[int, bytes, int, dict[str, str]]] = {}
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """The other side has given up, as it should."""

    def give(self, path: str, content: bytes, status: int = 200, sent: int = -1, **headers) -> str:
        sent = len(content) if sent < 0 else sent
        self.files[path] = (status, content, sent, headers)
        return self.address + path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr("pooch.core.time", SimpleNamespace(sleep=lambda _: None))
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A list of archives of our own in the place of the real one."""

    def put(*rows: tuple[str, str, str, bytes]) -> None:
        monkeypatch.setattr(get_data, "ARCHIVES", tmp_path / "archives.csv")
        with get_data.ARCHIVES.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for name, title, url, content in rows:
                md5 = f"md5:{hashlib.md5(content).hexdigest()}"
                writer.writerow([name, title, url, len(content), 0, md5, "LICENCE", "https://page"])

    return put


def packed(folder: Path, members: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return (folder / "a.zip").read_bytes()


@pytest.fixture
def small(server, listed, tmp_path) -> Path:
    """The folder for the small set of `write_tau22`, which the server holds as two archives."""
    made = write_tau22(tmp_path / "made")
    files = {path.relative_to(made): path.read_bytes() for path in made.rglob("*.*")}
    rows = []
    for title, wavs in ((AUDIO, True), (META, False)):
        members = {f"{TOP}/{p}": c for p, c in files.items() if (p.suffix == ".wav") == wavs}
        content = packed(tmp_path, members)
        rows.append(("tau22", title, server.give(f"/{title}", content), content))
    listed(*rows)
    return tmp_path / "got"


def get(*words: object) -> int:
    return get_data.main([*map(str, words), "--yes"])


def left(root: Path) -> set[str]:
    """What lies below a folder, but for the lock's file, which stays."""
    return {path.name for path in root.rglob("*") if path.is_file()} - {".archives.lock"}


def one_line(capsys: pytest.CaptureFixture) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_a_set_comes_whole_and_only_once(small, server, capsys):
    assert get("tau22", small) == 0
    index = read_index(small)
    check_audio(index, small)
    assert len(index) == 36
    assert left(small / ".downloads") == {f"{AUDIO}.files", f"{META}.files"}
    told = capsys.readouterr().out
    assert told.index("LICENCE") < told.index("36 files unpacked")
    assert f"write `tau22_root: {small}` in your file" in told
    server.asked.clear()
    assert get_data.main(["tau22", str(small)]) == 0  # nothing to agree to
    assert not server.asked
    sorted((small / "audio").iterdir())[1].unlink()
    assert get("tau22", small) == 0
    assert server.asked == [f"/{AUDIO}"]
    check_audio(read_index(small), small)
    clip = sorted((small / "audio").iterdir())[1]
    clip.write_bytes(clip.read_bytes()[:-10])  # cut short later
    capsys.readouterr()
    assert get("tau22", small) == 2
    assert f"{clip}: not what {AUDIO} holds; move it away" in one_line(capsys)


def test_the_list_fetches_nothing(small, server, capsys):
    assert get_data.main(["tau22", str(small), "--list"]) == 0
    told = capsys.readouterr().out
    for text in (AUDIO, META, "LICENCE", "https://page", str(small), "to fetch 2 of 2", "free"):
        assert text in told
    assert not server.asked and not small.exists()


def test_archives_are_kept_and_used(small, server):
    assert get("tau22", small, "--keep-archives") == 0
    server.asked.clear()
    (small / "meta.csv").unlink()
    assert get("tau22", small) == 0
    assert not server.asked and (small / "meta.csv").is_file()


def test_a_set_put_there_by_hand_is_left_alone(small, server, tmp_path):
    assert get("tau22", tmp_path / "made") == 0
    assert not server.asked and not (tmp_path / "made" / ".downloads").exists()


def test_a_half_unpacked_set_is_completed(small, server, tmp_path):
    kept = small / ".downloads"
    (kept / "unpacked" / TOP / "audio").mkdir(parents=True)
    (kept / "unpacked" / TOP / "audio" / "cut.wav").write_bytes(b"RIFF")
    (small / "audio").mkdir()
    clip = sorted((tmp_path / "made" / "audio").iterdir())[0]
    (small / "audio" / clip.name).write_bytes(clip.read_bytes())  # moved before the kill
    (kept / AUDIO).write_bytes(server.files[f"/{AUDIO}"][1])
    assert get("tau22", small) == 0
    assert server.asked == [f"/{META}"]
    check_audio(read_index(small), small)
    assert len(list((small / "audio").iterdir())) == 36


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_command_goes_on(server, listed, tmp_path, number):
    content = packed(tmp_path, {"a.txt": bytes(5000)})
    url = server.give("/stall.zip", content, sent=2000)
    listed(("multi", "x.zip", url, content))
    root = tmp_path / "got"
    code = (
        "import signal, sys, pathlib; from asc_lib import get_data\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"get_data.ARCHIVES = pathlib.Path({str(get_data.ARCHIVES)!r})\n"
        f"sys.exit(get_data.main(['multi', {str(root)!r}, '--yes']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        while not list((root / ".downloads").glob("tmp*")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        process.send_signal(number)
        told = process.communicate()[1]
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert told.splitlines() == ["stopped; the same command goes on from here"]
    server.give("/stall.zip", content)
    assert get("multi", root) == 0
    assert left(root) == {"a.txt", "x.zip.files"}


def test_a_broken_off_archive_is_fetched_again(small, server):
    whole = server.files[f"/{META}"]
    server.files[f"/{META}"] = (200, whole[1], 100, {})

    def mend(_: float) -> None:
        server.files[f"/{META}"] = whole

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pooch.core.time", SimpleNamespace(sleep=mend))
        assert get("tau22", small) == 0
    assert server.asked.count(f"/{META}") == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"status": 404}, "/x.zip: the server answers 404 Not Found; .* https://page"),
        ({"content": b"wrong"}, "/x.zip: not the published file .md5:"),
        ({"sent": 10}, "/x.zip: no answer, or broken off .*10 bytes.*; the same command"),
        ({"status": 302, "Location": "http://example.org/x"}, "http://example.org/x: refused"),
    ],
)
def test_faults_of_a_server(server, listed, tmp_path, capsys, given, told):
    content = packed(tmp_path, {"a": b"a"})
    listed(("multi", "x.zip", server.give("/x.zip", **{"content": content} | given), content))
    assert get("multi", tmp_path / "got") == 2
    assert re.search(told, one_line(capsys))
    assert not left(tmp_path / "got")


@pytest.mark.parametrize(
    ("url", "setting", "value", "told"),
    [
        ("https", "ALL_PROXY", "socks5://127.0.0.1:1", "ALL_PROXY=socks5:.* install pysocks"),
        ("https", "https_proxy", "SERVER", "https_proxy=http://127.*: no way through .* 501"),
        ("https", "HTTPS_PROXY", "http://me:secret@[", "HTTPS_PROXY=http://...@.: no way through"),
        ("https", "REQUESTS_CA_BUNDLE", "/no/file.pem", "REQUESTS_CA_BUNDLE: no file /no/file.pem"),
        ("https", "NO_PROXY", "*", "https://127.*: no secure connection .* REQUESTS_CA_BUNDLE"),
        ("http", "NO_PROXY", "*", "http://127.0.0.1:1/x: no answer, .*refused.* HTTPS_PROXY"),
        ("https://no.invalid/x", "NO_PROXY", "*", "https://no.invalid/x: no answer, or broken off"),
        ("http://example.org/x", "NO_PROXY", "*", "http://example.org/x: refused; only https"),
    ],
)
def test_faults_of_network_and_settings(
    server, listed, tmp_path, capsys, monkeypatch, url, setting, value, told
):
    url = {"https": server.address.replace("http", "https"), "http": "http://127.0.0.1:1/x"}.get(
        url, url
    )
    listed(("passt", "x.pt", url, b"x"))
    monkeypatch.setenv(setting, value.replace("SERVER", server.address))
    assert get("passt", tmp_path / "got") == 2
    line = one_line(capsys)
    assert re.search(told, line) and "secret" not in line
    assert get_data.main(["passt", str(tmp_path / "got"), "--list"]) == 0


def evil(name: str, kind: int = stat.S_IFREG, content: bytes = b"x") -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x" * len(name))
    info.external_attr, info.compress_type = (kind | 0o777) << 16, zipfile.ZIP_DEFLATED
    info.filename = name
    return info


@pytest.mark.parametrize(
    ("member", "content", "told"),
    [
        *((evil(n), b"", "outside") for n in ("../e", "a/../../e", "/e", "..", "C:e", "a\\e")),
        (evil("link", stat.S_IFLNK), b"/etc/passwd", "is a link"),
        (evil("pipe", stat.S_IFIFO), b"", "is a link or a device"),
        (evil("bomb"), bytes(60_000_000), "would become 60,000,001"),
    ],
)
def test_evil_archives_write_nothing(server, listed, tmp_path, capsys, member, content, told):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good", "x")
        archive.writestr(member, content)
    data = (tmp_path / "a.zip").read_bytes()
    listed(("multi", "x.zip", server.give("/x.zip", data), data))
    assert get("multi", tmp_path / "deep" / "got") == 2
    line = one_line(capsys)
    assert told in line and "nothing was unpacked" in line
    assert left(tmp_path / "deep") == {"x.zip"}


@pytest.mark.parametrize("spoilt", ["no zip", "other bytes"])
def test_a_damaged_zip_is_told(server, listed, tmp_path, capsys, spoilt):
    data = packed(tmp_path, {"a": b"recording"}).replace(b"recording", b"recordinG")
    data = b"<html>" if spoilt == "no zip" else data
    listed(("multi", "x.zip", server.give("/x.zip", data), data))
    assert get("multi", tmp_path / "got") == 2
    assert "x.zip: not readable as a zip" in one_line(capsys)
    assert not (tmp_path / "got" / "a").exists()


def test_what_a_desktop_adds_is_left_out(server, listed, tmp_path):
    names = ["x/a.wav", "__MACOSX/x/._a.wav", "x/._a.wav", "x/.DS_Store"]
    data = packed(tmp_path, dict.fromkeys(names, b"x"))
    listed(("multi", "x.zip", server.give("/x.zip", data), data))
    assert get("multi", tmp_path / "got") == 0
    assert [path.name for path in (tmp_path / "got").rglob("*.wav")] == ["a.wav"]


def test_files_of_ones_own_are_not_overwritten(small, server, listed, tmp_path, capsys):
    (small / ".downloads").mkdir(parents=True)
    (small / "meta.csv").write_text("mine")
    assert get("tau22", small) == 2
    assert "meta.csv: not what" in one_line(capsys)
    assert (small / "meta.csv").read_text() == "mine"
    listed(("vintage", "a.wav", server.give("/a", b"wav"), b"wav"))
    assert get("vintage", tmp_path / "v") == 0
    assert (tmp_path / "v" / "a.wav").read_bytes() == b"wav"
    assert stat.S_IMODE((tmp_path / "v" / "a.wav").stat().st_mode) & 0o044  # not for one alone
    (tmp_path / "v" / "a.wav").write_text("mine")
    assert get("vintage", tmp_path / "v") == 2
    assert "a.wav: not the published file" in one_line(capsys)


def test_a_full_disk_is_told(small_disk: SmallDisk, server, listed, capsys, monkeypatch):
    content = bytes(10_000_000)
    listed(("passt", "x.pt", server.give("/x", content), content))
    assert get("passt", small_disk.folder / "got") == 2
    assert "the disk is full: 10.0 MB are needed" in one_line(capsys)
    assert not server.asked
    monkeypatch.setattr(get_data, "need", lambda *_: 0)  # what nobody could know before
    assert get("passt", small_disk.folder / "got") == 2
    assert "make room, the same command goes on" in one_line(capsys)


def test_no_permission_is_told(small, capsys, monkeypatch):
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(small))

    monkeypatch.setattr("pooch.core.make_local_storage", forbidden)
    assert get("tau22", small) == 2
    assert f"{small}: Permission denied; give yourself" in one_line(capsys)


@pytest.mark.parametrize(("answer", "fetched"), [("y", True), ("", False), (None, False)])
def test_the_user_is_asked(small, server, monkeypatch, capsys, answer, fetched):
    terminal = type("Terminal", (), {"isatty": lambda self: answer is not None})()
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert get_data.main(["tau22", str(small)]) == (2 if answer is None else 0)
    assert bool(server.asked) == fetched == small.exists()
    assert ("--yes" in capsys.readouterr().err) == (answer is None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["tau23"], "'tau23': not known; choose of tau22"),
        (["tau22", "vintag"], "'vintag': not known.*./vintag"),
        (["all", "./here"], "for one data set"),
        (["tau22", __file__], "is a file"),
    ],
)
def test_wrong_calls(words, told, capsys):
    assert get_data.main([*words, "--list"]) == 2
    assert re.search(told, one_line(capsys))


def test_default_folders_are_those_of_the_papers_study():
    paper = yaml.safe_load((ROOT / "params" / "paper.yaml").read_text())
    for name, (_, parameter) in get_data.SETS.items():
        place = get_data.default_folder(name)
        file = get_data.archives_of(name)[0].file if name == "passt" else ""
        assert place / file == ROOT / paper[parameter]


def test_the_list_of_archives_is_complete():
    files = {name: get_data.archives_of(name) for name in get_data.SETS}
    assert {name: len(rows) for name, rows in files.items()} == {
        **{"tau22": 18, "vintage": 66, "multi": 1, "passt": 1},
    }
    parts = [*(f"audio.{n}" for n in range(1, 17)), "doc", "meta"]
    assert {row.file for row in files["tau22"]} == {f"{TOP}.{part}.zip" for part in parts}
    for row in [row for rows in files.values() for row in rows]:
        assert re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", row.checksum)
        assert re.fullmatch(r"https://[^ &]+", row.url) and row.licence and row.page
        assert "/" not in row.file


def test_tau22_is_what_soundata_knows():
    remotes = pytest.importorskip("soundata.datasets.tau2022uas_mobile").REMOTES
    known = {r.url: f"md5:{r.checksum}" for k, r in remotes.items() if k.startswith("development.")}
    assert {row.url: row.checksum for row in get_data.archives_of("tau22")} == known


def test_the_known_responses_are_the_real_ones(real_data):
    for row in get_data.archives_of("vintage"):
        content = (real_data / "micirp" / row.file).read_bytes()
        assert row.checksum == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert row.bytes == len(content)
