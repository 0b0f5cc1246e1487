"""The explorer's controls: what a set has decides what can be chosen."""

from collections.abc import Mapping

import ipywidgets as widgets
import pandas as pd
import traitlets

from asc_lib.report.dir_explorer import (
    COLUMNS,
    REFERENCES,
    SHARES,
    SMOOTHING,
    VIEWS,
    Choice,
    Explorer,
    equals,
)  # fmt: skip
from asc_lib.report.panels import Panel

_MISSING = ""  # in the place of None, which a control cannot hold


class DirChooser(widgets.VBox, widgets.ValueWidget):
    """Controls that choose one DIR; those below a choice offer only what there is.

    `value` is a `Choice` and changes once a move, whatever follows from it.
    """

    value = traitlets.Any()

    def __init__(
        self, tables: Mapping[str, pd.DataFrame], labels: Mapping[str, str], first: Choice
    ):
        self._tables, self._following = tables, False
        named = [(labels[name], name) for name in tables]
        self.dirs = widgets.Dropdown(options=named, value=first.dirs, description="set")
        self.microphone = widgets.Dropdown(description="microphone")
        self.pattern = widgets.Dropdown(description="pattern")
        self.distance = widgets.Dropdown(description="distance")
        self.angle = widgets.SelectionSlider(
            options=["none"], description="angle", continuous_update=False
        )
        self._order = (self.dirs, self.microphone, self.pattern, self.distance, self.angle)
        rows = [widgets.HBox(some, layout={"flex_flow": "row wrap"}) for some in (
            self._order[:2], self._order[2:4])]  # fmt: skip
        super().__init__([*rows, self.angle])
        self._offer(first)
        for control in self._order:
            control.observe(self._follow, names="value")

    def _follow(self, _change: object) -> None:
        if not self._following:
            self._offer(self._chosen())

    def _offer(self, wanted: Choice) -> None:
        """Offer what there is, as near to what is wanted as it goes; then say it once."""
        self._following = True
        try:
            table = self._tables[wanted.dirs]
            for control, column in zip(self._order[1:], COLUMNS, strict=True):
                there = sorted(table[column].dropna().unique()) or [_MISSING]
                control.options = [(_words(column, value), value) for value in there]
                control.disabled = len(there) == 1
                control.value = _nearest(there, getattr(wanted, column))
                table = table[equals(table[column], self._value(control))]
        finally:
            self._following = False
        self.value = self._chosen()

    def _chosen(self) -> Choice:
        return Choice(*(self._value(control) for control in self._order))

    def _value(self, control: widgets.ValueWidget) -> object:
        placed = control in (self.distance, self.angle)
        return None if placed and control.value == _MISSING else control.value


def explorer_controls(explorer: Explorer, first: Choice) -> dict[str, widgets.Widget]:
    """The panel's controls by the names of `Explorer.draw`; `first` is what they begin with."""
    labels = {name: dirs.label for name, dirs in explorer.sets.items()}
    view = widgets.Dropdown(options=VIEWS, value="magnitude", description="view")
    smoothing = widgets.Dropdown(options=SMOOTHING, value=1 / 12, description="smoothing")
    reference = widgets.Dropdown(options=REFERENCES, value="own", description="reference")
    share = widgets.SelectionSlider(options=SHARES, value=80, description="band in %")

    def only_where_they_matter(_: object = None) -> None:
        reference.disabled = share.disabled = view.value != "magnitude"
        smoothing.disabled = view.value in ("impulse response", "group delay", "phase")

    view.observe(only_where_they_matter, names="value")
    only_where_they_matter()
    chooser = DirChooser(explorer.tables, labels, first)
    return {
        "view": view, "choice": chooser, "smoothing": smoothing, "reference": reference,
        "share": share,
    }  # fmt: skip


def explorer_panel(explorer: Explorer, first: Choice) -> Panel:
    """The explorer with its controls."""
    alt = (
        "One impulse response of the chosen microphone in the chosen view; at first its frequency "
        "response over the band of its set."
    )
    return Panel(explorer.draw, alt=alt, **explorer_controls(explorer, first))


def _words(column: str, value: object) -> str:
    if value == _MISSING:
        return "not stated"
    units = {"distance_m": " m", "angle_deg": "°"}
    return f"{value:g}{units[column]}" if column in units else str(value)


def _nearest(there: list, value: object) -> object:
    if value in there or not isinstance(value, float) or isinstance(there[0], str):
        return value if value in there else there[0]
    return min(there, key=lambda one: abs(one - value))
