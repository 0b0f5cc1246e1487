"""Names beside points and lines, instead of a legend: none upon another."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from asc_lib.show.style import PALETTE

NAME_POINTS = 7.5


def name_ends(ax: Axes, lines: dict[str, pd.Series], size: float = 7.5) -> None:
    """Each line's name behind its end, in its colour, moved apart where they would overlap."""
    low, high = ax.get_ylim()
    apart = (high - low) * size * 1.15 / 72 / 2.0  # of a panel about two inches high
    ends = sorted((float(values.iloc[-1]), number) for number, values in enumerate(lines.values()))
    places = spread([end for end, _ in ends], apart)
    names = list(lines)
    for (_, number), y in zip(ends, places, strict=True):
        ax.annotate(
            names[number], (1.02, y), xycoords=("axes fraction", "data"), va="center",
            fontsize=size, color=PALETTE[number], fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def spread(places: list[float], apart: float) -> list[float]:
    """Rising numbers moved as little as needed to be `apart` from each other.

    Neighbours that meet are set around their mean.
    """
    groups: list[list[float]] = []
    for place in places:
        groups.append([place])
        while (
            len(groups) > 1
            and _middle(groups[-1]) - _middle(groups[-2])
            < apart * (len(groups[-1]) + len(groups[-2])) / 2
        ):
            last = groups.pop()
            groups[-1] += last
    return [
        _middle(group) + (number - (len(group) - 1) / 2) * apart
        for group in groups
        for number in range(len(group))
    ]


def _middle(group: list[float]) -> float:
    return sum(group) / len(group)


def name_beside(ax: Axes, names: Iterable[str], x: Sequence[float], y: Sequence[float]) -> None:
    """Each point's name in place: of the places around the point the emptiest one.

    The figure's layout is fixed by it.
    """
    figure = ax.get_figure()
    figure.canvas.draw()
    figure.set_layout_engine("none")
    taken = [Bbox([at - 4, at + 4]) for at in ax.transData.transform(np.column_stack([x, y]))]
    halo = [withStroke(linewidth=2, foreground="white")]
    around = [(dx, dy, step) for step in (5, 16, 27) for dy in (1, -1, 0) for dx in (1, -1, 0)]
    for name, at in zip(names, zip(x, y, strict=True), strict=True):
        costs = []
        text = ax.annotate(
            name, at, (0, 0), textcoords="offset points", fontsize=NAME_POINTS, path_effects=halo
        )
        for dx, dy, step in around:
            _put(text, dx, dy, step)
            box = Annotation.get_window_extent(text).padded(2)
            meets = [Bbox.intersection(box, other) for other in taken]
            cost = sum(area.width * area.height for area in meets if area)
            inside = ax.bbox.x0 < box.x0 and box.x1 < ax.bbox.x1 and ax.bbox.y0 < box.y0
            costs.append(
                (cost + 1e5 * (not inside or box.y1 > ax.bbox.y1) + step, dx, dy, step, box)
            )
        _, dx, dy, step, box = min(costs, key=lambda one: one[0])
        _put(text, dx, dy, step)
        taken.append(box)


def _put(text: Annotation, dx: int, dy: int, points: int) -> None:
    """To the right (1), left (-1) or middle (0) of its point, above, below or beside it."""
    text.set(
        position=(6 * dx, 0.6 * points * dy),
        ha={1: "left", -1: "right", 0: "center"}[dx],
        va={1: "bottom", -1: "top", 0: "center"}[dy],
    )
