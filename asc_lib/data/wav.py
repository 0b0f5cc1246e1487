"""Reading wav files strictly: what is not as stated stops the work, with the file's name."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from asc_lib.files import InputError, of_system, reading

SAMPLE_RATE = 32_000  # of everything behind the loaders (paper Sec. 5.1)
_RATES = range(1000, 1_000_001)  # Hz, of anything that was recorded
_LOUDEST = 1e6  # full scale is 1


# what systems and archives leave in folders; a `._x.wav` would pass for a recording
_DEBRIS = re.compile(r"\._.*|\.DS_Store|\.AppleDouble|__MACOSX|[Tt]humbs\.db|desktop\.ini|@eaDir")


class Header(NamedTuple):
    """What a sound file says of itself; `cut`: more than there is."""

    samplerate: int
    channels: int
    subtype: str
    cut: bool


def read_wav(path: str | Path) -> tuple[np.ndarray, Header]:
    """All samples of a mono wav, float32 in [-1, 1].

    Raises:
        InputError: missing, empty, not mono, of a sample rate below 1 kHz or above 1 MHz, or
            holding values that are NaN, infinite or a million times full scale.
    """
    samples, header = read_sound(path)
    if header.channels != 1:
        raise InputError(f"{path}: {header.channels} channels, 1 expected; mix it down")
    return samples[:, 0], header


def read_sound(path: str | Path) -> tuple[np.ndarray, Header]:
    """As `read_wav`, of any number of channels: float32 (samples, channels)."""
    again = "get the file again from its source"
    with reading(Path(path), "sound", again):
        try:
            open(path, "rb").close()  # libsndfile gives no reason
        except FileNotFoundError:
            raise InputError(f"{path}: no such file; {again}") from None
        # as bytes: a name in another encoding than UTF-8 is no text to soundfile
        with soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else path) as file:
            samples = file.read(dtype="float32", always_2d=True)
            said = re.findall(r": (\d+) \(should be (\d+)\)", file.extra_info)
            # a stream states the largest number that there is; some writers miscount by a byte
            cut = any(int(there) + 8 < int(stated) < 0x7FFF_FF00 for stated, there in said)
            cut |= len(samples) < file.frames
            header = Header(file.samplerate, file.channels, file.subtype, cut)
    if len(samples) == 0:
        raise InputError(f"{path}: holds no samples; {again}")
    if header.samplerate not in _RATES:
        raise InputError(f"{path}: sample rate is {header.samplerate} Hz; {again}")
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: holds NaN or infinite samples; {again}")
    if max(samples.max(), -samples.min()) > _LOUDEST:
        raise InputError(f"{path}: holds samples of a million times full scale; {again}")
    return samples, header


def read_clip(path: str | Path, *, rate: int, subtype: str, frames: int) -> np.ndarray:
    """A clip that must be exactly as its data set states.

    `rate`: sample rate in Hz. `subtype`: libsndfile's name of the sample format, such as "PCM_24".
    `frames`: number of samples.

    Raises:
        InputError: as `read_wav`, or another rate, bit depth or length.
    """
    samples, header = read_wav(path)
    stated = {"sample rate": rate, "sample format": subtype, "length in samples": frames}
    found = (header.samplerate, header.subtype, len(samples))
    for (what, wanted), got in zip(stated.items(), found, strict=True):
        if got != wanted:
            # libsndfile reads a cut-off wav up to where it ends
            hint = "truncated? " if what.startswith("length") and got < wanted else ""
            raise InputError(f"{path}: {what} is {got}, {wanted} expected; {hint}get it again")
    return samples


def resample(samples: np.ndarray, rate: int, to: int = SAMPLE_RATE) -> np.ndarray:
    """`samples` at `to` Hz instead of `rate` Hz: exactly round(len * to / rate) samples."""
    if rate == to:
        return samples
    resampled = soxr.resample(samples, rate, to, quality="HQ")
    wanted = round(len(samples) * to / rate)
    if len(resampled) == wanted:
        return resampled
    return np.pad(resampled[:wanted], (0, max(0, wanted - len(resampled))))


def walk(root: str | Path, what: str) -> Iterator[str]:
    """Every file below a folder, links followed, what systems leave there passed over.

    Raises:
        InputError: there is no such folder, or one in it may not be read; `what` should be there.
    """
    root = Path(root)
    with reading(root, what, "give the folder's path"):
        if not root.is_dir():
            raise InputError(f"{root}: no such folder of {what}; mend the parameter's path")
        yield from _walk(os.fspath(root), frozenset())


def _walk(folder: str, above: frozenset[str]) -> Iterator[str]:
    above |= {os.path.realpath(folder)}
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if not is_debris(entry.name)]
    for entry in found:
        if not entry.is_dir():
            yield entry.path
        elif os.path.realpath(entry.path) not in above:  # a link to a folder around it
            yield from _walk(entry.path, above)


def is_debris(name: str) -> bool:
    """Whether a file or folder of this name was left by a system or an archive, by nobody else."""
    return _DEBRIS.fullmatch(name) is not None


def plain_name(name: str) -> str:
    """A file's name as text that can be written, composed as people type it, from any encoding."""
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("latin-1")
    return unicodedata.normalize("NFC", name)


def as_kept(path: Path) -> Path:
    """The file that is meant by a path, in whatever encoding its folder keeps the name."""
    if os.path.exists(path) or not path.name or not (folder := as_kept(path.parent)).is_dir():
        return path
    wanted = plain_name(path.name)
    return next((at for at in folder.iterdir() if plain_name(at.name) == wanted), path)


def fingerprint(files: Iterable[str | Path], root: Path, extra: bytes = b"") -> str:
    """Sixteen hex digits that change when a file's name, size or time of change does.

    `files` begin with `root`; as str they are quicker by far than as Path.
    """
    digest = hashlib.sha256(extra)
    folder = os.path.join(root, "")
    for file in map(os.fspath, files):
        try:
            stat = os.stat(file)
        except OSError as error:
            missing = f"{file}: no such file; get it again, or mend the csv"
            raise InputError(of_system(error, Path(file)) or missing) from None
        name = file.removeprefix(folder)
        digest.update(os.fsencode(f"{name}\t{stat.st_size}\t{stat.st_mtime_ns}\n"))
    return digest.hexdigest()[:16]
