"""Pictures of data and of the loss show the numbers they were given, and say what they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asc_lib.data.dirs import DirSet, read_vintage
from asc_lib.experiment import dir_spectra, grid, icl_theory
from asc_lib.report import (
    benchmark_figures,
    coverage_figures,
    dir_figures,
    grid_figures,
    icl_figures,
    paper,
)
from tests.dir_sets import dir_set, noisy_responses, turned_microphone
from tests.grid_runs import made_up_run
from tests.report.drawn import check, words

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
    sets = [dir_set(noisy_responses(), simulated) for simulated in (True, False)]
    bands = {dir_figures.set_label(one): dir_spectra.response_bands(one) for one in sets}
    fig, _ = dir_figures.draw_bands(bands)
    check(fig, [], "simulated", "measured", "Hz", "dB")
    cardioids = turned_microphone("Cardioid", 0.5)
    fan = dir_spectra.angle_fan(cardioids, "Mic", "Cardioid", 0.5)
    fig, ax = dir_figures.draw_fan(fan, DATA)
    check(fig, [], "dB", DATA)
    assert len(ax.lines) == 37
    levels = dir_spectra.polar_levels(cardioids, "Mic", "Cardioid", 0.5)
    fig, ax = dir_figures.draw_polar(levels, DATA, "Cardioid")
    assert len(ax.lines) == 1 + len(levels) and DATA in words(fig)


def test_coverage_and_offsets() -> None:
    index = pd.MultiIndex.from_product([["b", "s1"], ["Vintage", "Multi"]], names=["device", "set"])
    columns = pd.MultiIndex.from_product([["gap", "nearest", "nearer"], ["value", "low", "high"]])
    values = np.arange(12.0).reshape(4, 3).repeat(3, axis=1) + np.array([0, -0.5, 0.7] * 3)
    table = pd.DataFrame(values, index, columns)
    table["mixture", "value"] = [1.0, 2.0, 3.0, 4.0]
    fig, _ = coverage_figures.draw_coverage(table, DATA)
    check(fig, table[["nearest", "nearer"]], DATA, "Vintage: best single DIR", "in dB", "in %")
    binned = pd.DataFrame({"rms": [1.0, 2.0], "mean": [-1.0, 3.0]}, index=[100.0, 1000.0])
    lengths = pd.Series([0.5, 4.0], index=[2.0, 500.0])
    fig, _ = coverage_figures.draw_residual(
        {"one": binned}, {"one": binned}, {"noise": lengths}, 25.0, DATA
    )
    check(fig, [1, 2, -1, 3, 0.5, 4, 25, 100], DATA, "in dB")
    curve = pd.Series([1.5, -1.0], index=[0.0, 10.0])
    fig, _ = coverage_figures.draw_gain({"b": curve, "a through a DIR": 2 * curve}, DATA)
    check(fig, [1.5, -1, 3, -2], DATA, "a through a DIR")
    dry = np.random.default_rng(0).normal(size=(128, 100))
    offset = pd.Series(np.linspace(-10, 10, 128), np.linspace(30, 14_000, 128))
    pictures = {"dry": dry, "wet": dry + 1, "difference": np.ones_like(dry)}
    fig, _ = coverage_figures.draw_offset(pictures, offset, DATA)
    check(fig, [*dry[0], *offset], DATA, "Time in s")


def test_the_loss() -> None:
    points = [(0.0, 1.0), (0.2, 1.0), (0.2, 0.5)]
    table = icl_theory.penalties(np.linspace(0, 3, 50), points)
    balance = icl_theory.balances(np.linspace(0.01, 0.95, 50), points)
    fig, (_, right) = icl_figures.draw_penalties(table, balance)
    icl_figures.mark_shares(right, {"every DIR a class": 0.1})
    check(fig, table.iloc[:, 2], "Penalty of the pair (no unit)", "every DIR a class")
    table = icl_theory.penalties(np.linspace(0, 3, 50), [(0.8, 1.0), (0.8, 0.1)])
    balance = icl_theory.balances(np.array([0.1, 0.5, 0.9]), points[1:]).set_axis([0.1, 0.5, 1.0])
    fig, _ = icl_figures.draw_limit(table, balance, 0.8)
    check(fig, balance.iloc[:, 1])
    shares = icl_theory.batch_weight_shares(["a"] * 7 + ["b"] * 2 + ["c"], 5, 0.5, 16, draws=20)
    fig, _ = icl_figures.draw_weights(shares, DATA)
    check(fig, 100 * shares, DATA)
    rng = np.random.default_rng(0)
    pairs = pd.DataFrame({"before_norm": rng.uniform(5, 20, 200)})
    pairs["after_norm"], pairs["same_device"] = pairs["before_norm"] / 2, np.arange(200) % 2 == 0
    fig, axes = icl_figures.draw_scale(pairs, {"alpha": 0.2}, 64, DATA)
    check(fig, [0.2, np.sqrt(128)], DATA)
    for ax in axes:  # every pair is counted once
        assert sum(bar.get_height() for bar in ax.patches if hasattr(bar, "get_height")) >= 100
    equal = pairs.assign(before_norm=0.0, after_norm=0.0)  # clips that are all alike
    check(icl_figures.draw_scale(equal, {"alpha": 0.2}, 64, DATA)[0], [0.2], DATA)
    z = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    forces = {"one": np.array([[0.0, 2.0], [0.0, 1.0], [1.0, 0.0]]), "other": -z}
    fig, axes = icl_figures.draw_contrast(z, np.array([0, 0, 1]), forces)
    for ax, force in zip(axes, forces.values(), strict=True):
        (arrows,) = [a for a in ax.collections if hasattr(a, "U")]
        drawn = np.column_stack([arrows.U, arrows.V])
        np.testing.assert_allclose(drawn, 0.7 * force / np.linalg.norm(force, axis=1).max())
    assert "device b" in words(fig)


def test_the_grid() -> None:
    searches = {
        "alpha": [made_up_run(s, a, 10.0, 2 - a) for a in (0.2, 0.0) for s in (0, 1)],
        "lambda_icl": [made_up_run(0, 0.2, weight, 1.5) for weight in (0.1, 10.0)],
    }
    scores, differences = (
        [of(runs, search, "clean", "test", draws=20) for search, runs in searches.items()]
        for of in (grid.grid_scores, grid.differences_to_best)
    )
    fig, _ = grid_figures.draw_grid(*scores, DATA)
    ours, printed = fig.subfigs
    assert DATA in ours.get_suptitle() and printed.get_suptitle().endswith(paper.DATA_LABEL)
    mean = scores[0].query("seed == 'mean'")["log_loss"]
    check(fig, [*mean, *paper.table_1("lambda_icl")["accuracy_percent"]])
    fig, _ = grid_figures.draw_differences(*differences, DATA)
    check(fig, [*differences[0]["log_loss"], *differences[1]["log_loss"]], f"nats ({DATA})")
    rows = [(a, w, 1 + a + w / 10, 80 - w, 90 - w, 1) for a in (0.0, 0.2) for w in (0.1, 3.0)]
    columns = ["alpha", "lambda_icl", "log_loss", "probe_raw_percent"]
    table = pd.DataFrame(rows, columns=[*columns, "probe_standardised_percent", "seeds"])
    fig, axes = grid_figures.draw_joint(table.drop(index=1), 100 / 6, DATA)  # one is not trained
    assert all(len(ax.texts) == 3 for ax in axes[:2])
    check(fig, table["log_loss"].drop(1), "nats", "guessing: 16.7", DATA)
    fig, ax = grid_figures.draw_trade_off(table, table.iloc[0], 100 / 6, DATA)
    check(fig, table[["log_loss", "probe_raw_percent", "probe_standardised_percent"]], DATA)
    assert len(ax.texts) == len(table)  # every point is named
    history = pd.DataFrame(
        {"epoch": [1, 2], "train_ce": [2.0, 1.5], "test_log_loss": [2.2, 2.0],
         "train_icl": [3.0, 0.5]}
    )  # fmt: skip
    histories = {"no warm-up": [history], "warm-up over 9 steps": [history + 0.1, history]}
    fig, _ = grid_figures.draw_warmup(histories, DATA)
    check(fig, [2.1, 1.6, 3.0, 0.6], *histories, DATA)
