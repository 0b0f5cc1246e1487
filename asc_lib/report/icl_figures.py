"""The inverse contrastive loss and its grid search in pictures.

Section 3, equations (1), (3) and (4), and Section 5.2 of the paper. Data in, `fig, ax` out.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asc_lib.show.style import PALETTE, WIDE

_DASHES = ("-", "--", "-.", ":", (0, (1, 1)))


def curves(ax: Axes, table: pd.DataFrame, names: Sequence[tuple[str, float, float]] = ()) -> None:
    """One line a column over the index; `g` in black, the others alike in panels side by side.

    `names`: of each column the text beside its line, at which x, and how many points to the right.
    """
    others = iter(zip(PALETTE, _DASHES, strict=False))
    for number, (column, values) in enumerate(table.items()):
        colour, dash = ("black", "-") if column == "g" else next(others)
        label = column.replace("alpha", r"$\alpha$").replace("beta", r"$\beta$")
        ax.plot(values.index, values, color=colour, linestyle=dash, label=label)
        if names:
            name, x, right = names[number]
            at = x, np.interp(x, values.index, values)
            ax.annotate(
                name, at, (right, 0), textcoords="offset points", color=colour, fontsize=8,
                ha="left" if right > 0 else "right", va="bottom", fontweight="bold",
            )  # fmt: skip
