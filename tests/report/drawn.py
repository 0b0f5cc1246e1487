"""What can be read in a drawn figure."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def words(fig: Figure) -> str:
    """Every text that stands in it."""
    fig.canvas.draw()
    return "\n".join(text.get_text() for text in fig.findobj(plt.Text))
