import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.signal
import soundfile
import soxr
import torch

from asc_lib.data import bank as banks
from asc_lib.data import content
from asc_lib.data.bank import open_bank
from asc_lib.data.tau22 import read_index
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.files import InputError
from asc_lib.simulate.benchmark import VERSION
from tests.conftest import write_tau22

NOISE = np.random.default_rng(3).normal(0, 0.05, 44_100)


def clip_window(bank: banks.Bank, row: int, moved: int = 0) -> np.ndarray:
    start = torch.tensor([bank.clips["start"].iloc[row] + moved])
    return bank.windows(start, torch.tensor([bank.clips["scale"].iloc[row]]))[0].numpy()


def test_windows_are_the_resampled_clips(tau22: Path, tmp_path: Path) -> None:
    bank = open_bank(tau22, tmp_path / "banks", progress=False)
    random = np.random.default_rng(1)
    for row in random.choice(len(bank.clips), 8, replace=False):
        clip, rate = soundfile.read(tau22 / bank.clips["filename"].iloc[row])
        reference = scipy.signal.resample_poly(clip, 320, 441, window=("kaiser", 12.0))
        # away from the ends; noise at the band's edge is where two resamplers differ
        b, a = scipy.signal.butter(8, 0.8)
        error = scipy.signal.lfilter(b, a, clip_window(bank, row) - reference)[1000:-1000]
        assert rate == 44_100
        assert error.std() < 0.01 * reference.std()


def test_training_recordings_are_joined_and_test_clips_are_not(tau22: Path, tmp_path: Path) -> None:
    clips = open_bank(str(tau22), str(tmp_path / "banks"), progress=False).clips
    seconds = clips["stretch_samples"] / SAMPLE_RATE
    assert (seconds[clips["side"] == "train"] == 3).all()
    assert (seconds[clips["side"] == "test"] == 1).all()
    assert (clips["start"] + SAMPLE_RATE <= clips["stretch_start"] + clips["stretch_samples"]).all()
    joined = clips[clips["recording"] == "bus-paris-0-7-a"]
    assert joined["subsegment"].tolist() == [0, 1, 2]
    assert joined["start"].diff().dropna().eq(SAMPLE_RATE).all()


def test_a_missing_second_ends_a_stretch(tau22: Path, tmp_path: Path) -> None:
    for file in (tau22 / "meta.csv", tau22 / "evaluation_setup" / "fold1_train.csv"):
        kept = [line for line in file.read_text().splitlines() if "bus-paris-0-7-1-a" not in line]
        file.write_text("\n".join(kept) + "\n")
    clips = open_bank(tau22, tmp_path / "banks", progress=False).clips
    broken = clips[clips["recording"] == "bus-paris-0-7-a"]
    assert broken["subsegment"].tolist() == [0, 2]
    assert (broken["stretch_samples"] == SAMPLE_RATE).all()


def test_a_bank_is_reused_until_the_data_change(tau22: Path, tmp_path: Path) -> None:
    kept = tmp_path / "banks"
    first = open_bank(tau22, kept, progress=False)
    written = (first.folder / "samples.int16").stat().st_mtime_ns
    again = open_bank(tau22, kept, progress=False)
    assert again.folder == first.folder
    assert (first.folder / "samples.int16").stat().st_mtime_ns == written
    elsewhere = open_bank(tau22, tmp_path / "other banks", progress=False)
    assert elsewhere.fingerprint == first.fingerprint
    tone = np.sin(np.arange(44_100) / 9) / 9
    soundfile.write(tau22 / "audio/bus-paris-0-7-0-a.wav", tone, 44_100, "PCM_24")
    other = open_bank(tau22, kept, progress=False)
    assert other.fingerprint != first.fingerprint
    row = other.clips["filename"].tolist().index("audio/bus-paris-0-7-0-a.wav")
    assert abs(clip_window(other, row).std() - 1 / 9 / 2**0.5) < 1e-3


