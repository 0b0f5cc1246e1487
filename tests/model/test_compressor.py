import numpy as np
import pytest
import scipy.stats
import torch
from asc_lib.model.compressor import Compression, compress, compress_some, gain

from asc_lib.model import compressor

SINE = torch.sin(2 * torch.pi * 500 * torch.arange(32_000, dtype=torch.float64) / 32_000).float()


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def settings(*rows: tuple[float, float, float, float]) -> Compression:
    return Compression(*torch.tensor(rows).T)


@pytest.fixture
def lively() -> torch.Tensor:
    """Noise whose level rises and falls by 30 dB, at different scales."""
    noise = torch.randn(8, 32_000, generator=seeded(5))
    time = torch.arange(32_000) / 32_000
    swing = 15 * torch.sin(2 * torch.pi * torch.arange(1, 9)[:, None] * time)
    return noise * 10 ** (swing / 20) * torch.logspace(-4, 0, 8)[:, None]


def static_curve(x: float, T: float, R: float, W: float) -> float:
    """Giannoulis et al. 2012, eq. (4): output level in dB, case by case."""
    if 2 * (x - T) < -W:
        return x
    if 2 * abs(x - T) <= W:
        return x + (1 / R - 1) * (x - T + W / 2) ** 2 / (2 * W)
    return T + (x - T) / R


def plain_gain(x: np.ndarray, T: float, R: float, attack: float, release: float) -> np.ndarray:
    """The compressor of one window, block after block, in float64."""
    whole = np.sqrt(np.mean(x**2))
    middles, gains = [], []
    for number, start in enumerate(range(0, len(x), 64)):
        level = 20 * np.log10(np.sqrt(np.mean(x[start : start + 64] ** 2)) / whole)
        wanted = level - static_curve(level, T, R, 9.0)
        if number == 0:
            y = wanted
        else:
            a = np.exp(-1 / ((attack if wanted > y else release) * 500))
            y = a * y + (1 - a) * wanted
        middles.append(start + 31.5)
        gains.append(10 ** (-y / 20))
    return np.interp(np.arange(len(x)), middles, gains)


@pytest.mark.parametrize("samples", [32_000, 31_990, 700])
def test_gain_equals_a_plain_recursion(lively: torch.Tensor, samples: int) -> None:
    drawn = compressor.draw_settings(8, seeded(1))
    given = gain(lively[:, :samples], drawn)
    for row in range(8):
        own = [float(each[row]) for each in drawn]
        expected = plain_gain(lively[row, :samples].double().numpy(), *own)
        np.testing.assert_allclose(given[row], expected, rtol=0, atol=2e-5)
    assert given.min() < 0.5
    assert given.min() > 0 and given.max() <= 1 + 1e-6


@pytest.mark.parametrize("threshold", [-20.0, -4.5, -3.0, 0.0, 3.0, 4.6])
@pytest.mark.parametrize("ratio", [1.0, 2.0, 12.0])
def test_a_steady_sine_gets_the_static_curve(threshold: float, ratio: float) -> None:
    given = gain(0.01 * SINE[None], settings((threshold, ratio, 0.01, 0.2)))
    expected = static_curve(0.0, threshold, ratio, 9.0)
    torch.testing.assert_close(
        20 * given.log10(), torch.full((1, 32_000), expected), rtol=0, atol=1e-3
    )


@pytest.mark.parametrize(
    ("first", "then", "which"), [(0.01, 1.0, "attack"), (1.0, 0.01, "release")]
)
def test_time_constants_are_read_off_a_step(first: float, then: float, which: str) -> None:
    constants = {"attack": 0.015, "release": 0.3}
    half = 16_000
    step = torch.cat([first * SINE[:half], then * SINE[:half]])[None]
    reduction = -20 * gain(step, settings((-20.0, 4.0, *constants.values()))).log10()[0]
    level = 20 * np.log10(then / np.sqrt((first**2 + then**2) / 2))
    goal = level - static_curve(level, -20.0, 4.0, 9.0)
    before = float(reduction[half - 640])
    at = half + 64 * torch.arange(30)  # 60 ms, between the middles of two blocks
    left = (goal - (reduction[at + 31] + reduction[at + 32]) / 2) / (goal - before)
    slope = np.polyfit(2e-3 * np.arange(30), np.log(left.clamp_min(1e-9).numpy()), 1)[0]
    assert -1 / slope == pytest.approx(constants[which], rel=0.02)


def test_level_is_kept_and_the_range_of_levels_shrinks(lively: torch.Tensor) -> None:
    given = compress(lively, settings(*[(-20.0, 4.0, 0.003, 0.125)] * 8))
    rms = [each.square().mean(1).sqrt() for each in (lively, given)]
    torch.testing.assert_close(rms[1], rms[0], rtol=1e-5, atol=0)
    ranges = []
    for each in (lively, given):
        levels = 10 * each.unflatten(1, (50, 640)).square().mean(2).log10()
        ranges.append(levels.quantile(0.9, dim=1) - levels.quantile(0.1, dim=1))
    assert (ranges[1] < ranges[0] - 1).all()
    assert ranges[1][0] < 0.5 * ranges[0][0]  # 1 Hz: slow enough for the release


def test_some_windows_are_compressed_each_by_itself(lively: torch.Tensor) -> None:
    many, before = lively.repeat(50, 1), lively.repeat(50, 1)
    given = compress_some(many, seeded(7), 0.5)
    assert torch.equal(many, before)
    generator = seeded(7)
    drawn = torch.rand(400, generator=generator) < 0.5
    own = compressor.draw_settings(400, generator)
    assert 0.4 < float(drawn.float().mean()) < 0.6
    assert torch.equal(given[~drawn], many[~drawn])
    for row in drawn.nonzero()[:5, 0].tolist():
        alone = compress(many[row : row + 1], Compression(*(each[row : row + 1] for each in own)))
        torch.testing.assert_close(given[row : row + 1], alone, rtol=1e-4, atol=1e-7)
        assert not torch.equal(given[row], many[row])


def test_settings_are_drawn_as_promised() -> None:
    drawn = compressor.draw_settings(20_000, seeded(9))
    laws = {
        "threshold_db": scipy.stats.uniform(-20, 20),
        "ratio": scipy.stats.loguniform(2, 12),
        "attack_s": scipy.stats.loguniform(0.003, 0.02),
        "release_s": scipy.stats.loguniform(0.125, 0.5),
    }
    for name, law in laws.items():
        assert scipy.stats.kstest(getattr(drawn, name), law.cdf).statistic < 0.012, name
    together = np.corrcoef(torch.stack(drawn))
    assert np.abs(together - np.eye(4)).max() < 0.03
