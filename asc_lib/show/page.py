"""One way out of a notebook: `show` saves and displays a picture with its numbers, or a table."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import PIL.Image
import torch
from IPython.display import Image, Markdown, display
from matplotlib.figure import Figure

from asc_lib.data.simulated import is_simulated
from asc_lib.files import resolve, temporary_file
from asc_lib.show.style import DPI, SHOWN_DPI, use_style
from asc_lib.study import RunConfig, StudyConfig

_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
_MANY = 12  # rows; more are described by their ranges


def data_label(config: RunConfig) -> str:
    """What the numbers of a run or study were measured on, in words."""
    simulated = {
        name: is_simulated(resolve(root))
        for name, root in (
            ("recordings", config.tau22_root),
            ("Vintage DIRs", config.vintage_root),
            ("Multi DIRs", config.multi_root),
        )
    }
    if all(simulated.values()):
        return "simulated benchmark"
    label = "simulated recordings" if simulated.pop("recordings") else "TAU22 recordings"
    return ", ".join([label, *(f"simulated {name}" for name, is_so in simulated.items() if is_so)])


@dataclass(frozen=True)
class Show:
    """`show(name, figure, table)` of a notebook: knows the folder and what was measured on.

    Attributes:
        folder: files go to its `figures/` and `tables/`.
        label: what the numbers were measured on; stands under each picture.
    """

    folder: Path
    label: str

    def __call__(
        self,
        name: str,
        figure: Figure | None = None,
        table: pd.DataFrame | None = None,
        *,
        view: object = None,
        digits: int = 3,
        source: str = "",
    ) -> None:
        """Save and display a picture with the numbers that it draws, or a table alone.

        A picture becomes `figures/name.png`, `.pdf` and `.csv` and is closed; a table alone becomes
        `tables/name.csv` in full precision and is displayed rounded. The alt text is made from
        titles, axes and numbers. Each file appears complete or not at all.

        Args:
            name: of the files; a-z, 0-9 and _.
            figure: None for a table alone.
            table: the numbers; must not be empty.
            view: displayed in the place of a table alone, or under the picture.
            digits: after the point of displayed numbers.
            source: what the numbers were measured on, where it is not what the study is on.

        Raises:
            ValueError: `name` is no plain file name, or there are no numbers.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r}: a figure or table is named in a-z, 0-9 and _")
        if table is None or table.empty:
            raise ValueError(f"{name}: there are no numbers to save")
        if figure is None:
            _write(self.folder / "tables" / f"{name}.csv", lambda path: _to_csv(table, path))
            view = table if view is None else view
        else:
            label = source or self.label
            figure.text(1, 0, label, ha="right", va="top", fontsize=6.5, color="0.45")
            png = _few_colours(_drawn(figure, "png", Software=None))
            pdf = _drawn(figure, "pdf", CreationDate=None, ModDate=None)
            stem = self.folder / "figures" / name
            _write(stem.with_suffix(".pdf"), lambda path: path.write_bytes(pdf))
            _write(stem.with_suffix(".csv"), lambda path: _to_csv(table, path))
            _write(stem.with_suffix(".png"), lambda path: path.write_bytes(png))
            width = round(PIL.Image.open(io.BytesIO(png)).width * SHOWN_DPI / DPI)
            alt = f"{_titles(figure)} ({label}). {_numbers(table)}"
            plt.close(figure)
            display(Image(png, format="png", width=width, alt=alt))
        if view is not None:
            with pd.option_context("display.float_format", f"{{:.{digits}f}}".format):
                display(view)


def start(config: RunConfig) -> Show:
    """Style, threads and `show` of a notebook on a study, or on one of its runs."""
    use_style()
    torch.set_num_threads(config.threads)
    pd.set_option("display.max_colwidth", None, "display.max_rows", 100)
    folder = config.output if isinstance(config, StudyConfig) else config.run_folder
    label = data_label(config)
    display(Markdown(f"Study **{config.study}**, measured on: **{label}**."))
    return Show(folder, label)


def _titles(figure: Figure) -> str:
    """Titles and names of axes, each once."""
    parts = [figure.get_suptitle(), *(ax.get_title() for ax in figure.axes)]
    parts += [figure.get_supxlabel(), figure.get_supylabel()]
    parts += [text for ax in figure.axes for text in (ax.get_xlabel(), ax.get_ylabel())]
    plain = [" ".join(re.sub(r"[$\\{}]", "", part).split()) for part in parts]
    return "; ".join(dict.fromkeys(filter(None, plain))) or "Picture"


def _numbers(table: pd.DataFrame) -> str:
    """A short table in words, row by row; of a long one the ranges and names of its columns."""
    named = table if isinstance(table.index, pd.RangeIndex) else table.reset_index()
    texts = [c for c in named if not pd.api.types.is_numeric_dtype(named[c])]
    numbers = [c for c in named if c not in texts]
    if len(named) <= _MANY and texts and len(numbers) <= 4:
        rows = (
            " ".join(str(row[c]) for c in texts)
            + ": "
            + ", ".join(f"{str(c).replace('_', ' ')} {row[c]:.3g}" for c in numbers)
            for _, row in named.iterrows()
        )
        return "; ".join(rows) + "."
    said = [f"{len(named)} rows"]
    for column in texts:
        names = named[column].dropna().astype(str).unique()
        listed = ", ".join(names) if len(names) <= _MANY else f"{len(names)} different"
        said.append(f"{str(column).replace('_', ' ')}: {listed}")
    for column in numbers:
        values = named[column].astype(float)
        said.append(f"{str(column).replace('_', ' ')}: {values.min():.3g} to {values.max():.3g}")
    return "; ".join(said) + "."


def _drawn(figure: Figure, kind: str, **metadata: Any) -> bytes:
    """The figure as a file; without the metadata named here equal figures give equal files."""
    buffer = io.BytesIO()
    look = {"bbox_inches": "tight", "pad_inches": 0.05, "facecolor": "white"}
    figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata, **look)
    return buffer.getvalue()


def _few_colours(png: bytes) -> bytes:
    """The 256 colours that fit best: a third of the size."""
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
