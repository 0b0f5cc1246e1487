"""The listening bench: a scene through any DIR, and every device beside the best DIR's imitation.

Two panels. Whatever is compared is brought to one loudness (ITU-R BS.1770); what is left over, a
difference or a remainder, keeps the scale of what it was taken from.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure

from asc_lib.data import clip_levels as acoustics
from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import DirSet
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.dirs import listening
from asc_lib.dirs.choice import Choice, DirChooser, DirTables
from asc_lib.dirs.loudness import matching_gains
from asc_lib.show.panels import Panel
from asc_lib.show.players import listening_table, players
from asc_lib.show.style import data_word, side_by_side

_SPAN_DB = 70  # between the darkest and the lightest of a spectrogram
_TAKES, _MOMENTS = 4, 3


def draw_spectrograms(sounds: Mapping[str, np.ndarray], title: str) -> Figure:
    """Spectrograms side by side, dark to light over 70 dB; one scale, that of the loudest."""
    shown = {label: listening.spectrogram_db(sound) for label, sound in sounds.items()}
    top = max(float(table.to_numpy().max()) for table in shown.values())
    look = {"origin": "lower", "aspect": "auto", "cmap": "magma", "vmin": top - _SPAN_DB}
    fig, axes = side_by_side(len(shown), 2.7)
    for ax, (label, table) in zip(axes, shown.items(), strict=True):
        extent = (0, table.columns[-1], 0, table.index[-1] / 1000)
        image = ax.imshow(table, extent=extent, vmax=top, **look)
        ax.grid(False)
        ax.set(title=label, xlabel="Time in s")
    axes[0].set(ylabel="Frequency in kHz", ylim=(0, 14))
    fig.suptitle(title, fontsize=10)
    fig.colorbar(image, ax=axes, label="Level in dB re full scale", pad=0.01)
    return fig


class DirBench(Panel):
    """A scene by device a, dry and through a chosen DIR: loudness-matched, difference, full turn.

    `sets`: to choose from; one without angles takes no turn. `start`: the DIR to begin with.
    """

    def __init__(self, bank: Bank, sets: Sequence[DirSet], start: Choice):
        self._bank, self._tables = bank, DirTables(sets)
        self._heard = lru_cache(maxsize=8)(self._heard_uncached)  # for picture and players alike
        scenes = sorted(bank.clips["scene"].unique())
        fewest = min(len(listening.takes(bank, scene)) for scene in scenes)
        takes = [(f"{number + 1}", number) for number in range(min(_TAKES, fewest))]
        super().__init__(
            self._drawing,
            alt=lambda **state: f"Spectrograms of {self._title(state)}, dry, wet, difference.",
            sounds=lambda **state: players(self._labelled(state), SAMPLE_RATE),
            scene=widgets.Dropdown(options=_options(scenes), description="scene"),
            take=widgets.Dropdown(options=takes, description="recording"),
            choice=DirChooser(self._tables, start),
        )

    def heard(self) -> dict[str, np.ndarray]:
        """What is played now: dry, wet, difference, and turn where the set has angles."""
        return self._heard(**self.state)[0]

    def _heard_uncached(
        self, scene: str, take: int, choice: Choice
    ) -> tuple[dict[str, np.ndarray], float]:
        dirs, row = self._tables.sets[choice.dirs], self._tables.row(choice)
        dry = listening.cut_take(self._bank, listening.takes(self._bank, scene).loc[take])
        wet = listening.through(dry, dirs.responses[row])
        change = listening.difference(wet, dry)
        sounds = {"dry": dry, "wet": wet}
        rows = self._tables.group(choice).sort_values("angle_deg").index
        if choice.angle_deg is not None and len(rows) > 1:
            sounds["turn"] = listening.sweep(dry, dirs.responses[rows])
        gains = matching_gains(sounds)
        played = {name: gains[name] * sound for name, sound in sounds.items()}
        return played | {"difference": gains["dry"] * change.sound}, change.level_db

    def _labelled(self, state: Mapping[str, Any]) -> dict[str, np.ndarray]:
        played, level_db = self._heard(**state)
        labels = {
            "dry": f"Dry: {self._scene_words(state)}",
            "wet": f"Wet: the same through {self._tables.title(state['choice'])}",
            "difference": f"Difference: wet minus dry, {_shown(level_db)} re dry",
            "turn": "The same while the microphone turns once, from 0° to 360°",
        }
        return {label: played[name] for name, label in labels.items() if name in played}

    def _drawing(self, **state: Any) -> Figure:
        played, _ = self._heard(**state)
        sounds = {name: played[name] for name in ("dry", "wet", "difference")}
        return draw_spectrograms(sounds, self._title(state))

    def _title(self, state: Mapping[str, Any]) -> str:
        return f"{self._scene_words(state)}, through {self._tables.title(state['choice'])}"

    def _scene_words(self, state: Mapping[str, Any]) -> str:
        word = data_word(self._bank.simulated)
        return f"{state['scene'].replace('_', ' ')}, device a ({word})"


class DeviceBench(Panel):
    """One second as each device heard it, and what the best DIR makes of device a's second.

    What is left between the two no DIR can do. Seconds are those of the test side that all of its
    devices heard.
    """

    def __init__(self, bank: Bank):
        self._bank = bank
        self._moments = acoustics.draw_moments(bank.clips, _MOMENTS)
        self.compared = lru_cache(maxsize=8)(self._compared)
        self._table = lru_cache(maxsize=8)(self._table_uncached)
        scenes = list(self._moments["scene"].unique())
        devices = [name for name in self._moments["device"].unique() if name != "a"]
        numbers = {f"{number + 1} of {_MOMENTS}": number for number in range(_MOMENTS)}
        first = "s1" if "s1" in devices else devices[0]
        super().__init__(
            self._drawing,
            alt=self._words,
            sounds=lambda scene, moment, device: self._table(scene, moment),
            scene=widgets.Dropdown(options=_options(scenes), description="scene"),
            moment=widgets.Dropdown(options=numbers, description="second"),
            device=widgets.Dropdown(options=devices, value=first, description="device"),
        )

    def _seconds(self, scene: str, moment: int) -> dict[str, np.ndarray]:
        of_scene = self._moments[self._moments["scene"] == scene]
        names = of_scene["moment"].unique()
        rows = of_scene[of_scene["moment"] == names[moment % len(names)]]
        return dict(zip(rows["device"], self._bank.heard(rows).numpy(), strict=True))

    def _compared(self, scene: str, moment: int) -> dict[str, listening.Remainder]:
        """By device: its sound, the best imitation and what is left, as recorded."""
        seconds = self._seconds(scene, moment)
        of_a = seconds.pop("a")
        return {name: listening.imitate(of_a, sound) for name, sound in seconds.items()}

    def _table_uncached(self, scene: str, moment: int) -> str:
        of_a = self._seconds(scene, moment)["a"]
        device, imitated, left = {"a": matching_gains({"a": of_a})["a"] * of_a}, {}, {}
        for name, found in self.compared(scene, moment).items():
            gains = matching_gains({"device": found.device, "imitated": found.imitated})
            column = f"{name} ({_shown(found.level_db, 0)})"
            device[column] = gains["device"] * found.device
            imitated[column] = gains["imitated"] * found.imitated
            left[column] = gains["device"] * found.left
        caption = (
            f"{scene.replace('_', ' ')}, one second through every device "
            f"({data_word(self._bank.simulated)}), equally loud. In brackets: the level of what no "
            "DIR can do, re the device's sound."
        )
        rows = {"the device": device, "a through the best DIR": imitated}
        return listening_table(rows | {"what no DIR can do": left}, SAMPLE_RATE, caption)

    def _drawing(self, scene: str, moment: int, device: str) -> Figure:
        found = self.compared(scene, moment)[device]
        gain = matching_gains({"device": found.device})["device"]
        sounds = {
            f"device {device}": gain * found.device,
            "a through the best DIR": gain * found.imitated,
            f"what is left: {_shown(found.level_db)}": gain * found.left,
        }
        title = f"{scene.replace('_', ' ')} ({data_word(self._bank.simulated)})"
        return draw_spectrograms(sounds, title)

    def _words(self, scene: str, moment: int, device: str) -> str:
        found = self.compared(scene, moment)[device]
        return (
            f"Spectrograms of {scene.replace('_', ' ')} by device {device}, of device a's sound "
            f"through the best DIR, and of what is left, {_shown(found.level_db)} re the device."
        )


def _shown(level_db: float, digits: int = 1) -> str:
    """A level as text; no minus before a zero."""
    return f"{round(level_db, digits) + 0.0:.{digits}f} dB"


def _options(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), name) for name in names]
