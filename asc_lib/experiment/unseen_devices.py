"""Devices that training never heard, told apart in what it learned: a probe across test places."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from asc_lib.data.tau22 import TRAINING_DEVICES
from asc_lib.experiment.metrics import value_and_interval
from asc_lib.experiment.probe import probe_devices
from asc_lib.experiment.probe_intervals import recall_draws
from asc_lib.experiment.probe_ladder import UNTRAINED

Key = tuple[str, int]


def halves(clips: pd.DataFrame) -> np.ndarray:
    """Two halves of the locations, each scene's shared out in turn: (clips,), False or True."""
    places = clips[["scene", "location"]].drop_duplicates().sort_values(["scene", "location"])
    # the next scene goes on where the last one stopped, so that odd numbers even out
    second = dict(zip(places["location"], np.arange(len(places)) % 2 == 1, strict=True))
    return clips["location"].map(second).to_numpy(dtype=bool)


def across_halves(
    encoded: Mapping[Key, np.ndarray], clips: pd.DataFrame, epochs: int
) -> dict[Key, np.ndarray]:
    """The device that a standardised linear probe names for each clip, having learned all devices.

    It learns from one half of the locations and is judged on the other, then the other way round:
    each clip is judged once, by a probe that heard nothing of its place. `encoded`: by (encoder,
    seed), (clips, dim), of one dim; each device must occur in both halves.
    """
    second, device = halves(clips), clips["device"].to_numpy(dtype=str)
    named = {key: np.empty(len(clips), dtype=device.dtype) for key in encoded}
    for half in (second, ~second):
        found = probe_devices(
            [(z[half], z[~half]) for z in encoded.values()], device[half], device[~half],
            epochs, 0, [True] * len(encoded),
        )  # fmt: skip
        for key, result in zip(encoded, found, strict=True):
            named[key][~half] = result.predicted
    return named


def in_both_halves(clips: pd.DataFrame) -> np.ndarray:
    """Which clips are of a device that occurs in both halves of the locations: (clips,) bool."""
    second = halves(clips)
    both = set(clips["device"][second]) & set(clips["device"][~second])
    return clips["device"].isin(both).to_numpy()


def recall_table(
    named: Mapping[Key, np.ndarray], clips: pd.DataFrame, draws: int, data: str
) -> pd.DataFrame:
    """How often each device was named, by encoder, and both families' means.

    One row an encoder and device, then "seen", "unseen", "unseen less seen" and, since devices
    differ in how special they are, "the same less that of the untrained encoder" (if there is one).
    Columns: `encoder device recall low high measured_on`; recalls 0 to 1, means over seeds.
    """
    device = clips["device"].to_numpy(dtype=str)
    gaps, rows = {}, []
    for encoder in sorted({e for e, _ in named}, key=lambda e: e != UNTRAINED):
        right = np.stack([n == device for (e, _), n in named.items() if e == encoder])
        drawn = recall_draws(right, clips, draws)
        heard = [d for d in drawn if d in TRAINING_DEVICES]
        new = [d for d in drawn if d not in TRAINING_DEVICES]
        if heard and new:
            gaps[encoder] = drawn[new].mean(axis=1) - drawn[heard].mean(axis=1)
            more = {"seen": drawn[heard].mean(axis=1), "unseen": drawn[new].mean(axis=1)}
            more["unseen less seen"] = gaps[encoder]
            if UNTRAINED in gaps and encoder != UNTRAINED:
                more["gap less untrained's"] = gaps[encoder] - gaps[UNTRAINED]
            drawn = drawn.assign(**more)
        rows += [
            (encoder, name, *value_and_interval(drawn[name].to_numpy()), data) for name in drawn
        ]
    columns = ["encoder", "device", "recall", "low", "high", "measured_on"]
    order = {e: i for i, e in enumerate(dict.fromkeys(e for e, _ in named))}
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(
        "encoder", key=lambda e: e.map(order), kind="stable", ignore_index=True
    )