def test_a_bank_of_simulated_data_says_by_which_version(
    tau22: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = open_bank(tau22, tmp_path / "banks", progress=False)
    assert len(real.fingerprint) == 16 and not real.simulated
    for version in (VERSION, VERSION + 1):
        monkeypatch.setattr("asc_lib.data.simulated.VERSION", version)
        (tau22 / "simulated.json").write_text(json.dumps({"version": version}))
        bank = open_bank(tau22, tmp_path / "banks", progress=False)
        assert bank.simulated
        assert bank.fingerprint == f"simulated-v{version}-{real.fingerprint}"
        assert f"simulated-v{version}-" in bank.folder.name
    (tau22 / "simulated.json").write_text(json.dumps({"version": VERSION}))
    with pytest.raises(InputError, match=f"of version {VERSION} of the benchmark"):
        open_bank(tau22, tmp_path / "banks", progress=False)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: soundfile.write(f, np.zeros(48_000), 48_000, "PCM_24"), "sample rate is 48000"),
        (lambda f: soundfile.write(f, np.zeros(44_100), 44_100, "PCM_16"), "format is PCM_16"),
        (lambda f: soundfile.write(f, np.zeros(44_000), 44_100, "PCM_24"), "samples is 44000"),
        (lambda f: soundfile.write(f, np.zeros((44_100, 2)), 44_100, "PCM_24"), "2 channels"),
        (lambda f: soundfile.write(f, np.full(44_100, np.nan), 44_100, "FLOAT"), "NaN"),
        (lambda f: f.write_bytes(b""), "not readable as sound"),
        (lambda f: f.write_bytes(f.read_bytes()[:9000]), "truncated"),
        (lambda f: f.write_bytes(f.read_bytes()[:44]), "holds no samples"),
    ],
    ids=["rate", "depth", "length", "channels", "nan", "empty", "truncated", "header_only"],
)
def test_a_bad_wav_is_named_and_leaves_no_bank(tau22, tmp_path, spoil, said) -> None:
    spoil(tau22 / "audio" / "park-paris-3-7-1-s1.wav")
    with pytest.raises(InputError, match=f"park-paris-3-7-1-s1.wav.*{said}"):
        open_bank(tau22, tmp_path / "banks", progress=False)
    assert not list((tmp_path / "banks").glob("bank*"))


