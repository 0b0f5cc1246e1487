import json
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile

from asc_lib.check_data import OTHER, Section
from asc_lib.data.dir_sets import (
    BEFORE_PEAK,
    TAPS,
    DirSet,
    cut,
    load_dirs,
    read_multi,
    read_vintage,
)
from asc_lib.files import InputError
from asc_lib.simulate.benchmark import VERSION


def write_response(file: Path, rate: int, depth: str = "PCM_24", gain: float = 1.0) -> None:
    """The impulse response of a 2nd-order band pass around 1 kHz, after 0.2 s of silence."""
    b, a = scipy.signal.butter(1, (500, 2000), "bandpass", fs=rate)
    impulse = np.zeros(rate // 2)
    impulse[int(0.2 * rate)] = gain
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, scipy.signal.lfilter(b, a, impulse), rate, depth)


@pytest.mark.parametrize("rate", [44_100, 48_000, 32_000])
def test_a_response_keeps_its_filter_at_any_rate(tmp_path: Path, rate: int) -> None:
    write_response(tmp_path / "B&O_1.wav", rate)
    dirs = read_vintage(tmp_path)
    assert dirs.table["name"].tolist() == ["B&O_1"]
    assert dirs.responses.shape == (1, TAPS)
    assert np.abs(dirs.responses[0]).argmax() == BEFORE_PEAK
    frequency = np.array([250, 500, 1000, 2000, 4000, 8000])
    _, got = scipy.signal.freqz(dirs.responses[0], 1, frequency, fs=32_000)
    b, a = scipy.signal.butter(1, (500, 2000), "bandpass", fs=rate)
    _, true = scipy.signal.freqz(b, a, frequency, fs=rate)
    assert np.abs(20 * np.log10(np.abs(got) / np.abs(true))).max() < 0.1


def test_kaiser_window_is_centred_on_the_peak() -> None:
    response = np.zeros(4000)
    response[500:] = 0.5
    response[500] = 1.0
    ratio = cut(response, 2.0)[BEFORE_PEAK:] / cut(response, 0.0)[BEFORE_PEAK:]
    assert ratio[0] == pytest.approx(1)
    assert ratio[-1] == pytest.approx(1 / np.i0(2.0), rel=0.01)
    assert (np.diff(ratio) < 0).all()


def test_multi_layout_is_read_by_name(tmp_path: Path) -> None:
    inside = tmp_path / "Microphone_Impulse_Responses" / "Normalised_IRs"
    write_response(inside / "RodeNT2ACardioid_50cm/24bit/RodeNT2ACardioid_50cm_5Deg.wav", 48_000)
    # other copies of the response, told apart here by their levels
    copy = "RodeNT2ACardioid_50cm/RodeNT2ACardioid_50cm_5Deg.wav"
    write_response(inside / copy, 48_000, "PCM_32", gain=0.5)
    write_response(tmp_path / "Raw_IRs" / "24bit" / copy, 48_000, gain=0.1)
    write_response(inside / "SchoepsCMC6_MK2H_125cm/SchoepsCMC6_MK2H_125cm_355Deg_n.wav", 48_000)
    write_response(inside / "AKGC414Hyper_5m/AKGC414Hyper_5m_0Deg.wav", 48_000)
    write_response(tmp_path / "Raw_IRs/AKGC414Hyper_5m/AKGC414Hyper_5m_0Deg.wav", 48_000)
    write_response(inside / "calibration.wav", 48_000)
    dirs = read_multi(tmp_path)
    rows = dirs.table.drop(columns="name").fillna("").to_dict("split")["data"]
    assert rows == [
        ["AKGC414", "Hyper", 5.0, 0.0],
        ["RodeNT2A", "Cardioid", 0.5, 5.0],
        ["SchoepsCMC6_MK2H", "", 1.25, 355.0],
    ]
    assert dirs.label == "Multi DIRs (measured)"
    peaks = np.abs(dirs.responses).max(axis=1)
    assert peaks[1] == pytest.approx(peaks[2], rel=1e-3)  # the normalised one of 24 bit


