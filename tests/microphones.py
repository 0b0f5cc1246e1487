"""A small turntable: seven known microphones, three distances, eight angles, ideal responses."""

import numpy as np
import pandas as pd

from asc_lib.data.dir_sets import BEFORE_PEAK, TAPS, DirSet
from asc_lib.data.microphone_table import traits

MICROPHONES = [
    ("ShureSM57", None), ("ShureSM58", None), ("DPA4006", None), ("RoyerR121", None),
    ("AKGC414", "Bidirect"), ("AKGC414", "Cardioid"), ("SonyECM670", None), ("NTiM2211", None),
]  # fmt: skip
DISTANCES, ANGLES = (0.5, 1.25, 5.0), np.arange(0.0, 360.0, 45.0)


def turntable() -> DirSet:
    """Each response an echo of its own behind a peak of its pattern's gain."""
    rows, responses = [], []
    for number, (microphone, pattern) in enumerate(MICROPHONES):
        omni = traits(microphone, pattern).omni_share
        for metres in DISTANCES:
            for angle in ANGLES:
                gain = omni + (1 - omni) * np.cos(np.deg2rad(angle))
                response = np.zeros(TAPS, np.float32)
                response[BEFORE_PEAK] = 0.9 * gain + 0.02
                response[BEFORE_PEAK + 3 + number] = 0.2 * gain + 0.05 / metres
                responses.append(response)
                name = f"{microphone}{pattern or ''}_{metres:g}m_{angle:g}Deg"
                rows.append((name, microphone, pattern, metres, angle))
    table = pd.DataFrame(rows, columns=["name", "microphone", "pattern", "distance_m", "angle_deg"])
    table["pattern"] = table["pattern"].astype("string")
    return DirSet("multi", np.stack(responses), table, simulated=True)
