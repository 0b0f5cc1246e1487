"""The explorer of DIR sets: seven ways to look at one DIR.

`Explorer.draw(**state)` is the one drawing function of the static picture, the panel and the test;
the panel's controls are those of `explorer_panel`.
"""

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.data.dirs import BEFORE_PEAK, KAISER_BETA, DirSet, window
from asc_lib.experiment import dir_acoustics, dir_spectra
from asc_lib.experiment.dir_spectra import FREQUENCIES_HZ, OMNI_PART, POLAR_HZ
from asc_lib.report import dir_views
from asc_lib.report.dir_choice import Choice, DirChooser, DirTables
from asc_lib.report.panels import Panel
from asc_lib.show.style import WIDE

VIEWS = ("impulse response", "magnitude", "polar", "map", "distance", "group delay", "phase")
SMOOTHING = {"none": 0.0, "1/3 octave": 1 / 3, "1/6 octave": 1 / 6, "1/12 octave": 1 / 12}
REFERENCES = {
    "own 0.3-3 kHz mean": "own",
    "level at 1 kHz": "1 kHz",
    "level at 0°": "front",
    "none": "none",
}
SHARES = (50, 80, 100)
_TURNED = ("polar", "map", "distance")  # views that only a set with angles and distances has
_YLABELS = {
    "own": "Level in dB re own 0.3-3 kHz mean",
    "1 kHz": "Level in dB re 1 kHz",
    "front": "Level in dB re 0.3-3 kHz at 0°",
    "none": "Level in dB",
}