def test_the_bank_is_what_plain_code_makes(
    tau22: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tau22 / "audio" / "park-paris-5-7-2-s1.wav"
    soundfile.write(silent, np.zeros(44_100), 44_100, "PCM_24")
    monkeypatch.setattr(content, "_FEW", 0.1)
    bank = open_bank(tau22, tmp_path / "banks", progress=False)
    stored = bank.samples.numpy()
    digest = hashlib.sha256(stored.tobytes())
    for start, clips in bank.clips.groupby("stretch_start"):
        seconds = [soundfile.read(tau22 / n, dtype="float32")[0] for n in clips["filename"]]
        samples = soxr.resample(np.concatenate(seconds), 44_100, SAMPLE_RATE, "HQ")
        scale = float(np.abs(samples).max()) / 32767 or 1.0
        assert (clips["scale"] == scale).all()
        kept = stored[start : start + len(samples)]
        np.testing.assert_array_equal(kept, np.rint(samples / scale).astype(np.int16))
    assert (bank.clips.loc[bank.clips["filename"] == f"audio/{silent.name}", "scale"] == 1).all()
    index = read_index(tau22)
    digest.update(index[index["side"] != "unused"].reset_index(drop=True).to_csv().encode())
    assert bank.fingerprint == digest.hexdigest()[:16]
    monkeypatch.setattr(banks.os, "cpu_count", lambda: 1)
    alone = open_bank(tau22, tmp_path / "alone", progress=False)
    assert alone.fingerprint == bank.fingerprint


def test_a_bad_wav_stops_the_work_soon(
    tau22: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def convert(root: Path, names: list[str]) -> banks.Stretch:
        asked.append(names)
        if len(asked) == 3:
            raise InputError(f"{names[0]}: bad")
        return np.zeros(len(names) * SAMPLE_RATE, np.int16), 1.0, []

    monkeypatch.setattr(banks, "_convert", convert)
    monkeypatch.setattr(banks.os, "cpu_count", lambda: 1)
    with ThreadPoolExecutor(1) as pool, pytest.raises(InputError, match="c2: bad"):
        list(banks.converted(pool, tau22, [[f"c{number}"] for number in range(1000)]))
    assert len(asked) < 50


def test_a_full_disk_is_said_before_any_work(tau22, tmp_path, monkeypatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(banks.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(InputError, match=r"bank_root .* GB are free"):
        open_bank(tau22, tmp_path / "banks", progress=False)


def test_a_disk_too_small_for_a_bank_keeps_what_it_held(tau22, tmp_path, small_disk) -> None:
    small_disk.fill(leave=300)
    before = list(small_disk.folder.iterdir())
    with pytest.raises(InputError, match=r"bank_root .*disk: the bank needs 0.00 GB") as told:
        open_bank(tau22, small_disk.folder, progress=False)
    assert "set bank_root to another disk" in str(told.value)
    assert [file for file in small_disk.folder.iterdir() if file.suffix != ".lock"] == before
    small_disk.grow(16_000)
    bank = open_bank(tau22, small_disk.folder, progress=False)
    assert bank.fingerprint == open_bank(tau22, tmp_path / "elsewhere", progress=False).fingerprint


def test_a_disk_that_another_fills_meanwhile_leaves_the_bank_before(
    tau22, tmp_path, small_disk, monkeypatch
) -> None:
    small_disk.grow(3000)
    other = write_tau22(tmp_path / "other", lambda meta: meta)
    first = open_bank(tau22, small_disk.folder, progress=False)
    before = {file: file.read_bytes() for file in first.folder.iterdir()}
    much = type("Usage", (), {"free": 10**12})
    monkeypatch.setattr(banks.shutil, "disk_usage", lambda folder: much)
    with pytest.raises(InputError, match="disk: the disk is full"):
        open_bank(other, small_disk.folder, progress=False)
    assert [file for file in small_disk.folder.iterdir() if file.is_dir()] == [first.folder]
    assert {file: file.read_bytes() for file in first.folder.iterdir()} == before
    open_bank(tau22, small_disk.folder, progress=False)


SILENT = np.zeros(44_100)


@pytest.mark.parametrize(
    ("sounds", "few", "said"),
    [
        ({"park-paris-5-7-1-s1": SILENT, "bus-paris-4-7-0-a": SILENT + 0.2}, 0, "test silent"),
        ({"park-paris-5-7-1-s1": SILENT, "park-paris-5-7-0-s1": SILENT}, 0, "test silent"),
        ({"park-paris-3-7-1-s1": SILENT}, 0.05, "train silent"),
        ({"park-paris-3-7-1-s1": NOISE, "park-paris-5-7-1-s1": NOISE}, 0, "are on side train, too"),
        ({"park-paris-3-7-1-s1": NOISE, "bus-paris-0-7-0-a": NOISE}, 1, "under several names"),
        ({"park-paris-3-7-1-s1": np.clip(40 * NOISE, -1, 1)}, 1, "cut off at full scale"),
    ],
)
def test_silence_doubles_and_clipping_are_told_before_any_training(
    tau22: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sounds, few: float, said: str
) -> None:
    monkeypatch.setattr(content, "_FEW", few or content._FEW)
    for name, sound in sounds.items():
        soundfile.write(tau22 / "audio" / f"{name}.wav", sound, 44_100, "PCM_24")
    if few:
        for _ in range(2):  # built, and opened
            (told,) = open_bank(tau22, tmp_path / "banks", progress=False).remarks
    else:
        with pytest.raises(InputError) as stopped:
            open_bank(tau22, tmp_path / "banks", progress=False)
        told = str(stopped.value)
        assert not list((tmp_path / "banks").glob("bank*"))
    assert said in told and all(f"audio/{name}.wav" in told for name in sounds)


def test_quantisation_is_far_below_the_signal(tau22: Path, tmp_path: Path) -> None:
    bank = open_bank(tau22, tmp_path / "banks", progress=False)
    stored = bank.samples.numpy()
    assert stored.min() < -30_000 or stored.max() > 30_000
    step = bank.clips["scale"].iloc[0]
    assert 20 * np.log10(clip_window(bank, 0).std() / (step / 12**0.5)) > 80


def test_real_clips_make_a_bank(real_data: Path, tmp_path: Path) -> None:
    bank = open_bank(real_data / "tau22-mini", tmp_path / "banks", progress=False)
    assert len(bank.clips) == 535
    assert not bank.simulated
    assert (bank.clips["stretch_samples"] > SAMPLE_RATE).sum() > 20
    level = 20 * np.log10([clip_window(bank, row).std() for row in range(0, 535, 20)])
    assert -75 < level.min() < level.max() < -5


@pytest.mark.parametrize(
    "change",
    [
        lambda clips: clips.assign(start=clips["start"] + 10_000_000),
        lambda clips: clips.assign(scale=np.nan),
        lambda clips: clips.assign(scene=clips["scene"].iloc[0]),
        lambda clips: clips.iloc[1:],
        lambda clips: clips.drop(columns="scale"),
    ],
)
def test_a_damaged_bank_is_told(tau22: Path, tmp_path: Path, change) -> None:
    file = open_bank(tau22, tmp_path / "banks", progress=False).folder / "clips.parquet"
    change(pd.read_parquet(file)).to_parquet(file)
    with pytest.raises(InputError, match=f"clips.parquet: not readable .*delete {file.parent}"):
        open_bank(tau22, tmp_path / "banks", progress=False)
