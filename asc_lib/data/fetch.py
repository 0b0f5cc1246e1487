"""One file from the net onto this disk: resumed after a break, verified, whole or not there at all.

In a folder beside the data (`.downloads`) lie the part that has come so far and `record.json`, what
each file was when it first came: where no checksum is published, that is what it is held against.
"""

import ipaddress
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from tqdm import tqdm

from asc_lib.data.checksums import Remote, read_json, verified, write_json
from asc_lib.files import FULL, InputError

_CHUNK = 1 << 18
_PROGRESS = 1 << 20  # an attempt that brought so much is no failure in vain
_REDIRECTS = 10
_LONGEST_WAIT_S = 120
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "asc_lib"}  # a packed body has no ranges
_BROKEN = (
    urllib3.exceptions.HTTPError,
    requests.ConnectionError,
    requests.Timeout,
    ConnectionError,
    TimeoutError,
)


@dataclass(frozen=True)
class Patience:
    """When to give up: silence or less than `least_rate` bytes/s for `timeout_s`, `tries` times."""

    timeout_s: float = 60.0
    tries: int = 6
    wait_s: float = 1.0  # before the second try; doubles
    least_rate: float = 1000.0


class NoAnswerError(InputError):
    """A server stayed away, or broke off too often; what came is kept."""


class NoRoomError(InputError):
    """The disk is full; what came is kept."""


class _BrokenOffError(Exception):
    """To be tried again, after `wait_s` at least."""

    def __init__(self, what: str, wait_s: float = 0.0) -> None:
        super().__init__(what)
        self.wait_s = wait_s


def fetch(
    remote: Remote,
    target: Path,
    kept_in: Path,
    patience: Patience | None = None,
    session: requests.Session | None = None,
    progress: bool = True,
    once_more: bool = True,
) -> str:
    """`remote` as the file `target`, unless it is there; its SHA-256.

    Parts and the record lie in `kept_in`, on the same disk as `target`.

    Raises:
        NoAnswerError: the server stays away or breaks off too often.
        NoRoomError: the disk is full.
        InputError: the address is no https, the server refuses it, or the content is not what it
            should be (it is then kept aside under `kept_in`).
    """
    check_address(remote.url)
    kept_in.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return verified(target, remote, kept_in, "move it away and run the same command again")
    part = kept_in / f"{remote.name}.part"
    patience, session = patience or Patience(), session or requests.Session()
    resumed = _receive(remote, part, patience, session, progress)
    aside = kept_in / f"{remote.name}.wrong"
    advice = f"it is kept as {aside}; try again, and if it stays so, the source has changed"
    try:
        digest = verified(part, remote, kept_in, advice)
    except InputError:
        os.replace(part, aside)
        _note_of(part).unlink(missing_ok=True)
        if resumed and once_more:  # the two parts may be of different files
            return fetch(remote, target, kept_in, patience, session, progress, once_more=False)
        raise
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, target)
    _note_of(part).unlink(missing_ok=True)
    aside.unlink(missing_ok=True)
    return digest


