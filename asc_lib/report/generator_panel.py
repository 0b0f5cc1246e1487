"""The generator's twelve knobs: a microphone that never was, beside the nearest one of the set.

`Knobs.draw(**state)` is the one drawing of the static picture, the panel and the test. Nine
controls hold the twelve variables: transducer is three of them, distance and angle another three.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.data.dirs import BEFORE_PEAK, DirSet
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.experiment import listening
from asc_lib.experiment.dir_conditions import NAMES, VARIABLES, outside, physical, place, scaled
from asc_lib.experiment.dir_spectra import FREQUENCIES_HZ, level_db
from asc_lib.experiment.generator_baselines import nearest
from asc_lib.experiment.generator_evaluation import configuration
from asc_lib.experiment.generator_training import Trained, network
from asc_lib.experiment.loudness import matching_gains
from asc_lib.report.listening import players
from asc_lib.report.panels import Panel
from asc_lib.show.style import PALETTE, WIDE, data_word, hertz_axis

TRANSDUCERS = ("moving coil", "ribbon", "condenser")
_MADE, _OWN = PALETTE[3], PALETTE[0]


class Knobs:
    """A generator, and the set that it learnt from, made ready for quick drawing."""

    def __init__(self, dirs: DirSet, trained: Trained):
        self.dirs, self._generate = dirs, network(trained)
        self.seen = physical(dirs.table)
        self._conditions = scaled(self.seen)
        self._names = configuration(dirs.table).to_numpy()
        self._far = self._farthest_of_set()
        self._made = lru_cache(maxsize=32)(self._made_uncached)

    def variables(self, **state: Any) -> pd.DataFrame:
        """The twelve variables of the controls' state: one row."""
        values = {
            name: float(state[name])
            for name in ("omni_share", "tube_m", "diaphragm_mm", "body_mm", "dual", "side_address")
        }
        for name in TRANSDUCERS:
            values[name.replace(" ", "_")] = float(state["transducer"] == name)
        values |= place(state["distance_m"], state["angle_deg"])
        return pd.DataFrame([values], dtype=float)[NAMES]

    def made(self, **state: Any) -> np.ndarray:
        """The generated response, (1024,)."""
        return self._made(tuple(self.variables(**state).iloc[0]))

    def _made_uncached(self, variables: tuple[float, ...]) -> np.ndarray:
        return self._generate(scaled(pd.DataFrame([variables], columns=NAMES)))[0]

    def nearest(self, **state: Any) -> tuple[int, float]:
        """Row of the set's nearest response in the twelve scaled variables, and its distance."""
        asked = scaled(self.variables(**state))
        row = int(nearest(self._conditions, asked)[0])
        return row, float(np.linalg.norm(self._conditions[row] - asked))

    def warnings(self, **state: Any) -> list[str]:
        """Where the knobs have left the training data, in words; none: they have not."""
        beyond = outside(self.variables(**state), self.seen).iloc[0]
        said = [f"{name} is outside of what was seen" for name in beyond.index[beyond]]
        _, distance = self.nearest(**state)
        if distance > self._far:
            said.append(
                f"{distance:.2f} from the set's nearest response, where no two neighbouring "
                f"microphones of the set are farther apart than {self._far:.2f}"
            )
        return said

    def _farthest_of_set(self) -> float:
        """The largest distance of a configuration of the set to its nearest other one."""
        nature = [n for n, variable in enumerate(VARIABLES) if variable.group != "place"]
        each = pd.DataFrame(self._conditions[:, nature]).groupby(self._names).first().to_numpy()
        apart = np.linalg.norm(each[:, None] - each, axis=2)
        np.fill_diagonal(apart, np.inf)
        return float(apart.min(axis=1).max())

    def title_of(self, row: int) -> str:
        """A response of the set in words."""
        one = self.dirs.table.iloc[row]
        where = f"{one['distance_m']:g} m, {one['angle_deg']:g}°"
        return f"{self._names[row]} at {where} ({data_word(self.dirs.simulated)})"

    def draw(self, **state: Any) -> Figure:
        """Response, level and the twelve knobs over the values that were seen."""
        fig = Figure((WIDE, 5.0), layout="constrained")
        grid = fig.add_gridspec(2, 2, height_ratios=[1.25, 1])
        left, right = (fig.add_subplot(grid[0, column]) for column in (0, 1))
        knobs = fig.add_subplot(grid[1, :])
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
        fig.suptitle(
            f"A microphone that never was; nearest of the set: {self.title_of(row)}", fontsize=8.5
        )
        if self.warnings(**state):
            badge = {"boxstyle": "round", "facecolor": "white", "edgecolor": _MADE}
            left.text(0.97, 0.95, "beyond what was seen", transform=left.transAxes, ha="right",
                      va="top", fontsize=7, color=_MADE, bbox=badge)  # fmt: skip
        return fig

    def _draw_knobs(self, ax: Any, chosen: pd.DataFrame) -> None:
        """The twelve in scaled units: grey ticks are values seen, the mark is the knob's."""
        beyond = outside(chosen, self.seen).iloc[0]
        now = scaled(chosen)[0]
        for x, name in enumerate(NAMES):
            values = np.unique(self._conditions[:, x].round(2))
            ax.plot(np.full(len(values), x), values, "_", color="0.55", ms=14, mew=1)
            marker, colour, size = ("X", _MADE, 9) if beyond[name] else ("o", "black", 6)
            ax.plot(x, now[x], marker, color=colour, ms=size)
        ax.set_xticks(range(len(NAMES)), [n.replace("_", "\n") for n in NAMES], fontsize=6.5)
        ax.set(ylabel="scaled value", title="knobs (dot), outside (cross), seen values (strokes)")
        ax.title.set_fontsize(8.5)

    def alt(self, **state: Any) -> str:
        """Alt text of a state's picture."""
        row, distance = self.nearest(**state)
        said = self.warnings(**state)
        where = f"outside the training data: {'; '.join(said)}" if said else "within the seen range"
        return (
            "Impulse response and level of a generated microphone beside the set's nearest, "
            f"{self.title_of(row)}, {distance:.2f} away; the knobs are {where}."
        )