class Explorer(DirTables):
    """DIR sets made ready for quick drawing; levels of each smoothing are computed at the start."""

    def __init__(self, sets: Sequence[DirSet]):
        super().__init__(sets)
        self._levels: dict[tuple[str, float], np.ndarray] = {}
        self._references: dict[tuple[str, str], np.ndarray] = {}
        asked = list(SMOOTHING.values()), list(REFERENCES.values())
        for name, dirs in self.sets.items():
            found = dir_spectra.levels_and_references(dirs, FREQUENCIES_HZ, *asked)
            for octaves, level in zip(asked[0], found[0], strict=True):
                self._levels[name, octaves] = level.astype(np.float32)
            for reference, counted_from in zip(asked[1], found[1], strict=True):
                self._references[name, reference] = counted_from
        self._bands: dict[tuple[str, float, str], pd.DataFrame] = {}

    def draw(self, choice: Choice, view: str = "magnitude", *how: Any, **more: Any) -> Figure:
        """One view of one DIR; a sentence in its place where the set cannot have it.

        What follows `view`: as of `draw_into`.

        Raises:
            InputError: the set has no such DIR.
        """
        fig = dir_views.blank(*dir_views.SIZE)
        self.draw_into(fig, choice, view, *how, **more)
        return fig

    def draw_into(
        self,
        where: dir_views.Where,
        choice: Choice,
        view: str,
        smoothing: float = 1 / 12,
        reference: str = "own",
        share: int = 80,
    ) -> None:
        """`draw` into a figure that is there, or a part of it.

        Args:
            choice: which DIR.
            view: one of `VIEWS`.
            smoothing: width in octaves of the band over which levels are averaged, of `SMOOTHING`.
            reference: what magnitudes are counted from, see `dir_spectra.levels_and_references`.
            share: percent of the set in the band behind a magnitude: 50, 80 or 100.
        """
        dirs, title = self.sets[choice.dirs], self.title(choice)
        row = self.row(choice)
        if view in _TURNED and choice.angle_deg is None:
            words = "polar pattern" if view == "polar" else view if view == "distance" else "angle"
            dir_views.message(
                where, title, f"The {dirs.label} name no {words} for this microphone: each was\n"
                "recorded once. Choose one of the Multi DIRs to see this view.",
            )  # fmt: skip
            return
        match view:
            case "impulse response":
                beta = KAISER_BETA if dirs.name == "multi" else 0.0
                words = f"Kaiser window, beta = {beta:g}" if beta else "cut, no fade"
                dir_views.impulse(where, title, self.taps(choice), window(beta), words)
            case "magnitude":
                level = self.level(choice, smoothing, reference)
                bands = self.bands(choice.dirs, smoothing, reference)
                label = _YLABELS[reference]
                dir_views.magnitude(where, title, level, bands, share, label)
            case "polar":
                levels, ideal, words = self.polar(choice, smoothing)
                dir_views.polar(where, title, levels, ideal, choice.angle_deg, words)
            case "map":
                dir_views.angle_map(where, title, self.map(choice, smoothing), choice.angle_deg)
            case "distance":
                dir_views.distance(where, title, *self.distance(choice, smoothing))
            case "group delay":
                delay = dir_acoustics.group_delay_ms(
                    dirs.responses[row], FREQUENCIES_HZ, dirs.sample_rate
                )
                dir_views.group_delay(where, title, pd.Series(delay, FREQUENCIES_HZ))
            case "phase":
                dir_views.phase(where, title, self.phases(choice))

    def taps(self, choice: Choice) -> pd.Series:
        """The response by time_ms after its peak."""
        dirs = self.sets[choice.dirs]
        response = dirs.responses[self.row(choice)]
        time_ms = 1000 * (np.arange(len(response)) - BEFORE_PEAK) / dirs.sample_rate
        return pd.Series(response, pd.Index(time_ms, name="time_ms"))

    def level(self, choice: Choice, smoothing: float, reference: str) -> pd.Series:
        """Its level in dB by frequency_hz."""
        row = self.row(choice)
        level = self._levels[choice.dirs, smoothing][row]
        return pd.Series(level - self._references[choice.dirs, reference][row], FREQUENCIES_HZ)

    def bands(self, name: str, smoothing: float, reference: str) -> pd.DataFrame:
        """Quantiles and mean over the set, as `dir_spectra.response_bands`; kept for the next."""
        key = (name, smoothing, reference)
        if key not in self._bands:
            level = self._levels[name, smoothing] - self._references[name, reference][:, None]
            self._bands[key] = dir_spectra.bands_of(level, FREQUENCIES_HZ)
        return self._bands[key]

    def polar(self, choice: Choice, smoothing: float) -> tuple[pd.DataFrame, pd.Series, str]:
        """Levels around it at `POLAR_HZ` re 0 degrees; the ideal pattern, and its name."""
        levels = dir_spectra.angle_map(
            self.sets[choice.dirs], *choice[1:4], np.array(POLAR_HZ), smoothing
        )
        part, words = self._omni_part(choice, levels)
        angles = np.arange(361.0)
        ideal = dir_acoustics.pattern_db(part, angles)
        return levels, pd.Series(ideal - ideal[0], angles), words

    def map(self, choice: Choice, smoothing: float) -> pd.DataFrame:
        """Level re 0 degrees by frequency_hz and angle."""
        group = self.group(choice).sort_values("angle_deg")
        level = self._levels[choice.dirs, smoothing][group.index]
        columns = pd.Index(group["angle_deg"], name="angle_deg")
        return pd.DataFrame((level - level[0]).T, FREQUENCIES_HZ, columns)

    def distance(
        self, choice: Choice, smoothing: float
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
        """Levels of all distances re 1 kHz; less the farthest's; the formula's; its words."""
        dirs = self.sets[choice.dirs]
        levels = dir_acoustics.distance_levels(
            dirs, choice.microphone, choice.pattern, choice.angle_deg, FREQUENCIES_HZ, smoothing
        )
        around = dir_spectra.angle_map(dirs, *choice[1:4], np.array([1000.0]), 1 / 3)
        part, words = self._omni_part(choice, around)
        farthest = levels.columns[-1]
        at = np.append(FREQUENCIES_HZ, 1000.0)
        formula = {
            metres: dir_acoustics.distance_change_db(at, farthest, metres, part, choice.angle_deg)
            for metres in levels
        }
        formula = pd.DataFrame(formula, at)
        formula = (formula - formula.iloc[-1]).iloc[:-1]
        words = words.replace("ideal", "formula,")
        return levels, levels.sub(levels[farthest], axis=0), formula, words

    def phases(self, choice: Choice) -> pd.DataFrame:
        """`dir_acoustics.phases`, NaN where there is no energy."""
        dirs = self.sets[choice.dirs]
        response = dirs.responses[self.row(choice)]
        found = dir_acoustics.phases(response, FREQUENCIES_HZ, dirs.sample_rate)
        there = dir_acoustics.has_energy(response, FREQUENCIES_HZ, dirs.sample_rate)
        return found[there].reindex(found.index)

    def _omni_part(self, choice: Choice, levels: pd.DataFrame) -> tuple[float, str]:
        part = OMNI_PART.get(choice.pattern.lower())
        if part is not None:
            return part, f"ideal {choice.pattern.lower()}"
        part = dir_acoustics.fit_omni_part(levels.loc[1000.0])
        return part, f"ideal a = {part:.2f} (fitted at 1 kHz)"


def draw_overview(explorer: Explorer, polar: Choice, turned: Choice, near: Choice) -> Figure:
    """Three telling views, a DIR each, for a page that no kernel stands behind.

    A polar plot, a map over angle and frequency, and what the distance does.
    """
    fig = dir_views.blank(1.35 * WIDE, 2 * dir_views.SIZE[1])
    top, bottom = fig.subfigures(2, 1)
    left, right = top.subfigures(1, 2)
    for where, choice, view in ((left, polar, "polar"), (right, turned, "map")):
        explorer.draw_into(where, choice, view, 1 / 3)
    explorer.draw_into(bottom, near, "distance", 1 / 3)
    return fig


def explorer_controls(explorer: Explorer, first: Choice) -> dict[str, widgets.ValueWidget]:
    """The panel's controls by the names of `Explorer.draw`; `first` is what they begin with."""
    view = widgets.Dropdown(options=VIEWS, value="magnitude", description="view")
    smoothing = widgets.Dropdown(options=SMOOTHING, value=1 / 12, description="smoothing")
    reference = widgets.Dropdown(options=REFERENCES, value="own", description="reference")
    share = widgets.SelectionSlider(options=SHARES, value=80, description="band in %")

    def only_where_they_matter(_: object = None) -> None:
        reference.disabled = share.disabled = view.value != "magnitude"
        smoothing.disabled = view.value in ("impulse response", "group delay", "phase")

    view.observe(only_where_they_matter, names="value")
    only_where_they_matter()
    return {
        "choice": DirChooser(explorer, first), "view": view, "smoothing": smoothing,
        "reference": reference, "share": share,
    }  # fmt: skip


def explorer_panel(explorer: Explorer, first: Choice) -> Panel:
    """The explorer with its controls."""

    def alt(choice: Choice, view: str, **_: object) -> str:
        return f"Plot of {view} for one impulse response: {explorer.title(choice)}."

    return Panel(explorer.draw, alt=alt, **explorer_controls(explorer, first))
