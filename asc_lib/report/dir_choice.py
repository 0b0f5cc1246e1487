"""Controls that choose one DIR of several sets: set, microphone and pattern, distance, angle."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import ipywidgets as widgets
import pandas as pd

from asc_lib.data.dirs import DirSet
from asc_lib.report.style import data_word

UNKNOWN = "not stated"  # what a set does not say of its DIRs


class DirChoice:
    """Four controls, each of which offers what the choice before it has; for a panel's state.

    Args:
        sets: the DIR sets to choose from.
        start: microphone, pattern, distance in m and angle in degrees to begin with, of the first
            set; its first DIR when left out.
    """

    def __init__(self, sets: Sequence[DirSet], start: tuple[str, str, float, float] | None = None):
        self._sets = {dirs.label: dirs for dirs in sets}
        self._tables = {label: _with_kinds(dirs.table) for label, dirs in self._sets.items()}
        self.hold: Callable[[], AbstractContextManager[None]] = nullcontext
        self._set = widgets.Dropdown(options=list(self._sets), description="set")
        self._microphone = widgets.Dropdown(description="microphone")
        self._distance = widgets.Dropdown(description="distance")
        self._angle = widgets.SelectionSlider(
            options=[UNKNOWN], description="angle", continuous_update=False
        )
        self._offer_microphones()
        for control, offer in (
            (self._set, self._offer_microphones),
            (self._microphone, self._offer_distances),
            (self._distance, self._offer_angles),
        ):
            control.observe(lambda _change, offer=offer: self._held(offer), names="value")
        if start is not None:
            microphone, pattern, metres, degrees = start
            self._microphone.value = _kind(microphone, pattern)
            self._distance.value, self._angle.value = metres, degrees

    @property
    def controls(self) -> dict[str, widgets.ValueWidget]:
        """dir_set, microphone, distance_m and angle_deg, as a panel takes them.

        A panel sets `hold` to its `together`, so that one choice is drawn once.
        """
        return {
            "dir_set": self._set,
            "microphone": self._microphone,
            "distance_m": self._distance,
            "angle_deg": self._angle,
        }

    def chosen(self, state: Mapping[str, Any]) -> tuple[DirSet, int]:
        """The set, and the row of the chosen DIR in its responses."""
        rows = self._rows(state["dir_set"], state["microphone"], state["distance_m"])
        if state["angle_deg"] != UNKNOWN:
            rows = rows[rows["angle_deg"] == state["angle_deg"]]
        return self._sets[state["dir_set"]], int(rows.index[0])

    def words(self, state: Mapping[str, Any]) -> str:
        """The chosen DIR as a title says it, with "simulated" or "measured"."""
        parts = [state["microphone"]]
        if state["distance_m"] != UNKNOWN:
            parts.append(f"{state['distance_m']:g} m")
        if state["angle_deg"] != UNKNOWN:
            parts.append(f"{state['angle_deg']:g}°")
        return f"{', '.join(parts)} ({data_word(self._sets[state['dir_set']].simulated)})"

    def _rows(self, dir_set: str, kind: str, distance_m: float | str) -> pd.DataFrame:
        table = self._tables[dir_set]
        table = table[table["kind"] == kind]
        metres = table["distance_m"]
        return table[metres.isna() if distance_m == UNKNOWN else metres == distance_m]

    def _held(self, offer: Callable[[], None]) -> None:
        with self.hold():
            offer()

    def _offer_microphones(self) -> None:
        kinds = self._tables[self._set.value]["kind"].unique()
        offer(self._microphone, {kind: kind for kind in kinds})
        self._offer_distances()

    def _offer_distances(self) -> None:
        table = self._tables[self._set.value]
        own = table.loc[table["kind"] == self._microphone.value, "distance_m"].dropna()
        offer(self._distance, {f"{metres:g} m": float(metres) for metres in sorted(own.unique())})
        self._offer_angles()

    def _offer_angles(self) -> None:
        rows = self._rows(self._set.value, self._microphone.value, self._distance.value)
        angles = sorted(rows["angle_deg"].dropna().unique())
        offer(self._angle, {f"{degrees:g}°": float(degrees) for degrees in angles})


def offer(control: widgets.ValueWidget, options: Mapping[str, Any]) -> None:
    """Give a control other options, `UNKNOWN` where there are none; its value stays if it can."""
    offered = list(options.items()) or [(UNKNOWN, UNKNOWN)]
    before = control.value
    if list(control.options) != offered:
        control.options = offered
    if before in [value for _, value in offered] and control.value != before:
        control.value = before
    elif control.value is None:
        control.value = offered[0][1]
    control.disabled = not options


def _with_kinds(table: pd.DataFrame) -> pd.DataFrame:
    """The table, rows numbered from 0, with microphone and pattern as one text, `kind`."""
    pairs = zip(table["microphone"], table["pattern"].fillna(""), strict=True)
    return table.reset_index(drop=True).assign(kind=[_kind(*pair) for pair in pairs])


def _kind(microphone: str, pattern: str) -> str:
    return f"{microphone} {pattern}".strip()
