"""Until every notebook calls `show`: figures and tables saved and shown with a written caption."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import PIL.Image
from IPython.display import Image, Markdown, display
from matplotlib.figure import Figure

from asc_lib.files import temporary_file
from asc_lib.show.style import DPI, SHOWN_DPI

_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
_SHOWN_DPI = SHOWN_DPI


def publish(
    fig: Figure,
    name: str,
    *,
    data: pd.DataFrame,
    caption: str,
    alt: str,
    folder: Path,
    few_colours: bool = False,
) -> None:
    """Save a figure with the numbers it draws, show it with its caption, and close it.

    Writes `folder/figures/name.png`, `.pdf` and `.csv`; each file appears complete or not at all.
    The picture is a plain image, so that it also shows where no kernel runs. With `few_colours` the
    PNG keeps the 256 that fit best: a third of the size, for a notebook that is executed often.

    Raises:
        ValueError: `name` is no plain file name, or data, caption or alt text are empty.
    """
    _check(name, data, caption)
    if not alt.strip():
        raise ValueError(f"figure {name}: alt text is empty")
    png = _drawn(fig, "png", Software=None)
    pdf = _drawn(fig, "pdf", CreationDate=None, ModDate=None)
    png = _with_few_colours(png) if few_colours else png
    stem = Path(folder) / "figures" / name
    _write(stem.with_suffix(".pdf"), lambda path: path.write_bytes(pdf))
    _write(stem.with_suffix(".csv"), lambda path: _to_csv(data, path))
    _write(stem.with_suffix(".png"), lambda path: path.write_bytes(png))
    width = round(fig.get_figwidth() * _SHOWN_DPI)
    plt.close(fig)
    display(Image(png, format="png", width=width, alt=alt), Markdown(caption))


def publish_table(
    table: pd.DataFrame,
    name: str,
    *,
    caption: str,
    folder: Path,
    digits: int = 3,
    show: object = None,
) -> None:
    """Save a table as `folder/tables/name.csv` in full precision; show it rounded, with a caption.

    `show` is shown in the place of a table that is too large to be read.

    Raises:
        ValueError: `name` is no plain file name, or the table or caption is empty.
    """
    _check(name, table, caption)
    _write(Path(folder) / "tables" / f"{name}.csv", lambda path: _to_csv(table, path))
    with pd.option_context("display.float_format", f"{{:.{digits}f}}".format):
        display(table if show is None else show, Markdown(caption))


def markdown_table(table: pd.DataFrame) -> str:
    """The columns of a table as Markdown, for text that a data frame would cut short."""
    rows = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy()]
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _drawn(fig: Figure, kind: str, **metadata: None) -> bytes:
    """The figure as a file; without the metadata named here equal figures give equal files."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format=kind, dpi=DPI, metadata=metadata, facecolor="white")
    return buffer.getvalue()


def _with_few_colours(png: bytes) -> bytes:
    buffer = io.BytesIO()
    picture = PIL.Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(256, dither=PIL.Image.Dither.NONE)
    few.save(buffer, "PNG", dpi=(DPI, DPI))
    return buffer.getvalue()


def _to_csv(table: pd.DataFrame, path: Path) -> None:
    numbered = isinstance(table.index, pd.RangeIndex) and table.index.name is None
    table.to_csv(path, index=not numbered, lineterminator="\n")


def _write(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(path) as unfinished:
        write(unfinished)


def _check(name: str, data: pd.DataFrame, caption: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r}: a figure or table is named in a-z, 0-9 and _")
    if data.empty:
        raise ValueError(f"{name}: there are no numbers to save beside it")
    if not caption.strip():
        raise ValueError(f"{name}: caption is empty")
