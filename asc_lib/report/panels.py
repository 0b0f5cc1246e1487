"""Interactive panels: controls above one picture, which also shows where no kernel runs."""

import base64
import io
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from asc_lib.report.style import DPI


class Panel(widgets.VBox):
    """`controls` above the picture that `draw(**{name: value})` gives of their state.

    An executed notebook keeps the picture of the last state as a plain PNG with the alt text, so
    viewers without widgets show it. Example:

        Panel(draw, alt="...", angle_deg=ipywidgets.IntSlider(0, 0, 180, 5))
    """

    def __init__(self, draw: Callable[..., Figure], *, alt: str, **controls: widgets.ValueWidget):
        self._draw, self._alt, self._controls = draw, alt, controls
        self._picture = widgets.Image(format="png", layout={"max_width": "100%"})
        super().__init__([*controls.values(), self._picture])
        for control in controls.values():
            control.observe(self._redraw, names="value")
        self._redraw()

    def _redraw(self, _change: object = None) -> None:
        fig = self._draw(**{name: control.value for name, control in self._controls.items()})
        buffer = io.BytesIO()
        fig.savefig(buffer, format="png", dpi=DPI, facecolor="white")
        self._picture.width = str(round(fig.get_figwidth() * 100))
        plt.close(fig)
        self._picture.value = buffer.getvalue()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = dict(super()._repr_mimebundle_(**kwargs))
        bundle["image/png"] = base64.b64encode(self._picture.value).decode("ascii")
        return bundle, {"image/png": {"alt": self._alt, "width": int(self._picture.width)}}
