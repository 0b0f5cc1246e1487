"""Pictures of data and of the loss show the numbers they were given, and say what they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asc_lib.data.dir_sets import DirSet, read_vintage
from asc_lib.dirs import figures as dir_figures
from asc_lib.dirs import spectra as dir_spectra
from asc_lib.icl import figures as icl_figures
from asc_lib.icl import grid
from asc_lib.show import paper
from asc_lib.simulate import figures as benchmark_figures
from tests.dir_sets import dir_set, noisy_responses, turned_microphone
from tests.drawn import check, words
from tests.grid_runs import made_up_run

DATA = "simulated benchmark"
BOTH = ("simulated benchmark v3", "real (TAU22)")


def test_the_benchmark() -> None:
    one = pd.DataFrame(np.full((2, 8), 1.5), index=["b", "metro_station"])
    sources = dict(zip(BOTH, (one, one.iloc[:1] + 3), strict=True))  # one source lacks a row
    fig, _ = benchmark_figures.draw_octaves(sources, "dB", spreads=sources)
    check(fig, [1.5, 4.5], "metro station", *BOTH)


def test_dir_quantiles_are_those_of_third_octave_levels() -> None:
    rng = np.random.default_rng(0)
    responses = rng.normal(size=(9, 1024)) * np.exp(-np.arange(1024) / 20)
    names = pd.DataFrame({"name": [str(n) for n in range(9)]})
    found = benchmark_figures.dir_quantiles(
        DirSet("vintage", responses.astype(np.float32), names, simulated=True)
    )
    spectrum = np.abs(np.fft.rfft(responses, 2**16)) ** 2
    hertz = np.fft.rfftfreq(2**16, 1 / 32_000)

    def level(centre: float) -> np.ndarray:
        inside = (hertz >= centre / 2 ** (1 / 6)) & (hertz <= centre * 2 ** (1 / 6))
        return 10 * np.log10(spectrum[:, inside].mean(axis=1))

    zero = np.mean([level(centre) for centre in np.geomspace(300, 3000, 40)], axis=0)
    for centre in found.index[[0, 10, 24]]:
        wanted = np.quantile(level(centre) - zero, [0.1, 0.5, 0.9])
        np.testing.assert_allclose(found.loc[centre, ["q10", "q50", "q90"]], wanted, atol=0.15)


def test_bundled_quantiles_are_those_published_of_micirp(request: pytest.FixtureRequest) -> None:
    table = benchmark_figures.micirp_quantiles()
    at_10k = table.loc[table.index[np.abs(table.index - 10_000).argmin()]]
    np.testing.assert_allclose(at_10k, [-20, -13, -5], atol=1)
    real_data: Path = request.getfixturevalue("real_data")
    if not (root := real_data / "micirp").is_dir():
        pytest.skip(f"no real responses at {root}")
    found = benchmark_figures.dir_quantiles(read_vintage(root))
    np.testing.assert_allclose(found, table, atol=0.06)


def test_dir_sets() -> None:
    bands = dir_spectra.response_bands(dir_set(noisy_responses()))
    fig, axes = dir_figures.draw_bands(dict.fromkeys("abcd", bands), across=2)
    assert axes.shape == (2, 2)
    check(fig, bands["mean"], "level in dB", "frequency in kHz", "80 % of all")
    cardioids = turned_microphone("Cardioid", 0.5)
    cardioids = dir_spectra.select(cardioids, "Mic", "Cardioid", 0.5)
    fan = dir_spectra.angle_fan(cardioids)
    fig, ax = dir_figures.draw_fan(fan)
    assert len(ax.lines) == 37 and {text.get_text() for text in ax.texts} == {"0°", "90°", "180°"}
    levels = dir_spectra.angle_map(cardioids, np.array([500.0, 4000.0]))
    fig, ax = dir_figures.draw_polar(levels, "Cardioid")
    assert len(ax.lines) == 1 + len(levels) and "ideal cardioid" in words(fig)
    dry = np.random.default_rng(0).normal(size=(128, 100))
    offset = pd.Series(np.linspace(-10, 10, 128), np.linspace(30, 14_000, 128))
    pictures = {"dry": dry, "wet": dry + 1, "difference": np.ones_like(dry)}
    fig, _ = dir_figures.draw_offset(pictures, offset)
    check(fig, [*dry[0], *offset], "time in s", "level in dB")


def test_distances_of_pairs_are_each_counted_once() -> None:
    rng = np.random.default_rng(0)
    pairs = pd.DataFrame({"before_norm": rng.uniform(5, 20, 200)})
    pairs["after_norm"], pairs["same_device"] = pairs["before_norm"] / 2, np.arange(200) % 2 == 0
    equal = pairs.assign(before_norm=0.0, after_norm=0.0)  # clips that are all alike
    for table in (pairs, equal):
        fig, axes = icl_figures.scale(table, {"alpha": 0.2}, 64)
        check(fig, [0.2, np.sqrt(128)], "alpha")
        for ax in axes:
            assert sum(bar.get_height() for bar in ax.patches if hasattr(bar, "get_height")) >= 100


def test_the_grid() -> None:
    searches = {
        "alpha": [made_up_run(s, a, 10.0, 2 - a) for a in (0.2, 0.0) for s in (0, 1)],
        "lambda_icl": [made_up_run(0, 0.2, weight, 1.5) for weight in (0.1, 10.0)],
    }
    scores = {
        of: grid.grid_scores(runs, of, grid.scores_and_draws(runs, of, draws=20))
        for of, runs in searches.items()
    }
    fig, _ = icl_figures.searches(scores)
    drawn = [*scores["alpha"]["log_loss"], *paper.table_1("lambda_icl")["log_loss"]]
    check(fig, drawn, "this study", "paper")
    rows = [(a, w, 1 + a + w / 10, 80 - w, 90 - w, 1) for a in (0.0, 0.2) for w in (0.1, 3.0)]
    columns = ["alpha", "lambda_icl", "log_loss", "probe_raw_percent"]
    table = pd.DataFrame(rows, columns=[*columns, "probe_standardised_percent", "seeds"])
    fig, axes = icl_figures.joint(table.drop(index=1), 100 / 6)  # one is not trained
    assert all(len(ax.texts) == 3 for ax in axes[:2])
    check(fig, table["log_loss"].drop(1), "nats", "guessing: 17")
    fig, ax = icl_figures.trade_off(table, table.iloc[0], 100 / 6)
    check(fig, table[["log_loss", "probe_raw_percent", "probe_standardised_percent"]])
    assert ax.get_xlim()[0] < 100 / 6 and ax.get_xlim()[1] > 100
    history = pd.DataFrame(
        {"warm-up": "none", "seed": 0, "epoch": [1, 2], "train_ce": [2.0, 1.5],
         "test_log_loss": [2.2, 2.1], "train_icl": [3.0, 0.5]}
    )  # fmt: skip
    some = pd.concat([history, history.assign(seed=1), history.assign(**{"warm-up": "9 steps"})])
    fig, _ = icl_figures.warmup(some)
    check(fig, [2.0, 1.5, 2.2, 3.0, 0.5], "none", "9 steps")
