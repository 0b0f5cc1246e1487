"""Each view of the explorer against independent numbers; its controls offer what there is."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import signal

from asc_lib.data.dir_sets import DirSet
from asc_lib.dirs.acoustics import pattern_db
from asc_lib.dirs.choice import Choice, DirChooser
from asc_lib.dirs.explorer import (
    SMOOTHING,
    VIEWS,
    Explorer,
    explorer_controls,
    explorer_panel,
)
from asc_lib.dirs.spectra import POLAR_HZ, response_bands
from tests.dir_sets import ANGLES, RATE, dir_set, turned_microphone
from tests.drawn import words

FRONT = Choice("multi", "Mic", "Cardioid", 0.5, 0.0)
SIDE = FRONT._replace(angle_deg=90.0)
OLD = Choice("vintage", "Old 1")


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    """A cardioid at two distances, an omni at one, one without a pattern; two old ones."""
    near, omni = turned_microphone("Cardioid", 0.5), turned_microphone("Omni", 1.0)
    far = DirSet("multi", near.responses, near.table.assign(distance_m=5.0), True)
    plain = omni.table.assign(microphone="Plain", distance_m=1.25, pattern=None)
    plain["pattern"] = plain["pattern"].astype("string")
    coarse = plain["angle_deg"] % 10 == 0  # at fewer angles than the others
    tables = [near.table, far.table, omni.table, plain[coarse]]
    kept = (near.responses, far.responses, omni.responses, omni.responses[coarse])
    responses = np.concatenate(kept)
    multi = DirSet("multi", responses, pd.concat(tables, ignore_index=True), True)
    click = np.zeros((2, 1024))
    click[:, 64] = 1
    old = dir_set(click, False, microphone=["Old 1", "Old 2"], pattern=None, distance_m=np.nan)
    vintage = DirSet("vintage", old.responses, old.table, False)
    return Explorer([vintage, multi])


def line(fig: Figure, label: str, panel: int = 0) -> tuple[np.ndarray, np.ndarray]:
    (found,) = [one for one in fig.axes[panel].lines if one.get_label() == label]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def transfer(explorer: Explorer, choice: Choice, hertz: np.ndarray) -> np.ndarray:
    response = explorer.sets[choice.dirs].responses[explorer.row(choice)].astype(float)
    return signal.freqz(response, worN=hertz, fs=RATE)[1]


def test_magnitude_is_freqzs_over_the_bands_of_the_set(explorer: Explorer) -> None:
    fig = explorer.draw(SIDE, "magnitude", smoothing=0.0, reference="none", share=50)
    hertz, level = line(fig, "this response")
    expected = 20 * np.log10(np.abs(transfer(explorer, SIDE, hertz)))
    np.testing.assert_allclose(level, expected, atol=1e-4)
    own = explorer.bands("multi", 1 / 12, "own")
    expected = response_bands(explorer.sets["multi"])
    np.testing.assert_allclose(own[expected.columns], expected, atol=1e-3)


def test_polar_plot_is_the_closed_form_at_its_six_frequencies(explorer: Explorer) -> None:
    fig = explorer.draw(SIDE, "polar", 1 / 3)
    for frequency in POLAR_HZ:
        angle, level = line(fig, f"{frequency / 1000:g} kHz")
        np.testing.assert_allclose(np.rad2deg(angle[:-1]), ANGLES)
        np.testing.assert_allclose(level[:-1], np.maximum(pattern_db(0.5, ANGLES), -30), atol=1e-3)
    _, ideal = line(fig, "ideal cardioid")
    assert ideal[90] == pytest.approx(-6.02, abs=0.01)
    marked, _ = line(fig, "90°")
    np.testing.assert_allclose(np.rad2deg(marked), 90)


def test_distance_shows_measured_and_formula(explorer: Explorer) -> None:
    fig = explorer.draw(FRONT, "distance")
    hertz, near = line(fig, "0.5 m", panel=1)
    np.testing.assert_allclose(near, 0, atol=1e-4)  # the same responses at both distances
    dashed = [one for one in fig.axes[1].lines if one.get_linestyle() == "--" and len(hertz) > 2]
    kr = 2 * np.pi * np.append(hertz, 1000) / 343 * np.array([[0.5], [5.0]])
    lifted = 20 * np.log10(np.abs(1 + 0.5 / (1j * kr)))
    lifted -= lifted[:, -1:]
    np.testing.assert_allclose(dashed[0].get_ydata(), (lifted[0] - lifted[1])[:-1], atol=1e-9)
    assert "formula, cardioid" in words(fig)


def test_impulse_response_shows_crop_and_window(explorer: Explorer) -> None:
    fig = explorer.draw(FRONT, "impulse response")
    time, level = line(fig, "response", panel=1)
    response = np.abs(explorer.sets["multi"].responses[explorer.row(FRONT)])
    assert (time[0], len(time)) == (-2, 1024)
    np.testing.assert_allclose(10 ** (level / 20), response / response.max(), atol=1.1e-5)
    _, weights = line(fig, "Kaiser window, beta = 2", panel=1)
    assert weights[64] == pytest.approx(0) and weights[-1] < -6
    _, flat = line(explorer.draw(OLD, "impulse response"), "cut, no fade", panel=1)
    np.testing.assert_allclose(flat, 0)


@pytest.mark.parametrize("view", ["polar", "map", "distance"])
def test_a_view_that_there_is_not_says_so(explorer: Explorer, view: str) -> None:
    fig = explorer.draw(OLD, view)
    assert "recorded once" in words(fig) and not fig.axes


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("choice", [SIDE, OLD], ids=["multi", "vintage"])
def test_every_view_says_where_its_data_come_from(
    explorer: Explorer, view: str, choice: Choice
) -> None:
    fig = explorer.draw(choice, view)
    assert ("simulated" if choice is SIDE else "measured") in fig.get_suptitle()
    for ax in fig.axes:
        if ax.name != "polar" and ax.get_label() != "<colorbar>":
            assert " in " in ax.get_xlabel() and " in " in ax.get_ylabel()


@pytest.fixture
def chooser(explorer: Explorer) -> DirChooser:
    return explorer_controls(explorer, FRONT)["choice"]


def test_a_choice_narrows_those_below_it(explorer: Explorer, chooser: DirChooser) -> None:
    assert chooser.value == FRONT
    chooser.angle.value = 90.0
    assert chooser.value == SIDE
    chooser.microphone.value = "Plain"
    assert chooser.value == Choice("multi", "Plain", "", 1.25, 90.0)  # the angle stays
    assert chooser.pattern.disabled and chooser.pattern.label == "not stated"
    chooser.microphone.value = "Mic"
    assert [label for label, _ in chooser.pattern.options] == ["Cardioid", "Omni"]
    chooser.distance.value = 5.0
    chooser.pattern.value = "Omni"
    assert chooser.value == Choice("multi", "Mic", "Omni", 0.5, 90.0)
    assert chooser.distance.disabled and not chooser.angle.disabled


def test_vintage_disables_what_it_does_not_state_and_back(chooser: DirChooser) -> None:
    chooser.dirs.value = "vintage"
    assert chooser.value == OLD
    below = (chooser.pattern, chooser.distance, chooser.angle)
    assert all(control.disabled and control.label == "not stated" for control in below)
    chooser.microphone.value = "Old 2"
    assert chooser.value == Choice("vintage", "Old 2")
    chooser.dirs.value = "multi"
    assert chooser.value.microphone == "Mic" and not chooser.angle.disabled


def test_every_control_of_the_panel_changes_the_picture(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[dict] = []
    draw: Callable[..., Figure] = explorer.draw
    monkeypatch.setattr(explorer, "draw", lambda **state: states.append(state) or draw(**state))
    panel = explorer_panel(explorer, SIDE)
    pictures = [panel._repr_mimebundle_()[0]["image/png"]]
    controls = explorer_controls(explorer, SIDE)
    assert list(states[0]) == list(controls)
    moves = {
        "share": 50, "smoothing": SMOOTHING["1/3 octave"], "reference": "none", "view": "polar",
    }  # fmt: skip
    for name, value in moves.items():
        panel._controls[name].value = value
        assert states[-1][name] == value
        pictures.append(panel._repr_mimebundle_()[0]["image/png"])
    panel._controls["choice"].pattern.value = "Omni"
    pictures.append(panel._repr_mimebundle_()[0]["image/png"])
    assert len(set(pictures)) == len(pictures) == len(states)
