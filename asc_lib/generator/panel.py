"""The generator's twelve knobs: a microphone that never was, beside the nearest one of the set.

Nine controls hold the twelve variables: transducer is three of them, distance and angle another
three.
"""

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.spatial.distance import cdist

from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import BEFORE_PEAK, DirSet
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.dirs import listening
from asc_lib.dirs.loudness import matching_gains
from asc_lib.dirs.spectra import FREQUENCIES_HZ, level_db
from asc_lib.generator import conditions as dir_conditions
from asc_lib.generator.conditions import NAMES, TRAIT_NAMES, TRANSDUCERS, VARIABLES
from asc_lib.generator.evaluation import configuration, nearest
from asc_lib.generator.training import Trained
from asc_lib.show.panels import Panel
from asc_lib.show.players import players
from asc_lib.show.style import PALETTE, WIDE, data_word, hertz_axis

START = {
    "omni_share": 0.6, "tube_m": 0.0, "transducer": "ribbon", "diaphragm_mm": 16.0,
    "body_mm": 60.0, "dual": False, "side_address": True, "distance_m": 0.8, "angle_deg": 30.0,
}  # fmt: skip
_CONTROLS = {
    "omni_share": "omni share a", "tube_m": "tube in m", "transducer": "transducer",
    "diaphragm_mm": "diaphragm in mm", "body_mm": "body in mm", "dual": "two diaphragms",
    "side_address": "side address", "distance_m": "distance in m", "angle_deg": "angle in °",
}  # fmt: skip
_RANGES = {  # least, most, step
    "omni_share": (0, 1, 0.01), "tube_m": (0, 1, 0.05), "diaphragm_mm": (2, 50, 0.5),
    "body_mm": (5, 90, 1), "distance_m": (0.2, 10, 0.05), "angle_deg": (0, 355, 5),
}  # fmt: skip
_MADE, _OWN = PALETTE[3], PALETTE[0]


