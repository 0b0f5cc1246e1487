"""Where the lowest level of a fan lies is read from the fan."""

import pandas as pd

from asc_lib.report import dir_texts

FAN = pd.DataFrame(
    [[0.0, -6.0, -17.5], [0.0, -16.0, -12.0]],
    index=[1000.0, 5000.0], columns=[0.0, 120.0, 180.0],
)  # fmt: skip


def test_the_deepest_angle_is_named_and_whether_a_lobe_lies_behind_it():
    said = dir_texts.deepest(FAN, (1000.0, 5000.0))
    assert "1 kHz: -17.5 dB at 180°;" in said and "5 kHz: -16.0 dB at 120° (at 180° -12.0)" in said
    assert "At 1 of these 2 frequencies" in said
    alone = dir_texts.deepest(FAN.iloc[:1], (1000.0,))
    assert "At none of these" in alone and "(at" not in alone
    nearly = FAN.iloc[:1].assign(**{}).set_axis([1000.0])
    nearly.iloc[0, 1] = -17.7  # a difference that is no lobe
    assert "1 kHz: -17.7 dB at 120°." in dir_texts.deepest(nearly, (1000.0,))
