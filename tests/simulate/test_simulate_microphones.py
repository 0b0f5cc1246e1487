"""Microphones: closed forms of pattern, proximity and diaphragm; quantiles of the vintage set."""

import numpy as np
import pytest
from scipy import fft

from asc_lib.simulate import microphones
from asc_lib.simulate.microphones import MULTI, diaphragm, first_order, multi_responses

ANGLES = np.arange(0, 360, 5)


def _find(name: str, pattern: str = "") -> microphones.Microphone:
    return next(m for m in MULTI if (m.name, m.pattern) == (name, pattern))


def _level_db(responses: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    power = np.abs(fft.rfft(responses, axis=-1)) ** 2
    frequency = fft.rfftfreq(responses.shape[-1], 1 / microphones.MULTI_RATE)
    return 10 * np.log10(power[..., (frequency >= low_hz) & (frequency < high_hz)].mean(-1))


def test_proximity_formula() -> None:
    """Eargle, eq. 4.6: a pure gradient 5.4 cm from the mouth gains 20.2 dB at 100 Hz."""
    gain = first_order(np.array([100.0]), 0.0, 0.0, 0.054)
    assert 20 * np.log10(np.abs(gain[0])) == pytest.approx(20.2, abs=0.1)
    kr = 2 * np.pi * 250 / microphones.SPEED_OF_SOUND * 0.5
    closed = 20 * np.log10(np.sqrt(1 + kr**2) / kr)
    gain = first_order(np.array([250.0]), 0.0, 0.0, 0.5)
    assert 20 * np.log10(np.abs(gain[0])) == pytest.approx(closed, abs=1e-9)


@pytest.mark.parametrize(("diameter_mm", "loss_db"), [(12.7, -1.5), (25.4, -6.7), (34.3, -14.8)])
def test_diaphragm_at_10_khz_from_the_side(diameter_mm: float, loss_db: float) -> None:
    gain = diaphragm(np.array([10_000.0]), diameter_mm / 1000, np.pi / 2)
    assert 20 * np.log10(np.abs(gain[0])) == pytest.approx(loss_db, abs=0.2)


@pytest.mark.parametrize(
    "microphone",
    [m for m in MULTI if m.kind != "shotgun"],
    ids=lambda m: f"{m.name}{m.pattern}",
)
def test_polar_pattern_is_the_closed_form(microphone: microphones.Microphone) -> None:
    """In the middle band, wherever the pattern is 12 dB above its null, within 1.5 dB."""
    responses = multi_responses(microphone, 1.25, ANGLES)
    level = _level_db(responses, 600, 1400)
    closed = np.abs(microphone.omni + (1 - microphone.omni) * np.cos(np.radians(ANGLES)))
    heard = closed > 0.25
    np.testing.assert_allclose((level - level[0])[heard], 20 * np.log10(closed[heard]), atol=1.5)
    # a real null is finite
    assert (level - level[0]).min() > -36


@pytest.mark.parametrize("name", ["RodeNTG8", "SchoepsCMIT5U", "SonyECM670"])
def test_shotgun_is_narrower_than_its_capsule(name: str) -> None:
    microphone = _find(name)
    front, slant = multi_responses(microphone, 1.25, [0, 60])
    capsule = 20 * np.log10(microphone.omni + (1 - microphone.omni) * np.cos(np.pi / 3))
    loss = _level_db(slant, 3500, 4500) - _level_db(front, 3500, 4500)
    assert loss < capsule - 3


def test_figure_eight_nears_the_source_in_the_bass_only() -> None:
    ribbon = _find("RoyerR121")
    near, far = (multi_responses(ribbon, metres, [0]) for metres in (0.5, 5.0))
    bass = _level_db(near, 40, 60) - _level_db(far, 40, 60)
    middle = _level_db(near, 900, 1100) - _level_db(far, 900, 1100)
    kr = 2 * np.pi * 50 / microphones.SPEED_OF_SOUND * np.array([0.5, 5.0])
    closed = 10 * np.log10((1 + kr**2) / kr**2)
    assert (bass - middle)[0] == pytest.approx(closed[0] - closed[1], abs=1)
    omni = _find("DPA4006")
    near, far = (multi_responses(omni, metres, [0]) for metres in (0.5, 5.0))
    bass = _level_db(near, 40, 60) - _level_db(far, 40, 60)
    middle = _level_db(near, 900, 1100) - _level_db(far, 900, 1100)
    assert abs(bass - middle)[0] < 0.5


def test_distance_delays_the_sound() -> None:
    near, far = (multi_responses(_find("ShureSM58"), metres, [0]) for metres in (0.5, 5.0))
    delay = (np.abs(far).argmax() - np.abs(near).argmax()) / microphones.MULTI_RATE
    assert delay == pytest.approx(4.5 / microphones.SPEED_OF_SOUND, abs=1e-4)


def test_transducers_differ_as_they_do() -> None:
    """A ribbon loses highs, a moving coil bass; both against a small omni condenser."""
    levels = {
        name: (_level_db(r, 35, 60) - _level_db(r, 500, 1500))[0]
        - 1j * (_level_db(r, 500, 1500) - _level_db(r, 15_000, 18_000))[0]
        for name in ("RodeReporter", "Coles4038", "DPA4006")
        for r in [multi_responses(_find(name), 5.0, [0])]
    }
    assert levels["RodeReporter"].real < levels["DPA4006"].real - 5
    assert levels["Coles4038"].imag < levels["DPA4006"].imag - 3


def test_vintage_quantiles_are_broadly_those_of_micirp() -> None:
    """Third-octave q10, median, q90 over the set in dB re its 0.3-3 kHz mean: medians within 4 dB,
    the others within 6.5 dB.
    """
    real = {
        50: (-28, -9, 2),
        100: (-16, -3, 2),
        315: (-5, -2, 0),
        1000: (1, 2, 3),
        3200: (4, 5, 9),
        5000: (2, 5, 9),
        8000: (-7, -3, 4),
        10_000: (-20, -13, -5),
        12_700: (-33, -24, -18),
    }
    table = []
    for number in range(microphones.VINTAGE_COUNT):
        _, response, rate = microphones.vintage(number)
        power = np.abs(fft.rfft(response, 2**16)) ** 2
        frequency = fft.rfftfreq(2**16, 1 / rate)

        def mean_db(low: float, high: float, power=power, frequency=frequency) -> float:
            return 10 * np.log10(power[(frequency >= low) & (frequency < high)].mean())

        reference = mean_db(300, 3000)
        table.append([mean_db(f / 2 ** (1 / 6), f * 2 ** (1 / 6)) - reference for f in real])
    quantiles = np.percentile(table, [10, 50, 90], axis=0).T
    error = quantiles - np.array(list(real.values()))
    assert np.all(np.abs(error) < np.array([6.5, 4, 6.5])), error.round(1)


def test_vintage_energies_span_about_20_db_and_stand_in_32_ms() -> None:
    energies = []
    for number in range(microphones.VINTAGE_COUNT):
        _, response, rate = microphones.vintage(number)
        energy = (response**2).sum()
        start = max(0, np.abs(response).argmax() - int(0.002 * rate))
        assert (response[start : start + int(0.032 * rate)] ** 2).sum() > 0.995 * energy
        energies.append(10 * np.log10(energy))
    assert 12 < np.ptp(energies) < 30
