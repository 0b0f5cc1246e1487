"""Fetch the data of the paper's study: what it is and needs is said first, then asked.

    python -m asc_lib.download tau22 [FOLDER]      vintage, multi, passt; or several; or all
    python -m asc_lib.download tau22 --dry-run     what would be fetched, what is there

The folders are those that `params/paper.yaml` names, if none is given. After a break the same
command goes on. Archives are deleted once unpacked, or the set would need twice its room. Exit
codes: 0 all there, 1 not all could be had, 2 wrong input, 130 stopped.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from asc_lib.data.fetch import received
from asc_lib.download_job import Job, free, room, run, survey
from asc_lib.files import InputError, disk_of, resolve
from asc_lib.sources import SOURCES, given_address
from asc_lib.study import load

_SHOWN = 20  # files of a set that are listed one by one
_UNITS = {"GB": 10**9, "MB": 10**6, "kB": 10**3}


def plan(words: list[str], url: str | None) -> list[Job]:
    """The jobs that the command line asks for: names of sources, or one name and a folder.

    Raises:
        InputError: no such source, or a folder or address for more than one.
    """
    folder = None
    if len(words) == 2 and ("/" in words[1] or words[1].startswith(("~", "."))):
        words, folder = words[:1], words[1]
    names = list(SOURCES) if "all" in words else list(dict.fromkeys(words))
    for name in names:
        if name not in SOURCES:
            raise InputError(
                f"{name!r}: not known; choose of {', '.join(SOURCES)}, all (a folder, for one data "
                f"set alone, is written with a slash: ./{name})"
            )
    if len(names) > 1 and (folder or url):
        raise InputError("a folder or --url is for one data set; name one only")
    jobs = []
    for name in names:
        source = given_address(name, url) if url else SOURCES[name]
        root = Path(folder).expanduser().absolute() if folder else default_folder(name)
        jobs.append(survey(name, source, root))
    return jobs


def default_folder(name: str) -> Path:
    """Where the paper's study looks for it."""
    parameter = SOURCES[name].parameter
    place = resolve(getattr(load("paper"), parameter))
    return place.parent if parameter == "checkpoint" else place


def describe(job: Job, keep_archives: bool) -> str:
    """The job for the user: source, licence, place, files, room."""
    source = job.source
    lines = [
        f"{job.name}: {source.title}",
        f"  page     {source.page}",
        f"  licence  {source.licence}",
        f"  folder   {job.root}",
    ]
    for item in job.items[:_SHOWN]:
        state = item.state
        if part := received(item.remote, job.kept_in):
            state += f", {_size(part)} of it are here"
        lines.append(f"  {item.remote.name:<66} {_size(item.size):>9}  {state}")
    if len(job.items) > _SHOWN:
        lines.append(f"  and {len(job.items) - _SHOWN} more files")
    if job.items and not job.open:
        return "\n".join([*lines, "  nothing to fetch"])
    to_fetch = [item for item in job.open if item.state == "to fetch"]
    size = _size(sum(item.size or 0 for item in to_fetch))
    if any(item.size is None for item in to_fetch):
        size = f"about {_size(source.about)} in all (its server does not tell)"
    hosts = ", ".join(sorted({item.remote.url.split("/")[2] for item in to_fetch}))
    lines.append(
        f"  to fetch {len(to_fetch)} of {len(job.items)} files, {size}"
        + (f", from {hosts}" if hosts else "")
    )
    if source.zipped:
        lines.append(
            "  unpacked "
            + (_size(source.unpacked) if source.unpacked else "size told by the archive once here")
            + ("; archives are kept" if keep_archives else "; archives are deleted once unpacked")
        )
    more = "" if source.unpacked or not source.zipped else ", and the unpacked files,"
    need = _size(room(job, keep_archives))
    lines.append(f"  disk     {need}{more} needed, {_size(free(job))} free")
    return "\n".join(lines)


def too_little_room(jobs: list[Job], keep_archives: bool) -> str:
    """What is wrong with the room on the disks for all jobs together; empty: nothing."""
    need: dict[int, int] = {}
    for job in jobs:
        disk = disk_of(job.root).stat().st_dev
        need[disk] = need.get(disk, 0) + room(job, keep_archives)
        if need[disk] > (left := free(job)):
            return (
                f"{job.root}: {_size(need[disk])} are needed on this disk, {_size(left)} are free; "
                "make room, or give a folder on another disk"
            )
    return ""


def _size(size: int | None) -> str:
    if size is None:
        return "size ?"
    unit = next((name for name, unit in _UNITS.items() if size >= unit), "kB")
    return f"{size / _UNITS[unit]:,.1f} {unit}"


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise InputError("nobody to ask here (no terminal); add --yes, or --dry-run to look only")
    return input("Fetch this? [y/N] ").strip().lower() in ("y", "yes")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m asc_lib.download", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", nargs="+", metavar="WHAT", help=f"{', '.join(SOURCES)}, all")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--yes", action="store_true", help="fetch without asking")
    parser.add_argument("--keep-archives", action="store_true", help="needs twice the room")
    parser.add_argument("--url", help="an address of your own for vintage (a zip), multi or passt")
    given = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        jobs = plan(given.what, given.url)
        print("\n\n".join(describe(job, given.keep_archives) for job in jobs), flush=True)
        lack = too_little_room(jobs, given.keep_archives)
        if given.dry_run:
            print(f"\nnothing was fetched{f'; {lack}' if lack else ''}")
            return 0
        if lack:
            raise InputError(lack)
        if any(job.open for job in jobs) and not given.yes and not _agreed():
            print("nothing was fetched")
            return 0
        return max([_done(job, given.keep_archives) for job in jobs])
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130


def _done(job: Job, keep_archives: bool) -> int:
    """Run one job and say how it ended; one that fails does not keep the next from running."""
    try:
        found = run(job, keep_archives)
    except InputError as error:
        print(f"{job.name}: {error}", file=sys.stderr)
        return 1
    print(f"{job.name}: {found} in {job.root}")
    if job.root != default_folder(job.name):
        parameter = job.source.parameter
        # of the weights the file, not its folder
        place = job.items[0].place if parameter == "checkpoint" else job.root
        print(f"  write `{parameter}: {place}` in your file in params/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