def test_sets_are_read_once_and_again_when_they_change(tmp_path: Path) -> None:
    write_response(tmp_path / "set" / "one.wav", 44_100)
    first = load_dirs("vintage", tmp_path / "set", tmp_path / "kept", progress=False)
    again = load_dirs("vintage", tmp_path / "set", tmp_path / "kept", progress=False)
    np.testing.assert_array_equal(first.responses, again.responses)
    assert first.table["name"].tolist() == again.table["name"].tolist()
    write_response(tmp_path / "set" / "two.wav", 44_100)
    more = load_dirs("vintage", tmp_path / "set", tmp_path / "kept", progress=False)
    assert len(more.responses) == 2


def test_fingerprint_follows_the_responses_and_says_what_is_simulated(tmp_path: Path) -> None:
    def load(name: str) -> DirSet:
        return load_dirs("vintage", tmp_path / name, tmp_path / "kept", progress=False)

    write_response(tmp_path / "set" / "one.wav", 44_100)
    write_response(tmp_path / "copy" / "one.wav", 44_100)
    write_response(tmp_path / "other" / "one.wav", 44_100, gain=0.5)
    real = load("set").fingerprint
    assert load("copy").fingerprint == real != load("other").fingerprint
    stamp = tmp_path / "set" / "simulated.json"
    stamp.write_text(json.dumps({"version": VERSION}))
    assert load("set").fingerprint == f"simulated-v{VERSION}-{real}"
    assert list((tmp_path / "kept").glob(f"vintage-simulated-v{VERSION}-*"))
    stamp.write_text(json.dumps({"version": VERSION - 1}))
    with pytest.raises(InputError, match="delete the folder"):
        load("set")


def test_bad_sets_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        read_vintage(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: holds no wav"):
        read_vintage(tmp_path / "empty")
    write_response(tmp_path / "set" / "one.wav", 44_100)
    with pytest.raises(InputError, match="no file is named like"):
        read_multi(tmp_path / "set")
    soundfile.write(tmp_path / "set" / "mute.wav", np.zeros(5000), 44_100, "PCM_24")
    with pytest.raises(InputError, match=r"mute.wav: the impulse response is silent"):
        read_vintage(tmp_path / "set")


def test_what_systems_leave_is_passed_over_and_links_and_any_names_are_read(tmp_path: Path) -> None:
    root = tmp_path / "set"
    write_response(root / "one.wav", 44_100)
    plain = read_vintage(str(root))
    for name in ("._one.wav", ".DS_Store", "Thumbs.db", "__MACOSX/one.wav", "@eaDir/one.wav"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"Mac OS X")
    assert read_vintage(root).fingerprint == plain.fingerprint
    write_response(tmp_path / "elsewhere" / "two.wav", 44_100)
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(root)  # a circle
    for name in (b"\xe9.wav", "e\u0301a.wav".encode()):  # Latin-1; decomposed, as macOS has it
        (root / os.fsdecode(name)).write_bytes((root / "one.wav").read_bytes())
    for _ in range(2):  # read, and kept
        dirs = load_dirs("vintage", str(root), str(tmp_path / "kept"), progress=False)
        assert sorted(dirs.table["name"]) == ["one", "two", "\xe9", "\xe9a"]
    assert Section("vintage", root, progress=False).level == OTHER


def test_real_vintage_set_keeps_its_energy(real_data: Path) -> None:
    dirs = read_vintage(real_data / "micirp")
    assert len(dirs.responses) == 66
    assert not dirs.simulated
    energy = 10 * np.log10((dirs.responses**2).sum(1))
    assert 18 < np.ptp(energy) < 24  # the files span about 21 dB


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("responses.npy", np.full((1, 1024), np.nan, "f4"), "NaN"),
        ("responses.npy", np.ones((2, 1024), "f4"), r"\(2, 1024\) for a table of 1"),
        ("responses.npy", np.ones((1, 1024)), "float64"),
        ("responses.npy", b"\x93NUMPY", "responses.npy: not readable"),
        ("table.parquet", b"PAR1", "table.parquet: not readable"),
    ],
)
def test_a_damaged_kept_set_is_told(tmp_path: Path, name: str, content, said: str) -> None:
    write_response(tmp_path / "set" / "one.wav", 44_100)
    load_dirs("vintage", tmp_path / "set", tmp_path / "kept", progress=False)
    (file,) = (tmp_path / "kept").glob(f"*/{name}")
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.save(file, content)
    with pytest.raises(InputError, match=f"{said}.*delete {file.parent}"):
        load_dirs("vintage", tmp_path / "set", tmp_path / "kept", progress=False)
