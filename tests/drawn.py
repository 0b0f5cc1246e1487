"""What can be read in a drawn figure."""

from collections.abc import Iterable

import numpy as np
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text


def words(fig: Figure) -> str:
    """Every text that stands in it."""
    fig.canvas.draw()
    return "\n".join(text.get_text() for text in fig.findobj(Text))


def numbers(fig: Figure) -> np.ndarray:
    """Every number that a line, mark, whisker, bar or picture stands at, in rising order."""
    found: list[object] = []
    for ax in fig.axes:
        for artist in ax.get_children():
            if isinstance(artist, Line2D):
                found += [artist.get_xdata(orig=False), artist.get_ydata(orig=False)]
            elif isinstance(artist, PathCollection):
                found.append(artist.get_offsets())
            elif isinstance(artist, LineCollection):
                found += artist.get_segments()
            elif isinstance(artist, (AxesImage, QuadMesh)):
                found.append(artist.get_array())
            elif isinstance(artist, Rectangle):
                found.append([artist.get_width(), artist.get_height()])
    flat = [np.ma.filled(np.ma.asarray(one, float), np.nan).ravel() for one in found]
    return np.unique(np.concatenate(flat))


def check(fig: Figure, shown: Iterable[float], *said: str) -> None:
    """It draws each of these numbers and says each of these words; something names its axes."""
    text = words(fig)
    assert all(word in text for word in said), (said, text)
    drawn = numbers(fig)
    missing = [n for n in np.ravel(shown) if not np.isclose(drawn, n, rtol=1e-6, atol=1e-7).any()]
    assert not missing
    assert any(ax.get_xlabel() or ax.get_ylabel() or ax.get_title() for ax in fig.axes)
