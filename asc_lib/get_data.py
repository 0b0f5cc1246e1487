"""Fetch the data of the paper's study: what it is and needs is said first, then asked.

    python -m asc_lib.get_data --list            what would come, from where; fetches nothing
    python -m asc_lib.get_data tau22 [FOLDER]    vintage, multi, passt; or several; or all

The folders are those that `params/paper.yaml` names, if none is given. After a break the same
command goes on: what is complete is not fetched again. Archives are deleted once unpacked; one that
you have already goes into `.downloads/` of its set's folder. Exit codes: 0 all there (or not agreed
to), 2 something is wrong, told in a line, 130 stopped.
"""

import argparse
import csv
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pooch
import requests
from requests.exceptions import ChunkedEncodingError, ProxyError, SSLError

from asc_lib import files
from asc_lib.data.unzip import unpack
from asc_lib.files import InputError, resolve, short, temporary_file, writing
from asc_lib.study import load

SETS = {  # what it is, its parameter in params/paper.yaml
    "tau22": ("TAU Urban Acoustic Scenes 2022 Mobile, development set", "tau22_root"),
    "vintage": ("MicIRP, 66 microphone impulse responses, verified copies", "vintage_root"),
    "multi": ("Multi-angle, multi-distance microphone impulse responses, Surrey", "multi_root"),
    "passt": ("PaSST-S, weights trained on AudioSet", "checkpoint"),
}
ARCHIVES = Path(__file__).parent / "reference" / "archives.csv"

_KEPT = ".downloads"  # within a set's folder: archives on their way, and lists of what came out
_LINE = (requests.ConnectionError, requests.Timeout, ChunkedEncodingError)


@dataclass(frozen=True)
class Archive:
    """A file to fetch, a row of the csv; sizes in bytes are 0 where not known.

    `checksum`: `md5:...` or `sha256:...`. `unpacked`: what comes out, about.
    """

    data_set: str
    file: str
    url: str
    bytes: int
    unpacked: int
    checksum: str
    licence: str
    page: str

    @property
    def zipped(self) -> bool:
        return self.file.endswith(".zip")


@dataclass(frozen=True)
class Job:
    """A set's archives, the folder that is to hold them, and those that are not there yet."""

    name: str
    root: Path
    archives: list[Archive]
    missing: list[Archive]


def archives_of(name: str) -> list[Archive]:
    """The files of a set, in the order of the csv."""
    with ARCHIVES.open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["data_set"] == name]
    sizes = [{key: int(row[key] or 0) for key in ("bytes", "unpacked")} for row in rows]
    return [Archive(**(row | size)) for row, size in zip(rows, sizes, strict=True)]


def default_folder(name: str) -> Path:
    """Where the paper's study looks for it."""
    place = resolve(getattr(load("paper"), SETS[name][1]))
    return place.parent if name == "passt" else place


def plan(words: list[str]) -> list[Job]:
    """The jobs that the command line asks for: names of sets, or one name and a folder.

    Raises:
        InputError: no such set, a folder for more than one, a folder that is a file, or a file in
            it that is not the published one.
    """
    folder = ""
    if len(words) == 2 and ("/" in words[1] or words[1].startswith(("~", "."))):
        words, folder = words[:1], words[1]
    names = list(SETS) if "all" in words else list(dict.fromkeys(words))
    if strange := [name for name in names if name not in SETS]:
        raise InputError(
            f"{strange[0]!r}: not known; choose of {', '.join(SETS)}, all (a folder, for one data "
            f"set alone, is written with a slash: ./{strange[0]})"
        )
    if len(names) > 1 and folder:
        raise InputError("a folder is for one data set; name one only")
    jobs = []
    for name in names:
        root = default_folder(name)
        if folder:
            root = resolve(folder) if folder.startswith("~") else Path(folder).absolute()
        if root.exists() and not root.is_dir():
            raise InputError(f"{root}: is a file; give the folder that is to hold {name}")
        archives = archives_of(name)
        missing = [archive for archive in archives if not _is_there(archive, root)]
        if archives[0].zipped and root.is_dir() and not (root / _KEPT).exists():
            missing = [] if any(root.iterdir()) else missing  # filled by hand
        jobs.append(Job(name, root, archives, missing))
    return jobs


