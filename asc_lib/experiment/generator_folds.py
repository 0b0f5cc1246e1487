"""What a training of the DIR generator does not see: angles, a whole distance, whole microphones.

Nothing that is held out is used before it is judged: neither for the scale of the responses nor for
the choice of a step (the last one is taken).
"""

import numpy as np
import pandas as pd

from asc_lib.experiment.generator_config import ALL, MICROPHONE_FOLDS
from asc_lib.files import InputError

WORDS = {
    "angles": "angles between seen ones",
    "distances": "a whole distance",
    "microphones": "whole microphones",
}


def held_out(table: pd.DataFrame, fold: str) -> np.ndarray:
    """Whether a response of a DIR set's table is held out in a fold: bool (responses,).

    angles: every second angle of the set. distance-near, -middle, -far: one of three distances.
    microphones-1 ... -5: each microphone, with all its patterns, is in one of them. all: none.

    Raises:
        InputError: the set is too small for it.
    """
    if fold == ALL:
        return np.zeros(len(table), bool)
    if fold == "angles":
        held = table["angle_deg"].isin(sorted(table["angle_deg"].unique())[1::2])
    elif fold.startswith("distance"):
        there = sorted(table["distance_m"].unique())
        place = {"near": 0, "middle": len(there) // 2, "far": -1}[fold.removeprefix("distance-")]
        held = table["distance_m"] == there[place]
    else:
        names = sorted(table["microphone"].unique())
        order = np.random.default_rng(MICROPHONE_FOLDS).permutation(len(names))
        number = int(fold.removeprefix("microphones-")) - 1
        held = table["microphone"].isin([names[i] for i in order[number::MICROPHONE_FOLDS]])
    if not held.any() or held.all():
        raise InputError(
            f"fold {fold}: the DIR set has too few {fold.split('-')[0]} to hold some out; take the "
            "whole Multi set"
        )
    return held.to_numpy()
