"""A user's recordings become a TAU22 folder whose sound is theirs; wrong tables are named."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.signal import resample_poly

from asc_lib.data.own_recordings import read_table, write
from asc_lib.data.tau22 import read_index
from asc_lib.files import InputError

ROWS = [
    ("one.wav", "park", "oslo-1", "a", "train"),
    ("two.flac", "tram", "oslo-2", "b", "train"),
    ("three.wav", "tram", "bad_ischl-3", "s4", "test"),
]


def noise(seconds: float, rate: int, channels: int = 1) -> np.ndarray:
    """Noise (frames, channels) without what another rate could not hold."""
    rough = np.random.default_rng(int(rate)).normal(0, 0.05, (int(seconds * rate), channels))
    return np.apply_along_axis(lambda x: np.convolve(x, np.hanning(9) / 4, "same"), 0, rough)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of three recordings: 12.7 s of stereo at 48 kHz, 1 s at 44.1, 2.5 s at 16 kHz."""
    soundfile.write(tmp_path / "one.wav", noise(12.7, 48_000, 2), 48_000, "FLOAT")
    soundfile.write(tmp_path / "two.flac", noise(1, 44_100), 44_100, "PCM_16")
    soundfile.write(tmp_path / "three.wav", noise(2.5, 16_000), 16_000, "PCM_16")
    return write_table(tmp_path, ROWS)


def write_table(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    file = folder / "recordings.csv"
    pd.DataFrame(rows, columns=["file", "scene", "place", "device", "side"]).to_csv(
        file, index=False
    )
    return file


def test_recordings_are_cut_into_the_layout(table: Path, tmp_path: Path) -> None:
    assert write(read_table(table), tmp_path / "mine", progress=False) == 12 + 1 + 2
    index = read_index(tmp_path / "mine")
    counts = index.groupby(["side", "device", "scene", "location"]).size().to_dict()
    assert counts == {
        ("train", "a", "park", "oslo-1"): 12,
        ("train", "b", "tram", "oslo-2"): 1,
        ("test", "s4", "tram", "bad_ischl-3"): 2,
    }
    # 12 s are one stretch of ten clips and one of two
    assert sorted(index.query("device == 'a'").groupby("recording").size()) == [2, 10]


def test_the_sound_is_that_of_the_recording(table: Path, tmp_path: Path) -> None:
    write(read_table(table), tmp_path / "mine", progress=False)
    clips = read_index(tmp_path / "mine").query("device == 'a'").sort_values(
        ["recording", "subsegment"]
    )  # fmt: skip
    read = [soundfile.read(tmp_path / "mine" / name)[0] for name in clips["filename"]]
    assert {len(samples) for samples in read} == {44_100}
    joined = np.concatenate(read)
    wanted = resample_poly(noise(12.7, 48_000, 2).mean(axis=1), 147, 160)[: len(joined)]
    inner = slice(1000, -1000)
    error = np.sqrt(np.mean((joined - wanted)[inner] ** 2) / np.mean(wanted[inner] ** 2))
    assert error < 0.01
    # no resampling, no loss but the 16 bits
    second = read_index(tmp_path / "mine").query("device == 'b'")["filename"].item()
    kept, rate = soundfile.read(tmp_path / "mine" / second)
    assert rate == 44_100 and soundfile.info(tmp_path / "mine" / second).subtype == "PCM_24"
    np.testing.assert_allclose(kept, soundfile.read(tmp_path / "two.flac")[0], atol=1e-6)


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (0, 1, "beach", "line 2: scene 'beach' is not known; write one of airport, bus"),
        (0, 3, "phone", "line 2: device 'phone' is not known; write one of a, b, c"),
        (1, 4, "dev", "line 3: side 'dev' is not known; write one of train, test"),
        (1, 2, "Oslo", "line 3: place 'Oslo': write town and number, like oslo-3"),
        (1, 2, "../x-1", "line 3: place '../x-1': write town and number"),
        (1, 3, "s4", "line 3: device s4 on side train; training hears a, b, c"),
        (2, 2, "oslo-1", "place oslo-1 is on both sides"),
        (2, 4, "train", "line 4: device s4 on side train"),
        (2, 0, "none.wav", "none.wav: no such file"),
        (2, 0, "recordings.csv", "recordings.csv: not readable as sound"),
        (2, 0, "short.wav", "short.wav: 0.50 s long, a clip takes one second"),
    ],
)
def test_a_wrong_row_is_named(table: Path, row: int, column: int, value: str, said: str) -> None:
    soundfile.write(table.parent / "short.wav", noise(0.5, 8000), 8000)
    rows = [list(of) for of in ROWS]
    rows[row][column] = value
    with pytest.raises(InputError, match=re.escape(said)):
        read_table(write_table(table.parent, rows))


def test_a_sound_that_says_nothing_of_itself_is_named(table: Path) -> None:
    (table.parent / "bare.raw").write_bytes(bytes(100_000))
    with pytest.raises(InputError, match=r"bare.raw: not readable as sound"):
        read_table(write_table(table.parent, [("bare.raw", *ROWS[0][1:]), *ROWS[1:]]))


def test_nan_is_never_cut_into_clips(table: Path, tmp_path: Path) -> None:
    spoilt = np.zeros((48_000 * 2, 2))
    spoilt[50_000] = np.nan
    soundfile.write(tmp_path / "one.wav", spoilt, 48_000, "FLOAT")
    with pytest.raises(InputError, match=r"one.wav: holds NaN"):
        write(read_table(table), tmp_path / "mine", progress=False)
    assert not (tmp_path / "mine").exists()


