from pathlib import Path

import pytest

from asc_lib.inputs import ROOT, resolve, temporary_file, temporary_sibling


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
    with pytest.raises(KeyboardInterrupt), temporary_sibling(target) as folder:
        (folder / "part").write_text("half")
        raise KeyboardInterrupt
    assert list(target.parent.iterdir()) == []
    with temporary_sibling(target) as folder:
        (folder / "part").write_text("first")
        with temporary_sibling(target) as slower:
            (slower / "part").write_text("faster")
    assert (target / "part").read_text() == "faster"  # whoever comes first; nothing else is left
    assert list(target.parent.iterdir()) == [target]
