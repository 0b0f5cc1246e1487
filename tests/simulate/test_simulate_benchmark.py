"""What lies on disk: layouts, counts, determinism, what a user can get wrong."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asc_lib.check_data import SIDES, official
from asc_lib.data.dir_sets import read_multi
from asc_lib.data.simulated import CLAIM
from asc_lib.data.tau22 import CLIP_FORMAT, FAMILIES, check_audio, read_index
from asc_lib.data.wav import read_clip
from asc_lib.files import ROOT, InputError
from asc_lib.simulate import benchmark, worlds
from asc_lib.simulate.worlds import FURTHER, TEST_DEVICES, Moment, Size, World, moments


def _bytes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A size of two moments a scene, so that a test can write it more than once."""
    monkeypatch.setitem(worlds.SIZES, "tiny", Size(1, 1, 0.3, 1, 1, 1, 90))
    monkeypatch.setattr(worlds, "SCENES", worlds.SCENES[:2])


def test_a_world_has_one_name_and_a_wrong_one_is_told() -> None:
    last = World("official", 2**31 - 1, True)
    assert last.name == "official_s11_seed2147483647" and World.named(last.name) == last
    for name, said in {
        "quik": "size 'quik' is none of smoke, quick, standard, official; a world is <size>",
        "quick_s12": "'_s12' not understood; a world is <size>",
        "quick_seed1_s11": "'_seed1_s11' not understood",
        "quick_s11\n": "not understood",
        "quick_seed2147483648": "seed out of range",
        "quick_s11_seed01": "write it quick_s11_seed1$",
    }.items():
        with pytest.raises(InputError, match=said):
            World.named(name)


# Of version 3: energy of all samples, and their sum under a cosine that is another in each file.
# Another processor may round some samples otherwise, which alters neither by a millionth of the
# energy; whatever else alters them makes another world, and needs another VERSION.
FROZEN = {
    "vintage": (244.7341, -0.8985661), "multi": (344.9652, 0.1436569), "a": (216511, -758.5366),
    "b": (25458.7, -203.092), "c": (18534.19, -92.86679), "s1": (12433.92, -23.02608),
    "s2": (163711.2, 362.2819), "s3": (50855.15, -15.9998), "s4": (16276.8, -159.6065),
    "s5": (15779.87, -245.1409), "s6": (11623.94, -192.4794), "s7": (1576.206, -30.22156),
    "s8": (1286.23, -55.42799), "s9": (1212.188, -64.38935), "s10": (932.9345, 28.82271),
    "s11": (1813.573, -14.68763),
}  # fmt: skip
TABLES = {
    "meta.csv": "e1316ab974b8ce96",
    "evaluation_setup/fold1_train.csv": "d8076f9b76927036",
    "evaluation_setup/fold1_evaluate.csv": "2c8354ae5257dc14",
}


def _pinned(files: Iterable[Path]) -> tuple[float, float]:
    energy = wave = 0.0
    for number, file in enumerate(sorted(files)):
        samples, _ = soundfile.read(file)
        energy += samples @ samples
        wave += samples @ np.cos(np.arange(len(samples)) ** 2 * 1e-5 + number)
    return energy, wave


def test_the_frozen_world_is_what_it_was(smoke: Path, tmp_path: Path) -> None:
    assert benchmark.VERSION == 3
    found = {part: _pinned((smoke / part).rglob("*.wav")) for part in ("vintage", "multi")}
    by = defaultdict(list)
    for file in (smoke / "tau22").rglob("*.wav"):
        by[file.stem.split("-")[-1]].append(file)
    # the further devices, from the last moment of the test side
    last = moments(World("smoke", further=True))[-1]
    for name, samples, rate in benchmark._record(last._replace(devices=FURTHER), 0):
        file = tmp_path / Path(name).name
        soundfile.write(file, samples, rate, "PCM_24")
        by[file.stem.split("-")[-1]].append(file)
    found |= {device: _pinned(files) for device, files in by.items()}
    assert found.keys() == FROZEN.keys()
    for name, (energy, wave) in FROZEN.items():
        assert found[name] == pytest.approx((energy, wave), rel=0, abs=1e-6 * energy), name
    assert {name: _bytes(smoke / "tau22")[name][:16] for name in TABLES} == TABLES
    for part in benchmark.PARTS:
        stamp = {"version": 3, "size": "smoke", "seed": 0, "further": False, "part": part}
        assert json.loads((smoke / part / "simulated.json").read_text()) == stamp
        assert not list((smoke / part).rglob("*.unfinished"))


def test_tau22_layout(smoke: Path) -> None:
    """The reader holds names, tables, sides and places against each other."""
    root = smoke / "tau22"
    index = read_index(root)
    check_audio(index, root)
    assert set(index["filename"]) == {f"audio/{file.name}" for file in root.glob("audio/*")}
    test = (root / "evaluation_setup/fold1_test.csv").read_bytes().split(b"\r\n")
    assert set(test[1:-1]) == {n.encode() for n in index["filename"][index["side"] == "test"]}
    for path in sorted(root.glob("audio/*.wav"))[::50]:
        samples = read_clip(path, **CLIP_FORMAT)
        assert 1e-4 < samples.std() < 0.7  # the loudest bus


