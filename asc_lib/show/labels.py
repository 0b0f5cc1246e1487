"""Names beside points and lines, instead of a legend: none upon another."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from asc_lib.show.style import PALETTE

NAME_POINTS = 7.5
_TURNS = (35, -35, 145, -145, 0, 180, 90, -90, 60, -60, 120, -120)  # degrees; the best first


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


def name_beside(
    ax: Axes, names: Sequence[str], x: Sequence[float], y: Sequence[float], colours: Sequence[str]
) -> None:
    """Each point's name in place: of the places around the point the emptiest near one.

    A name that finds no room at its point gets a line to it, in its colour. The figure's layout is
    fixed by it.
    """
    figure = ax.get_figure()
    figure.canvas.draw()
    figure.set_layout_engine("none")
    renderer = figure.canvas.get_renderer()
    at = ax.transData.transform(np.column_stack([x, y]))
    taken = [Bbox([point - 4, point + 4]) for point in at]
    around = [(far, turn) for far in (7, 15, 26, 38, 52, 68) for turn in np.radians(_TURNS)]
    halo = [withStroke(linewidth=2, foreground="white")]
    crowded = np.argsort(-(np.linalg.norm(at[:, None] - at, axis=2) < 40).sum(axis=1))
    points = list(zip(x, y, strict=True))
    for number in crowded:
        text = ax.annotate(
            names[number], points[number], (0, 0), textcoords="offset points", zorder=5,
            fontsize=NAME_POINTS, path_effects=halo,
            arrowprops={"arrowstyle": "-", "color": colours[number], "lw": 0.9, "shrinkB": 4},
        )  # fmt: skip
        costs = []
        for far, turn in around:
            _put(text, far, turn)
            text.update_positions(renderer)
            box = Text.get_window_extent(text).padded(2)  # without the line
            meets = [Bbox.intersection(box, other) for other in taken]
            cost = sum(area.width * area.height for area in meets if area)
            outside = not (ax.bbox.contains(*box.min) and ax.bbox.contains(*box.max))
            costs.append((5 * cost + 1e5 * outside + far, far, turn, box))
        _, far, turn, box = min(costs, key=lambda one: one[0])
        _put(text, far, turn)
        text.arrow_patch.set_visible(far > 7)
        taken.append(box)


def _put(text: Annotation, far: float, turn: float) -> None:
    """So many points from its mark, in a direction in radians; the near side faces the mark."""
    across, up = np.cos(turn), np.sin(turn)
    text.set(
        position=(far * across, far * up),
        ha="left" if across > 0.3 else "right" if across < -0.3 else "center",
        va="bottom" if up > 0.3 else "top" if up < -0.3 else "center",
    )