def knob_controls(start: Mapping[str, Any]) -> dict[str, widgets.ValueWidget]:
    """The nine controls; `start` holds a value for each: the name of a control -> value."""

    def slider(name: str, low: float, high: float, step: float, words: str) -> widgets.FloatSlider:
        return widgets.FloatSlider(
            float(start[name]), min=low, max=high, step=step, description=words,
            continuous_update=False,
        )  # fmt: skip

    return {
        "omni_share": slider("omni_share", 0, 1, 0.01, "omni share a"),
        "tube_m": slider("tube_m", 0, 1, 0.05, "tube in m"),
        "transducer": widgets.Dropdown(
            options=TRANSDUCERS, value=start["transducer"], description="transducer"
        ),
        "diaphragm_mm": slider("diaphragm_mm", 2, 50, 0.5, "diaphragm in mm"),
        "body_mm": slider("body_mm", 5, 90, 1, "body in mm"),
        "dual": widgets.Checkbox(bool(start["dual"]), description="two diaphragms"),
        "side_address": widgets.Checkbox(bool(start["side_address"]), description="side address"),
        "distance_m": slider("distance_m", 0.2, 10, 0.05, "distance in m"),
        "angle_deg": slider("angle_deg", 0, 355, 5, "angle in °"),
    }


def knob_panel(knobs: Knobs, dry: np.ndarray, scene: str, start: Mapping[str, Any]) -> Panel:
    """The twelve knobs with picture and sounds.

    `dry`: a recording (samples,) to be heard through the responses. `scene`: what it is, in words
    that say where it comes from. `start`: first state of the controls.
    """

    def sounds(**state: Any) -> str:
        row, _ = knobs.nearest(**state)
        heard = {
            f"Dry: {scene}": dry,
            "Through the generated microphone": listening.through(dry, knobs.made(**state)),
            f"Through the set's nearest: {knobs.title_of(row)}": listening.through(
                dry, knobs.dirs.responses[row]
            ),
        }
        gains = matching_gains(heard)
        return players({name: gains[name] * sound for name, sound in heard.items()}, SAMPLE_RATE)

    return Panel(knobs.draw, alt=knobs.alt, sounds=sounds, **knob_controls(start))