class Knobs:
    """A generator and the set that it learnt from; a state: the controls' values by name."""

    def __init__(self, dirs: DirSet, trained: Trained):
        self.dirs, self._generate = dirs, trained.generate
        self.seen = dir_conditions.physical(dirs.table)
        self._conditions = dir_conditions.scaled(self.seen)
        self._names = configuration(dirs.table).to_numpy()
        natures = pd.DataFrame(self._conditions, columns=NAMES)[TRAIT_NAMES].groupby(self._names)
        each = natures.first()
        self._far = float(np.sort(cdist(each, each))[:, 1].max())  # of one to its nearest other

    def variables(self, **state: Any) -> pd.DataFrame:
        """The twelve variables of a state: one row."""
        values = {name: state[name] for name in TRAIT_NAMES if name in state}
        values |= {kind.replace(" ", "_"): state["transducer"] == kind for kind in TRANSDUCERS}
        values |= dir_conditions.place(state["distance_m"], state["angle_deg"])
        return pd.DataFrame([values], dtype=float)[NAMES]

    def made(self, **state: Any) -> np.ndarray:
        """The generated response, (1024,)."""
        return self._generate(dir_conditions.scaled(self.variables(**state)))[0]

    def nearest(self, **state: Any) -> tuple[int, float]:
        """Row of the set's nearest response in the twelve scaled variables, and its distance."""
        asked = dir_conditions.scaled(self.variables(**state))
        row = int(nearest(self._conditions, asked)[0])
        return row, float(np.linalg.norm(self._conditions[row] - asked))

    def warnings(self, **state: Any) -> list[str]:
        """The variables that have left the training data, and "the whole" where it is far off."""
        beyond = dir_conditions.outside(self.variables(**state), self.seen).iloc[0]
        whole = ["the whole"] * (self.nearest(**state)[1] > self._far)
        return [*beyond.index[beyond], *whole]

    def title_of(self, row: int) -> str:
        """A response of the set in words."""
        one = self.dirs.table.iloc[row]
        where = f"{one['distance_m']:g} m, {one['angle_deg']:g}°"
        return f"{self._names[row]} at {where} ({data_word(self.dirs.simulated)})"

    def draw(self, **state: Any) -> Figure:
        """Response, level and the twelve knobs over the values that were seen."""
        fig = Figure((WIDE, 5.6), layout="constrained")
        left, right, knobs = fig.subplot_mosaic("ab;cc", height_ratios=[1, 1.1]).values()
        row, _ = self.nearest(**state)
        shown = {"nearest of the set": (self.dirs.responses[row], _OWN, "-", 2.0),
                 "generated": (self.made(**state), _MADE, "--", 1.3)}  # fmt: skip
        time_ms = 1000 * (np.arange(self.dirs.responses.shape[1]) - BEFORE_PEAK) / SAMPLE_RATE
        for label, (response, colour, style, width) in shown.items():
            look = {"color": colour, "ls": style, "lw": width, "label": label}
            left.plot(time_ms, response, **look)
            level = level_db(response[None], FREQUENCIES_HZ, SAMPLE_RATE, 1 / 6)[0]
            right.plot(FREQUENCIES_HZ, level, **look)
        left.set(xlim=(-0.5, 1.5), xlabel="time from the peak in ms", ylabel="response")
        right.set(ylabel="level in dB", xlabel="frequency in kHz")
        hertz_axis(right, (50, 200, 1000, 5000))
        right.legend(loc="lower center")
        self._draw_knobs(knobs, self.variables(**state))
        fig.suptitle(f"nearest of the set: {self.title_of(row)}", fontsize=8.5)
        if self.warnings(**state):
            badge = {"boxstyle": "round", "facecolor": "white", "edgecolor": _MADE}
            left.text(0.97, 0.95, "beyond what was seen", transform=left.transAxes, ha="right",
                      va="top", fontsize=7, color=_MADE, bbox=badge)  # fmt: skip
        return fig

    def _draw_knobs(self, ax: Axes, chosen: pd.DataFrame) -> None:
        """A row a variable, scaled: strokes where it was seen, a dot or a cross where it is now."""
        for y, values in enumerate(self._conditions.round(2).T):
            at = np.unique(values)
            ax.plot(
                at, np.full(len(at), y), "|", color="0.55", ms=7, label="seen" if y == 0 else ""
            )
        now, rows = dir_conditions.scaled(chosen)[0], np.arange(len(NAMES))
        beyond = dir_conditions.outside(chosen, self.seen).to_numpy()[0]
        ax.plot(now[~beyond], rows[~beyond], "o", color="black", ms=6, label="knob")
        ax.plot(now[beyond], rows[beyond], "X", color=_MADE, ms=9, label="knob, beyond")
        names = [v.name.removesuffix(f"_{v.unit}").replace("_", " ") for v in VARIABLES]
        ax.set_yticks(rows, names, fontsize=7)
        ax.set(xlabel="value divided by its scale", ylim=(len(NAMES) - 0.5, -0.5))
        ax.legend(loc="upper left", fontsize=7)

    def alt(self, **state: Any) -> str:
        """Alt text of a state's picture."""
        said = self.warnings(**state)
        where = f"outside the training data: {', '.join(said)}" if said else "within the seen range"
        return (
            "Impulse response and level of a generated microphone beside the set's nearest, "
            f"{self.title_of(self.nearest(**state)[0])}; the knobs are {where}."
        )


def knob_controls(start: Mapping[str, Any]) -> dict[str, widgets.ValueWidget]:
    """The nine controls; `start` holds a value for each: the name of a control -> value."""
    controls: dict[str, widgets.ValueWidget] = {
        name: widgets.FloatSlider(
            start[name], min=low, max=high, step=step, continuous_update=False
        )
        for name, (low, high, step) in _RANGES.items()
    }
    controls["transducer"] = widgets.Dropdown(options=TRANSDUCERS, value=start["transducer"])
    controls |= {name: widgets.Checkbox(start[name]) for name in ("dual", "side_address")}
    for name, words in _CONTROLS.items():
        controls[name].description = words
    return {name: controls[name] for name in _CONTROLS}


def knob_panel(
    dirs: DirSet, trained: Trained, bank: Bank, start: Mapping[str, Any] = START
) -> Panel:
    """The twelve knobs with picture and sounds: the bank's first scene through the responses."""
    knobs, scene = Knobs(dirs, trained), bank.clips["scene"].min()
    dry = listening.cut_take(bank, listening.takes(bank, scene).loc[0])
    named = f"Dry: {scene.replace('_', ' ')}, device a ({data_word(bank.simulated)})"

    def sounds(**state: Any) -> str:
        row, _ = knobs.nearest(**state)
        heard = {
            named: dry,
            "Through the generated microphone": listening.through(dry, knobs.made(**state)),
            f"Through the set's nearest: {knobs.title_of(row)}": listening.through(
                dry, dirs.responses[row]
            ),
        }
        gains = matching_gains(heard)
        return players({name: gains[name] * sound for name, sound in heard.items()}, SAMPLE_RATE)

    return Panel(knobs.draw, alt=knobs.alt, sounds=sounds, **knob_controls(start))