def test_a_table_without_test_places_is_refused(table: Path) -> None:
    with pytest.raises(InputError, match="no recording on side test"):
        read_table(write_table(table.parent, ROWS[:2]))


def test_a_column_that_is_missing_is_named(table: Path) -> None:
    table.write_text(table.read_text().replace("place", "town"))
    with pytest.raises(InputError, match="no column place; found file, scene, town, device, side"):
        read_table(table)


def test_the_command_says_how_to_go_on_and_never_overwrites(table: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "asc_lib.data.own_recordings", table, tmp_path / "mine"]
    few = subprocess.run(command, capture_output=True, text=True)
    assert few.returncode == 2 and not (tmp_path / "mine").exists()
    assert f"\n{table}: no clip of device a on the test side; " in few.stderr
    more = [("tram", "oslo-2", "a", "train")]
    more += [("tram", "bad_ischl-3", device, "test") for device in "ab"]
    more += [("tram", "bad_ischl-4", "a", "test")]
    for number, seconds in enumerate((12, 1, 1, 1)):
        rate = 20_000 + number
        soundfile.write(tmp_path / f"{number}.wav", noise(seconds, rate), rate)
    write_table(tmp_path, ROWS + [(f"{number}.wav", *row) for number, row in enumerate(more)])
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"30 clips in {tmp_path / 'mine'}" in done.stdout and "tau22_root: " in done.stdout
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 2
    assert f"\n{tmp_path / 'mine'}: is there already" in again.stderr
    assert not list(tmp_path.glob(".mine*unfinished"))


PAIR = noise(3, 22_050, 2)


@pytest.mark.parametrize(
    ("sound", "kind", "refused"),
    [
        (PAIR * 32_767 / np.abs(PAIR).max(), "FLOAT", r"values up to 32,?767, full scale is 1"),
        (PAIR * 5, "FLOAT", ""),
        (np.stack([PAIR[:, 0], -PAIR[:, 0]], 1), "PCM_16", "its channels cancel each other"),
        (np.stack([PAIR[:, 0], -0.9 * PAIR[:, 0]], 1), "PCM_16", "its channels cancel each other"),
        (np.stack([PAIR[:, 0], 0 * PAIR[:, 0]], 1), "PCM_16", ""),
        (0 * PAIR, "PCM_16", "silent"),
        (0 * PAIR + 0.1, "PCM_16", "silent"),
        (np.concatenate([PAIR, 0 * PAIR]), "PCM_16", "recordings.csv: 3 of 9 clips of side test"),
    ],
)
def test_what_is_heard_is_refused_with_its_line(
    table: Path, sound, kind: str, refused: str
) -> None:
    soundfile.write(table.parent / "three.wav", sound, 22_050, kind)
    soundfile.write(table.parent / "four.wav", noise(3, 8000), 8000)
    write_table(table.parent, [*ROWS, ("four.wav", *ROWS[2][1:])])
    if refused:
        with pytest.raises(InputError, match=f"(line 4.*three.wav.*)?{refused}"):
            read_table(table, progress=False)
    else:
        assert not any(read_table(table, progress=False)["remark"])


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        (("copy.flac", "tram", "bad_ischl-3", "s5", "test"), True),  # was heard in training
        (("copy.flac", "tram", "oslo-4", "b", "train"), True),
        (("copy.flac", "tram", "oslo-2", "c", "train"), True),
        (("copy.flac", "tram", "oslo-2", "b", "train"), False),
    ],
)
def test_a_recording_listed_twice_is_told(table: Path, row: tuple[str, ...], refused: bool) -> None:
    (table.parent / "copy.flac").write_bytes((table.parent / "two.flac").read_bytes())
    write_table(table.parent, [*ROWS, row])
    if refused:
        with pytest.raises(InputError, match=r"line 5: .*copy.flac: second 0 is heard in line 3"):
            read_table(table, progress=False)
    else:
        assert "listed in line 3, too" in read_table(table, progress=False)["remark"].iloc[3]


def test_clipping_and_cut_files_are_told(table: Path) -> None:
    folder = table.parent
    soundfile.write(folder / "one.wav", np.clip(30 * noise(3, 48_000), -1, 1), 48_000, "PCM_16")
    (folder / "three.wav").write_bytes((folder / "three.wav").read_bytes()[:40_000])
    told = read_table(table, progress=False)["remark"].tolist()
    assert re.search(r"line 2: .*one.wav: cut off at full scale", told[0]) and not told[1]
    assert re.search(r"line 4: .*three.wav: shorter than it says", told[2])


def test_lines_are_those_of_an_editor(table: Path) -> None:
    lines = table.read_text().splitlines()
    table.write_text(
        "\n".join([*lines[:2], "", "", '"two.flac",tram,oslo-2,b,train', "", "x,beach,y-1,a,test"])
    )
    with pytest.raises(InputError, match=r"recordings.csv, line 7: scene 'beach'"):
        read_table(table)


@pytest.mark.parametrize("kept", [b"\xf6.wav", b"o\xcc\x88.wav"])
def test_a_name_is_found_in_whatever_encoding_the_disk_has_it(table: Path, kept: bytes) -> None:
    (table.parent / "one.wav").rename(table.parent / os.fsdecode(kept))
    rows = read_table(write_table(table.parent, [("\xf6.wav", *ROWS[0][1:]), *ROWS[1:]]))
    assert write(rows, table.parent / "mine", progress=False) == 15
