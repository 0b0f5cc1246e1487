"""Figures of the DIR sets show what they were given and say where it comes from."""

import numpy as np
import pytest

from asc_lib.data.dirs import DirSet
from asc_lib.experiment import dir_spectra
from asc_lib.report import dir_figures
from tests.dir_sets import ANGLES, dir_set, noisy_responses, turned_microphone


@pytest.fixture
def responses() -> np.ndarray:
    return noisy_responses()


@pytest.fixture
def cardioids() -> DirSet:
    return turned_microphone("Cardioid", 0.5)


def test_figures_say_whether_the_data_are_simulated(responses):
    sets = [dir_set(responses, simulated) for simulated in (True, False)]
    _, axes = dir_figures.draw_bands(
        {dir_figures.set_label(one): dir_spectra.response_bands(one) for one in sets}
    )
    assert ["simulated" in ax.get_title() for ax in axes] == [True, False]
    assert "measured" in axes[1].get_title()
    assert all("Hz" in ax.get_xlabel() for ax in axes) and "dB" in axes[0].get_ylabel()


def test_fan_and_polar_draw_every_angle(cardioids):
    fan = dir_spectra.angle_fan(cardioids, "Mic", "Cardioid", 0.5)
    _, ax = dir_figures.draw_fan(fan, "Mic (simulated)")
    assert len(ax.lines) == 37 and "dB" in ax.get_ylabel()
    levels = dir_spectra.polar_levels(cardioids, "Mic", "Cardioid", 0.5)
    _, ax = dir_figures.draw_polar(levels, "Mic (simulated)", "Cardioid")
    assert len(ax.lines) == 1 + len(levels)
    assert all(len(line.get_xdata()) == len(ANGLES) + 1 for line in ax.lines[1:])
