"""Wavs that say what no recording can be."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asc_lib.data.dir_sets import read_vintage
from asc_lib.data.wav import read_wav
from asc_lib.files import InputError


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: _with_rate(f, 1), "sample rate is 1 Hz"),
        (lambda f: _with_rate(f, 2**31 - 1), "sample rate is 2147483647 Hz"),
        (lambda f: soundfile.write(f, np.full(400, 3e38), 44_100, "FLOAT"), "a million times"),
        (lambda f: f.unlink(), "no such file"),
        (lambda f: (f.unlink(), f.mkdir()), "not readable as sound"),
    ],
)
def test_it_is_told(tmp_path: Path, spoil, said: str) -> None:
    file = tmp_path / "one.wav"
    soundfile.write(file, np.hanning(400), 48_000, "FLOAT")
    spoil(file)
    with pytest.raises(InputError, match=f"one.wav: .*{said}"):
        read_wav(file)


def test_a_response_stays_finite_or_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", np.full(400, 9e5), 8000, "FLOAT")
    assert np.isfinite(read_vintage(tmp_path).responses).all()
    soundfile.write(tmp_path / "two.wav", np.full(400, 1e30), 8000, "FLOAT")
    with pytest.raises(InputError, match=r"two.wav.*full scale"):
        read_vintage(tmp_path)


def _with_rate(file: Path, rate: int) -> None:
    content = file.read_bytes()
    file.write_bytes(content.replace(struct.pack("<I", 48_000), struct.pack("<I", rate), 1))
