from pathlib import Path

import numpy as np
import pytest
import soundfile

from asc_lib.data.wav_header import Header, read_headers

SOUND = np.random.default_rng(0).uniform(-0.5, 0.5, (500, 2))


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64", "AIFF"])
@pytest.mark.parametrize(("subtype", "coding", "bits"), [
    ("PCM_16", "PCM", 16), ("PCM_24", "PCM", 24), ("PCM_32", "PCM", 32), ("FLOAT", "float", 32),
])  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_headers_say_what_libsndfile_wrote(
    tmp_path: Path, container: str, subtype: str, coding: str, bits: int, channels: int
) -> None:
    file = tmp_path / "a.wav"
    soundfile.write(file, SOUND[:, :channels], 22_050, subtype, format=container)
    (header,) = read_headers(tmp_path, ["a.wav"])
    size = file.stat().st_size
    assert header == Header(size, coding, 22_050, bits, channels, 500, 500)


def test_a_file_known_at_a_glance_is_described_as_any_other(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", SOUND[:, 0], 8_000, "PCM_24")
    usual = read_headers(tmp_path, ["a.wav"], rate=8_000, frames=500)
    assert usual == read_headers(tmp_path, ["a.wav"])


def test_order_is_kept_over_many_chunks(tmp_path: Path) -> None:
    names = [f"{number}.wav" for number in range(1000)]
    for number, name in enumerate(names):
        soundfile.write(tmp_path / name, SOUND[: 1 + number % 400, 0], 8_000, "PCM_24")
    found = read_headers(tmp_path, names)
    assert [header.frames for header in found] == [1 + number % 400 for number in range(1000)]


@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
@pytest.mark.parametrize("before", [b"", b"LIST\x03\0\0\0abc\0"])  # a chunk of odd length
def test_a_truncated_file_states_more_than_is_there(
    tmp_path: Path, container: str, before: bytes
) -> None:
    file = tmp_path / "a.wav"
    soundfile.write(file, SOUND, 8_000, "PCM_16", format=container)
    content = file.read_bytes()
    at = content.index(b"data")
    samples = content[at:][: 8 + 4 * 123 + 2]  # half of a frame, too
    file.write_bytes(content[:at] + before + samples)
    (header,) = read_headers(tmp_path, ["a.wav"])
    assert (header.frames, header.stated, header.problem) == (123, 500, "")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x10\0\0\0WAVE", b"<html>" * 100])
def test_what_is_no_wav_has_a_problem_and_stops_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    soundfile.write(tmp_path / "b.wav", SOUND, 8_000, "PCM_16")
    broken, absent, good = read_headers(tmp_path, ["a.wav", "none.wav", "b.wav"])
    assert broken.problem == ("not readable as wav" if content else "empty")
    assert absent.problem.startswith("cannot be opened")
    assert good.frames == 500
