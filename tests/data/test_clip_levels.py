"""Clip levels against closed forms; draws and summaries against hand-made tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import signal

from asc_lib.data import clip_levels as acoustics
from asc_lib.data.bank import open_bank
from asc_lib.data.clip_levels import clip_levels
from asc_lib.data.simulated import world_of
from asc_lib.files import InputError

RATE = 32_000


def of(waveform: np.ndarray, rate: int = RATE) -> pd.Series:
    return clip_levels(waveform[None].astype(np.float32), rate).iloc[0]


@pytest.mark.parametrize("octave", acoustics.OCTAVES_HZ)
@pytest.mark.parametrize("rate", [32_000, 44_100])
def test_a_sine_has_its_power_in_its_own_octave(octave: int, rate: int) -> None:
    found = of(0.1 * np.sin(2 * np.pi * octave * np.arange(rate) / rate), rate)
    assert found["rms"] == pytest.approx(20 * np.log10(0.1 / 2**0.5), abs=0.01)
    assert found[f"level_{octave}"] == pytest.approx(found["rms"], abs=0.1)
    others = [name for name in acoustics.LEVELS if name != f"level_{octave}"]
    assert (found[others] < found["rms"] - 60).all()


def test_levels_of_coloured_noise_are_the_integrals_of_its_spectrum() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 20 * RATE)
    b, a = [1.0], [1.0, -0.9]
    found = of(signal.lfilter(b, a, noise))
    for octave in acoustics.OCTAVES_HZ[1:]:
        hertz = np.linspace(octave / 2**0.5, octave * 2**0.5, 500)
        density = 0.1**2 * np.abs(signal.freqz(b, a, hertz, fs=RATE)[1]) ** 2 / (RATE / 2)
        power = np.trapezoid(density, hertz)
        assert found[f"level_{octave}"] == pytest.approx(10 * np.log10(power), abs=0.3), octave


def test_silence_gives_finite_numbers() -> None:
    assert np.isfinite(of(np.zeros(RATE))).all()


def test_measure_keeps_the_order_of_the_clips(tau22: Path, tmp_path: Path) -> None:
    bank = open_bank(tau22, tmp_path / "banks", progress=False)
    chosen = bank.clips.sample(frac=1, random_state=1)
    found = acoustics.measure(bank, chosen)
    assert len(found) == len(bank.clips) and found.index.equals(pd.RangeIndex(len(found)))
    row = chosen.iloc[3]
    window = bank.windows(torch.tensor([row["start"]]), torch.tensor([row["scale"]])).numpy()
    assert (found.iloc[3][["scene", "device", "location"]] == row[found.columns[:3]]).all()
    numbers = [*acoustics.LEVELS, "rms"]
    np.testing.assert_allclose(found.loc[3, numbers].astype(float), of(window[0])[numbers])


def clips() -> pd.DataFrame:
    rows = [
        (scene, device, side, f"{scene}-oslo-{place}-7-{device}", second)
        for scene in ("bus", "park")
        for place, side in enumerate(["train", "test", "test"])
        for device in ("a", "b", "s1")
        for second in range(5)
        if (device, side) != ("s1", "train")
    ]
    table = pd.DataFrame(rows, columns=["scene", "device", "side", "recording", "subsegment"])
    table["filename"] = table["recording"] + "-" + table["subsegment"].astype(str)
    return table


def test_drawn_clips_are_random_ones_of_device_a() -> None:
    drawn = acoustics.draw_clips(clips(), 6)
    assert set(drawn["device"]) == {"a"}
    assert drawn.groupby("scene").size().to_dict() == {"bus": 6, "park": 6}
    assert not drawn["filename"].duplicated().any()
    pd.testing.assert_frame_equal(drawn, acoustics.draw_clips(clips(), 6))
    assert set(drawn["filename"]) != set(acoustics.draw_clips(clips(), 6, seed=1)["filename"])
    assert len(acoustics.draw_clips(clips(), 100)) == 30


def test_simulated_and_real_clips_do_not_stand_for_each_other(smoke: Path, tmp_path: Path) -> None:
    assert world_of(smoke / "tau22")["size"] == "smoke"
    with pytest.raises(InputError, match="is simulated"):
        acoustics.real_clips(str(smoke / "tau22"), str(tmp_path / "banks"), 2)
    with pytest.raises(InputError, match="holds real recordings"):
        world_of(tmp_path)
    assert len(acoustics.real_clips("", "", 2)) == 535


def test_bundled_statistics_come_out_of_the_real_clips(real_data: Path, tmp_path: Path) -> None:
    if not (root := real_data / "tau22-mini").is_dir():
        pytest.skip(f"no real clips at {root}")
    bank = open_bank(root, tmp_path, progress=False)
    found, kept = acoustics.measure(bank, bank.clips), acoustics.reference()
    assert found[["scene", "device", "location"]].equals(kept[["scene", "device", "location"]])
    np.testing.assert_allclose(found.iloc[:, 3:], kept.iloc[:, 3:], atol=0.06)