@pytest.mark.parametrize(
    ("size", "train", "test", "locations"),
    [("smoke", 550, 450, 40), ("quick", 9300, 5400, 340)],
)
def test_counts_sides_and_device_shares(size: str, train: int, test: int, locations: int) -> None:
    clips: Counter[tuple[str, str]] = Counter()
    places = defaultdict(set)
    scene_of = {}
    for moment in moments(World(size)):
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
    assert {clips["test", device] for device in TEST_DEVICES} == {test // 9}
    segments = [moment.segment for moment in moments(World(size))]
    assert len(set(segments)) == len(segments)


def test_the_official_world_has_tau22s_counts_to_the_clip() -> None:
    clips: Counter[tuple[str, str]] = Counter()
    places = defaultdict(set)
    scenes_of = defaultdict(Counter)
    for moment in moments(World("official")):
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


def test_layouts_of_responses(smoke: Path) -> None:
    files = sorted((smoke / "vintage").glob("*.wav"))
    assert len(files) == 66 and any("&" in path.name for path in files)
    assert Counter(soundfile.info(path).samplerate for path in files) == {44_100: 61, 48_000: 5}
    for path in files:
        samples, rate = soundfile.read(path)
        peak_ms = 1000 * np.abs(samples).argmax() / rate
        low, high = (0, 0.16) if path.name.startswith("IR_") else (1.3, 2.6)
        assert low <= peak_ms <= high, path.name
    multi = read_multi(smoke / "multi")
    assert multi.simulated and multi.table["microphone"].nunique() == 26
    table = multi.table.fillna("").groupby(["microphone", "pattern", "distance_m"])["angle_deg"]
    assert table.apply(sorted).tolist() == [list(range(0, 360, 45))] * 115
    file = next(
        (smoke / "multi" / "Microphone_Impulse_Responses").glob("*/Normalised_IRs/*/24bit/*")
    )
    info = soundfile.info(file)
    assert (info.samplerate, info.subtype, info.frames) == (48_000, "PCM_24", 4800)


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
    made = {}
    for world in (World("tiny"), World("tiny", further=True)):
        benchmark.write(world, "tau22", tmp_path / world.name, workers=1, progress=False)
        found = _bytes(tmp_path / world.name)
        made[world.further] = {n: d for n, d in found.items() if n.startswith("audio/")}
    assert made[False].items() <= made[True].items()
    new = Counter(Path(name).stem.split("-")[-1] for name in made[True].keys() - made[False].keys())
    assert new == {name: 2 for name in FURTHER}
    assert len(set(made[True].values())) == len(made[True])  # each with a sound of its own
    index = read_index(tmp_path / "tiny_s11")
    heard = index.groupby("side")["device"].agg(set)
    assert heard["test"] == {*TEST_DEVICES, *FURTHER}
    assert not heard["train"] & {*FAMILIES["unseen"], *FURTHER}


def test_a_device_s_recording_does_not_depend_on_who_else_records(tiny: None) -> None:
    moment = moments(World("tiny"))[0]

    def clips(*names: str) -> dict[str, bytes]:
        made = benchmark._record(moment._replace(devices=names, clips=1), 0)
        return {file: samples.tobytes() for file, samples, _ in made}

    assert clips("a", "c", "s10").items() <= clips("a", "b", "c", "s3", "s10", "s11").items()


def test_an_interrupted_write_goes_on(
    tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "folder"
    benchmark.write(World("tiny"), "tau22", whole, workers=1, progress=False)
    folder.mkdir()
    for name in (f".{CLAIM}.7.unfinished", f".{CLAIM}.lock"):  # of a call that was killed at once
        (folder / name).touch()
    made = []
    record = benchmark._record

    def stops(moment: Moment, seed: int) -> Iterator[tuple[str, np.ndarray, int]]:
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
    (folder / f".{CLAIM}.lock").unlink()
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
    (folder / ".IR_x.wav.7.unfinished").write_text("RIFF")  # as if killed in the middle of it
    both = [_begun(folder), _begun(folder)]
    assert [process.wait(300) for process in both] == [0, 0]
    assert _bytes(folder) == _bytes(smoke / "vintage")


def test_bad_requests_are_told(
    tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="part 'surrey'"):
        benchmark.write(World("smoke"), "surrey", tmp_path)
    with pytest.raises(InputError, match="workers 0"):
        benchmark.write(World("smoke"), "multi", tmp_path, workers=0)
    folder = tmp_path / "tau22"
    folder.mkdir()
    (folder / "mine.unfinished").write_text("mine")
    with pytest.raises(InputError, match="not simulated"):
        benchmark.write(World("tiny"), "tau22", folder)
    (folder / "mine.unfinished").unlink()
    benchmark.write(World("tiny"), "tau22", folder, workers=1, progress=False)
    with pytest.raises(InputError, match="another simulated set"):
        benchmark.write(World("tiny", 1), "tau22", folder)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(
        InputError, match=r"the disk is full: [\d.]+ MB are needed, 0\.0 MB are free"
    ):
        benchmark.write(World("smoke"), "multi", tmp_path / "multi")
    assert not (tmp_path / "multi").exists()
    monkeypatch.setattr("sys.argv", ["benchmark", "huge", "tau22", str(tmp_path)])
    assert benchmark.main() == 2
    assert capsys.readouterr().err.count("\n") == 1
