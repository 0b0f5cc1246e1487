"""Pictures of the loss: what they are given is what they draw."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from asc_lib.experiment import icl_theory
from asc_lib.report import icl_figures
from tests.report.drawn import words

POINTS = [(0.0, 1.0), (0.2, 1.0), (0.2, 0.5)]
DISTANCES = np.linspace(0, 3, 50)


def test_penalties_are_drawn_with_every_point():
    table = icl_theory.penalties(DISTANCES, POINTS)
    balance = icl_theory.balances(np.linspace(0.01, 0.95, 50), POINTS)
    fig, (left, right) = icl_figures.draw_penalties(table, balance)
    assert len(left.lines) == 1 + len(POINTS) and len(right.lines) == len(POINTS)
    np.testing.assert_array_equal(left.lines[2].get_ydata(), table.iloc[:, 2])
    icl_figures.mark_shares(right, {"every DIR a class": 0.1})
    assert [text.get_text() for text in right.texts] == ["every DIR a class"]
    assert "Penalty of the pair (no unit)" in words(fig)


def test_the_limit_shows_the_wall():
    table = icl_theory.penalties(DISTANCES, [(0.8, 1.0), (0.8, 0.1)])
    betas = np.array([0.1, 0.5, 1.0])
    balance = icl_theory.balances(np.array([0.1, 0.5, 0.9]), POINTS[1:]).set_axis(betas)
    _, (left, right) = icl_figures.draw_limit(table, balance, 0.8)
    walls = [line for line in left.lines if set(line.get_xdata()) == {0.8}]
    assert len(walls) == 1
    assert right.get_xscale() == "log" and len(right.lines) == 3
    np.testing.assert_array_equal(right.lines[1].get_ydata(), balance.iloc[:, 1])


def test_weights_fill_their_bars():
    shares = icl_theory.batch_weight_shares(["a"] * 7 + ["b"] * 2 + ["c"], 5, 0.5, 16, draws=20)
    fig, ax = icl_figures.draw_weights(shares, "made-up batches (simulated)")
    widths = np.array([bar.get_width() for bar in ax.patches]).reshape(3, 2)
    np.testing.assert_allclose(widths, 100 * shares.to_numpy().T)
    np.testing.assert_allclose(widths.sum(axis=0), 100)
    assert len({bar.get_hatch() for bar in ax.patches}) == 3  # readable in grey
    assert "made-up batches (simulated)" in words(fig)


def test_equal_clips_harm_no_scale():
    table = pd.DataFrame({"before_norm": [0.0, 0.0, 3.0], "after_norm": 0.0, "same_device": True})
    _, axes = icl_figures.draw_scale(table, {"alpha": 0.2}, 64, "made-up pairs")
    for ax in axes:
        (line,) = [p for p in ax.patches if not isinstance(p, Rectangle)]
        assert line.get_xy()[:, 1].max() == pytest.approx(100 if ax is axes[1] else 200 / 3)


def test_scale_counts_every_pair_once():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"before_norm": rng.uniform(5, 20, 200), "after_norm": rng.uniform(2, 12, 200)}
    ).assign(same_device=np.arange(200) % 2 == 0)
    fig, axes = icl_figures.draw_scale(table, {"alpha": 0.2}, 64, "simulated benchmark")
    for ax, layer in zip(axes, ("before_norm", "after_norm"), strict=True):
        grey = [bar for bar in ax.patches if isinstance(bar, Rectangle)]
        assert sum(bar.get_height() for bar in grey) == pytest.approx(100)
        different = table.loc[~table["same_device"], layer]
        first = min(bar.get_x() for bar in grey if bar.get_height())
        assert first <= different.min() < 1.2 * first
    marks = sorted(float(line.get_xdata()[0]) for line in axes[1].lines)
    assert marks == pytest.approx([0.2, np.sqrt(128)])
    assert "simulated benchmark" in words(fig)


def test_contrast_draws_the_forces_it_is_given():
    z = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    forces = {"one": np.array([[0.0, 2.0], [0.0, 1.0], [1.0, 0.0]]), "other": -z}
    fig, axes = icl_figures.draw_contrast(z, np.array([0, 0, 1]), forces)
    for ax, force in zip(axes, forces.values(), strict=True):
        (arrows,) = [a for a in ax.collections if hasattr(a, "U")]
        np.testing.assert_allclose(
            np.column_stack([arrows.U, arrows.V]),
            0.7 * force / np.linalg.norm(force, axis=1).max(),
        )
        low, high = ax.get_xlim()
        assert low <= -1 and high >= 1
    assert "device a" in words(fig) and "device b" in words(fig)
