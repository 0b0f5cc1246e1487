"""A zip that comes from elsewhere, unpacked into a data set's folder and nowhere else."""

import filecmp
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from asc_lib.files import InputError, reading, writing

_MANY, _RATIO = 50_000_000, 200  # an archive holds at most so many bytes, or times its own
_REMEDY = "delete it, the same command fetches it again"


def unpack(archive: Path, root: Path, stage: Path) -> list[str]:
    """The archive's files below `root`; a line of size in bytes, tab, path for each.

    The folder in it that is named like the archive is the set's own. A file is moved to its place
    once the whole archive is unpacked, in `stage` on the same disk: each is whole, and after a kill
    it is done anew.

    Raises:
        InputError: the archive is damaged, a member lies outside or is a link, all are too large, a
            file of another content is in a member's place, or the disk is full.
    """
    top = archive.name.partition(".")[0]
    shutil.rmtree(stage, ignore_errors=True)
    with reading(archive, "a zip", _REMEDY), zipfile.ZipFile(archive) as content:
        size = _checked_size(archive, content.infolist())
        with writing(root, size):
            content.extractall(stage)
    listed = []
    with writing(root):
        for found in sorted(path for path in stage.rglob("*") if path.is_file()):
            path = found.relative_to(stage)
            if any(part.startswith((".", "__MACOSX")) for part in path.parts):
                continue  # a desktop's own: `._x.wav` would pass for a recording
            place = root / (path.relative_to(top) if path.parts[0] == top else path)
            if place.exists() and not filecmp.cmp(found, place, shallow=False):
                raise InputError(f"{place}: not what {archive.name} holds; move it away")
            place.parent.mkdir(parents=True, exist_ok=True)
            found.replace(place)
            listed.append(f"{place.stat().st_size}\t{place.relative_to(root)}\n")
        shutil.rmtree(stage, ignore_errors=True)
    if not listed:
        raise InputError(f"{archive}: holds no file; {_REMEDY}")
    return listed


def _checked_size(archive: Path, members: list[zipfile.ZipInfo]) -> int:
    """Bytes of all members.

    Raises:
        InputError: a member lies outside the folder, is a link or a device, or all are too large.
    """
    wrong = ""
    for member in members:
        name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
        if name.startswith("/") or ".." in PurePosixPath(name).parts or set(name) & set("\\:"):
            wrong = f"{name!r} lies outside the folder"
        elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            wrong = f"{name!r} is a link or a device"
    size, packed = sum(member.file_size for member in members), archive.stat().st_size
    if size > max(_MANY, _RATIO * packed):
        wrong = f"{packed:,} bytes would become {size:,}, more than recordings can"
    if wrong:
        raise InputError(f"{archive}: {wrong}; nothing was unpacked, ask its source")
    return size
