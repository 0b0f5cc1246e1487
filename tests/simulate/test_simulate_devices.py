"""Recording devices: same moments, other sound, and compression that depends on level."""

import numpy as np
import pytest
from scipy import fft, signal

from asc_lib.data.tau22 import DEVICES
from asc_lib.simulate import devices, scenes
from asc_lib.simulate.filters import generator

BLOCKS_A_SECOND = devices.RATE // devices.BLOCK
# four periods a block, so that each block has the same level
TONE = np.sin(2 * np.pi * 1400 * np.arange(devices.LENGTH) / devices.RATE).astype(np.float32)
OCTAVES = 63 * 2.0 ** np.arange(9)
SMALL = DEVICES[3:]
# Octave levels at 63 Hz to 16 kHz against device a in dB: means over classes of 535 clips of TAU22
# (275 of a, 40 each of b, c and s1 to s3, 20 each of s4 to s6) by Welch's method with frames of
# 0.25 s, each known to about 1.5 dB.
TAU22_DB = {
    "b": (-5.7, 3.1, 6.6, 7.1, 6.1, 2.6, -2.6, -2.0, -0.3),
    "c": (3.1, 0.9, 1.9, 2.2, 2.7, -0.2, -1.7, 3.4, 2.0),
    "s1": (-14.0, 4.9, 9.2, 6.1, 8.0, 4.6, -0.5, -1.7, -12.9),
    "s2": (-17.5, 1.6, 10.8, 12.4, 12.7, 12.7, 9.8, 12.3, -1.5),
    "s3": (-10.0, 4.9, 8.3, 9.5, 8.4, 7.0, 4.7, 3.2, -9.1),
    "s4": (-6.4, 8.1, 11.5, 11.5, 12.6, 10.6, 5.9, 3.0, -5.8),
    "s5": (-13.1, 4.2, 8.7, 7.3, 8.0, 6.7, 4.9, 1.5, -9.1),
    "s6": (-10.4, 5.8, 10.2, 10.3, 10.7, 6.5, 4.6, 4.2, 5.0),
}


def _octaves_db(sound: np.ndarray) -> np.ndarray:
    power = np.abs(fft.rfft(sound)) ** 2
    edges = np.searchsorted(fft.rfftfreq(len(sound), 1 / devices.RATE), OCTAVES / 2**0.5)
    return 10 * np.log10(np.add.reduceat(power, [*edges, len(power) - 1])[:9])


def _recorded(scene: str, number: int) -> dict[str, np.ndarray]:
    """Ten seconds by every device."""
    known = devices.all_devices()
    spectra = devices.spectra(known)
    where = scenes.place(1001, scene, "paris", number)
    air = scenes.air(where, generator(1001, 1, number))
    sounds = {"a": devices.record(known["a"], spectra["a"], air, generator(1001, 2))}
    spectrum_a = fft.rfft(sounds["a"])
    for index, name in enumerate(list(known)[1:]):
        heard = spectrum_a if known[name].hears_a else air
        sounds[name] = devices.record(known[name], spectra[name], heard, generator(1001, 3, index))
    return sounds


@pytest.fixture(scope="module")
def differences() -> dict[str, np.ndarray]:
    """Octave levels against device a, dB, as in the table: means over scenes."""
    found: dict[str, list[np.ndarray]] = {}
    for number, scene in enumerate(scenes.SCENES):
        levels = {name: _octaves_db(sound) for name, sound in _recorded(scene, number).items()}
        for name in levels:
            found.setdefault(name, []).append(levels[name] - levels["a"])
    return {name: np.mean(rows, axis=0) for name, rows in found.items()}


def test_all_devices_record_the_same_moments() -> None:
    def envelope_db(sound: np.ndarray) -> np.ndarray:
        bandpass = signal.butter(4, (400, 3000), "bandpass", fs=devices.RATE, output="sos")
        return 10 * np.log10((signal.sosfilt(bandpass, sound).reshape(-1, 2205) ** 2).mean(1))

    same = _recorded("street_traffic", 7)
    reference = envelope_db(same["a"])
    for name, sound in same.items():
        assert np.corrcoef(reference, envelope_db(sound))[0, 1] > 0.6, name
    other = scenes.air(scenes.place(1001, "street_traffic", "paris", 7), generator(1001, 9))
    assert abs(np.corrcoef(reference, envelope_db(fft.irfft(other)))[0, 1]) < 0.5


