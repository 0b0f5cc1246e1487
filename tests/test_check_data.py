"""The command that looks at a study's data: what it finds, its page, its exit codes."""

import gzip
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from asc_lib import check_data
from asc_lib.check_data import OTHER, WRONG, Section, official
from asc_lib.files import ROOT
from tests.conftest import write_tau22

TRAIN, TEST = "audio/bus-paris-0-7-0-a.wav", "audio/bus-paris-4-7-1-s1.wav"
NOISE = np.random.default_rng(1).normal(0, 0.05, 44_100)


def said(kind: str, root: Path, level: int) -> str:
    """All findings of that level."""
    section = Section(kind, root, progress=False)
    return "\n".join(what for at, what in section.findings if at == level)


def clip(name: str, sound: np.ndarray, rate: int = 44_100, coding: str = "PCM_24") -> Callable:
    return lambda root: soundfile.write(root / name, sound, rate, coding)


def clipped(root: Path) -> None:
    soundfile.write(root / TRAIN, np.clip(40 * NOISE, -1, 1), 44_100, "PCM_24")


@pytest.mark.parametrize(
    ("damage", "level", "found"),
    [
        (lambda root: (root / TEST).unlink(), WRONG, f"{TEST}: no such file.*1 of 36"),
        (lambda root: (root / "meta.csv").unlink(), WRONG, "meta.csv: no such file"),
        (lambda root: (root / TEST).write_bytes(b"<html>"), WRONG, rf"not readable.*{TEST}"),
        (clip(TEST, NOISE[:44_000]), WRONG, rf"44000 samples.*{TEST}"),
        (clip(TEST, NOISE, 48_000), WRONG, rf"48000 Hz.*{TEST}"),
        (clip(TEST, NOISE, coding="PCM_16"), WRONG, rf"PCM_16.*{TEST}"),
        (clip(TEST, np.stack([NOISE, NOISE], 1)), WRONG, rf"channels: 2.*{TEST}"),
        (clip(TEST, 0 * NOISE), WRONG, f"1 of 12 clips of side test silent: {TEST}"),
        (clip(TEST, 0 * NOISE + 0.3), WRONG, f"1 of 12 clips of side test silent: {TEST}"),
        (lambda root: shutil.copy(root / TRAIN, root / TEST), WRONG, f"too: {TRAIN} = {TEST}"),
        (clip("audio/more.wav", NOISE), OTHER, "1 wavs that no list names: `audio/more.wav`"),
        (clip("audio/._x.wav", NOISE), WRONG, ""),
        (clipped, check_data.NOTE, f"1 clips cut off at full scale: {TRAIN}"),
        (
            lambda root: shutil.copy(root / TRAIN, root / TRAIN.replace("7-0-a", "7-1-a")),
            *(OTHER, f"1 sounds under several names: {TRAIN} = "),
        ),
    ],
)
def test_what_is_wrong_is_named(tau22: Path, damage: Callable, level: int, found: str) -> None:
    assert not said("tau22", tau22, WRONG)
    damage(tau22)
    lines = said("tau22", tau22, level)
    assert re.search(found, lines) if found else "._x" not in lines + said("tau22", tau22, OTHER)


def test_counts_stand_beside_the_official_ones(tau22: Path) -> None:
    section = Section("tau22", tau22, progress=False)
    device = section.tables["Good clips by device"]
    assert device.loc["a", "train"] == "12 of 102150" and device.loc["s4", "train"] == "0"
    assert section.tables["Places, none of them on both sides"].loc["test", "places"] == "2 of 146"
    assert "6 places that TAU22 does not have" in said("tau22", tau22, OTHER)
    totals = official("tau22_devices").sum().to_dict()
    assert totals == {"train": 139_620, "test": 29_680, "unused": 61_050}
    assert official("tau22_locations")[list(totals)].sum().to_dict() == totals
    assert official("multi_folders").to_numpy().sum() == 8_280


def test_the_command_writes_a_page(
    smoke: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["check_data", *arguments])
        return check_data.main()

    values = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    values |= {f"{part}_root": str(smoke / part) for part in ("tau22", "vintage", "multi")}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(values))
    monkeypatch.setattr("asc_lib.study.ROOT", tmp_path)
    monkeypatch.setattr(check_data, "ROOT", tmp_path)
    (tmp_path / "asc_lib").symlink_to(ROOT / "asc_lib")
    assert run(str(tmp_path / "s.yaml")) == 0
    page = (tmp_path / "outputs" / "s" / "data_check.md").read_text()
    assert page.startswith("# Data check\n\n- TAU22: **as expected**\n- Vintage DIRs: **as exp")
    assert "920" in page and "simulated, compared with no published count" in page
    tau22 = write_tau22(tmp_path / "mine")
    assert run("--tau22", str(tau22), "--vintage", str(smoke / "vintage")) == 1
    assert "TAU22: **usable, but not the published set**" in capsys.readouterr().out
    (tau22 / TRAIN).unlink()
    assert run("--tau22", str(tau22)) == 2
    assert f"{TRAIN}: no such file" in (tmp_path / "outputs" / "data_check.md").read_text()
    for wrong in ([], ["quick", "--tau22", "x"]):
        with pytest.raises(SystemExit) as stopped:
            run(*wrong)
        assert stopped.value.code == 2


def test_responses_against_the_published_lists(smoke: Path, tmp_path: Path) -> None:
    for kind, new in (("vintage", "Mine.wav"), ("multi", "Toy_5m_0Deg.wav")):
        root = tmp_path / kind
        shutil.copytree(smoke / kind, root)
        for stamp in root.glob("*simulat*.json"):
            stamp.unlink()
        some = min(root.rglob("*.wav"))
        shutil.copy(some, root / new)
        lines = said(kind, root, OTHER)
        assert new.removesuffix("_5m_0Deg.wav") in lines and " missing" in lines
        assert "1 sounds under several names" in lines and not said(kind, root, WRONG)
        some.write_bytes(some.read_bytes()[:5000])
        assert "1 wavs cut short" in said(kind, root, OTHER)
        soundfile.write(some, np.zeros(4000), 48_000, "PCM_24")
        assert "samples of silence" in said(kind, root, WRONG)
    assert "no such folder" in said("multi", tmp_path / "none", WRONG)


def test_real_data(real_data: Path, tmp_path: Path) -> None:
    assert Section("vintage", real_data / "micirp", progress=False).level == 0
    mini = Section("tau22", real_data / "tau22-mini", progress=False)
    assert (
        mini.level == OTHER
        and mini.tables["Good clips by device"].loc["s4", "test"] == "20 of 3300"
    )
    (tmp_path / "evaluation_setup").mkdir()
    for name in ("meta", "fold1_train", "fold1_evaluate"):
        text = gzip.decompress((real_data / "tau22-metadata" / f"{name}.csv.gz").read_bytes())
        folder = tmp_path if name == "meta" else tmp_path / "evaluation_setup"
        (folder / f"{name}.csv").write_bytes(text)
    (tmp_path / "audio").mkdir()
    whole = said("tau22", tmp_path, OTHER)
    assert "published ones" not in whole and "places" not in whole and "61,050 clips" in whole
    assert "169300 are missing" in said("tau22", tmp_path, WRONG)
