"""The command that fetches the data: says what it will do, asks, does it, can be run again."""

import fcntl
import hashlib
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from asc_lib import download, sources
from asc_lib.data.checksums import Remote
from asc_lib.data.dirs import read_multi
from asc_lib.data.fetch import Patience
from asc_lib.data.tau22 import check_audio, read_index
from asc_lib.files import ROOT, InputError
from asc_lib.sources import SOURCES
from tests.conftest import write_tau22
from tests.data.file_server import FileServer, running

TOP = "TAU-urban-acoustic-scenes-2022-mobile-development"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("asc_lib.data.fetch.Patience", lambda: Patience(0.5, 2, 0.01))
    with running() as server:
        yield server


def zipped(root: Path, groups: dict[str, list[Path]], folder: Path, top: str) -> dict[str, bytes]:
    archives = {}
    for name, files in groups.items():
        with zipfile.ZipFile(folder / name, "w") as archive:
            for file in files:
                archive.write(file, f"{top}/{file.relative_to(root)}")
        archives[f"/{name}"] = (folder / name).read_bytes()
        (folder / name).unlink()
    return archives


def remotes(server: FileServer, names: list[str]) -> list[Remote]:
    return [
        Remote(
            f"{server.address}/{name}",
            name,
            f"md5:{hashlib.md5(server.files[f'/{name}']).hexdigest()}",
        )
        for name in names
    ]


