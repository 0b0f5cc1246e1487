"""Choosing one DIR of several sets: what a set has decides what can be chosen."""

from collections.abc import Sequence
from typing import NamedTuple

import ipywidgets as widgets
import pandas as pd
import traitlets

from asc_lib.data.dir_sets import DirSet
from asc_lib.files import InputError
from asc_lib.show.style import data_word

COLUMNS = ("microphone", "pattern", "distance_m", "angle_deg")
_MISSING = ""  # in the place of None, which a control cannot hold


class Choice(NamedTuple):
    """One DIR: what the set's table says of it; "" and None where it says nothing."""

    dirs: str
    microphone: str
    pattern: str = ""
    distance_m: float | None = None
    angle_deg: float | None = None


class DirTables:
    """DIR sets by name, and where a choice stands in them."""

    def __init__(self, sets: Sequence[DirSet]):
        self.sets = {dirs.name: dirs for dirs in sets}
        self.tables = {name: _placed(dirs.table) for name, dirs in self.sets.items()}

    def title(self, choice: Choice) -> str:
        """The DIR in words, and whether it is simulated or measured."""
        parts = [f"{choice.microphone} {choice.pattern}".strip()]
        if choice.angle_deg is not None:
            parts += [f"{choice.distance_m:g} m", f"{choice.angle_deg:g}°"]
        return f"{', '.join(parts)} ({data_word(self.sets[choice.dirs].simulated)})"

    def group(self, choice: Choice) -> pd.DataFrame:
        """Rows of the table with the choice's microphone, pattern and distance."""
        table = self.tables[choice.dirs]
        for column in ("microphone", "pattern", "distance_m"):
            table = table[_equals(table[column], getattr(choice, column))]
        return table

    def row(self, choice: Choice) -> int:
        """Where the DIR stands in its set; `InputError`: it has no such DIR."""
        table = self.group(choice)
        same = _equals(table["angle_deg"], choice.angle_deg)
        if not same.any():
            raise InputError(
                f"choice: the {choice.dirs} set has no {choice}; take one that its table has"
            )
        return int(table.index[same][0])


class DirChooser(widgets.HBox, widgets.ValueWidget):
    """Controls that choose one DIR; those below a choice offer only what there is.

    `value` is a `Choice` and changes once a move, whatever follows from it; set to another one, the
    controls go there, or as near as the sets allow.
    """

    value = traitlets.Any()

    def __init__(self, tables: DirTables, first: Choice):
        self._tables, self._following = tables.tables, False
        named = [(dirs.label, name) for name, dirs in tables.sets.items()]
        self.dirs = widgets.Dropdown(options=named, value=first.dirs, description="set")
        self.microphone = widgets.Dropdown(description="microphone")
        self.pattern = widgets.Dropdown(description="pattern")
        self.distance = widgets.Dropdown(description="distance")
        self.angle = widgets.SelectionSlider(
            options=["none"], description="angle", continuous_update=False
        )
        self._order = (self.dirs, self.microphone, self.pattern, self.distance, self.angle)
        super().__init__(self._order, layout={"flex_flow": "row wrap"})
        self._offer(first)
        for control in self._order:
            control.observe(self._follow, names="value")
        self.observe(self._go, names="value")

    def _follow(self, _change: object) -> None:
        if not self._following:
            self._offer(self._chosen())

    def _go(self, change: dict) -> None:
        if change["new"] != self._chosen():
            self._offer(change["new"])

    def _offer(self, wanted: Choice) -> None:
        """Offer what there is, as near to what is wanted as it goes; then say it once."""
        self._following = True
        try:
            self.dirs.value = wanted.dirs
            table = self._tables[wanted.dirs]
            for control, column in zip(self._order[1:], COLUMNS, strict=True):
                there = sorted(table[column].dropna().unique()) or [_MISSING]
                control.options = [(_words(column, value), value) for value in there]
                control.disabled = len(there) == 1
                control.value = _nearest(there, getattr(wanted, column))
                table = table[_equals(table[column], self._value(control))]
        finally:
            self._following = False
        self.value = self._chosen()

    def _chosen(self) -> Choice:
        return Choice(*(self._value(control) for control in self._order))

    def _value(self, control: widgets.ValueWidget) -> object:
        placed = control in (self.distance, self.angle)
        return None if placed and control.value == _MISSING else control.value


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with plain types, "" where no pattern is named, rows numbered as responses are."""
    table = table.reset_index(drop=True)[list(COLUMNS)]
    return table.assign(pattern=table["pattern"].fillna("").astype(str))


def _equals(column: pd.Series, value: object) -> pd.Series:
    """Where a column of a table holds a value; None is what is missing."""
    return column.isna() if value is None else column.eq(value)


def _words(column: str, value: object) -> str:
    if value == _MISSING:
        return "not stated"
    units = {"distance_m": " m", "angle_deg": "°"}
    return f"{value:g}{units[column]}" if column in units else str(value)


def _nearest(there: list, value: object) -> object:
    if isinstance(value, float) and not isinstance(there[0], str):
        return min(there, key=lambda one: abs(one - value))
    return value if value in there else there[0]
