"""What there is to see in Figure 2 of notebook 01, in words that follow from the numbers."""

import numpy as np
import pandas as pd

_ASKED_HZ = (60.0, 250.0, 1000.0, 4000.0, 10_000.0)


def deepest(fan: pd.DataFrame, asked_hz: tuple[float, ...] = _ASKED_HZ) -> str:
    """At which angle the level is lowest, frequency by frequency, and how that is to the last one.

    `fan`: as `dir_spectra.angle_fan`, levels in dB by frequency_hz and angle in degrees.
    `asked_hz`: the nearest rows are taken.
    """
    last = fan.columns[-1]
    said, away = [], 0
    for hertz in asked_hz:
        row = fan.iloc[int(np.abs(fan.index - hertz).argmin())]
        angle, least = row.idxmin(), row.min()
        text = f"{hertz / 1000:g} kHz: {least:.1f} dB at {angle:g}°"
        if row[last] - least >= 0.5:  # dB: less is no lobe
            text += f" (at {last:g}° {row[last]:.1f})"
            away += 1
        said.append(text)
    where = (
        f"At {away} of these {len(asked_hz)} frequencies the lowest level lies off {last:g}°, "
        "with a lobe behind it."
        if away
        else f"At none of these frequencies is {last:g}° half a decibel above the lowest."
    )
    return f"The lowest level by angle: {'; '.join(said)}. {where}"
