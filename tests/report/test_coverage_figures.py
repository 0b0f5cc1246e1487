"""Pictures of coverage and of offsets show the numbers they were given."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.report import coverage_figures as figures
from tests.report.drawn import words


def coverage() -> pd.DataFrame:
    index = pd.MultiIndex.from_product([["b", "s1"], ["Vintage", "Multi"]], names=["device", "set"])
    columns = pd.MultiIndex.from_product([["gap", "nearest", "nearer"], ["value", "low", "high"]])
    values = np.arange(12.0).reshape(4, 3).repeat(3, axis=1) + np.array([0, -0.5, 0.7] * 3)
    table = pd.DataFrame(values, index, columns)
    table["mixture", "value"] = [1.0, 2.0, 3.0, 4.0]
    return table


def test_coverage_shows_gap_what_is_left_and_the_share_that_helps() -> None:
    table = coverage()
    fig, (left, right) = figures.draw_coverage(table, "What DIRs can cover (simulated)")
    gap = [bar.get_height() for bar in left.patches]
    assert gap == table.xs("Vintage", level=1)["gap", "value"].tolist()
    for ax, measure in ((left, "nearest"), (right, "nearer")):
        drawn = [bars[0].get_ydata() for bars in ax.containers if hasattr(bars, "has_yerr")]
        for name, found in zip(("Vintage", "Multi"), drawn, strict=True):
            expected = table.xs(name, level=1)[measure, "value"]
            assert list(found) == expected.tolist()
    ends = right.containers[0][2][0].get_segments()[0][:, 1]
    assert ends.tolist() == pytest.approx(table.iloc[0]["nearer"][["low", "high"]].tolist())
    assert all(name in words(fig) for name in ("Vintage: best single DIR", "Multi: best mixture"))
    assert "in dB" in left.get_ylabel() and "in %" in right.get_ylabel()


def test_residuals_are_drawn_by_frequency_level_and_length() -> None:
    binned = pd.DataFrame({"rms": [1.0, 2.0], "mean": [-1.0, 3.0]}, index=[100.0, 1000.0])
    lengths = pd.Series([0.5, 4.0], index=[2.0, 500.0])
    fig, axes = figures.draw_residual(
        {"one": binned}, {"one": binned}, {"noise": lengths}, 25.0, "title (simulated)"
    )
    drawn = [ax.lines[0] for ax in axes]
    for line, values in zip(drawn, (binned["rms"], binned["mean"], lengths), strict=True):
        np.testing.assert_allclose(line.get_ydata(), values)
        np.testing.assert_allclose(line.get_xdata(), values.index)
    assert 25.0 in axes[2].lines[1].get_xdata()
    assert all("in dB" in ax.get_ylabel() for ax in axes) and "simulated" in words(fig)


def test_gain_has_a_line_a_device_told_apart_without_colour() -> None:
    curves = {
        name: pd.Series([1.0, -1.0], index=[0.0, 10.0]) * number
        for number, name in enumerate(("b", "c", "s1", "a through a DIR"))
    }
    _, ax = figures.draw_gain(curves, "Gain (simulated)")
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == list(curves)
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 4
    np.testing.assert_allclose(lines[2].get_ydata(), curves["s1"])
    assert lines[-1].get_color() == "k"


def test_offset_stands_beside_the_pictures_it_explains() -> None:
    rng = np.random.default_rng(0)
    dry = rng.normal(size=(128, 100))
    offset = pd.Series(np.linspace(-10, 10, 128), np.linspace(30, 14_000, 128))
    pictures = {"dry": dry, "wet": dry + 1, "difference": np.ones_like(dry)}
    fig, axes = figures.draw_offset(pictures, offset, "bus (simulated)")
    for ax, picture in zip(axes, pictures.values(), strict=False):
        np.testing.assert_allclose(ax.images[0].get_array(), picture)
    np.testing.assert_allclose(axes[-1].lines[0].get_xdata(), offset)
    assert axes[2].images[0].get_clim() == (-12, 12)
    _, axes = figures.draw_offset(pictures, offset * 4.2, "bus (simulated)")
    image = axes[2].images[0]
    assert image.get_clim() == (-50, 50)
    # what is far off is told from what is farther, and small changes are still seen
    assert np.diff(image.norm([-42, -13, -6, 0, 6])).min() > 0.05
    assert "Time in s" in words(fig)
