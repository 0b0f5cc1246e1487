"""The benchmark in small, end to end, and what it says to mistakes. No speed is asserted."""

import csv
import gzip
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile
import torch

from asc_lib.bench import peers
from asc_lib.bench.__main__ import ROWS, chosen, main
from asc_lib.bench.data_rows import linked_clips, unpack_csvs, write_csvs
from asc_lib.bench.runs_rows import Way, ways
from asc_lib.data.simulated import STAMP, VERSION
from asc_lib.data.tau22 import check_audio, read_index
from asc_lib.files import InputError
from asc_lib.simulate.worlds import World
from tests.conftest import write_tau22


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `outputs/`, whose smoke world is noise: it is there, so it is not simulated."""
    world = tmp_path_factory.mktemp("outputs") / "simulated" / "smoke"
    write_tau22(world / "tau22")
    (world / "vintage").mkdir()
    random = np.random.default_rng(3)
    for number in range(3):
        response = random.normal(size=400) * np.exp(-np.arange(400) / 20)
        soundfile.write(world / "vintage" / f"m{number}.wav", response / 5, 44_100, "PCM_24")
    (world / "multi").mkdir()
    for degrees in range(0, 360, 45):
        response = random.normal(size=400) * np.exp(-np.arange(400) / 20)
        name = f"RodeNT2ACardioid_50cm_{degrees}Deg.wav"
        soundfile.write(world / "multi" / name, response / 5, 48_000, "PCM_24")
    for part in ("tau22", "vintage", "multi"):
        stamp = {"version": VERSION, **World("smoke")._asdict(), "part": part}
        (world / part / STAMP).write_text(json.dumps(stamp))
    return world.parents[1]


def bench(outputs: Path, *words: str) -> int:
    return main([*words, "--small", "--outputs", str(outputs)])


def test_every_row_in_small(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(outputs, *ROWS) == 0
    said = capsys.readouterr()
    with (outputs / "bench" / "small.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(dict.fromkeys(row["row"] for row in rows)) == [r for r in ROWS if r != "profile"]
    for row in rows:
        assert float(row["ours_min"]) > 0 and float(row["theirs_min"]) > 0, row
        assert row["what"] in said.out
        assert float(row["ratio_min"]) <= float(row["ratio"]) <= float(row["ratio_max"])
    page = (outputs / "bench" / "small.md").read_text()
    assert "these numbers say nothing" in page and "in small on the CPU" in page
    for model in ("default model", "PaSST-S"):
        (profile,) = [
            p for p in page.split("## ") if p.startswith(f"Profile of one training step: {model}")
        ]
        for part in ("read windows", "convolve", "mel", "masks", "backward", "optimiser"):
            assert f"| {part} |" in profile
    assert not list((outputs / "bench").glob(".scratch-*"))


def test_an_unknown_row_is_named(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(outputs, "convolutoin") == 2
    assert "row 'convolutoin': unknown; choose from csv, bank" in capsys.readouterr().err


def test_a_missing_peer_is_named_before_anything_is_measured(
    outputs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)  # so that importing it fails
    assert bench(outputs, "convolution", "bank") == 2
    said = capsys.readouterr()
    assert said.err.startswith("librosa: not installed") and ".[dev]" in said.err
    assert not said.out


def test_a_device_that_is_not_there_is_named(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if torch.cuda.is_available():
        pytest.skip("it is there")
    assert bench(outputs, "--device", "cuda") == 2
    assert "cuda is not available here" in capsys.readouterr().err


def test_the_gpu_has_its_own_rows() -> None:
    assert "gpu" not in chosen([], "cpu") and len(chosen([], "cpu")) == len(ROWS) - 1
    assert chosen([], "cuda") == ["gpu"]
    assert chosen(["bank", "csv", "bank"], "cuda") == ["csv", "bank"]
    with pytest.raises(InputError, match="add --device cuda"):
        chosen(["gpu"], "cpu")
    assert chosen(["gpu"], "cpu", small=True) == ["gpu"]


@pytest.mark.parametrize("probability", [0, 1])
def test_the_peers_path_gives_a_second_of_a_recording_through_a_response(probability: int) -> None:
    random = np.random.default_rng(0)
    recording = torch.from_numpy(random.normal(size=40_000).astype(np.float32))
    response = random.normal(size=(1, 64)).astype(np.float32)
    window, scene = peers.Windows([(recording, 4)], response, probability)[0]
    seconds = recording.unfold(0, 32_000, 1)
    if probability:
        unit = response[0] / np.linalg.norm(response)
        # what came out is the window's first samples through a triangle of taps: undo it
        back, _ = scipy.signal.deconvolve(window[:8].double(), unit[:8].astype(float))
        start = int((seconds[:, : len(back)] - torch.from_numpy(back)).abs().sum(1).argmin())
        expected = scipy.signal.convolve(seconds[start].numpy(), unit)[:32_000]
        np.testing.assert_allclose(window, expected, atol=1e-4)
    else:
        assert (seconds == window).all(1).sum() == 1
    assert scene == 4 and window.shape == (32_000,)


def test_linked_clips_are_a_data_set(outputs: Path, tmp_path: Path) -> None:
    source = outputs / "simulated" / "smoke" / "tau22"
    root = linked_clips(source, tmp_path / "linked", clips=95, distinct=7)
    index = read_index(root)
    check_audio(index, root)
    assert len(index) == 95 and index["side"].value_counts().to_dict() == {"train": 75, "test": 20}
    assert len({(root / name).resolve() for name in index["filename"]}) == 7


def test_simulated_csv_files_have_the_official_counts(tmp_path: Path) -> None:
    write_csvs(tmp_path, World("official"))
    clips = read_index(tmp_path)
    sides = clips["side"].value_counts()
    assert sides.to_dict() == {"train": 139_620, "unused": 61_050, "test": 29_680}
    places = clips.groupby("side")["location"].nunique()
    assert (places["train"], places["test"]) == (365, 146)


def test_given_csv_files_are_found_packed_or_in_their_folder(outputs: Path, tmp_path: Path) -> None:
    source = outputs / "simulated" / "smoke" / "tau22"
    flat = tmp_path / "flat"
    flat.mkdir()
    shutil.copy(source / "meta.csv", flat)
    (flat / "evaluation_setup").mkdir()
    for name in ("fold1_train.csv", "fold1_evaluate.csv"):
        content = (source / "evaluation_setup" / name).read_bytes()
        place = flat if name == "fold1_train.csv" else flat / "evaluation_setup"
        (place / f"{name}.gz").write_bytes(gzip.compress(content))
    unpack_csvs(flat, tmp_path / "root")
    assert read_index(tmp_path / "root").equals(read_index(source))
    (flat / "meta.csv").unlink()
    with pytest.raises(InputError, match=r"meta\.csv: no such file, nor meta\.csv\.gz"):
        unpack_csvs(flat, tmp_path / "again")


@pytest.mark.parametrize("cores", [1, 2, 16])
def test_ways_to_use_the_cores_fit_them(cores: int) -> None:
    found = ways(cores)
    assert found[0] == Way(1, cores, False)
    assert all(way.runs * way.threads <= cores for way in found)
    assert len(set(found)) == len(found) > 1
    assert str(Way(2, 1, True)) == "2 runs of 1 thread, input prepared ahead"