def serve_tau22(
    root: Path, server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set at `root` as the real one comes: three archives of audio, one of the tables."""
    audio = sorted((root / "audio").iterdir())
    tables = [root / "meta.csv", *(root / "evaluation_setup").iterdir()]
    groups = {f"audio.{n}.zip": audio[n::3] for n in range(3)} | {"meta.zip": tables}
    server.files = zipped(root, groups, folder, TOP)
    listed = remotes(server, list(groups))
    size = sum(map(len, server.files.values()))
    changed = replace(SOURCES["tau22"], remotes=lambda: listed, unpacked=size)
    monkeypatch.setitem(SOURCES, "tau22", changed)


@pytest.fixture
def small(server, tmp_path, monkeypatch) -> Path:
    """Where the command is to put the small set of `write_tau22`, which the server holds."""
    serve_tau22(write_tau22(tmp_path / "made"), server, tmp_path, monkeypatch)
    return tmp_path / "got"


def left(root: Path) -> set[str]:
    return {file.name for file in (root / ".downloads").iterdir()} - {".lock", "record.json"}


LISTS = {f"{name}.zip.files" for name in ("audio.0", "audio.1", "audio.2", "meta")}


def test_a_world_comes_over_the_net_as_it_was(smoke, server, tmp_path, monkeypatch, capsys):
    serve_tau22(smoke / "tau22", server, tmp_path, monkeypatch)
    root = tmp_path / "new" / "folder"
    assert download.main(["tau22", str(root), "--yes"]) == 0
    index = read_index(root)
    check_audio(index, root)
    pd.testing.assert_frame_equal(index, read_index(smoke / "tau22"))
    for name in index["filename"][::97]:
        assert (root / name).read_bytes() == (smoke / "tau22" / name).read_bytes()
    assert left(root) == LISTS  # the archives are gone
    told = capsys.readouterr().out
    assert "non-commercial" in told and str(root) in told and "550 training and" in told


def test_the_surrey_layout_is_readable(smoke, server, tmp_path, monkeypatch):
    files = [file for file in (smoke / "multi").rglob("*") if file.is_file()]
    top = "Microphone_Impulse_Responses"
    server.files = zipped(smoke / "multi", {f"{top}.zip": files}, tmp_path, top)
    listed = remotes(server, [f"{top}.zip"])
    monkeypatch.setitem(SOURCES, "multi", replace(SOURCES["multi"], remotes=lambda: listed))
    assert download.main(["multi", str(tmp_path / "got"), "--yes"]) == 0
    got, made = read_multi(tmp_path / "got"), read_multi(smoke / "multi")
    assert (got.responses == made.responses).all() and got.table.equals(made.table)


def test_a_dry_run_fetches_nothing(small, server, capsys):
    assert download.main(["tau22", str(small), "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "to fetch 4 of 4 files" in told and "nothing was fetched" in told
    for name in ("audio.0.zip", "meta.zip"):
        (line,) = [line for line in told.splitlines() if line.strip().startswith(name)]
        assert f"{len(server.files[f'/{name}']) / (1e6 if 'audio' in name else 1e3):.1f}" in line
    assert not small.exists() and not server.asked


def test_a_second_run_fetches_nothing(small, server, capsys):
    assert download.main(["tau22", str(small), "--yes"]) == 0
    server.asked.clear()
    assert download.main(["tau22", str(small)]) == 0  # nothing to ask either
    assert "nothing to fetch" in capsys.readouterr().out and not server.asked


def test_only_what_went_missing_comes_again(small, server):
    download.main(["tau22", str(small), "--yes"])
    server.asked.clear()
    sorted((small / "audio").iterdir())[1].unlink()
    assert download.main(["tau22", str(small), "--yes"]) == 0
    assert server.asked == [("/audio.1.zip", None)]
    check_audio(read_index(small), small)


def test_a_clip_cut_short_later_is_told(small, server, capsys):
    download.main(["tau22", str(small), "--yes"])
    clip = sorted((small / "audio").iterdir())[1]
    clip.write_bytes(clip.read_bytes()[:-10])
    assert download.main(["tau22", str(small), "--yes"]) == 1
    assert f"{clip}: there already and not what" in capsys.readouterr().err


def test_an_archive_that_is_not_there_stops_no_other(small, server):
    server.script = [lambda h: h.serve(), lambda h: h.answer(404)]
    assert download.main(["tau22", str(small), "--yes"]) == 1
    server.asked.clear()
    assert download.main(["tau22", str(small), "--yes"]) == 0
    assert server.asked == [("/audio.1.zip", None)]


def test_archives_can_be_kept_and_are_used(small, server):
    assert download.main(["tau22", str(small), "--yes", "--keep-archives"]) == 0
    assert left(small) == LISTS | {name.removesuffix(".files") for name in LISTS}
    shutil.rmtree(small / "audio")
    server.asked.clear()
    assert download.main(["tau22", str(small), "--yes"]) == 0
    assert not server.asked
    check_audio(read_index(small), small)


def test_a_set_unpacked_by_hand_is_taken_as_it_is(small, server, tmp_path, capsys):
    assert download.main(["tau22", str(tmp_path / "made"), "--dry-run"]) == 0
    assert "nothing to fetch" in capsys.readouterr().out


def test_wrong_content_is_told_and_the_rest_is_kept(small, server, capsys):
    server.files["/audio.2.zip"] = server.files["/audio.1.zip"]
    assert download.main(["tau22", str(small), "--yes"]) == 1
    told = capsys.readouterr().err
    assert "1 of 4 files are missing" in told and "published is" in told
    assert "By hand: https://doi.org/10.5281/zenodo.6337421" in told
    assert left(small) == (LISTS - {"audio.2.zip.files"}) | {"audio.2.zip.wrong"}


def test_an_archive_that_is_no_zip_is_told(small, server, monkeypatch, capsys):
    server.files["/meta.zip"] = b"<html>sorry</html>"
    listed = remotes(server, ["meta.zip"])
    monkeypatch.setitem(SOURCES, "tau22", replace(SOURCES["tau22"], remotes=lambda: listed))
    assert download.main(["tau22", str(small), "--yes"]) == 1
    assert "damaged zip, or none" in capsys.readouterr().err


def test_a_silent_server_ends_the_job(small, server, capsys):
    server.script = [lambda h: h.answer(503)] * 20
    assert download.main(["tau22", str(small), "--yes"]) == 1
    assert len(server.asked) < 8  # not each archive its full patience
    assert "given up" in capsys.readouterr().err


def test_a_full_disk_ends_the_job(small, server, monkeypatch, capsys):
    usage = type("Usage", (), {"free": 150_000_000})  # enough as told, but not to be used up
    monkeypatch.setattr("asc_lib.download_job.shutil.disk_usage", lambda _: usage)
    assert download.main(["tau22", str(small), "--yes"]) == 1
    assert "make room" in capsys.readouterr().err and len(server.asked) == 1
    monkeypatch.undo()


def test_nobody_to_ask(small, server, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert download.main(["tau22", str(small)]) == 2
    assert "--yes" in capsys.readouterr().err and not server.asked


@pytest.mark.parametrize(("answer", "fetched"), [("y", True), ("", False), ("no", False)])
def test_the_user_is_asked(small, server, monkeypatch, answer, fetched):
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert download.main(["tau22", str(small)]) == 0
    assert bool(server.asked) == fetched == small.exists()


def test_too_small_a_disk_is_told_before_asking(small, server, monkeypatch, capsys):
    bigger = replace(SOURCES["tau22"], unpacked=30_500_000_000)
    monkeypatch.setitem(SOURCES, "tau22", bigger)
    usage = type("Usage", (), {"free": 20 * 10**9})
    monkeypatch.setattr("asc_lib.download_job.shutil.disk_usage", lambda _: usage)
    assert download.main(["tau22", str(small), "--yes"]) == 2
    told = capsys.readouterr()
    assert "30.5 GB" in told.out and "20.0 GB are free" in told.err and not server.asked


def test_a_second_process_keeps_off(small, server, capsys):
    download.main(["tau22", str(small), "--yes"])
    with (small / ".downloads" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert download.main(["tau22", str(small), "--yes"]) == 1
    assert "another process" in capsys.readouterr().err


def test_single_files_come_into_the_folder_itself(server, tmp_path, monkeypatch, smoke, capsys):
    wavs = sorted((smoke / "vintage").glob("*.wav"))[:3]
    server.files = {f"/B%26O/{wav.name}": wav.read_bytes() for wav in wavs}
    listed = [
        Remote(f"{server.address}/B%26O/{wav.name}", wav.name, size=wav.stat().st_size)
        for wav in wavs
    ]
    monkeypatch.setitem(SOURCES, "vintage", replace(SOURCES["vintage"], remotes=lambda: listed))
    assert download.main(["vintage", str(tmp_path / "v"), "--yes"]) == 0
    assert {file.name for file in (tmp_path / "v").glob("*.wav")} == {wav.name for wav in wavs}
    assert "3 responses, 0 of the 66 known" in capsys.readouterr().out
    # a file spoilt later does not go by
    (tmp_path / "v" / wavs[0].name).write_bytes(wavs[1].read_bytes())
    assert download.main(["vintage", str(tmp_path / "v"), "--yes"]) == 1
    assert wavs[0].name in capsys.readouterr().err


def test_an_address_of_ones_own_for_vintage(server, tmp_path, smoke, capsys):
    root = smoke / "vintage"
    server.files = zipped(root, {"mine.zip": sorted(root.glob("*.wav"))}, tmp_path, "any folder")
    call = ["vintage", str(tmp_path / "v"), "--yes", "--url", f"{server.address}/mine.zip"]
    assert download.main(call) == 0
    assert f"{len(list(root.glob('*.wav')))} responses" in capsys.readouterr().out
    record = (tmp_path / "v" / ".downloads" / "record.json").read_text()
    assert hashlib.sha256(server.files["/mine.zip"]).hexdigest() in record
    # another content at the address, later: refused, what is there stays
    first = sorted((tmp_path / "v").rglob("*.wav"))
    server.files["/mine.zip"] += b"x"
    first[0].unlink()
    assert download.main(call) == 1
    assert "when it first came" in capsys.readouterr().err
    assert sorted((tmp_path / "v").rglob("*.wav")) == first[1:]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["tau23"], "'tau23': not known; choose of tau22"),
        (["tau22", "vintag"], "'vintag': not known.*./vintag"),
        (["all", "./here"], "for one data set"),
        (["tau22", "multi", "--url", "https://example.org/x"], "for one data set"),
        (["tau22", "--url", "https://example.org/x"], "tau22 is many archives"),
        (["vintage", "--url", "http://example.org/x.zip"], "only https"),
    ],
)
def test_wrong_calls(words, told, capsys):
    assert download.main([*words, "--dry-run"]) == 2
    assert re.search(told, capsys.readouterr().err)


def test_a_file_in_the_folders_place(tmp_path, small, capsys):
    small.write_text("mine")
    assert download.main(["tau22", str(small), "--yes"]) == 2
    assert "is a file" in capsys.readouterr().err


def test_default_folders_are_those_of_the_papers_study():
    paper = yaml.safe_load((ROOT / "params" / "paper.yaml").read_text())
    for name, parameter in (
        ("tau22", "tau22_root"),
        ("vintage", "vintage_root"),
        ("multi", "multi_root"),
    ):
        assert download.default_folder(name) == ROOT / paper[parameter]
    (weights,) = SOURCES["passt"].remotes()
    assert download.default_folder("passt") / weights.name == ROOT / paper["checkpoint"]


def test_what_a_study_is_to_name_for_a_folder_of_ones_own(
    small, server, tmp_path, monkeypatch, capsys
):
    assert download.main(["tau22", str(small), "--yes"]) == 0
    assert f"write `tau22_root: {small}` in your file" in capsys.readouterr().out
    server.files = {"/passt.pt": b"weights"}
    changed = replace(
        SOURCES["passt"],
        remotes=lambda: [Remote(f"{server.address}/passt.pt", "passt.pt", size=7)],
        check=lambda root: "weights",
    )
    monkeypatch.setitem(SOURCES, "passt", changed)
    assert download.main(["passt", str(tmp_path / "w"), "--yes"]) == 0
    assert (tmp_path / "w" / "passt.pt").is_file()
    # the parameter wants the file
    assert f"write `checkpoint: {tmp_path / 'w' / 'passt.pt'}` in" in capsys.readouterr().out


def test_several_are_told_together(small, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(download, "default_folder", lambda name: tmp_path / "d" / name)
    assert download.main(["passt", "vintage", "passt", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert told.count("344.7 MB  to fetch") == 1 and "to fetch 66 of 66 files, 3.8 MB" in told


def test_soundata_knows_the_development_set():
    listed = sources.tau22_remotes()
    names = {remote.name for remote in listed}
    parts = [*(f"audio.{n}" for n in range(1, 17)), "doc", "meta"]
    assert names == {f"{TOP}.{part}.zip" for part in parts}
    for remote in listed:
        assert remote.url.startswith("https://zenodo.org/") and "6337421" in remote.url
        assert len(remote.checksum.removeprefix("md5:")) == 32


def test_the_known_responses_are_the_real_ones(real_data):
    listed = sources.vintage_remotes()
    assert len(listed) == 66 == len(list((real_data / "micirp").glob("*.wav")))
    for remote in listed:
        content = (real_data / "micirp" / remote.name).read_bytes()
        assert remote.checksum == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert remote.size == len(content) and "&" not in remote.url and " " not in remote.url


def test_a_published_sum_stays_in_force_at_another_address():
    (own,) = sources.given_address("multi", "https://example.org/copy.zip").remotes()
    (original,) = SOURCES["multi"].remotes()
    assert own == replace(original, url="https://example.org/copy.zip")
    with pytest.raises(InputError):
        sources.given_address("multi", "ftp://example.org/copy.zip")
