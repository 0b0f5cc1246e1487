"""Statements about sets of filters whose bands are known; the bootstrap against a plain one."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from asc_lib.dirs import statements
from asc_lib.dirs.spectra import relative_levels
from tests.dir_sets import RATE, dir_set, noisy_responses


def test_weighted_quantiles_are_those_of_the_repeated_rows() -> None:
    rng = np.random.default_rng(3)
    level, unit = rng.normal(size=(200, 4)), rng.integers(0, 7, 200)  # several blocks
    unit[:7] = range(7)
    times = rng.multinomial(7, np.full(7, 1 / 7), size=5).astype(np.int32)
    found = statements._weighted_quantiles(level, unit, times)
    for draw in range(5):
        repeated = level.repeat(times[draw, unit], axis=0)
        expected = np.quantile(repeated, statements._SHARES, axis=0)
        np.testing.assert_allclose(found[:, draw], expected)


def test_measures_of_the_set_as_it_is_are_plain_means_and_quantiles() -> None:
    dirs = dir_set(noisy_responses(30), microphone=[f"m{n % 10}" for n in range(30)])
    first = statements.measured(dirs, draws=3).iloc[0]
    level = relative_levels(dirs, statements.FREQUENCIES_HZ, 1 / 12)
    width = level.quantile(0.9) - level.quantile(0.1)
    assert first["treble"] == pytest.approx(level.mean().loc[10_000:].mean())
    assert first["spread_1000"] == pytest.approx(width.loc[1000:10_000].mean())
    assert first["unevenness"] == pytest.approx(width.std(ddof=0))
    reach = (level.max() - level.min()).loc[1000:10_000].mean()
    assert first["range_1000"] == pytest.approx(reach)
    in_tilt = (level.columns >= 100) & (level.columns <= 10_000)
    line = np.polyfit(np.log2(level.columns[in_tilt]), level.mean()[in_tilt], 1)
    assert first["tilt"] == pytest.approx(line[0])


def test_intervals_are_over_microphones_not_over_responses() -> None:
    # ten microphones, each there once or twenty times: the same information, the same interval
    responses = noisy_responses(10)
    names = np.array([f"m{n}" for n in range(10)])
    once = statements.measured(dir_set(responses, microphone=names), 300)
    often = dir_set(responses.repeat(20, axis=0), microphone=names.repeat(20))
    many = statements.measured(often, 300)
    assert once["treble"].std() == pytest.approx(many["treble"].std(), rel=1e-6)
    assert once["treble"].std() > 0.1


def low_passed(corner_hz: float, seed: int) -> np.ndarray:
    """Twenty responses with a low-pass and some random tilt."""
    rng = np.random.default_rng(seed)
    click = np.zeros(1024)
    click[64] = 1
    sos = signal.butter(4, corner_hz, fs=RATE, output="sos")
    through = signal.sosfilt(sos, click)
    return np.stack([signal.lfilter([1, g], [1], through) for g in rng.uniform(-0.2, 0.2, 20)])


def test_measures_tell_a_dull_set_from_a_bright_one() -> None:
    names = [f"m{n}" for n in range(20)]
    sets = [dir_set(low_passed(c, n), microphone=names) for n, c in enumerate((6000, 15_000))]
    table = statements.compare(*sets, draws=200).set_index(["measure", "set"])
    low, high = table["low"].unstack(), table["high"].unstack()
    assert high.loc["treble", "vintage"] < -6 < low.loc["treble", "multi"]
    assert low.loc["treble", "difference"] > 0
    value = table["value"].unstack()
    assert value["difference"].to_numpy() == pytest.approx(value["multi"] - value["vintage"])
    # a set against one just like it: the difference may be either
    again = dir_set(low_passed(6000, 2), microphone=names)
    like = statements.compare(sets[0], again, 200).set_index(["measure", "set"])
    assert (
        like.loc[("spread", "difference"), "low"] < 0 < like.loc[("spread", "difference"), "high"]
    )


@pytest.mark.parametrize("made", [(True, False), (False, True), (False, False)])
def test_a_difference_of_sets_is_simulated_where_either_is(made) -> None:
    sets = [replace(dir_set(noisy_responses(2), microphone=["m", "n"]), simulated=s) for s in made]
    found = statements.compare(*sets, draws=2).query("measure == 'treble'")
    assert found["simulated"].tolist() == [*made, any(made)]
    words = ["simulated" if one else "measured" for one in made]
    assert all(word in found["measured_on"].iloc[0] for word in words)
