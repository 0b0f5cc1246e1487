"""Unpacking an archive: into its folder only, gone on with, refused before anything is written."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from asc_lib.data.unpack import contents, unpack
from asc_lib.files import InputError

MANY = 10**9


def archive(folder: Path, members: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> Path:
    file = folder / "set.zip"
    with zipfile.ZipFile(file, "w", packing) as content:
        for name, data in members.items():
            content.writestr(name, data)
    return file


def patched(file: Path, old: bytes, new: bytes) -> Path:
    """Names that `zipfile` would not write: changed afterwards, in both of their places."""
    assert len(old) == len(new)
    data = file.read_bytes()
    assert data.count(old) == 2
    file.write_bytes(data.replace(old, new))
    return file


def written(root: Path) -> dict[str, bytes]:
    files = [file for file in root.rglob("*") if file.is_file()]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}


def everything(file: Path, root: Path, top: str = "", most: int = MANY) -> int:
    return unpack(file, root, contents(file, most, top), progress=False)


def test_members_land_in_the_folder(tmp_path):
    file = archive(tmp_path, {"top/meta.csv": b"m", "top/audio/a.wav": b"wav", "top/empty/": b""})
    assert everything(file, tmp_path / "x", top="top") == 2
    assert written(tmp_path / "x") == {"meta.csv": b"m", "audio/a.wav": b"wav"}
    assert everything(file, tmp_path / "y") == 2
    assert written(tmp_path / "y") == {"top/meta.csv": b"m", "top/audio/a.wav": b"wav"}
    assert stat.S_IMODE((tmp_path / "x" / "meta.csv").stat().st_mode) == 0o644


def test_what_a_desktop_adds_is_left_out(tmp_path):
    names = ["a.wav", "__MACOSX/._a.wav", "sub/._a.wav", "sub/.DS_Store", "sub/b.wav"]
    file = archive(tmp_path, dict.fromkeys(names, b"x"))
    everything(file, tmp_path / "x")
    assert set(written(tmp_path / "x")) == {"a.wav", "sub/b.wav"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../evil",
            "a/../../evil",
            "/etc/evil",
            "a//evil",
            "./evil",
            "C:/evil",
            "a\\evil",
            "a\nb",
        ),
        *("top/../../evil", "..", "a/..", "a:stream"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    old = "n" * len(name)
    file = patched(archive(tmp_path, {"good": b"x", old: b"evil"}), old.encode(), name.encode())
    with pytest.raises(InputError, match="nothing of it was unpacked"):
        everything(file, tmp_path / "x", top="top")
    assert not (tmp_path / "x").exists() and not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_what_is_no_file_is_refused(tmp_path, kind):
    file = tmp_path / "set.zip"
    with zipfile.ZipFile(file, "w") as content:
        info = zipfile.ZipInfo("link")
        info.external_attr = (kind | 0o777) << 16
        content.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match="nothing of it was unpacked"):
        everything(file, tmp_path / "x")


def test_an_encrypted_member_is_refused(tmp_path):
    file = archive(tmp_path, {"a.wav": b"x"})
    data = bytearray(file.read_bytes())
    data[data.rindex(b"PK\1\2") + 8] |= 1
    file.write_bytes(data)
    with pytest.raises(InputError, match="is encrypted; nothing"):
        everything(file, tmp_path / "x")


@pytest.mark.parametrize("other", ["a.wav", "A.WAV"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path, other):
    file = tmp_path / "set.zip"
    with zipfile.ZipFile(file, "w") as content:
        content.writestr("a.wav", "1")
        content.writestr(other, "2")
    with pytest.raises(InputError, match="are one file"):
        everything(file, tmp_path / "x")


def test_a_member_cannot_be_file_and_folder(tmp_path):
    file = archive(tmp_path, {"a": b"1", "a/b": b"2"})
    with pytest.raises(InputError, match="file and folder"):
        everything(file, tmp_path / "x")


def test_more_than_the_set_can_hold_is_refused(tmp_path):
    file = archive(tmp_path, {"a.wav": b"0" * 2000})
    with pytest.raises(InputError, match=r"would become 2,000"):
        everything(file, tmp_path / "x", most=1999)
    assert everything(file, tmp_path / "x", most=2000) == 1


def test_a_bomb_is_refused(tmp_path):
    file = archive(tmp_path, {"a.wav": bytes(60_000_000)})  # 60 MB out of 60 kB
    with pytest.raises(InputError, match="would become 60,000,000"):
        everything(file, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_member_that_lies_about_its_size_writes_no_more_than_it_said(tmp_path):
    file = archive(tmp_path, {"a.wav": bytes(5000)})
    data = file.read_bytes()
    assert data.count((5000).to_bytes(4, "little")) == 2
    file.write_bytes(data.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    with pytest.raises(InputError, match="damaged"):
        everything(file, tmp_path / "x", most=100)
    assert not written(tmp_path / "x")


def test_it_goes_on_where_it_was(tmp_path):
    file = archive(tmp_path, {f"{n}.wav": os.urandom(100) for n in range(5)})
    everything(file, tmp_path / "x")
    whole = written(tmp_path / "x")
    before = (tmp_path / "x" / "0.wav").stat().st_mtime_ns
    (tmp_path / "x" / "3.wav").unlink()
    assert everything(file, tmp_path / "x") == 1
    assert written(tmp_path / "x") == whole
    assert (tmp_path / "x" / "0.wav").stat().st_mtime_ns == before


@pytest.mark.parametrize("mine", [b"mine", b"Xbc"])
def test_a_file_of_ones_own_is_not_overwritten(tmp_path, mine):
    file = archive(tmp_path, {"0.wav": b"new", "a.wav": b"abc"})
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.wav").write_bytes(mine)
    with pytest.raises(InputError, match="not what the archive holds"):
        everything(file, tmp_path / "x")
    assert written(tmp_path / "x") == {"a.wav": mine}


def test_a_damaged_archive_leaves_only_whole_files(tmp_path):
    file = archive(tmp_path, {"0.wav": b"good", "a.wav": b"recording"}, zipfile.ZIP_STORED)
    file.write_bytes(file.read_bytes().replace(b"recording", b"recordinG"))
    with pytest.raises(InputError, match="damaged"):
        everything(file, tmp_path / "x")
    assert written(tmp_path / "x") == {"0.wav": b"good"}


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\3\4" + bytes(100)])
def test_what_is_no_zip_is_refused(tmp_path, content):
    (tmp_path / "set.zip").write_bytes(content)
    with pytest.raises(InputError, match="damaged zip, or none"):
        everything(tmp_path / "set.zip", tmp_path / "x")


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_is_told_however_it_is_packed(tmp_path, kind):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", kind) as packed:
        packed.writestr("a.wav", bytes(range(256)) * 20)
    content = bytearray(file.read_bytes())
    for at in range(40, 70):
        content[at] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"a.zip: a damaged zip"):
        unpack(file, tmp_path / "root", contents(file, 10**6), progress=False)
    assert not [path for path in (tmp_path / "root").rglob("*") if path.is_file()]


def test_a_name_in_no_coding_is_told(tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("ä.wav", b"x")
    file.write_bytes(file.read_bytes().replace("ä".encode(), b"\x9c\x9c"))
    with pytest.raises(InputError, match=r"a.zip: a damaged zip"):
        contents(file, 10**6)


def test_an_empty_archive_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no file"):
        everything(archive(tmp_path, {}), tmp_path / "x")


def test_a_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    file = archive(tmp_path, {"a.wav": b"x"})
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("asc_lib.data.unpack.shutil.disk_usage", lambda _: usage)
    with pytest.raises(InputError, match="make room"):
        everything(file, tmp_path / "x")
    assert not written(tmp_path / "x")
