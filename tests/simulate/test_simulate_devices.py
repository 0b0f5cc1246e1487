"""Recording devices: same moments, other sound, and compression that depends on level."""

import numpy as np
import pytest
from scipy import fft, signal

from asc_lib.simulate import devices, scenes
from asc_lib.simulate.filters import generator

TONE = np.sin(2 * np.pi * 1000 * np.arange(devices.LENGTH) / devices.RATE).astype(np.float32)


@pytest.fixture(scope="module")
def same_moment() -> dict[str, np.ndarray]:
    """Ten seconds at a street, by every device."""
    known = devices.all_devices()
    spectra = devices.spectra(known)
    where = scenes.place(0, "street_traffic", "paris", 7)
    air = scenes.air(where, generator(0, 1))
    sounds = {"a": devices.record(known["a"], spectra["a"], air, generator(0, 2))}
    spectrum_a = fft.rfft(sounds["a"])
    for number, name in enumerate(list(known)[1:]):
        heard = spectrum_a if known[name].hears_a else air
        sounds[name] = devices.record(known[name], spectra[name], heard, generator(0, 3, number))
    return sounds


def _envelope_db(sound: np.ndarray) -> np.ndarray:
    band = signal.sosfilt(
        signal.butter(4, (400, 3000), "bandpass", fs=devices.RATE, output="sos"), sound
    )
    return 10 * np.log10((band.reshape(-1, 2205) ** 2).mean(1))


def test_all_devices_record_the_same_moments(same_moment: dict[str, np.ndarray]) -> None:
    reference = _envelope_db(same_moment["a"])
    for name, sound in same_moment.items():
        assert np.corrcoef(reference, _envelope_db(sound))[0, 1] > 0.6, name
    other = scenes.air(scenes.place(0, "street_traffic", "paris", 7), generator(0, 9))
    assert abs(np.corrcoef(reference, _envelope_db(fft.irfft(other)))[0, 1]) < 0.5


def test_compressor_follows_its_static_curve() -> None:
    settings = devices.Compressor(-30, 4, 0.01, 0.1, 3)
    for level_db, expected in ((-60, -57), (-40, -37), (-10, -22)):
        # far from the knee: below the threshold the make-up gain alone, above it a slope of 1/4
        out = devices.compress(TONE * 2**0.5 * 10 ** (level_db / 20), settings)
        rms_db = 20 * np.log10(out[devices.RATE :].std())
        assert rms_db == pytest.approx(expected, abs=0.1)


def test_compressor_attacks_faster_than_it_releases() -> None:
    settings = devices.Compressor(-40, 4, 0.01, 0.4, 0)
    loud = np.zeros(devices.LENGTH, bool)
    loud[4 * devices.RATE : 6 * devices.RATE] = True
    out = devices.compress(np.where(loud, TONE * 0.5, TONE * 0.005), settings)
    gain = (out.reshape(-1, devices.BLOCK) ** 2).mean(1) ** 0.5 * 2**0.5
    gain /= np.where(loud, 0.5, 0.005).reshape(-1, devices.BLOCK)[:, 0]
    step = round(0.1 * devices.RATE / devices.BLOCK)
    start = 4 * devices.RATE // devices.BLOCK
    end = 6 * devices.RATE // devices.BLOCK
    assert gain[start + step] == pytest.approx(gain[end - 1], rel=0.02)  # in 0.1 s done
    assert gain[end + step] < 0.7 * gain[end + 8 * step]  # in 0.1 s far from done


@pytest.mark.parametrize("name", ["b", "c", "s1", "s2", "s3", "s4", "s5", "s6"])
def test_no_impulse_response_explains_a_compressed_device(name: str) -> None:
    device = devices.all_devices()[name]
    device = device._replace(noise_db=-np.inf)
    spectrum = devices.spectra({name: device})[name]
    noise = generator(0, 5).standard_normal(devices.LENGTH, dtype=np.float32)
    gains = [
        devices.record(device, spectrum, fft.rfft(noise * np.float32(level)), generator(0)).std()
        / level
        for level in (1e-4, 0.1)
    ]
    # a linear device would have the same gain for both
    assert gains[1] < 0.7 * gains[0]


def test_device_a_is_linear() -> None:
    device = devices.all_devices()["a"]._replace(noise_db=-np.inf)
    spectrum = devices.spectra({"a": device})["a"]
    noise = generator(0, 5).standard_normal(devices.LENGTH, dtype=np.float32)
    loud, soft = (
        devices.record(device, spectrum, fft.rfft(noise * np.float32(level)), generator(0))
        for level in (0.1, 0.001)
    )
    np.testing.assert_allclose(loud, 100 * soft, atol=1e-5)


def test_seen_and_unseen_simulated_devices_are_of_one_kind() -> None:
    """Over several worlds: unseen devices are as far from the seen as these from each other."""
    octaves = 63 * 2.0 ** np.arange(9)
    inside, across = [], []
    for seed in range(12):
        known = devices.all_devices(seed)
        curves = {}
        for name in (*devices.SEEN, *devices.UNSEEN):
            power = np.abs(fft.rfft(known[name].response, 2**15)) ** 2
            frequency = fft.rfftfreq(2**15, 1 / devices.RATE)
            bands = [power[(frequency > f / 1.4) & (frequency < f * 1.4)].mean() for f in octaves]
            curves[name] = 10 * np.log10(bands)
        for first in devices.SEEN:
            inside += [np.ptp(curves[first] - curves[b]) for b in devices.SEEN if b != first]
            across += [np.ptp(curves[first] - curves[b]) for b in devices.UNSEEN]
    assert np.median(across) == pytest.approx(np.median(inside), rel=0.3)
    assert np.max(across) < 30  # dB: none is out of this world