def need(job: Job, keep_archives: bool) -> int:
    """Bytes of disk that the rest of the job takes at most, as far as sizes are known."""
    sizes = [archive.bytes or archive.unpacked for archive in job.missing] or [0]
    packed = max(sizes) if job.archives[0].zipped and not keep_archives else sum(sizes)
    return packed + sum(archive.unpacked for archive in job.missing)


def describe(job: Job, keep_archives: bool) -> str:
    """The job for the user: source, licence, place, files, room."""
    first = job.archives[0]
    lines = [f"{job.name}: {SETS[job.name][0]}", f"  page     {first.page}"]
    lines += [f"  licence  {first.licence}", f"  folder   {job.root}"]
    for archive in job.archives:
        about = "" if archive.bytes else "about "
        size = (archive.bytes or archive.unpacked) / 1e6
        told = f"{about}{size:,.1f} MB" if size else "size ?"
        state = "to fetch" if archive in job.missing else "there"
        lines.append(f"  {archive.file:<66} {told:>16}  {state}")
    if not job.missing:
        return "\n".join(
            [*lines, "  nothing to fetch; to look at it: python -m asc_lib.check_data paper"]
        )
    hosts = ", ".join(sorted({urlsplit(archive.url).netloc for archive in job.missing}))
    lines.append(f"  to fetch {len(job.missing)} of {len(job.archives)} files, from {hosts}")
    free = shutil.disk_usage(files.disk_of(job.root)).free / 1e6
    room = f"{need(job, keep_archives) / 1e6:,.1f} MB"
    more = ", and what unpacks," if first.zipped and not first.unpacked else ""
    return "\n".join([*lines, f"  disk     {room}{more} needed, {free:,.1f} MB free"])


def run(job: Job, keep_archives: bool) -> None:
    """Fetch, verify and unpack what is missing.

    Raises:
        InputError: something could not be had, or is not what it should be; what is good stays.
    """
    kept = job.root / _KEPT
    busy = f"{job.root}: another process fetches into this folder; wait for it or stop it"
    with files.alone_on(kept / "archives", busy):
        for left in kept.glob("tmp*"):  # of a killed process
            left.unlink()
        for archive in job.missing:
            if _is_there(archive, job.root):  # another process has brought it since
                continue
            print(f"  {archive.file}", flush=True)
            file = _fetch(archive, kept)
            if archive.zipped:
                came_out = unpack(file, job.root, kept / "unpacked")
                with temporary_file(_list_of(file)) as unfinished:
                    unfinished.write_text("".join(came_out), encoding="utf-8")
                print(f"    verified, {len(came_out):,} files unpacked", flush=True)
            else:  # a copy, for pooch's file is readable by its owner alone
                with temporary_file(job.root / archive.file, archive.bytes) as whole:
                    shutil.copyfile(file, whole)
            if not (archive.zipped and keep_archives):
                file.unlink()


def _list_of(file: Path) -> Path:
    """Of what came out of an archive: size and path of each file, written last of all."""
    return file.with_name(f"{file.name}.files")


def _is_there(archive: Archive, root: Path) -> bool:
    if archive.zipped:
        listed = _list_of(root / _KEPT / archive.file)
        text = listed.read_text(encoding="utf-8", errors="replace") if listed.is_file() else ""
        pairs = [line.partition("\t")[::2] for line in text.splitlines()]
        places = [(size, root / path) for size, path in pairs]
        return bool(places) and all(
            place.is_file() and str(place.stat().st_size) == size for size, place in places
        )
    file = root / archive.file
    algorithm, _, published = archive.checksum.partition(":")
    if file.exists() and pooch.file_hash(str(file), alg=algorithm) != published:
        raise InputError(f"{file}: not the published file ({archive.checksum}); move it away")
    return file.exists()


