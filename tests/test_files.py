import fcntl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from asc_lib.files import (
    ROOT,
    resolve,
    temporary_file,
    temporary_sibling,
    to_make,
    unfinished_of,
)


def test_relative_paths_are_meant_from_the_project() -> None:
    assert resolve("params/quick.yaml").is_file()
    assert resolve("/somewhere") == Path("/somewhere")
    assert (ROOT / "asc_lib").is_dir()


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), temporary_file(target) as unfinished:
        unfinished.write_text("ne")
        raise KeyboardInterrupt
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]
    with temporary_file(target) as unfinished:
        unfinished.write_text("new")
        assert target.read_text() == "old"
    assert [p.read_text() for p in tmp_path.iterdir()] == ["new"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "kept"
    with pytest.raises(KeyboardInterrupt), to_make(target), temporary_sibling(target) as folder:
        (folder / "part").write_text("half")
        raise KeyboardInterrupt
    assert list(target.parent.iterdir()) == []
    with to_make(target) as missing, temporary_sibling(target) as folder:
        assert missing
        (folder / "part").write_text("whole")
    with to_make(target) as missing:
        assert not missing
    assert (target / "part").read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


# writes a little, says so, and waits to be killed, or for a word to go on
BEGUN = """
import sys
from pathlib import Path
from asc_lib.files import temporary_file, temporary_sibling, to_make

target, kind = Path(sys.argv[1]), sys.argv[2]
if kind == "file":
    with temporary_file(target) as unfinished:
        unfinished.write_text("a long beginning, ")
        print("begun", flush=True)
        sys.stdin.readline()
        unfinished.write_text("first")
else:
    with to_make(target) as missing, temporary_sibling(target) as folder:
        (folder / "half").write_text("half")
        print("begun", flush=True)
        sys.stdin.readline()
        (folder / "half").rename(folder / "first")
"""


def begun(target: Path, kind: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BEGUN, target, kind],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stdout.readline() == "begun\n"
    return process


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_process_left_is_taken_away_by_the_next(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "kept"
    process = begun(target, kind)
    process.kill()
    process.communicate()
    assert unfinished_of(target).exists() and not target.exists()
    if kind == "file":
        with temporary_file(target) as unfinished:
            assert unfinished.read_bytes() == b""
            unfinished.write_text("new")
        assert target.read_text() == "new"
    else:
        with to_make(target) as missing, temporary_sibling(target) as folder:
            assert missing and not list(folder.iterdir())
        assert target.is_dir()
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_of_two_processes_the_second_waits(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "kept"
    process = begun(target, kind)

    def second() -> bool:
        if kind == "folder":
            with to_make(target) as missing:
                return missing
        with temporary_file(target) as unfinished:
            unfinished.write_text("second")
            return target.read_text() == "first"  # which was written to its end before

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        process.communicate("go on\n")
        assert waiting.result(60) == (kind == "file")
    assert target.read_text() == "second" if kind == "file" else (target / "first").exists()
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("held", [False, True])
def test_stopped_while_it_waits_for_a_file_it_takes_away_its_own_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    target = tmp_path / "kept"
    process = begun(target, "file") if held else None
    lock = fcntl.flock

    def stopped(file: IO[str], how: int) -> None:
        if how == fcntl.LOCK_EX:
            if not held:
                lock(file, how)  # Ctrl-C, just as it has become ours
            raise KeyboardInterrupt
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", stopped)
    with pytest.raises(KeyboardInterrupt), temporary_file(target):
        pass
    if process:
        assert unfinished_of(target).read_text() == "a long beginning, "
        process.communicate("go on\n")
        assert target.read_text() == "first"
    assert list(tmp_path.iterdir()) == [target] * held
