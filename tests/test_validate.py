"""The command that looks at a study's data: its report, its exit codes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from asc_lib import validate
from asc_lib.files import ROOT
from asc_lib.study import load
from tests.conftest import write_tau22
from tests.validation.published_names import as_published


@pytest.fixture
def study(smoke: Path, tmp_path: Path) -> Path:
    """A parameter file of the smoke study on the simulated sets of the tests."""
    values = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    values |= {f"{part}_root": str(smoke / part) for part in ("tau22", "vintage", "multi")}
    file = tmp_path / "smoke.yaml"
    file.write_text(yaml.safe_dump(values))
    return file


def test_a_study_in_order(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "reports" / "validation.md"
    assert validate.main([str(study), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Everything is as expected." in said and str(out) in said
    text = out.read_text()
    assert text.startswith("# Validation of study smoke\n\n**Everything is as expected.**")
    for title in ("TAU22", "Vintage DIRs", "Multi DIRs"):
        assert f"- {title}: SIMULATED, world smoke" in text and f"\n## {title}\n" in text
    assert re.search(r"\n1,986 wavs, [\d.]+ MB read \(.*\), [\d.]+ s\.\n$", text)


def test_every_table_row_has_as_many_cells_as_its_head(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "validation.md"
    validate.main([str(study), "--out", str(out)])
    tables = re.findall(r"(?:^\|.*\|\n)+", out.read_text(), re.MULTILINE)
    assert len(tables) >= 9
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_bare_folders_and_their_exit_codes(tau22: Path, tmp_path: Path) -> None:
    out = tmp_path / "validation.md"
    as_published(tau22)
    asked = ["--tau22", str(tau22), "--out", str(out)]
    assert validate.main(asked) == 1
    assert "- TAU22: 36 of 230,350 clips: a subset by its lists;" in out.read_text()
    name = "audio/bus-paris-26-7-0-a.wav"
    (tau22 / name).unlink()
    assert validate.main(asked) == 2
    text = out.read_text()
    assert "THE STUDY CANNOT USE IT: 1 clip of the train and test side" in text
    assert f"  - `{name}`" in text and "unzip" in text
    assert validate.main(["--vintage", str(tmp_path / "none"), "--out", str(out)]) == 2


def test_what_a_study_only_compares_with_is_looked_at_too(study: Path, tau22: Path) -> None:
    config = load(study, compare_tau22_root=str(tau22))
    assert [title for _, title, _ in validate.folders_of(config)] == [
        *("TAU22", "Vintage DIRs", "Multi DIRs", "TAU22 to compare with")
    ]


def test_wrong_calls(capsys: pytest.CaptureFixture[str]) -> None:
    assert validate.main(["nonesuch"]) == 2
    assert "no such parameter file" in capsys.readouterr().err
    for arguments in ([], ["quick", "--tau22", "x"]):
        with pytest.raises(SystemExit) as stopped:
            validate.main(arguments)
        assert stopped.value.code == 2


def test_a_stop_from_the_keyboard_ends_cleanly(tmp_path: Path) -> None:
    root = write_tau22(tmp_path / "tau22")
    # it waits for this wav for ever
    wav = root / "audio/bus-paris-0-7-0-a.wav"
    shutil.move(wav, tmp_path)
    os.mkfifo(wav)
    out = tmp_path / "validation.md"
    command = [sys.executable, "-c", WAITING, "--tau22", str(root), "--out", str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        with wav.open("wb"):  # only now it reads on
            _, said = process.communicate(timeout=30)
    assert (process.returncode, said.strip()) == (130, "stopped; no report written")
    assert not out.exists()


WAITING = "import sys; from asc_lib import validate; print('ready', flush=True); " + (
    "sys.exit(validate.main(sys.argv[1:]))"
)
