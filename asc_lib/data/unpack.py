"""Zip archives of data sets, unpacked into their folder and nowhere else.

Everything an archive says of itself is looked at before anything is written; what is there already,
of the right size and CRC, is left as it is, so that an interrupted unpacking goes on.
"""

import errno
import lzma
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tqdm import tqdm

from asc_lib.data.fetch import NoRoomError
from asc_lib.files import InputError, short, temporary_file

_CHUNK = 1 << 20
_HIGHEST_RATIO = 200  # unpacked to packed, of a whole archive; silence packs well
_SMALL = 50_000_000  # bytes that may be unpacked whatever the ratio
_SPARE = 200_000_000  # bytes left free on the disk
# what zipfile and its four ways of packing raise on damage, OSError without a disk's number too
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, RuntimeError, ValueError, LookupError, OverflowError),
)
_OF_DAMAGE = (None, errno.EINVAL)
# what a desktop adds to its zips; `._x.wav` would pass for a recording
_DEBRIS = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$)")


class Member(NamedTuple):
    """One file of an archive and the place below the data set's folder where it belongs."""

    info: zipfile.ZipInfo
    path: str


def contents(archive: Path, most_bytes: int, top: str = "") -> list[Member]:
    """The files of an archive, none of which lies outside the folder or is anything but a file.

    `top`: folder within the archive that stands for the data set's own folder.

    Raises:
        InputError: not a zip; a member is absolute, climbs out, is a link, encrypted, or there
            twice; all together are larger than `most_bytes` or than any recordings could be.
    """
    with _opened(archive) as content:
        infos = [info for info in content.infolist() if not _DEBRIS.search(info.filename)]
    seen: dict[str, str] = {}
    folders: set[str] = set()
    members = []
    for info in infos:
        path = _place(archive, info, top)
        if info.is_dir() or not path:
            continue
        if (key := path.casefold()) in seen:
            raise InputError(f"{archive}: {path!r} and {seen[key]!r} are one file; not unpacked")
        seen[key] = path
        folders.update(str(parent).casefold() for parent in PurePosixPath(path).parents)
        members.append(Member(info, path))
    if both := folders & seen.keys():
        raise InputError(f"{archive}: {seen[min(both)]!r} is file and folder; not unpacked")
    if not members:
        raise InputError(f"{archive}: holds no file; download it again")
    total = sum(member.info.file_size for member in members)
    packed = archive.stat().st_size
    if total > most_bytes or total > max(_SMALL, _HIGHEST_RATIO * packed):
        raise InputError(
            f"{archive}: {packed:,} bytes would become {total:,}, more than this data set can hold "
            f"({most_bytes:,}); not unpacked, ask its source"
        )
    return members


def unpack(archive: Path, root: Path, members: list[Member], progress: bool = True) -> int:
    """Write those `members` below `root` that are not there yet; how many.

    Raises:
        NoRoomError: the disk is too full.
        InputError: a file of another content is in a member's place, or the archive is damaged.
    """
    missing = [member for member in members if not _is_there(root, member)]
    need = sum(member.info.file_size for member in missing)
    root.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(root).free) < need + _SPARE:
        raise NoRoomError(
            f"{root}: {need / 1e9:,.1f} GB are to be unpacked from {archive.name}, the disk has "
            f"{free / 1e9:,.1f} GB left; make room, the same command goes on from here"
        )
    bar = tqdm(
        desc=f"unpacking {archive.name[-30:]}",
        total=need,
        unit="B",
        unit_scale=True,
        disable=None if progress else True,
    )
    with _opened(archive) as content, bar:
        for member in missing:
            target = root / member.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with (
                content.open(member.info) as packed,  # whose end is held against the CRC
                temporary_file(target) as unfinished,
                unfinished.open("wb") as file,
            ):
                while chunk := packed.read(_CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
    return len(missing)


def _place(archive: Path, info: zipfile.ZipInfo, top: str) -> str:
    """Path of a member below the folder, `top` taken off.

    Raises:
        InputError: it has none.
    """
    name = info.filename
    kind = stat.S_IFMT(info.external_attr >> 16)
    parts = name.removesuffix("/").split("/")
    wrong = ""
    if not re.fullmatch(r"[^\x00-\x1f\x7f\\:]+", name) or name != info.orig_filename:
        wrong = "has characters that no name here may have"
    elif any(part in ("", ".", "..") for part in parts):
        wrong = "lies outside the folder"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        wrong = "is a link or a device"
    elif (kind == stat.S_IFDIR) > info.is_dir():
        wrong = "is no file"
    elif info.flag_bits & 0x1:
        wrong = "is encrypted"
    if wrong:
        raise InputError(f"{archive}: member {name!r} {wrong}; nothing of it was unpacked")
    return "/".join(parts[1:] if top and parts[0] == top else parts)


def _is_there(root: Path, member: Member) -> bool:
    file = root / member.path
    if not file.exists():
        return False
    if file.is_file() and file.stat().st_size == member.info.file_size:
        crc = 0
        with file.open("rb") as content:
            while chunk := content.read(_CHUNK):
                crc = zlib.crc32(chunk, crc)
        if crc == member.info.CRC:
            return True
    raise InputError(
        f"{file}: there already and not what the archive holds; move it away if it is not yours to "
        "keep, or give another folder"
    )


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as content:
            yield content
    except InputError:
        raise
    except OSError as error:
        if error.errno not in _OF_DAMAGE:
            raise
        raise InputError(_damaged(archive, error)) from None
    except _UNREADABLE as error:
        raise InputError(_damaged(archive, error)) from None


def _damaged(archive: Path, error: Exception) -> str:
    return f"{archive}: a damaged zip, or none ({short(error)}); fetch it again"
