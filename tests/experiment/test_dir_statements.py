"""Statements about sets of filters whose bands are known; the bootstrap against a plain one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import signal

from asc_lib.experiment import dir_statements as statements
from asc_lib.experiment.dir_spectra import relative_levels
from asc_lib.files import InputError
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


def test_sentences_are_judged_by_the_whole_interval() -> None:
    names = [f"m{n}" for n in range(20)]
    dull = statements.measured(dir_set(low_passed(6000, 0), microphone=names), 200)
    bright = statements.measured(dir_set(low_passed(15_000, 1), microphone=names), 200)
    numbers = statements.compare(dull, bright)
    verdict = statements.judge(numbers).set_index("the paper")["holds"]
    assert verdict["pronounced low-pass behaviour for frequencies above 10 kHz"] == "yes"
    assert verdict["a smaller dip for frequencies above 10 kHz"] == "yes"
    other_way = statements.judge(statements.compare(bright, dull)).set_index("the paper")["holds"]
    assert other_way["pronounced low-pass behaviour for frequencies above 10 kHz"] == "no"
    assert other_way["a smaller dip for frequencies above 10 kHz"] == "no"
    # a set against one just like it: the difference may be either
    again = statements.measured(dir_set(low_passed(6000, 2), microphone=names), 200)
    like = statements.judge(statements.compare(dull, again)).set_index("the paper")
    assert like.loc["0.1-0.9 quantile is wider, 50 Hz-14 kHz", "holds"] == "open"
    assert (numbers["low"] <= numbers["value"]).mean() > 0.8
    value = numbers["value"].unstack()
    assert value["difference"].to_numpy() == pytest.approx(value["multi"] - value["vintage"])


def test_numbers_come_back_out_of_notebook_01s_table(tmp_path) -> None:
    names = [f"m{n}" for n in range(8)]
    sets = [dir_set(noisy_responses(16)[half::2], microphone=names) for half in (0, 1)]
    numbers = statements.compare(*(statements.measured(one, 50) for one in sets))
    file = tmp_path / "dir_measures.csv"
    saved = statements.labelled(numbers, *sets)
    saved.reset_index().to_csv(file, index=False)
    found, measured_on = statements.read(file)
    assert measured_on == f"{sets[0].label} and {sets[1].label}"
    pd.testing.assert_frame_equal(found[list(numbers)], numbers)
    lacking = saved.reset_index().query("measure != 'spread'")
    for table in (lacking, saved.drop(columns="simulated").reset_index()):
        table.to_csv(file, index=False)
        with pytest.raises(InputError, match="not the table of notebook 01"):
            statements.read(file)


@pytest.mark.parametrize("made", [(True, True), (True, False), (False, True), (False, False)])
def test_a_difference_of_sets_is_simulated_where_either_is(made) -> None:
    rows = [("treble", of) for of in ("vintage", "multi", "difference")]
    index = pd.MultiIndex.from_tuples(rows, names=["measure", "set"])
    sets = [replace(dir_set(noisy_responses(1), microphone=["m"]), simulated=one) for one in made]
    found = statements.labelled(pd.DataFrame({"value": [1.0, 2.0, 1.0]}, index), *sets)
    assert found["simulated"].tolist() == [*made, any(made)]
    words = ["simulated" if one else "measured" for one in made]
    assert all(word in found["measured_on"].iloc[0] for word in words)
