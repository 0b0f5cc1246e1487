"""The network drawn: a window cut into patches, rows left out, what follows, and its numbers."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from asc_lib.model.anatomy import OWN_TOKENS, Anatomy
from asc_lib.model.frontend import HOP, MELS, SAMPLE_RATE
from asc_lib.model.passt import PATCH
from asc_lib.report.input_figures import decibel, draw_level, frequency_ticks, level_range
from asc_lib.show.style import PALETTE, WIDE

_SECOND = HOP / SAMPLE_RATE  # of a frame
_OUT = {"facecolor": "white", "edgecolor": "0.45", "hatch": "////", "linewidth": 0.6}


def network(
    log_mel: np.ndarray, numbers: Anatomy, parameters: dict[str, int], data: str
) -> tuple[Figure, np.ndarray]:
    """A window with its patches and the rows of one draw, beside the way from patches to scenes.

    Args:
        log_mel: (128, frames) from `LogMel`, normalised.
        numbers: of the network and the draw.
        parameters: as `anatomy.parameter_counts` gives them.
        data: what the window comes from.

    Returns:
        The figure and its axes: strip of columns, strip of rows, picture, boxes.
    """
    fig = plt.figure(figsize=(WIDE, 4.3))
    grid = fig.add_gridspec(2, 3, width_ratios=[0.32, 3.1, 2.7], height_ratios=[0.32, 3.4])
    picture = fig.add_subplot(grid[1, 1])
    columns = fig.add_subplot(grid[0, 1], sharex=picture)
    rows = fig.add_subplot(grid[1, 0], sharey=picture)
    boxes = fig.add_subplot(grid[:, 2])
    level = decibel(log_mel)
    draw_level(picture, level, level_range(level))
    _cut(picture, numbers)
    _strip_of_rows(rows, numbers)
    _strip_of_columns(columns, numbers)
    picture.set(xlabel="time in s", xlim=(0, numbers.frames * _SECOND), ylim=(0, MELS))
    picture.tick_params(labelleft=False)
    picture.set_ylabel("")
    _boxes(boxes, numbers, parameters)
    fig.suptitle(
        f"From picture to scene: patches and tokens of one training step ({data})", fontsize=10
    )
    return fig, np.array([columns, rows, picture, boxes])


def steps_of(numbers: Anatomy, parameters: dict[str, int]) -> list[tuple[str, str]]:
    """What happens on the way, and what there is after it."""
    n = numbers
    blocks = f"{n.depth} block{'s' * (n.depth > 1)} of {n.heads} head{'s' * (n.heads > 1)}"
    return [
        ("one window", f"log-mel picture {MELS} × {n.frames}"),
        (
            f"cut: {PATCH} × {PATCH}, every {n.stride}; patchout",
            f"{n.rows} × {n.columns} = {n.patches} patches\n"
            f"{len(n.kept)} × {n.columns} = {n.kept_patches} kept",
        ),
        (
            f"linear {PATCH * PATCH} → {n.dim}; + place; + {OWN_TOKENS} tokens of its own",
            f"{n.kept_patches} + {OWN_TOKENS} = {n.tokens} tokens of {n.dim}",
        ),
        (
            f"{blocks}, {parameters['blocks']:,} parameters",
            f"its {OWN_TOKENS} own tokens, of {n.dim} each",
        ),
        ("LayerNorm, mean of the two", f"embedding z of {n.dim}"),
        (f"LayerNorm, linear {n.dim} → {n.classes}", f"{n.classes} scenes"),
    ]


def _cut(ax: Axes, n: Anatomy) -> None:
    """Where patches begin, what no kept patch reads, and two neighbours in full."""
    read = np.zeros(MELS, bool)
    for row in n.kept:
        read[row * n.stride : row * n.stride + PATCH] = True
    edges = np.flatnonzero(np.diff(np.r_[True, read, True].astype(int)))
    seconds = n.frames * _SECOND
    for low, high in edges.reshape(-1, 2):
        ax.add_patch(Rectangle((0, low), seconds, high - low, **_OUT))
    if right := n.unread[1]:
        ax.add_patch(Rectangle((seconds - right * _SECOND, 0), right * _SECOND, MELS, **_OUT))
    starts_x = np.arange(n.columns) * n.stride * _SECOND
    ax.vlines(starts_x, 0, MELS, color="white", linewidth=0.5, alpha=0.8)
    ax.hlines(np.arange(n.rows) * n.stride, 0, seconds, color="white", linewidth=0.5, alpha=0.8)
    # one kept patch and its neighbour in time: they share frames where the stride is below 16
    middle = n.kept[len(n.kept) // 2] * n.stride
    for column, line in zip(range(min(2, n.columns)), ("-", "--"), strict=False):
        ax.add_patch(
            Rectangle(
                (column * n.stride * _SECOND, middle), PATCH * _SECOND, PATCH, fill=False,
                edgecolor="cyan", linewidth=2, linestyle=line,
            )
        )  # fmt: skip


def _strip_of_rows(ax: Axes, n: Anatomy) -> None:
    """A bar a row of patches, over the bands that it reads; hatched where it is left out."""
    lanes = _lanes(n.stride)
    for row in range(n.rows):
        look = {"facecolor": PALETTE[0], "edgecolor": "white"} if row in n.kept else _OUT
        ax.add_patch(Rectangle((row % lanes, row * n.stride), 0.9, PATCH, **look))
    ax.set(xlim=(lanes, 0), xticks=[])
    ax.grid(False)
    ax.spines[["left", "bottom"]].set_visible(False)
    frequency_ticks(ax)
    ax.set_title("rows", fontsize=8)


def _strip_of_columns(ax: Axes, n: Anatomy) -> None:
    lanes = _lanes(n.stride)
    for column in range(n.columns):
        left = column * n.stride * _SECOND
        ax.add_patch(
            Rectangle(
                (left, column % lanes), PATCH * _SECOND, 0.9, facecolor=PALETTE[0],
                edgecolor="white",
            )
        )  # fmt: skip
    ax.set(ylim=(0, lanes), yticks=[], title="columns")
    ax.title.set_fontsize(8)
    ax.grid(False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(bottom=False, labelbottom=False)


def _lanes(stride: int) -> int:
    """So many lanes side by side that bars of one lane do not overlap."""
    return -(-PATCH // stride)


def _boxes(ax: Axes, numbers: Anatomy, parameters: dict[str, int]) -> None:
    steps = steps_of(numbers, parameters)
    ax.set(xlim=(0, 1), ylim=(len(steps), 0))
    ax.axis("off")
    for y, (how, what) in enumerate(steps):
        if y:
            arrow = {"arrowstyle": "-|>", "color": "0.25", "linewidth": 1.0}
            ax.annotate("", (0.06, y + 0.32), (0.06, y - 0.1), arrowprops=arrow)
        ax.text(0.12, y + 0.1, how, fontsize=7, color="0.3", va="center")
        box = {"boxstyle": "round,pad=0.3", "facecolor": "0.94", "edgecolor": "0.5"}
        ax.text(0.04, y + 0.58, what, fontsize=8, va="center", bbox=box)