def _fetch(archive: Archive, kept: Path) -> Path:
    """The file, whole and verified, in `kept`."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if (given := os.environ.get(name)) and not Path(given).exists():
            raise InputError(f"{name}: no file {given}; mend the setting, or unset it")
    _check_address(archive.url)
    downloader = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(),  # a log would hold thousands of bars
        chunk_size=1 << 20,
        timeout=60,
        headers={"User-Agent": "asc_lib", "Accept-Encoding": "identity"},
        hooks={"response": _check_redirect},
    )
    registry, urls = {archive.file: archive.checksum}, {archive.file: archive.url}
    fetcher = pooch.create(kept, "", registry=registry, urls=urls, retry_if_failed=2)
    pooch.get_logger().setLevel("WARNING")
    with writing(kept):
        try:
            return Path(fetcher.fetch(archive.file, downloader=downloader))
        except InputError:
            raise
        except (requests.RequestException, ValueError) as error:
            raise InputError(_told(error, archive)) from None


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
    if not (parts.scheme == "https" or local):
        raise InputError(f"{url}: refused; only https:// addresses are fetched")


def _check_redirect(answer: requests.Response, *_: Any, **__: Any) -> None:
    if answer.is_redirect:  # not followed yet
        _check_address(urljoin(answer.url, answer.headers["Location"]))


def _told(error: Exception, archive: Archive) -> str:
    """One line that names the setting or the address, and what to do."""
    within: BaseException = error
    while inner := within.__cause__ or within.__context__:  # requests wraps what urllib3 wraps
        within = inner
    reason, proxy, at = short(within), _proxy_setting(archive.url), archive.url
    if "SOCKS" in str(error):
        install = "install it (python -m pip install pysocks), or name an http:// proxy"
        return f"{proxy}: a SOCKS proxy needs one more package; {install}"
    if isinstance(error, SSLError):
        given = os.environ.get("REQUESTS_CA_BUNDLE") or "not set"
        do = f"name your network's own certificates in REQUESTS_CA_BUNDLE (now: {given})"
        return f"{at}: no secure connection ({reason}); {do}"
    if isinstance(error, requests.HTTPError):
        status = f"{error.response.status_code} {error.response.reason}"
        return f"{at}: the server answers {status}; try again later, or look at {archive.page}"
    if "hash of" in str(error):
        do = f"nothing of it is kept: try again, and if it stays so, look at {archive.page}"
        return f"{at}: not the published file ({archive.checksum}); {do}"
    if proxy and (isinstance(error, ProxyError) or not isinstance(error, _LINE)):
        return f"{proxy}: no way through this proxy ({reason}); mend the setting, or unset it"
    do = f"look at your network{f' and {proxy}' if proxy else ' (behind a proxy: HTTPS_PROXY)'}"
    return f"{at}: no answer, or broken off ({reason}); {do}; the same command goes on from here"


def _proxy_setting(url: str) -> str:
    """`HTTPS_PROXY=http://host`, where one is in force for `url`, without a password."""
    value = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)) or ""
    names = [name for name in os.environ if name.lower().endswith("_proxy")]
    name = next((name for name in names if os.environ[name] == value), "proxy")
    return f"{name}={re.sub('//.*@', '//...@', value)}" if value else ""


def get(given: argparse.Namespace) -> None:
    """All that the command line asks for."""
    jobs = plan(given.what or ["all"])
    print("\n\n".join(describe(job, given.keep_archives) for job in jobs), flush=True)
    if given.list:
        print("\nnothing was fetched")
        return
    needed: dict[int, int] = {}
    for job in jobs:  # those on one disk together
        disk = files.disk_of(job.root).stat().st_dev
        needed[disk] = needed.get(disk, 0) + need(job, given.keep_archives)
        with writing(job.root, needed[disk]):
            pass
    if any(job.missing for job in jobs) and not given.yes:
        if not sys.stdin.isatty():
            raise InputError("nobody to ask here (no terminal); add --yes, or --list to look only")
        if input("Fetch this? [y/N] ").strip().lower() not in ("y", "yes"):
            print("nothing was fetched")
            return
    for job in jobs:
        if job.missing:
            run(job, given.keep_archives)
        print(f"{job.name}: all there in {job.root}")
        if job.root != default_folder(job.name):
            place = job.root / (job.archives[0].file if job.name == "passt" else "")
            print(f"  write `{SETS[job.name][1]}: {place}` in your file in params/")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m asc_lib.get_data", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"{', '.join(SETS)}, all")
    parser.add_argument("--list", action="store_true", help="only say what would be fetched")
    parser.add_argument("--yes", action="store_true", help="fetch without asking")
    parser.add_argument("--keep-archives", action="store_true", help="needs twice the room")
    given = parser.parse_args(arguments)
    if not (given.what or given.list):
        parser.error(f"name what to fetch ({', '.join(SETS)}, all), or --list")
    return files.exit_code(lambda: get(given))


if __name__ == "__main__":
    sys.exit(main())