def check_address(url: str, may_be_local: bool = True) -> None:
    """Nothing for an https address, or one of this very machine (`may_be_local`).

    Raises:
        InputError: any other address.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise InputError(f"{url}: not an address; give one that begins with https://") from None
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and may_be_local and _is_local(host):
        return
    raise InputError(f"{url}: refused; only https:// addresses are fetched")


def ask_size(remote: Remote, patience: Patience, session: requests.Session) -> int | None:
    """Bytes of `remote` as its server states them; None where it does not say or answer."""
    try:
        with _open(session, "HEAD", remote.url, {}, patience) as response:
            length = response.headers.get("Content-Length", "")
            return int(length) if response.status_code == 200 and length.isdecimal() else None
    except (InputError, *_BROKEN):
        return None


def received(remote: Remote, kept_in: Path) -> int:
    """Bytes of the unfinished part of `remote`."""
    part = kept_in / f"{remote.name}.part"
    return part.stat().st_size if part.is_file() else 0


def _receive(
    remote: Remote,
    part: Path,
    patience: Patience,
    session: requests.Session,
    progress: bool,
) -> bool:
    """All of `remote` into `part`, however many attempts it takes; did they begin in its midst?"""
    resumed, failures = False, 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            return _attempt(remote, part, patience, session, progress) or resumed
        except (*_BROKEN, _BrokenOffError) as error:
            after = part.stat().st_size if part.exists() else 0
            resumed |= after > 0
            failures = 1 if after - before >= _PROGRESS else failures + 1
            if failures >= patience.tries:
                raise NoAnswerError(
                    f"{remote.url}: given up after {failures} tries ({_reason(error)}); what "
                    f"came is kept ({after / 1e6:,.1f} MB), the same command goes on from there"
                ) from None
            wait = getattr(error, "wait_s", 0.0)
            time.sleep(min(max(wait, patience.wait_s * 2 ** (failures - 1)), _LONGEST_WAIT_S))
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise NoRoomError(
                f"{part}: the disk is full; make room, the same command goes on from here"
            ) from None


def _attempt(
    remote: Remote, part: Path, patience: Patience, session: requests.Session, progress: bool
) -> bool:
    """One request for what is missing of `part`, to its end; did it begin in its midst?"""
    note = read_json(_note_of(part))
    have = part.stat().st_size if part.exists() else 0
    # two parts fit together for sure only where the server, or in the end a checksum, says so
    validator = note.get("validator", "")
    if note.get("url") != remote.url or not (validator or remote.checksum):
        have = 0
    if have and have == (remote.size or note.get("total")):
        return True
    headers = {"Range": f"bytes={have}-"} if have else {}
    if have and validator:
        headers["If-Range"] = validator
    with _open(session, "GET", remote.url, headers, patience) as response:
        if response.status_code == 416:
            part.unlink(missing_ok=True)
            raise _BrokenOffError("the file is another one than before")
        _check_status(remote, response)
        total = _stated(response.headers.get("Content-Length"))
        if response.status_code == 206:
            first, total = _content_range(response.headers.get("Content-Range", ""))
            marks = {_validator(response), validator} - {""}
            if first != have or len(marks) > 1 or total != (note.get("total") or total):
                part.unlink(missing_ok=True)
                raise _BrokenOffError("the file is another one than before")
        else:
            have = 0  # all of it, whatever was asked
        if remote.size and total and total != remote.size:
            raise InputError(
                f"{remote.url}: holds {total:,} bytes instead of {remote.size:,}; the source has "
                "changed, nothing was fetched"
            )
        if not have:
            said = {"url": remote.url, "total": total, "validator": _validator(response)}
            write_json(_note_of(part), said)
        # without a terminal no bar: a log would hold thousands of them
        bar = tqdm(
            desc=remote.name[-40:],
            total=remote.size or total,
            initial=have,
            unit="B",
            unit_scale=True,
            disable=None if progress else True,
        )
        with part.open("ab" if have else "wb") as file, bar:
            _copy(response, file, remote.size or total, patience, bar, remote.url)
    return have > 0


def _copy(
    response: requests.Response,
    file: BinaryIO,
    total: int | None,
    patience: Patience,
    bar: tqdm,
    url: str,
) -> None:
    since, got = time.monotonic(), 0
    while chunk := response.raw.read1(_CHUNK):  # read() would wait for all of it, however slow
        file.write(chunk)
        bar.update(len(chunk))
        got += len(chunk)
        if total and file.tell() > total:
            raise InputError(f"{url}: sends more than the {total:,} bytes it should; given up")
        if (elapsed := time.monotonic() - since) >= patience.timeout_s:
            if got < patience.least_rate * elapsed:
                raise _BrokenOffError(f"slower than {patience.least_rate:.0f} bytes/s")
            since, got = time.monotonic(), 0
    if total and file.tell() < total:
        raise _BrokenOffError("the connection broke off")


def _open(
    session: requests.Session, method: str, url: str, headers: dict[str, str], patience: Patience
) -> requests.Response:
    """The answer behind all redirects, each of which is held to the rules for addresses."""
    may_be_local = _is_local(urlsplit(url).hostname or "")
    following = url
    for _ in range(_REDIRECTS):
        check_address(following, may_be_local)
        try:
            response = session.request(
                method,
                following,
                headers=_HEADERS | headers,
                stream=True,
                allow_redirects=False,
                timeout=patience.timeout_s,
            )
        except requests.exceptions.InvalidURL:
            raise InputError(f"{following}: not an address that can be fetched") from None
        if not response.is_redirect:
            return response
        following = urljoin(following, response.headers["location"])
        response.close()
    raise InputError(f"{url}: more than {_REDIRECTS} redirects; the address leads nowhere")


def _check_status(remote: Remote, response: requests.Response) -> None:
    status = response.status_code
    if status in _TRANSIENT:
        wait = _stated(response.headers.get("Retry-After")) or 0
        raise _BrokenOffError(f"the server answers {status} {response.reason}", wait)
    if status not in (200, 206):
        raise InputError(
            f"{remote.url}: the server answers {status} {response.reason}; look in a browser "
            "whether the file is still there"
        )


def _note_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _validator(response: requests.Response) -> str:
    """What a server's If-Range takes: a strong ETag, else the date."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified", "")


def _content_range(text: str) -> tuple[int | None, int | None]:
    """First byte and total of `bytes 10-99/100`."""
    span, _, total = text.removeprefix("bytes ").partition("/")
    return _stated(span.partition("-")[0]), _stated(total)


def _stated(number: str | None) -> int | None:
    return int(number) if number and number.isdecimal() else None


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: Exception) -> str:
    within = error.args[0] if error.args else error  # requests wraps what urllib3 met
    text = str(getattr(within, "reason", error))
    return text.splitlines()[0][:200] if text else type(error).__name__
