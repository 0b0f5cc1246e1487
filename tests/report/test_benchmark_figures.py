"""Pictures of the benchmark show the numbers they were given; quantiles are what they say."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from asc_lib.data.dirs import DirSet, read_vintage
from asc_lib.experiment.acoustics import OCTAVES_HZ
from asc_lib.report import benchmark_figures as figures
from tests.report.drawn import words

BOTH = ("simulated benchmark v3", "real (TAU22)")


def test_hierarchy_shows_counts_and_what_is_drawn() -> None:
    fig, _ = figures.draw_hierarchy([("1", "world", "seed"), ("190", "places", "rooms")], "title")
    assert {"1\nworld", "seed", "190\nplaces", "rooms", "title"} <= set(
        words(fig).split("\n\n")
    ) | {text.get_text() for text in fig.findobj(plt.Text)}


def test_recipe_writes_levels_and_rates_and_leaves_out_what_never_happens() -> None:
    levels = pd.DataFrame({"bus": [-31.0], "park": [-55.4]}, index=["engine"])
    rates = pd.DataFrame({"bus": [0.0, 12.0], "park": [9.0, 0.04]}, index=["bird", "door"])
    _, axes = figures.draw_recipe(levels, rates, "title")
    assert [t.get_text() for t in axes[0].texts] == ["-31", "-55"]
    assert [t.get_text() for t in axes[1].texts] == ["", "9.0", "12", ""]
    np.testing.assert_allclose(axes[0].images[0].get_array(), levels)
    shown = axes[1].images[0].get_array()
    assert np.isfinite(shown).all() and shown[0, 1] == pytest.approx(np.log10(9))


def profile(level: float) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [["bus", "metro_station"], [f"level_{o}" for o in OCTAVES_HZ]]
    )
    mean = level + np.arange(len(index), dtype=float)
    return pd.DataFrame({"mean": mean, "sd": 2.0}, index=index)


def test_spectra_have_a_panel_a_scene_with_both_sources() -> None:
    fig, axes = figures.draw_spectra(
        dict(zip(BOTH, (profile(-40), profile(-50)), strict=True)), "t"
    )
    assert [ax.get_title() for ax in axes] == ["bus", "metro station"]
    simulated, real = axes[1].lines
    np.testing.assert_allclose(simulated.get_xdata(), OCTAVES_HZ)
    np.testing.assert_allclose(simulated.get_ydata(), profile(-40).loc["metro_station", "mean"])
    np.testing.assert_allclose(real.get_ydata(), profile(-50).loc["metro_station", "mean"])
    band = axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (-42, -40 + 7 + 2)
    assert simulated.get_linestyle() != real.get_linestyle()  # told apart in grey, too
    assert simulated.get_marker() != real.get_marker()
    assert all(label in words(fig) for label in BOTH)


def test_variation_shows_spread_deviation_and_modulation() -> None:
    table = pd.DataFrame({"between": 4.0, "within": 6.0, "temporal": 3.0}, index=OCTAVES_HZ)
    slow = pd.DataFrame({"mean": [-20.0, -19], "sd": 1.0}, index=["m1", "m2"])
    sources, modulation = dict.fromkeys(BOTH, table), dict.fromkeys(BOTH, slow)
    fig, axes = figures.draw_variation(sources, modulation, ["1-2", "2-4"], "t")
    within, between = axes[0].lines[:2]
    assert set(within.get_ydata()) == {6} and set(between.get_ydata()) == {4}
    assert between.get_markerfacecolor() == "white"
    assert set(axes[1].lines[0].get_ydata()) == {3}
    assert list(axes[2].lines[0].get_ydata()) == [-20, -19]
    assert {"1-2", "filled: within a scene", "hollow: between scenes"} <= set(
        words(fig).split("\n")
    )


def test_device_differences_leave_out_what_a_source_lacks() -> None:
    one = pd.DataFrame(np.ones((2, 8)), index=["b", "s7"])
    other = pd.DataFrame(np.full((1, 8), 3.0), index=["b"])
    _, axes = figures.draw_device_differences(dict(zip(BOTH, (one, other), strict=True)), "t")
    assert [ax.get_title() for ax in axes] == ["b", "s7"]
    drawn = [[set(line.get_ydata()) for line in ax.lines[1:]] for ax in axes]
    assert drawn == [[{1}, {3}], [{1}]]


def test_compression_shows_curves_and_shares_of_clips() -> None:
    curves = pd.DataFrame({"s1": [-54.0, -20.0]}, index=[-60.0, -10.0])
    levels = dict(zip(BOTH, (np.array([-30.5, -30.5, -20.5]), np.array([-25.0])), strict=True))
    fig, axes = figures.draw_compression(curves, levels, "t")
    assert list(axes[0].lines[1].get_ydata()) == [-54, -20]
    share, edges, _ = axes[1].patches[0].get_data()
    assert share.sum() == pytest.approx(100)
    assert share[np.searchsorted(edges, -30.5) - 1] == pytest.approx(200 / 3)
    assert "s1" in words(fig)


def test_difficulty_has_the_means_at_its_edges() -> None:
    table = pd.DataFrame({"a": [1.0, 2.0], "s4": [3.0, 4.0]}, index=["bus", "metro_station"])
    fig, ax = figures.draw_difficulty(table, "t")
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["1.00", "3.00", "2.00", "2.00", "4.00", "3.00", "1.50", "3.50", "2.50"]
    assert "metro station" in words(fig) and list(table.columns) == ["a", "s4"]


def decays(count: int) -> DirSet:
    rng = np.random.default_rng(0)
    responses = rng.normal(size=(count, 1024)) * np.exp(-np.arange(1024) / 20)
    table = pd.DataFrame({"name": [str(n) for n in range(count)]})
    return DirSet("vintage", responses.astype(np.float32), table, simulated=True)


def test_dir_quantiles_are_those_of_third_octave_levels() -> None:
    dirs = decays(9)
    found = figures.dir_quantiles(dirs)
    spectrum = np.abs(np.fft.rfft(dirs.responses, 2**16)) ** 2
    hertz = np.fft.rfftfreq(2**16, 1 / 32_000)

    def level(centre: float) -> np.ndarray:
        inside = (hertz >= centre / 2 ** (1 / 6)) & (hertz <= centre * 2 ** (1 / 6))
        return 10 * np.log10(spectrum[:, inside].mean(axis=1))

    zero = np.mean([level(centre) for centre in np.geomspace(300, 3000, 40)], axis=0)
    for centre in found.index[[0, 10, 24]]:
        wanted = np.quantile(level(centre) - zero, [0.1, 0.5, 0.9])
        np.testing.assert_allclose(found.loc[centre, ["q10", "q50", "q90"]], wanted, atol=0.15)
    assert found.index[0] == pytest.approx(50, abs=1) and found.index[-1] < 13_000


def test_dir_panels_show_median_and_band() -> None:
    found = figures.dir_quantiles(decays(5))
    fig, axes = figures.draw_dir_quantiles({"Vintage": {"run": found, "MicIRP": found + 1}}, "t")
    np.testing.assert_allclose(axes[0].lines[0].get_ydata(), found["q50"])
    np.testing.assert_allclose(axes[0].lines[3].get_ydata(), found["q50"] + 1)
    band = axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (found["q10"].min(), found["q90"].max())
    assert "MicIRP, median" in words(fig)


def test_bundled_quantiles_are_those_published_of_micirp() -> None:
    table = figures.micirp_quantiles()
    assert (table["q10"] <= table["q50"]).all() and (table["q50"] <= table["q90"]).all()
    at_10k = table.loc[table.index[np.abs(table.index - 10_000).argmin()]]
    np.testing.assert_allclose(at_10k, [-20, -13, -5], atol=1)


def test_bundled_quantiles_come_out_of_the_real_responses(real_data: Path) -> None:
    if not (root := real_data / "micirp").is_dir():
        pytest.skip(f"no real responses at {root}")
    found = figures.dir_quantiles(read_vintage(root))
    np.testing.assert_allclose(found, figures.micirp_quantiles(), atol=0.06)
