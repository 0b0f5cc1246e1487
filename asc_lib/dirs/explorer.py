"""The explorer of DIR sets: seven ways to look at one DIR.

`Explorer.draw(**state)` is the one drawing function of the panel and the test; the panel's controls
are those of `explorer_panel`.
"""

from collections.abc import Sequence
from functools import cache

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.data.dir_sets import BEFORE_PEAK, KAISER_BETA, DirSet, window
from asc_lib.dirs import acoustics as dir_acoustics
from asc_lib.dirs import spectra as dir_spectra
from asc_lib.dirs import views as dir_views
from asc_lib.dirs.choice import Choice, DirChooser, DirTables
from asc_lib.dirs.spectra import FREQUENCIES_HZ, OMNI_PART, POLAR_HZ
from asc_lib.show.panels import Panel

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
        self.bands = cache(self._bands_of)

    def draw(
        self,
        choice: Choice,
        view: str = "magnitude",
        smoothing: float = 1 / 12,
        reference: str = "own",
        share: int = 80,
    ) -> Figure:
        """One of `VIEWS` of one DIR; a sentence in its place where the set cannot have it.

        `smoothing` in octaves and `reference` as of `dir_spectra.levels_and_references`; `share`:
        percent of the set in the band behind a magnitude, 50, 80 or 100.
        """
        dirs, row = self.sets[choice.dirs], self.row(choice)
        response = dirs.responses[row]
        of = response, FREQUENCIES_HZ, dirs.sample_rate
        fig = dir_views.blank(self.title(choice))
        if view in _TURNED and choice.angle_deg is None:
            fig.text(
                0.5, 0.5, f"The {dirs.label} name neither pattern, angle nor distance: each was\n"
                "recorded once. Choose one of the Multi DIRs to see this view.",
                ha="center", va="center",
            )  # fmt: skip
            return fig
        match view:
            case "impulse response":
                time_ms = 1000 * (np.arange(len(response)) - BEFORE_PEAK) / dirs.sample_rate
                beta = KAISER_BETA if dirs.name == "multi" else 0.0
                words = f"Kaiser window, beta = {beta:g}" if beta else "cut, no fade"
                dir_views.impulse(fig, pd.Series(response, time_ms), window(beta), words)
            case "magnitude":
                level = self._levels[choice.dirs, smoothing][row]
                level = level - self._references[choice.dirs, reference][row]
                bands = self.bands(choice.dirs, smoothing, reference)
                label = _YLABELS[reference]
                dir_views.magnitude(fig, pd.Series(level, FREQUENCIES_HZ), bands, share, label)
            case "polar":
                turned = dir_spectra.select(dirs, *choice[1:4])
                levels = dir_spectra.angle_map(turned, np.array(POLAR_HZ), smoothing)
                part, words = self._omni_part(choice)
                angles = np.arange(361.0)
                ideal = dir_spectra.pattern_db(part, angles)
                ideal = pd.Series(ideal - ideal[0], angles)
                dir_views.polar(fig, levels, ideal, choice.angle_deg, f"ideal {words}")
            case "map":
                group = self.group(choice).sort_values("angle_deg")
                level = self._levels[choice.dirs, smoothing][group.index]
                levels = pd.DataFrame((level - level[0]).T, FREQUENCIES_HZ, group["angle_deg"])
                dir_views.angle_map(fig, levels, choice.angle_deg)
            case "distance":
                dir_views.distance(fig, *self._distance(choice, smoothing))
            case "group delay":
                delay_ms = dir_acoustics.group_delay_ms(*of)
                dir_views.group_delay(fig, pd.Series(delay_ms, FREQUENCIES_HZ))
            case "phase":
                phases = dir_acoustics.phases(*of)
                phases[~dir_acoustics.has_energy(*of)] = np.nan
                dir_views.phase(fig, phases)
        return fig

    def _bands_of(self, name: str, smoothing: float, reference: str) -> pd.DataFrame:
        """Quantiles and mean over the set, as `dir_spectra.response_bands`."""
        level = self._levels[name, smoothing] - self._references[name, reference][:, None]
        return dir_spectra.bands_of(level, FREQUENCIES_HZ)

    def _distance(self, choice: Choice, smoothing: float) -> tuple[pd.DataFrame, pd.DataFrame, str]:
        """Levels of all distances re 1 kHz; the formula's, re the farthest; its words."""
        levels = dir_acoustics.distance_levels(
            self.sets[choice.dirs], *choice[1:3], choice.angle_deg, FREQUENCIES_HZ, smoothing
        )
        part, words = self._omni_part(choice)
        at = np.append(FREQUENCIES_HZ, 1000.0)
        lifted = pd.DataFrame(
            {r: dir_acoustics.proximity_db(at, r, part, choice.angle_deg) for r in levels}, at
        )
        formula = lifted.sub(lifted.iloc[:, -1], axis=0)  # re the farthest
        return levels, (formula - formula.iloc[-1]).iloc[:-1], f"formula, {words}"

    def _omni_part(self, choice: Choice) -> tuple[float, str]:
        """Of the pattern that is named, or of the one that is nearest at 1 kHz; in words."""
        part = OMNI_PART.get(choice.pattern.lower())
        if part is not None:
            return part, choice.pattern.lower()
        turned = dir_spectra.select(self.sets[choice.dirs], *choice[1:4])
        around = dir_spectra.angle_map(turned, np.array([1000.0]))
        part = dir_acoustics.fit_omni_part(around.loc[1000.0])
        return part, f"a = {part:.2f} (fitted at 1 kHz)"


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
    return Panel(
        explorer.draw,
        alt=lambda choice, view, **_: f"{view.capitalize()} of {explorer.title(choice)}.",
        **explorer_controls(explorer, first),
    )
