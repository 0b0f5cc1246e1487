"""How figures and tables look, and how they leave a notebook: shown, and saved under `outputs/`."""

import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import PIL.Image
import seaborn as sns
from IPython.display import Image, Markdown, display
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from asc_lib.files import temporary_file

# after Okabe and Ito: blue, orange, green, vermilion, purple, ...
PALETTE: list[str] = sns.color_palette("colorblind").as_hex()
DPI = 150
# inches: one column, and the full width of a page
NARROW, WIDE = 4.5, 7.5
_SHOWN_DPI = 100
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def use_style() -> None:
    """Set matplotlib up for figures that read well on paper, in grey and for the colour-blind."""
    sns.set_theme(
        context="paper",
        style="ticks",
        palette=PALETTE,
        rc={
            "figure.constrained_layout.use": True,
            "figure.figsize": (WIDE, 3.2),
            "figure.dpi": _SHOWN_DPI,
            "figure.max_open_warning": 0,
            "font.size": 9,
            "axes.titlesize": 10,
            "axes.labelsize": 9,
            "xtick.labelsize": 8,
            "ytick.labelsize": 8,
            "legend.fontsize": 8,
            "legend.frameon": False,
            "axes.grid": True,
            "grid.color": "0.88",
            "grid.linewidth": 0.6,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "lines.linewidth": 1.4,
            "lines.markersize": 5,
            "lines.markeredgewidth": 1.0,
            # text in a PDF stays text
            "pdf.fonttype": 42,
        },
    )


def side_by_side(count: int, height: float, **more: Any) -> tuple[Figure, np.ndarray]:
    """A figure of a page's width, inches high, with (count,) panels that share their axes."""
    shared = {"sharex": True, "sharey": True, "squeeze": False} | more
    fig, axes = plt.subplots(1, count, figsize=(WIDE, height), **shared)
    return fig, axes[0]


def heat(ax: Axes, table: pd.DataFrame, form: str, points: float = 7, **look: Any) -> QuadMesh:
    """A heat map with its numbers written in (`form`, such as "{:.2f}"; empty: none).

    Names lose their underscores; what is NaN stays white. `look`: seaborn.heatmap's, such as cmap.
    """
    numbers = table.map(lambda value: form.format(value) if pd.notna(value) else "")
    names = {
        "xticklabels": [str(name).replace("_", " ") for name in table.columns],
        "yticklabels": [str(name).replace("_", " ") for name in table.index],
    }
    sns.heatmap(
        table.astype(float), ax=ax, annot=numbers if form else None, fmt="", cbar=False,
        annot_kws={"fontsize": points}, **names, **look,
    )  # fmt: skip
    ax.tick_params(axis="y", labelrotation=0)
    ax.grid(False)
    ax.set(xlabel="", ylabel="")
    return ax.collections[0]


def hertz_axis(ax: Axes, ticks_hz: Sequence[int]) -> None:
    """A logarithmic axis of frequencies, labelled in kHz at these ticks and nowhere else.

    Its dozens of small ticks would cost half of a picture's drawing.
    """
    ax.set_xscale("log")
    ax.set_xticks(ticks_hz, [f"{hertz / 1000:g}" for hertz in ticks_hz])
    ax.xaxis.set_minor_locator(NullLocator())


def data_word(simulated: bool) -> str:
    """The word that every title and label carries about its data."""
    return "simulated" if simulated else "measured"


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
