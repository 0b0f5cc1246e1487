"""The listening bench: a scene through any DIR, and every device beside the best DIR's imitation.

Two panels. Whatever is compared is brought to one loudness (ITU-R BS.1770); what is left over, a
difference or a remainder, keeps the scale of what it was taken from.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from asc_lib.data.bank import Bank
from asc_lib.data.dirs import DirSet
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.experiment import acoustics, listening
from asc_lib.experiment.loudness import matching_gains
from asc_lib.report.listening import listening_table, players
from asc_lib.report.panels import Panel
from asc_lib.report.style import WIDE, data_word

_SPAN_DB = 70  # between the darkest and the lightest of a spectrogram
_TAKES = 4
_MOMENTS = 3
_UNKNOWN = "not stated"


def draw_spectrograms(sounds: Mapping[str, np.ndarray], title: str) -> tuple[Figure, np.ndarray]:
    """Spectrograms side by side, dark to light over 70 dB; one scale, that of the loudest."""
    shown = {label: listening.spectrogram_db(sound) for label, sound in sounds.items()}
    top = max(float(table.to_numpy().max()) for table in shown.values())
    fig, axes = plt.subplots(
        1, len(shown), figsize=(WIDE, 2.7), sharex=True, sharey=True, squeeze=False
    )
    for ax, (label, table) in zip(axes[0], shown.items(), strict=True):
        extent = (0, table.columns[-1], 0, table.index[-1] / 1000)
        image = ax.imshow(
            table, origin="lower", aspect="auto", extent=extent, cmap="magma",
            vmin=top - _SPAN_DB, vmax=top,
        )  # fmt: skip
        ax.grid(False)
        ax.set(title=label, xlabel="Time in s")
    axes[0, 0].set(ylabel="Frequency in kHz", ylim=(0, 14))
    fig.suptitle(title, fontsize=10)
    fig.colorbar(image, ax=axes[0], label="Level in dB re full scale", pad=0.01)
    return fig, axes[0]


class DirBench(Panel):
    """A scene by device a, dry and through a chosen DIR: loudness-matched, difference, full turn.

    Args:
        bank: the recordings.
        sets: the DIR sets to choose from; one without angles takes no turn.
        start: microphone, pattern, distance in m and angle in degrees to begin with, of the first
            set; its first DIR when left out.

    Raises:
        InputError: a control is set to what it does not know.
    """

    def __init__(
        self,
        bank: Bank,
        sets: Sequence[DirSet],
        start: tuple[str, str, float, float] | None = None,
    ):
        self._bank = bank
        self._sets = {dirs.label: dirs for dirs in sets}
        self._kinds = {label: _kinds(dirs) for label, dirs in self._sets.items()}
        self._around = lru_cache(maxsize=8)(self._around_uncached)
        scenes = sorted(bank.clips["scene"].unique())
        self._scene = widgets.Dropdown(options=_options(scenes), description="scene")
        self._take = widgets.Dropdown(description="recording")
        self._set = widgets.Dropdown(options=list(self._sets), description="set")
        self._microphone = widgets.Dropdown(description="microphone")
        self._distance = widgets.Dropdown(description="distance")
        self._angle = widgets.SelectionSlider(
            options=[""], description="angle", continuous_update=False
        )
        self._fill_takes()
        self._fill_microphones()
        if start is not None:
            microphone, pattern, distance_m, angle_deg = start
            for control, value in (
                (self._microphone, _kind(microphone, pattern)),
                (self._distance, distance_m),
            ):
                control.value = value
                self._fill_distances() if control is self._microphone else self._fill_angles()
            self._angle.value = angle_deg
        # these before the panel's own watchers, so that it never draws half a choice
        for control, fill in (
            (self._scene, self._fill_takes),
            (self._set, self._fill_microphones),
            (self._microphone, self._fill_distances),
            (self._distance, self._fill_angles),
        ):
            control.observe(lambda _change, fill=fill: self._filled(fill), names="value")
        super().__init__(
            self._drawing,
            alt=self._words,
            sounds=lambda **state: players(self.heard(**state), SAMPLE_RATE),
            scene=self._scene, take=self._take, dir_set=self._set,
            microphone=self._microphone, distance_m=self._distance, angle_deg=self._angle,
        )  # fmt: skip

    def heard(self, **state: Any) -> dict[str, np.ndarray]:
        """Label -> samples of what is played in a state, by default the present one."""
        state = state or self.state
        dirs, row = self._chosen(state)
        word, scene = data_word(dirs.simulated), self._scene_words(state)
        dry = self._dry(state)
        wet = listening.through(dry, dirs.responses[row])
        less = listening.difference(wet, dry)
        sounds = {"dry": dry, "wet": wet}
        turn = self._around(state["scene"], state["take"], state["dir_set"], self._circle(state))
        if turn is not None:
            sounds["turn"] = turn
        gains = matching_gains(sounds)
        name = f"{self._dir_words(state)} ({word})"
        out = {
            f"Dry: {scene}": gains["dry"] * dry,
            f"Wet: the same through {name}": gains["wet"] * wet,
            f"Difference, wet less dry: {_shown(less.level_db)} re dry":
                gains["dry"] * less.sound,
        }  # fmt: skip
        if turn is not None:
            out[f"One turn of the microphone, 0° to 360° ({word})"] = gains["turn"] * turn
        return out

    def _dry(self, state: Mapping[str, Any]) -> np.ndarray:
        found = listening.takes(self._bank, state["scene"])
        return listening.cut_take(self._bank, found.loc[state["take"]])

    def _chosen(self, state: Mapping[str, Any]) -> tuple[DirSet, int]:
        dirs = self._sets[state["dir_set"]]
        rows = self._rows(state["dir_set"], state["microphone"], state["distance_m"])
        if state["angle_deg"] != _UNKNOWN:
            rows = rows[rows["angle_deg"] == state["angle_deg"]]
        return dirs, int(rows.index[0])

    def _circle(self, state: Mapping[str, Any]) -> tuple[int, ...]:
        dirs, row = self._chosen(state)
        return tuple(listening.circle(dirs, row).tolist())

    def _around_uncached(
        self, scene: str, take: int, dir_set: str, rows: tuple[int, ...]
    ) -> np.ndarray | None:
        if not rows:
            return None
        dry = self._dry({"scene": scene, "take": take})
        return listening.sweep(dry, self._sets[dir_set].responses[list(rows)])

    def _drawing(self, **state: Any) -> Figure:
        dirs, row = self._chosen(state)
        dry = self._dry(state)
        wet = listening.through(dry, dirs.responses[row])
        gains = matching_gains({"dry": dry, "wet": wet})
        less = listening.difference(wet, dry).sound
        sounds = {
            "dry": gains["dry"] * dry, "wet": gains["wet"] * wet, "difference": gains["dry"] * less,
        }  # fmt: skip
        title = f"{self._scene_words(state)}; {self._dir_words(state)}"
        return draw_spectrograms(sounds, f"{title} ({data_word(dirs.simulated)})")[0]

    def _words(self, **state: Any) -> str:
        return (
            f"Three spectrograms, frequency over time: {self._scene_words(state)}, dry, through "
            f"{self._dir_words(state)}, and their difference."
        )

    def _scene_words(self, state: Mapping[str, Any]) -> str:
        word = data_word(self._bank.simulated)
        return f"{state['scene'].replace('_', ' ')}, device a ({word})"

    def _dir_words(self, state: Mapping[str, Any]) -> str:
        text = state["microphone"]
        if state["distance_m"] != _UNKNOWN:
            text += f", {state['distance_m']:g} m"
        if state["angle_deg"] != _UNKNOWN:
            text += f", {state['angle_deg']:g}°"
        return text

    def _rows(self, dir_set: str, kind: str, distance_m: float | str) -> pd.DataFrame:
        table = self._sets[dir_set].table.reset_index(drop=True)
        table = table[self._kinds[dir_set].to_numpy() == kind]
        metres = table["distance_m"]
        return table[metres.isna() if distance_m == _UNKNOWN else metres == distance_m]

    def _filled(self, fill: Any) -> None:
        with self.together():
            fill()

    def _fill_takes(self) -> None:
        count = min(_TAKES, len(listening.takes(self._bank, self._scene.value)))
        _offer(self._take, {f"{number + 1} of {count}": number for number in range(count)})

    def _fill_microphones(self) -> None:
        kinds = self._kinds[self._set.value].unique()
        _offer(self._microphone, {kind: kind for kind in kinds})
        self._fill_distances()

    def _fill_distances(self) -> None:
        table = self._sets[self._set.value].table
        own = table[self._kinds[self._set.value].to_numpy() == self._microphone.value]
        metres = sorted(own["distance_m"].dropna().unique())
        offered = {f"{one:g} m": float(one) for one in metres} or {_UNKNOWN: _UNKNOWN}
        _offer(self._distance, offered)
        self._fill_angles()

    def _fill_angles(self) -> None:
        rows = self._rows(self._set.value, self._microphone.value, self._distance.value)
        degrees = sorted(rows["angle_deg"].dropna().unique())
        offered = {f"{one:g}°": float(one) for one in degrees} or {_UNKNOWN: _UNKNOWN}
        _offer(self._angle, offered)


class DeviceBench(Panel):
    """One second as each device heard it, and what the best DIR makes of device a's second.

    What is left between the two no DIR can do. Seconds are those of the test side that all of its
    devices heard.
    """

    def __init__(self, bank: Bank):
        self._bank = bank
        self._moments = acoustics.draw_moments(bank.clips, _MOMENTS)
        self._compared = lru_cache(maxsize=8)(self._compared_uncached)
        self._table = lru_cache(maxsize=8)(self._table_uncached)
        scenes = list(self._moments["scene"].unique())
        devices = [name for name in self._moments["device"].unique() if name != "a"]
        numbers = {f"{number + 1} of {_MOMENTS}": number for number in range(_MOMENTS)}
        super().__init__(
            self._drawing,
            alt=self._words,
            sounds=lambda scene, moment, device: self._table(scene, moment),
            scene=widgets.Dropdown(options=_options(scenes), description="scene"),
            moment=widgets.Dropdown(options=numbers, description="second"),
            device=widgets.Dropdown(
                options=devices, value="s1" if "s1" in devices else devices[0], description="device"
            ),
        )

    def compared(self, scene: str, moment: int) -> dict[str, listening.Remainder]:
        """By device: its sound, the best imitation and what is left, as recorded."""
        return self._compared(scene, moment)

    def _seconds(self, scene: str, moment: int) -> dict[str, np.ndarray]:
        of_scene = self._moments[self._moments["scene"] == scene]
        names = of_scene["moment"].unique()
        rows = of_scene[of_scene["moment"] == names[moment % len(names)]]
        starts = torch.tensor(rows["start"].to_numpy(np.int64))
        scales = torch.tensor(rows["scale"].to_numpy(np.float32))
        sounds = self._bank.windows(starts, scales).numpy()
        return dict(zip(rows["device"], sounds, strict=True))

    def _compared_uncached(self, scene: str, moment: int) -> dict[str, listening.Remainder]:
        seconds = self._seconds(scene, moment)
        of_a = seconds.pop("a")
        return {name: listening.imitate(of_a, sound) for name, sound in seconds.items()}

    def _table_uncached(self, scene: str, moment: int) -> str:
        of_a = self._seconds(scene, moment)["a"]
        rows: dict[str, dict[str, np.ndarray]] = {
            "the device": {"a": of_a},
            "a through the best DIR": {},
            "what no DIR can do": {},
        }
        gain_of_a = matching_gains({"a": of_a})["a"]
        rows["the device"]["a"] = gain_of_a * of_a
        for name, found in self._compared(scene, moment).items():
            gains = matching_gains({"device": found.device, "imitated": found.imitated})
            column = f"{name} ({_shown(found.level_db, 0)})"
            rows["the device"][column] = gains["device"] * found.device
            rows["a through the best DIR"][column] = gains["imitated"] * found.imitated
            rows["what no DIR can do"][column] = gains["device"] * found.left
        caption = (
            f"{scene.replace('_', ' ')}, one second through every device "
            f"({data_word(self._bank.simulated)}), equally loud. In brackets: the level of what no "
            "DIR can do, re the device's sound."
        )
        return listening_table(rows, SAMPLE_RATE, caption)

    def _drawing(self, scene: str, moment: int, device: str) -> Figure:
        found = self._compared(scene, moment)[device]
        gain = matching_gains({"device": found.device})["device"]
        sounds = {
            f"device {device}": gain * found.device,
            "a through the best DIR": gain * found.imitated,
            f"what is left: {_shown(found.level_db)}": gain * found.left,
        }
        title = f"{scene.replace('_', ' ')} ({data_word(self._bank.simulated)})"
        return draw_spectrograms(sounds, title)[0]

    def _words(self, scene: str, moment: int, device: str) -> str:
        found = self._compared(scene, moment)[device]
        return (
            f"Three spectrograms, frequency over time: {scene.replace('_', ' ')} by device "
            f"{device}, device a's sound through the best DIR, and what is left, "
            f"{_shown(found.level_db)} re the device."
        )


def _shown(level_db: float, digits: int = 1) -> str:
    """A level as text; no minus before a zero."""
    return f"{round(level_db, digits) + 0.0:.{digits}f} dB"


def _kind(microphone: str, pattern: str) -> str:
    return f"{microphone} {pattern}".strip()


def _kinds(dirs: DirSet) -> pd.Series:
    """Microphone and pattern of each DIR as one text."""
    table = dirs.table.reset_index(drop=True)
    patterns = table["pattern"].fillna("")
    return pd.Series([_kind(*one) for one in zip(table["microphone"], patterns, strict=True)])


def _options(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), name) for name in names]


def _offer(control: Any, options: Mapping[str, Any]) -> None:
    """Other options; the value stays where it is one of them."""
    before = control.value
    if [*options.items()] != list(control.options):
        # a slider would refuse a list without its value between the two steps
        control.options = [*options.items()]
    if before in options.values():
        control.value = before
    elif control.value not in options.values():
        control.value = next(iter(options.values()))
    control.disabled = list(options) == [_UNKNOWN]