def test_compressor_follows_its_static_curve() -> None:
    threshold, ratio, makeup = -30.0, 4.0, 3.0
    settings = devices.Compressor(threshold, ratio, 0.01, 0.1, makeup)
    for level_db in (-60, -34, -32, -30, -28.5, -26, -10):
        # below the knee, in it (a parabola of 6 dB) and above it
        over = level_db - threshold
        change = over if over > 3 else 0 if over < -3 else (over + 3) ** 2 / 12
        expected = level_db + makeup - change * (1 - 1 / ratio)
        out = devices.compress(TONE * 2**0.5 * 10 ** (level_db / 20), settings)
        assert 20 * np.log10(out.std()) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("attack_s", "release_s"), [(0.02, 0.3), (0.4, 0.08)])
def test_compressor_moves_with_its_time_constants(attack_s: float, release_s: float) -> None:
    settings = devices.Compressor(-40, 4, attack_s, release_s, 0)
    amplitude = np.full(devices.LENGTH, 0.005)
    amplitude[4 * devices.RATE : 7 * devices.RATE] = 0.5
    out = devices.compress((TONE * amplitude).astype(np.float32), settings)
    gain_db = 10 * np.log10(
        (out.reshape(-1, devices.BLOCK).astype(float) ** 2).mean(1)
        / ((TONE * amplitude).reshape(-1, devices.BLOCK) ** 2).mean(1)
    )
    loud, soft = 4 * BLOCKS_A_SECOND, 7 * BLOCKS_A_SECOND
    full = gain_db[soft - 1]
    assert full == pytest.approx((1 / 4 - 1) * (20 * np.log10(0.5 / 2**0.5) + 40), abs=0.05)
    for start, before, after, seconds in (
        (loud, gain_db[loud - 1], full, attack_s),
        (soft, full, gain_db[-1], release_s),
    ):
        # an exponential in dB; a block's gain lies between those at its ends
        time = (np.arange(200) + 0.5) / BLOCKS_A_SECOND
        expected = after + (before - after) * np.exp(-time / seconds)
        step = abs(after - before) / BLOCKS_A_SECOND / seconds
        np.testing.assert_allclose(gain_db[start : start + 200], expected, atol=0.6 * step)


def test_recording_is_convolution() -> None:
    air = generator(1001, 5).standard_normal(devices.LENGTH).astype(np.float32) * np.float32(0.01)
    for name in ("a", "b", "s1"):
        device = devices.all_devices()[name]._replace(noise_db=-np.inf, compressor=None)
        spectrum = devices.spectra({name: device})[name]
        out = devices.record(device, spectrum, fft.rfft(air), generator(0))
        expected = signal.oaconvolve(air.astype(float), device.response)[: devices.LENGTH]
        # the beginning holds what rings on from the end
        np.testing.assert_allclose(out[devices.TAPS :], expected[devices.TAPS :], atol=2e-6)


@pytest.mark.parametrize("name", ["b", "c", *SMALL])
def test_no_impulse_response_explains_a_compressed_device(name: str) -> None:
    device = devices.all_devices()[name]._replace(noise_db=-np.inf)
    spectrum = devices.spectra({name: device})[name]
    gains = [
        devices.record(device, spectrum, fft.rfft(TONE * np.float32(level)), generator(0)).std()
        / level
        for level in (1e-4, 0.5)
    ]
    # a linear device would have the same gain for both
    assert gains[1] < 0.9 * gains[0]


def test_device_a_is_linear() -> None:
    device = devices.all_devices()["a"]._replace(noise_db=-np.inf)
    spectrum = devices.spectra({"a": device})["a"]
    noise = generator(0, 5).standard_normal(devices.LENGTH, dtype=np.float32)
    loud, soft = (
        devices.record(device, spectrum, fft.rfft(noise * np.float32(level)), generator(0))
        for level in (0.1, 0.001)
    )
    np.testing.assert_allclose(loud, 100 * soft, atol=1e-5)


@pytest.mark.parametrize("name", ["b", "c"])
def test_b_and_c_differ_from_a_as_in_reality(name: str, differences: dict[str, np.ndarray]) -> None:
    off = np.abs(differences[name] - TAU22_DB[name])
    assert (off[1:8] < 3).all(), differences[name]
    assert (off < 4).all(), differences[name]


def test_small_devices_differ_from_a_as_in_reality(differences: dict[str, np.ndarray]) -> None:
    names = DEVICES[3:9]
    real = np.mean([TAU22_DB[name] for name in names], axis=0)
    simulated = np.mean([differences[name] for name in names], axis=0)
    np.testing.assert_allclose(simulated[1:8], real[1:8], atol=2)
    np.testing.assert_allclose(simulated, real, atol=4)
