"""Reading wav files strictly: what is not as stated stops the work, with the file's name."""

import hashlib
import os
import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
import soxr

from asc_lib.files import InputError, reading

SAMPLE_RATE = 32_000  # of everything behind the loaders (paper Sec. 5.1)
_RATES = range(1000, 1_000_001)  # Hz, of anything that was recorded
_LOUDEST = 1e6  # full scale is 1


def read_wav(path: Path) -> tuple[np.ndarray, soundfile.SoundFile]:
    """All samples of a mono wav, float32 in [-1, 1], and the (closed) file with its header.

    Raises:
        InputError: missing, empty, truncated, not mono, of a sample rate below 1 kHz or above
            1 MHz, or holding values that are NaN, infinite or a million times full scale.
    """
    samples, file = read_sound(path)
    if file.channels != 1:
        raise InputError(f"{path}: {file.channels} channels, 1 expected; mix it down")
    return samples[:, 0], file


def read_sound(path: Path) -> tuple[np.ndarray, soundfile.SoundFile]:
    """As `read_wav`, of any number of channels: float32 (samples, channels)."""
    if not path.exists():
        raise InputError(f"{path}: no such file; get the file again from its source")
    told = reading(path, "wav", "get the file again from its source")
    with told, soundfile.SoundFile(path) as file:
        samples = file.read(dtype="float32", always_2d=True)
    if len(samples) == 0:
        raise InputError(f"{path}: holds no samples; get the file again from its source")
    if file.samplerate not in _RATES:
        raise InputError(f"{path}: sample rate is {file.samplerate} Hz; get the file again")
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: holds NaN or infinite samples; get the file again")
    if max(samples.max(), -samples.min()) > _LOUDEST:
        raise InputError(f"{path}: holds samples of a million times full scale; get it again")
    return samples, file


def read_clip(path: Path, *, rate: int, subtype: str, frames: int) -> np.ndarray:
    """A clip that must be exactly as its data set states.

    Args:
        rate: sample rate in Hz.
        subtype: libsndfile's name of the sample format, such as "PCM_24".
        frames: number of samples.

    Raises:
        InputError: as `read_wav`, or another rate, bit depth or length.
    """
    if (samples := _read_plain(path, rate, subtype, frames)) is not None:
        return samples
    samples, file = read_wav(path)
    stated = {"sample rate": rate, "sample format": subtype, "length in samples": frames}
    found = (file.samplerate, file.subtype, len(samples))
    for (what, wanted), got in zip(stated.items(), found, strict=True):
        if got != wanted:
            # libsndfile reads a cut-off wav up to where it ends
            hint = "truncated? " if what.startswith("length") and got < wanted else ""
            raise InputError(f"{path}: {what} is {got}, {wanted} expected; {hint}get it again")
    return samples


def _read_plain(path: Path, rate: int, subtype: str, frames: int) -> np.ndarray | None:
    """The samples of a wav whose bytes are as plain as can be, thrice as fast as libsndfile.

    None where anything is otherwise: it is for `read_wav` to read it, or to say what is wrong.
    """
    if subtype != "PCM_24":
        return None
    size, header = 3 * frames, plain_header(rate, frames)
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if len(content) != len(header) + size or not content.startswith(header):
        return None
    # each sample as the upper three bytes of a 32-bit integer, the lowest one its neighbour's
    raised = np.ndarray(frames, "<i4", content, offset=len(header) - 1, strides=(3,))
    samples = (raised >> 8).astype(np.float32)
    samples *= 2.0**-23
    return samples


def plain_header(rate: int, frames: int) -> bytes:
    """The 44 bytes before the samples of a mono 24-bit wav that holds nothing else."""
    size = 3 * frames
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + size + size % 2, b"WAVE"),
        *(b"fmt ", 16, 1, 1, rate, 3 * rate, 3, 24),  # PCM, mono
        *(b"data", size),
    )


def plain_wav(samples: np.ndarray, rate: int) -> bytearray:
    """A mono 24-bit wav, byte for byte as libsndfile writes it, in a fraction of its time.

    Args:
        samples: floats, all below full scale: nothing is clipped.
    """
    header, size = plain_header(rate, len(samples)), 3 * len(samples)
    out = bytearray(len(header) + size + size % 2)  # a chunk is padded to an even length
    out[: len(header)] = header
    wide = np.rint(samples * samples.dtype.type(2**31)).astype("<i4").view(np.uint8)
    # libsndfile rounds to 32 bits and leaves the lowest eight out
    body = np.frombuffer(out, np.uint8, size, len(header))
    for byte in range(3):
        body[byte::3] = wide[byte + 1 :: 4]
    return out


def resample(samples: np.ndarray, rate: int, to: int = SAMPLE_RATE) -> np.ndarray:
    """`samples` at `to` Hz instead of `rate` Hz: exactly round(len * to / rate) samples."""
    if rate == to:
        return samples
    resampled = soxr.resample(samples, rate, to, quality="HQ")
    wanted = round(len(samples) * to / rate)
    if len(resampled) == wanted:
        return resampled
    return np.pad(resampled[:wanted], (0, max(0, wanted - len(resampled))))


def fingerprint(files: Iterable[str | Path], root: Path, extra: bytes = b"") -> str:
    """Sixteen hex digits that change when a file's name, size or time of change does.

    `files` begin with `root`; as str they are quicker by far than as Path.
    """
    digest = hashlib.sha256(extra)
    folder = os.path.join(root, "")
    for file in map(os.fspath, files):
        try:
            stat = os.stat(file)
        except OSError:
            raise InputError(f"{file}: no such file; get it again, or mend the csv") from None
        name = file.removeprefix(folder)
        digest.update(f"{name}\t{stat.st_size}\t{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
