"""What a notebook says it makes: is it there, and can it be read as what its name says it is?"""

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PIL import Image

from asc_lib.inputs import short


def complaints(paths: Iterable[Path]) -> list[str]:
    """One line for each file that is missing, empty or not readable by its kind; none: all well."""
    return [f"{path}: {what}" for path in paths if (what := _complaint(path))]


def _complaint(path: Path) -> str:
    if not path.is_file():
        return "missing"
    if path.stat().st_size == 0:
        return "empty"
    read = _READERS.get(path.suffix)
    try:
        if read:
            read(path)
    except Exception as error:  # a broken PNG is a SyntaxError, deep JSON a RecursionError
        return f"not readable as {path.suffix[1:]}: {short(error)}"
    return ""


def _read_png(path: Path) -> None:
    with Image.open(path, formats=["PNG"]) as image:
        image.verify()  # every chunk and its checksum, the last one included


def _read_pdf(path: Path) -> None:
    content = path.read_bytes()
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-1024:]:
        raise ValueError("no PDF header or no end-of-file mark")


def _read_csv(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError("expected a header and rows of the same number of fields")


def _read_parquet(path: Path) -> None:
    import pyarrow.parquet  # heavy, and only training runs need it

    pyarrow.parquet.read_table(path)


def _read_notebook(path: Path) -> None:
    from asc_lib.notebook_format import nbformat  # and its scheme: half a second

    nbformat.read(path, as_version=4)


def _read_safetensors(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
    except SafetensorError as error:
        raise ValueError(str(error)) from None
    if not names:
        raise ValueError("holds no tensor")


_READERS: dict[str, Callable[[Path], Any]] = {
    ".png": _read_png,
    ".pdf": _read_pdf,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".safetensors": _read_safetensors,
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
    ".ipynb": _read_notebook,
}
