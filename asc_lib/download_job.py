"""One data set on its way to its folder: what is there, what is missing, and getting it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from asc_lib.data.checksums import Remote
from asc_lib.data.fetch import NoAnswerError, NoRoomError, Patience, ask_size, fetch, received
from asc_lib.data.unpack import contents, unpack
from asc_lib.files import InputError, disk_of, held, temporary_file
from asc_lib.sources import Source

_BUSY = "{}: another process fetches into this folder; wait for it or stop it"
_ASKING = Patience(timeout_s=10, tries=1)


@dataclass
class Item:
    """One file of a source: where it goes, its size if known, what is to be done with it."""

    remote: Remote
    place: Path
    size: int | None
    state: str = "to fetch"  # or: to unpack, there


@dataclass
class Job:
    """One source and the folder that is to hold it."""

    name: str
    source: Source
    root: Path
    items: list[Item]

    @property
    def kept_in(self) -> Path:
        """Archives, parts and records of what was fetched."""
        return self.root / ".downloads"

    @property
    def open(self) -> list[Item]:
        """What is still to be done."""
        return [item for item in self.items if item.state != "there"]


def survey(name: str, source: Source, root: Path) -> Job:
    """What of a source is there already and what is missing; asks servers for sizes only.

    Raises:
        InputError: `root` is no folder.
    """
    if root.exists() and not root.is_dir():
        raise InputError(f"{root}: is a file; give the folder that is to hold {name}")
    job = Job(name, source, root, [])
    by_hand = source.full_check and not job.kept_in.exists() and _passes(source, root)
    with requests.Session() as session:
        answers = True
        for remote in source.remotes():
            inside = job.kept_in if source.zipped else root
            item = Item(remote, inside / remote.name, remote.size)
            if by_hand or (_unpacked(job, item) if source.zipped else item.place.is_file()):
                item.state = "there"
            elif item.place.is_file():
                item.state, item.size = "to unpack", item.place.stat().st_size
            elif item.size is None and answers:
                item.size = ask_size(remote, _ASKING, session)
                answers = item.size is not None  # one silent server is not asked 18 times
            job.items.append(item)
    return job


def _passes(source: Source, root: Path) -> bool:
    try:
        return bool(source.check(root))
    except InputError:
        return False


def _unpacked(job: Job, item: Item) -> bool:
    """Is every file that came out of this archive still there, in its size?"""
    listed = _list_of(job, item)
    if not listed.is_file():
        return False
    for line in listed.read_text(encoding="utf-8").splitlines():
        size, _, path = line.partition("\t")
        file = job.root / path
        if not file.is_file() or file.stat().st_size != int(size):
            return False
    return True


def _list_of(job: Job, item: Item) -> Path:
    return job.kept_in / f"{item.remote.name}.files"


def room(job: Job, keep_archives: bool) -> int:
    """Bytes of disk that the rest of the job takes at most, as far as sizes are known."""
    share = (job.source.unpacked or 0) // len(job.items)
    sizes = [item.size or job.source.about // len(job.items) for item in job.open]
    missing = [
        max(0, size - received(item.remote, job.kept_in)) if item.state == "to fetch" else 0
        for item, size in zip(job.open, sizes, strict=True)
    ]
    if not job.source.zipped:
        return sum(missing)
    archives = sum(missing) if keep_archives else max(missing, default=0)
    return archives + share * len(job.open)


def run(job: Job, keep_archives: bool, tell: Callable[[str], None] = print) -> str:
    """Fetch, verify, unpack and look at what the job misses; one line about what is there.

    `tell` takes a line for each archive.

    Raises:
        InputError: something could not be had or is not what it should be; what is good is kept.
    """
    failed = []
    with held(job.kept_in, _BUSY.format(job.root)), requests.Session() as session:
        for item in job.items if not job.source.zipped else job.open:
            try:
                fetch(item.remote, item.place, job.kept_in, session=session)
                if job.source.zipped:
                    files = _unpack(job, item, keep_archives)
                    tell(f"  {item.remote.name}: verified, {files:,} files unpacked")
            except (NoAnswerError, NoRoomError):  # the next file would fare no better
                raise
            except InputError as error:
                failed.append(str(error))
        if failed:
            more = f"\n... and {len(failed) - 5} more files" if len(failed) > 5 else ""
            raise InputError(
                "\n".join(failed[:5]) + f"{more}\n{len(failed)} of {len(job.items)} files are "
                f"missing. By hand: {job.source.page}; {job.source.by_hand}"
            )
        return job.source.check(job.root)


def _unpack(job: Job, item: Item, keep_archive: bool) -> int:
    members = contents(item.place, job.source.most_bytes, job.source.top)
    new = unpack(item.place, job.root, members)
    with temporary_file(_list_of(job, item)) as unfinished:
        lines = [f"{member.info.file_size}\t{member.path}\n" for member in members]
        unfinished.write_text("".join(lines), encoding="utf-8")
    if not keep_archive:
        item.place.unlink()
    return new


def free(job: Job) -> int:
    """Bytes left on the job's disk."""
    return shutil.disk_usage(disk_of(job.root)).free
