"""What lies on disk: layouts, counts, determinism, what a user can get wrong."""

import csv
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asc_lib.check_data import SIDES, official
from asc_lib.data.simulated import CLAIM
from asc_lib.files import ROOT, InputError, unfinished_of
from asc_lib.simulate import benchmark, devices, multi_microphones, scenes
from asc_lib.simulate.worlds import Size, World


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _bytes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A size of two moments a scene, so that a test can write it more than once."""
    monkeypatch.setitem(benchmark.SIZES, "tiny", Size(1, 1, 0.3, 1, 1, 1, 90))
    monkeypatch.setattr(scenes, "SCENES", scenes.SCENES[:2])


@pytest.mark.parametrize(
    ("name", "world"),
    [
        ("smoke", World("smoke")),
        ("quick_s11", World("quick", 0, True)),
        ("standard_seed1001", World("standard", 1001)),
        ("official_s11_seed2147483647", World("official", 2**31 - 1, True)),
    ],
)
def test_a_world_has_one_name(name: str, world: World) -> None:
    assert World.named(name) == world
    assert world.name == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quik", "size 'quik' is none of smoke, quick, standard, official; a world is <size>"),
        ("", "size ''"),
        ("quick_s12", "'_s12' not understood; a world is <size>"),
        ("quick_seed1_s11", "'_seed1_s11' not understood"),
        ("quick_seed", "'_seed' not understood"),
        ("quick_seed-1", "'_seed-1' not understood"),
        ("quick_s11\n", "not understood"),
        ("quick_seed2147483648", "seed out of range"),
        ("quick_seed0", "write it quick$"),
        ("quick_s11_seed01", "write it quick_s11_seed1$"),
    ],
)
def test_a_wrong_name_of_a_world_is_told(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        World.named(name)


def test_tau22_layout(smoke: Path) -> None:
    root = smoke / "tau22"
    meta = _rows(root / "meta.csv")
    assert list(meta[0]) == ["filename", "scene_label", "identifier", "source_label"]
    assert {row["filename"] for row in meta} == {f"audio/{p.name}" for p in root.glob("audio/*")}
    for row in meta:
        scene, city, location, _, _, device = Path(row["filename"]).stem.split("-")
        assert (row["scene_label"], row["source_label"]) == (scene, device)
        assert row["identifier"] == f"{city}-{location}"
    folds = {
        name: _rows(root / f"evaluation_setup/fold1_{name}.csv")
        for name in ("train", "test", "evaluate")
    }
    assert list(folds["train"][0]) == ["filename", "scene_label"]
    assert list(folds["test"][0]) == ["filename"]
    files = {name: [row["filename"] for row in rows] for name, rows in folds.items()}
    assert files["test"] == files["evaluate"]
    assert sorted(files["train"] + files["test"]) == sorted(row["filename"] for row in meta)
    assert b"\r\n" in (root / "evaluation_setup/fold1_train.csv").read_bytes()
    for path in sorted(root.glob("audio/*.wav"))[::50]:
        info = soundfile.info(path)
        assert (info.samplerate, info.subtype, info.channels) == (44_100, "PCM_24", 1)
        assert info.frames == 44_100
        samples, _ = soundfile.read(path)
        assert np.all(np.isfinite(samples)) and 1e-4 < samples.std() < 0.7  # the loudest bus


@pytest.mark.parametrize(
    ("size", "train", "test", "locations"),
    [("smoke", 550, 450, 40), ("quick", 9300, 5400, 340), ("standard", 37_000, 21_600, 370)],
)
def test_counts_sides_and_device_shares(size: str, train: int, test: int, locations: int) -> None:
    clips: Counter[tuple[str, str]] = Counter()
    places = defaultdict(set)
    scene_of = {}
    for moment in benchmark.moments(World(size)):
        for device in moment.devices:
            clips[moment.side, device] += moment.clips
        places[moment.side].add(moment.location)
        assert scene_of.setdefault(moment.location, (moment.scene, moment.city)) == (
            moment.scene,
            moment.city,
        )
    assert len(places["train"]) == locations
    assert not places["train"] & places["test"]
    totals = {side: sum(n for (s, _), n in clips.items() if s == side) for side in places}
    assert totals == {"train": train, "test": test}
    assert clips["train", "a"] / train == pytest.approx(0.73, abs=0.005)
    for device in ("b", "c", "s1", "s2", "s3"):
        assert clips["train", device] / train == pytest.approx(0.054, abs=0.001)
    for device in ("s4", "s5", "s6"):
        assert clips["train", device] == 0
    assert {clips["test", device] for device in benchmark.TEST_DEVICES} == {test // 9}
    segments = [moment.segment for moment in benchmark.moments(World(size))]
    assert len(set(segments)) == len(segments)


def test_the_official_world_has_tau22s_counts_to_the_clip() -> None:
    clips: Counter[tuple[str, str]] = Counter()
    places = defaultdict(set)
    scenes_of = defaultdict(Counter)
    for moment in benchmark.moments(World("official")):
        for device in moment.devices:
            clips[moment.listed(device), device] += moment.clips
            scenes_of[moment.listed(device), device][moment.scene] += moment.clips
        places[moment.side].add(moment.location)
    counts = official("tau22_devices").stack()
    assert clips == {(side, device): n for (device, side), n in counts.items() if n}
    official_places = (official("tau22_locations")[SIDES] > 0).sum()
    assert all(len(places[side]) == official_places[side] for side in ("train", "test"))
    assert places["unused"] == places["test"]  # of the moments that no list holds
    for found in scenes_of.values():
        assert len(found) == 10 and max(found.values()) - min(found.values()) <= 20


def test_vintage_layout(smoke: Path) -> None:
    files = sorted((smoke / "vintage").glob("*.wav"))
    assert len(files) == 66
    assert any("&" in path.name for path in files)
    rates = Counter(soundfile.info(path).samplerate for path in files)
    assert rates == {44_100: 61, 48_000: 5}
    for path in files:
        samples, rate = soundfile.read(path)
        peak_ms = 1000 * np.abs(samples).argmax() / rate
        low, high = (0, 0.16) if path.name.startswith("IR_") else (1.3, 2.6)
        assert low <= peak_ms <= high, path.name


def test_multi_layout(smoke: Path) -> None:
    root = smoke / "multi" / "Microphone_Impulse_Responses"
    folders = {path.parent for path in root.rglob("*.wav")}
    assert len(folders) == 115
    assert {folder.name for folder in folders} == {"24bit"}
    assert all(folder.parents[1].name == "Normalised_IRs" for folder in folders)
    names = {folder.parent.name for folder in folders}
    assert {"SchoepsCMC6_MK2H_KA40_5m", "RodeNT2ACardioid_50cm"} <= names
    assert not names & {"NeumannU47FET_5m", "RodeNTG8_50cm"}
    for folder in folders:
        stem = folder.parent.name
        expected = {f"{stem}_{angle}Deg.wav" for angle in range(0, 360, 45)}
        assert {path.name for path in folder.iterdir()} == expected
    info = soundfile.info(next(root.rglob("*.wav")))
    assert (info.samplerate, info.subtype, info.frames) == (48_000, "PCM_24", 4800)
    assert len(multi_microphones.MULTI) == 39


def test_stamp_says_simulated_and_nothing_is_left_over(smoke: Path) -> None:
    for part in benchmark.PARTS:
        stamp = json.loads((smoke / part / "simulated.json").read_text())
        assert stamp == {
            "version": benchmark.VERSION,
            "size": "smoke",
            "seed": 0,
            "further": False,
            "part": part,
        }
        assert not list((smoke / part).rglob("*.unfinished"))


def test_bytes_depend_on_the_world_only(tiny: None, tmp_path: Path) -> None:
    once, again, other = tmp_path / "once", tmp_path / "again", tmp_path / "other"
    benchmark.write(World("tiny"), "tau22", once, workers=1, progress=False)
    benchmark.write(World("tiny"), "tau22", again, workers=2, progress=False)
    benchmark.write(World("tiny", 1), "tau22", other, workers=1, progress=False)
    assert _bytes(once) == _bytes(again)
    changed = [_bytes(once)[name] != digest for name, digest in _bytes(other).items()]
    assert sum(changed) > 0.9 * len(changed)


def test_further_devices_record_the_test_side_only_and_change_nothing_else(
    tiny: None, tmp_path: Path
) -> None:
    without, with_further = tmp_path / "without", tmp_path / "with"
    benchmark.write(World("tiny"), "tau22", without, workers=1, progress=False)
    benchmark.write(World("tiny", further=True), "tau22", with_further, workers=1, progress=False)
    stay = {n: d for n, d in _bytes(without).items() if n.startswith("audio/")}
    there = {n: d for n, d in _bytes(with_further).items() if n.startswith("audio/")}
    assert stay.items() <= there.items()
    assert Counter(Path(name).stem.split("-")[-1] for name in there.keys() - stay.keys()) == {
        name: 2 for name in devices.FURTHER
    }
    assert len(set(there.values())) == len(there)  # each with a sound of its own
    tables = ("train", "test")
    listed = {t: _rows(with_further / f"evaluation_setup/fold1_{t}.csv") for t in tables}
    heard = {t: {Path(row["filename"]).stem.split("-")[-1] for row in listed[t]} for t in tables}
    assert heard["test"] == {*benchmark.TEST_DEVICES, *devices.FURTHER}
    assert not heard["train"] & {*devices.UNSEEN, *devices.FURTHER}


def test_a_device_s_recording_does_not_depend_on_who_else_records(tiny: None) -> None:
    moment = benchmark.moments(World("tiny"))[0]

    def clips(*names: str) -> dict[str, bytes]:
        made = benchmark._record(moment._replace(devices=names, clips=1), 0)
        return {file: samples.tobytes() for file, samples, _ in made}

    assert clips("a", "c", "s10").items() <= clips("a", "b", "c", "s3", "s10", "s11").items()


def test_an_interrupted_write_goes_on(
    tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "folder"
    benchmark.write(World("tiny"), "tau22", whole, workers=1, progress=False)
    made = []
    record = benchmark._record

    def stops(moment: benchmark.Moment, seed: int) -> Iterator[tuple[str, np.ndarray, int]]:
        made.append(moment.segment)
        files = record(moment, seed)
        if len(made) == 2:
            yield next(files)
            raise KeyboardInterrupt
        yield from files

    monkeypatch.setattr(benchmark, "_record", stops)
    with pytest.raises(KeyboardInterrupt):
        benchmark.write(World("tiny"), "tau22", folder, workers=1, progress=False)
    assert not (folder / "simulated.json").exists()
    benchmark.write(World("tiny"), "tau22", folder, workers=1, progress=False)
    assert made == [0, 1, 1, 2, 3]  # the first was complete, the second was not
    assert _bytes(folder) == _bytes(whole)
    benchmark.write(World("tiny"), "tau22", folder, workers=1, progress=False)
    assert len(made) == 5


def _begun(folder: Path) -> subprocess.Popen[bytes]:
    call = ["-m", "asc_lib.simulate.benchmark", "smoke", "vintage", folder, "--workers", "2"]
    return subprocess.Popen([sys.executable, *call], cwd=ROOT, stderr=subprocess.DEVNULL)


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_killed_write_ends_its_workers_and_two_calls_at_once_end_it(
    smoke: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "vintage"
    killed = _begun(folder)
    while len(list(folder.glob("*.wav"))) < 5:
        assert killed.poll() is None
        time.sleep(0.01)
    tasks = Path(f"/proc/{killed.pid}/task").glob("*/children")
    workers = [int(pid) for task in tasks for pid in task.read_text().split()]
    assert len(workers) >= 2
    killed.kill()
    killed.wait()
    deadline = time.monotonic() + 30
    while any(map(_alive, workers)):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.1)
    assert not (folder / "simulated.json").exists()
    both = [_begun(folder), _begun(folder)]
    assert [process.wait(300) for process in both] == [0, 0]
    assert _bytes(folder) == _bytes(smoke / "vintage")


def test_a_claim_that_was_half_written_does_not_bar_the_folder(tiny: None, tmp_path: Path) -> None:
    half = unfinished_of(tmp_path / CLAIM)
    half.write_text("{")
    benchmark.write(World("tiny"), "vintage", tmp_path, workers=1, progress=False)
    assert (tmp_path / "simulated.json").is_file() and not half.exists()


def test_bad_requests_are_told(
    tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="size 'large' is none of smoke, quick"):
        benchmark.write(World("large"), "tau22", tmp_path)
    with pytest.raises(InputError, match="'_seed-1' not understood"):
        benchmark.write(World("smoke", -1), "tau22", tmp_path)
    with pytest.raises(InputError, match="part 'surrey'"):
        benchmark.write(World("smoke"), "surrey", tmp_path)
    with pytest.raises(InputError, match="workers 0"):
        benchmark.write(World("smoke"), "multi", tmp_path, workers=0)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not simulated"):
        benchmark.write(World("smoke"), "vintage", tmp_path)
    folder = tmp_path / "vintage"
    benchmark.write(World("smoke"), "vintage", folder, workers=1, progress=False)
    with pytest.raises(InputError, match="another simulated set"):
        benchmark.write(World("smoke", 1), "vintage", folder)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InputError, match=r"GB needed, 0\.0 GB free"):
        benchmark.write(World("smoke"), "multi", tmp_path / "multi")
    assert not (tmp_path / "multi").exists()
    monkeypatch.setattr("sys.argv", ["benchmark", "huge", "tau22", str(tmp_path)])
    assert benchmark.main() == 2
    assert capsys.readouterr().err.count("\n") == 1
