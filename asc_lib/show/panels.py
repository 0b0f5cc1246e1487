"""Interactive panels: controls above one picture and its sounds, which also show without a kernel.

A displayed panel is two outputs. The first is the live panel, with the picture of the last state
beside it as a plain PNG: GitHub, nbviewer, HTML and PDF show that where no widget can be. The
second is the same state's sounds as plain HTML, which the live panel hides, since it plays its own.
"""

import base64
import html
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
from IPython.display import HTML, display
from matplotlib.figure import Figure
from traitlets import TraitError

from asc_lib.files import InputError
from asc_lib.show.style import DPI

_PNG, _VIEW = "image/png", "application/vnd.jupyter.widget-view+json"
_HIDDEN = "<style>.without-kernel {display: none}</style>"
_ERROR = (
    '<div role="alert" style="border-left: 4px solid #d55e00; padding: 0.3em 0.8em; '
    'line-height: 1.4">{}</div>'
)


class Panel(widgets.VBox):
    """`controls` above the picture that `draw(**{name: value})` gives of their state.

    An error in a later drawing is shown in the panel, under the last good picture; one in the first
    drawing is raised, so that a batch run fails. Controls are reached by Tab and moved by the arrow
    keys. Example:

        Panel(draw, alt="...", angle_deg=ipywidgets.IntSlider(0, 0, 180, 5))

    Args:
        draw: gives the figure of a state.
        alt: the picture's alt text, or a function that gives it of a state.
        sounds: gives a state's sounds as HTML, see `listening.players` and `listening_table`.
        controls: their names are the names of `draw`'s arguments.
    """

    def __init__(
        self,
        draw: Callable[..., Figure],
        *,
        alt: str | Callable[..., str],
        sounds: Callable[..., str] | None = None,
        **controls: widgets.ValueWidget,
    ):
        self._draw, self._alt, self._sounds, self._controls = draw, alt, sounds, controls
        self._shown = widgets.HTML()
        self._trouble = widgets.HTML()
        self._players = widgets.HTML()
        self._waiting, self._drawn = 0, None
        self.picture, self.alt_text, self.sounds_html = b"", "", ""
        for control in controls.values():
            _make_readable(control)
            control.observe(self._redraw, names="value")
        super().__init__([self._laid_out(), self._trouble, self._shown, self._players])
        self._show(self.state)

    @property
    def state(self) -> dict[str, Any]:
        """The controls' values by name."""
        return {name: control.value for name, control in self._controls.items()}

    def set(self, **state: Any) -> None:
        """Move several controls at once; drawn once.

        Raises:
            InputError: there is no such control, or it does not take the value.
        """
        for name in state:
            if name not in self._controls:
                raise InputError(f"{name}: no such control; there are {', '.join(self._controls)}")
        with self.together():
            for name, value in state.items():
                try:
                    self._controls[name].value = value
                except TraitError as error:
                    raise InputError(f"{name}: does not take {value!r} ({error})") from None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Whatever changes inside is drawn once, at the end."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            self._redraw()

    def _laid_out(self) -> widgets.Widget:
        """The controls side by side, as many as a row holds."""
        return widgets.HBox(list(self._controls.values()), layout={"flex_flow": "row wrap"})

    def _redraw(self, _change: object = None) -> None:
        state = self.state
        if self._waiting or state == self._drawn:
            return
        try:
            self._show(state)
        except InputError as error:
            self._tell(str(error))
        except Exception as error:
            # whatever it is, the person at the panel must see it
            self._tell(f"{type(error).__name__}: {error}")

    def _show(self, state: dict[str, Any]) -> None:
        self._drawn = state
        fig = self._draw(**state)
        try:
            buffer = io.BytesIO()
            fig.savefig(buffer, format="png", dpi=DPI, facecolor="white")
            width, height = (round(100 * inches) for inches in fig.get_size_inches())
        finally:
            plt.close(fig)
        alt = self._alt(**state) if callable(self._alt) else self._alt
        playing = self._sounds(**state) if self._sounds else ""
        self.picture, self.alt_text, self.sounds_html = buffer.getvalue(), alt, playing
        self._width = width
        self._trouble.value = ""
        self._shown.value = (
            f'<img alt="{html.escape(alt)}" width="{width}" height="{height}" '
            'style="max-width: 100%; height: auto" '
            f'src="data:image/png;base64,{base64.b64encode(self.picture).decode()}">'
        )
        self._players.value = _HIDDEN + playing if playing else ""

    def _tell(self, message: str) -> None:
        self._trouble.value = _ERROR.format(html.escape(message))

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = dict(super()._repr_mimebundle_(**kwargs))
        bundle[_PNG] = base64.b64encode(self.picture).decode("ascii")
        return bundle, {_PNG: {"alt": self.alt_text, "width": self._width}}

    def _ipython_display_(self) -> None:
        bundle, metadata = self._repr_mimebundle_()
        display(bundle, metadata=metadata, raw=True)
        if self.sounds_html:
            display(HTML(f'<div class="without-kernel">{self.sounds_html}</div>'))


def _make_readable(control: widgets.ValueWidget) -> None:
    """Room for its whole description, which is its tooltip, too, where it has none."""
    for part in getattr(control, "children", ()):
        _make_readable(part)
    description = getattr(control, "description", "")
    if not description:
        return
    control.style.description_width = "initial"
    control.tooltip = control.tooltip or description
    control.layout.margin = control.layout.margin or "2px 24px 2px 0"
    if isinstance(control, widgets.Dropdown):
        control.layout.width = control.layout.width or "max-content"  # of its longest option
