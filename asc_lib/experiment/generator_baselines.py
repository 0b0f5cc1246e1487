"""What needs no network: nearest neighbour, interpolation, the first-order formula (Sec. 5.3).

Each gives, for every response that is held out, one made from those that are seen: float32
(held, 1024), in the set's own units. All responses have their largest peak at tap 64, so that they
lie one over the other as they are.
"""

import numpy as np
import pandas as pd

from asc_lib.data.dirs import TAPS, DirSet
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.experiment.dir_acoustics import SPEED_OF_SOUND
from asc_lib.experiment.dir_conditions import NAMES, TRAIT_NAMES, conditions, physical


def nearest(known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Number of the nearest row of `known` (rows, 12) for each of `asked` (any, 12); the first."""
    squares = (known.astype(float) ** 2).sum(1) - 2 * asked.astype(float) @ known.T.astype(float)
    return squares.round(9).argmin(1)


def nearest_neighbour(dirs: DirSet, held: np.ndarray) -> np.ndarray:
    """The seen response whose twelve scaled conditions are nearest, as it is."""
    condition = conditions(dirs.table)
    return dirs.responses[~held][nearest(condition[~held], condition[held])]


def interpolation(dirs: DirSet, held: np.ndarray) -> np.ndarray:
    """Straight between the two nearest seen responses of the same microphone, tap by tap.

    Between the neighbouring angles where the fold left them; else between the neighbouring
    distances, in their logarithm, or the nearest one beyond the last; else the nearest neighbour.
    """
    table = dirs.table.reset_index(drop=True).fillna({"pattern": ""})
    made = nearest_neighbour(dirs, held).copy()
    number = np.full(len(table), -1)
    number[held] = np.arange(held.sum())
    for along, others, turn in (
        ("distance_m", "angle_deg", None),
        ("angle_deg", "distance_m", 360.0),  # last: where both are there, angles are nearer
    ):
        for _, group in table.groupby(["microphone", "pattern", others]):
            rows = group.index.to_numpy()
            seen, asked = rows[~held[rows]], rows[held[rows]]
            if len(seen) and len(asked):
                value = table[along].to_numpy()
                value = value if turn else np.log(value)
                made[number[asked]] = _between(
                    value[seen], dirs.responses[seen], value[asked], turn
                )
    return made


def _between(
    at: np.ndarray, responses: np.ndarray, asked: np.ndarray, turn: float | None
) -> np.ndarray:
    """Responses at these places from those `at` others; round the circle where there is a turn."""
    order = np.argsort(at)
    at, responses = at[order], responses[order]
    if turn:
        at = np.concatenate([[at[-1] - turn], at, [at[0] + turn]])
        responses = np.concatenate([responses[-1:], responses, responses[:1]])
    right = np.clip(np.searchsorted(at, asked), 1, len(at) - 1)  # of a single one: 0
    left = np.maximum(right - 1, 0)
    span = np.where(at[right] > at[left], at[right] - at[left], 1.0)
    share = np.clip((asked - at[left]) / span, 0, 1)[:, None]
    return (responses[left] * (1 - share) + responses[right] * share).astype(np.float32)


def formula(dirs: DirSet, held: np.ndarray) -> np.ndarray:
    """The first-order formula at the place asked for, over that at a seen place of the microphone.

    At the same angle from the nearest distance where that distance was not seen; else from the axis
    at the same distance; of a microphone never seen, from the axis of that with the nearest traits.
    """
    table = dirs.table.reset_index(drop=True)
    share = physical(table)["omni_share"].to_numpy()
    nature = conditions(table)[:, [NAMES.index(name) for name in TRAIT_NAMES]]
    name = (table["microphone"] + "/" + table["pattern"].fillna("").astype(str)).to_numpy()
    angle, metres = (table[column].to_numpy() for column in ("angle_deg", "distance_m"))
    off_axis = np.abs((angle + 180) % 360 - 180)
    seen, asked = np.flatnonzero(~held), np.flatnonzero(held)
    source = np.empty(len(asked), int)
    groups = pd.Series(np.arange(len(asked))).groupby([name[held], metres[held]])
    for (own, distance), numbers in groups:
        rows = asked[numbers]
        known = seen[name[seen] == own]
        if len(known) == 0:
            known = seen[nearest(nature[seen], nature[rows[:1]])]
            known = seen[name[seen] == name[known[0]]]
        apart = np.abs(np.log(metres[known] / distance))
        known = known[apart == apart.min()]
        source[numbers] = known[off_axis[known].argmin()]
        if name[known[0]] == own and apart.min() > 0:
            turned = (angle[rows][:, None] - angle[known] + 180) % 360 - 180
            source[numbers] = known[np.abs(turned).argmin(1)]
    # twice the taps, so that nothing wraps around; below 20 Hz it would grow without end
    hertz = np.maximum(np.fft.rfftfreq(2 * TAPS, 1 / SAMPLE_RATE), 20.0)
    there, here = (
        proximity(hertz, *(one[:, None] for one in (share[asked], angle[rows], metres[rows])))
        for rows in (asked, source)
    )
    spectra = np.fft.rfft(dirs.responses[source], 2 * TAPS) * (there / here)
    return np.fft.irfft(spectra, 2 * TAPS)[:, :TAPS].astype(np.float32)


def proximity(
    hertz: np.ndarray, omni: np.ndarray, angle_deg: np.ndarray, metres: np.ndarray
) -> np.ndarray:
    """a + (1 - a) cos(angle) (1 + 1 / (j k r)), complex, by frequency."""
    wavenumber = 2 * np.pi * hertz / SPEED_OF_SOUND
    gradient = 1 + 1 / (1j * wavenumber * metres)
    return omni + (1 - omni) * np.cos(np.deg2rad(angle_deg)) * gradient


BASELINES = {
    "silence": lambda dirs, held: np.zeros_like(dirs.responses[held]),
    "mean": lambda dirs, held: np.broadcast_to(
        dirs.responses[~held].mean(0), dirs.responses[held].shape
    ),
    "nearest": nearest_neighbour,
    "interpolation": interpolation,
    "formula": formula,
}
