"""Is a file what its source publishes, or, where nothing is published, what it was at first?"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from asc_lib.files import InputError, temporary_file

_NOT_READABLE = "not readable; delete it and run again"


@dataclass(frozen=True)
class Remote:
    """A file to fetch; `checksum` is `md5:...` or `sha256:...`, empty where none is published."""

    url: str
    name: str
    checksum: str = ""
    size: int | None = None  # bytes


def verified(file: Path, remote: Remote, kept_in: Path, advice: str) -> str:
    """SHA-256 of `file`, once it is what is published, and what came the first time."""
    algorithm, _, published = remote.checksum.partition(":")
    sha = hashlib.sha256()
    sums = {"sha256": sha}
    if published:
        sums[algorithm] = sha if algorithm == "sha256" else hashlib.new(algorithm)
    size = 0
    with file.open("rb") as content:
        while chunk := content.read(1 << 20):
            size += len(chunk)
            for digest in sums.values():
                digest.update(chunk)
    if remote.size and size != remote.size:
        raise InputError(f"{file}: {size:,} bytes instead of {remote.size:,}; {advice}")
    if published and sums[algorithm].hexdigest() != published:
        raise InputError(
            f"{file}: {algorithm} is {sums[algorithm].hexdigest()}, published is {published}; "
            f"{advice}"
        )
    first = _first_sum(remote, kept_in / "record.json")
    if first and first != sha.hexdigest():
        raise InputError(
            f"{file}: sha256 is {sha.hexdigest()}, when it first came it was {first}; {advice} (to "
            f"take the new one, delete its entry in {kept_in / 'record.json'})"
        )
    if not first:
        _remember(remote, sha.hexdigest(), size, kept_in)
    return sha.hexdigest()


def _first_sum(remote: Remote, record: Path) -> str:
    """SHA-256 of a file when it first came; empty where it never came."""
    entry = read_json(record).get(remote.name, {"sha256": ""})
    if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
        raise InputError(f"{record}: {_NOT_READABLE}")  # to take it for none would let all pass
    return entry["sha256"]


def _remember(remote: Remote, sha256: str, size: int, kept_in: Path) -> None:
    file = kept_in / "record.json"
    record = read_json(file)
    record[remote.name] = {"url": remote.url, "bytes": size, "sha256": sha256}
    write_json(file, record)


def read_json(file: Path) -> dict:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError, OSError):
        raise InputError(f"{file}: {_NOT_READABLE}") from None
    if not isinstance(content, dict):
        raise InputError(f"{file}: {_NOT_READABLE}")
    return content


def write_json(file: Path, content: dict) -> None:
    with temporary_file(file) as unfinished:
        unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
