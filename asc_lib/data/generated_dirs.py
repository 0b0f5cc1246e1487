"""A set of DIRs that a network made, on disk: responses, table and origin (Sec. 5.3)."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from asc_lib.data.dir_sets import DirSet, read_kept
from asc_lib.files import ROOT, InputError, read_object, temporary_file, writing


def folder_of(study: str) -> Path:
    """Where a study keeps its set: `outputs/<study>/generator/dirs`."""
    return ROOT / "outputs" / study / "generator" / "dirs"


def write(folder: str | Path, dirs: DirSet, origin: dict[str, Any]) -> None:
    """Write a set and what it came from; `origin.json` last, so that a set with it is whole."""
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    about = origin | {"simulated": dirs.simulated, "fingerprint": dirs.fingerprint}
    files = {
        "responses.npy": lambda to: _save(to, dirs.responses),
        "table.parquet": lambda to: dirs.table.to_parquet(to),
        "origin.json": lambda to: to.write_text(json.dumps(about, indent=2) + "\n"),
    }
    for name, writer in files.items():
        with temporary_file(folder / name) as unfinished:
            writer(unfinished)


def _save(to: Path, responses: np.ndarray) -> None:
    with to.open("wb") as file:  # a path without .npy would get it
        np.save(file, responses)


def read(folder: str | Path) -> DirSet:
    """The set in a folder.

    Raises:
        InputError: there is none, or it is not the one that its origin speaks of.
    """
    folder = Path(folder)
    study = folder.absolute().parents[1].name
    remedy = f"make it: python -m asc_lib.generator.generated_set {study}"
    if not (folder / "origin.json").is_file():
        raise InputError(f"{folder}: no generated responses; {remedy}")
    about = origin(folder)
    dirs = read_kept("generated", folder, about.get("simulated") is not False, remedy)
    if dirs.fingerprint != about.get("fingerprint"):
        raise InputError(f"{folder}: its files do not belong together; {remedy}")
    return dirs


def origin(folder: str | Path) -> dict[str, Any]:
    """What made the set: the training, what it learnt from, how many microphones are new.

    Raises:
        InputError: it is not readable.
    """
    return read_object(Path(folder) / "origin.json", "delete it, and the study makes the set anew")
