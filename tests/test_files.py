"""Files on a user's disk: whole or not there, alone, and what is in the way told in a line."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asc_lib.files import (
    ROOT,
    InputError,
    alone_on,
    exit_code,
    temporary_file,
    temporary_sibling,
    to_make,
)

# begins to write, says so, and goes on at a word
BEGUN = """
import sys
from pathlib import Path
from asc_lib.files import temporary_sibling, to_make

with to_make(Path(sys.argv[1])), temporary_sibling(Path(sys.argv[1])) as folder:
    (folder / "half").touch()
    print("begun", flush=True)
    sys.stdin.readline()
    (folder / "half").rename(folder / "whole")
"""
# as a user who may read the folder and no more; root may everything
FORBIDDEN = """
import os, sys
from pathlib import Path
from asc_lib.files import alone_on, exit_code, read_object, temporary_file

if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
folder = Path(sys.argv[1])
print(exit_code(lambda: temporary_file(folder / "a").__enter__().write_text("")))
print(exit_code(lambda: alone_on(folder / "deep" / "b").__enter__()))
print(exit_code(lambda: read_object(folder / "secret", "mend it")))
"""


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


@pytest.mark.parametrize("killed", [True, False])
def test_a_folder_is_made_by_one_and_a_killed_one_holds_nobody_up(tmp_path, killed) -> None:
    target = tmp_path / "kept"
    call = [sys.executable, "-c", BEGUN, target]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    first = subprocess.Popen(call, cwd=ROOT, **pipes)
    assert first.stdout.readline() == "begun\n" and not target.exists()
    with pytest.raises(InputError, match="in use"), alone_on(target, "in use"):
        pass

    def second() -> list[str]:
        with to_make(target) as missing:
            if missing:
                with temporary_sibling(target) as folder:
                    (folder / "anew").touch()
        return [path.name for path in target.iterdir()]

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        if killed:
            first.kill()
        first.communicate(None if killed else "go on\n")
        assert waiting.result(60) == (["anew"] if killed else ["whole"])
    assert not list(tmp_path.glob(".*.unfinished"))


def test_a_full_disk_is_told_and_what_was_there_stays(small_disk, capsys) -> None:
    file = small_disk.folder / "kept"
    file.write_text("old")

    def work(need: int) -> None:
        with temporary_file(file, need) as unfinished:
            unfinished.write_bytes(bytes(2_000_000))

    for need in (0, 2_000_000):
        assert exit_code(lambda need=need: work(need)) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1 and f"{file.parent}: the disk is full" in told
    assert [p.read_text() for p in small_disk.folder.iterdir()] == ["old"]


def test_a_missing_permission_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").touch(0o000)
    for folder, mode in zip((tmp_path, *tmp_path.parents[:2]), (0o555, 0o755, 0o755), strict=True):
        folder.chmod(mode)
    call = [sys.executable, "-c", FORBIDDEN, tmp_path]
    told = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    tmp_path.chmod(0o755)
    assert told.stdout.split() == ["2", "2", "2"], told.stderr
    assert told.stderr.count("\n") == told.stderr.count("enied; give yourself the right") == 3


def test_a_command_ends_with_its_code(capsys) -> None:
    def ends(error: BaseException) -> int:
        return exit_code(lambda: (_ for _ in ()).throw(error))

    assert exit_code(lambda: None) == 0
    assert ends(InputError("x: bad")) == 2 and ends(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "x: bad\nstopped; the same command goes on from here\n"
    with pytest.raises(RuntimeError, match="ours"):  # a mistake in the code keeps its traceback
        ends(RuntimeError("ours"))
