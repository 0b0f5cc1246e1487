"""The panel of forces and the sandbox: each control moved, and what is then drawn."""

import numpy as np
import pytest

from asc_lib.icl import panels as icl_panels
from asc_lib.icl import sandbox
from asc_lib.icl import theory as icl_theory
from asc_lib.icl.panels import Forces, Sandbox
from asc_lib.icl.sandbox import train
from tests.drawn import words

FORCE_MOVES = {"alpha": 1.0, "beta": 0.2, "same_percent": 5}
MOVES = {
    "lambda_icl": 10.0, "alpha": 1.0, "beta": 0.2, "share_a_percent": 40, "augmented_percent": 50,
    "warmup_steps": 50, "weighting": "balanced", "hidden": True, "scenes": 3, "device": "b",
}  # fmt: skip


@pytest.fixture(autouse=True)
def figures(monkeypatch: pytest.MonkeyPatch) -> list:
    """Drawn figures in order, kept from being closed; the sandbox trains briefly."""
    seen = []
    monkeypatch.setattr(sandbox, "STEPS", 40)
    train.cache_clear()
    for name in ("draw_forces", "draw_sandbox"):
        draw = getattr(icl_panels, name)

        def keep(*given, draw=draw, **named):
            seen.append(draw(*given, **named))
            return seen[-1]

        monkeypatch.setattr(icl_panels, name, keep)
    yield seen
    train.cache_clear()


@pytest.mark.parametrize("name", FORCE_MOVES)
def test_each_control_of_the_forces_moves_the_curves(figures, name):
    panel = Forces()
    before = panel.picture
    assert set(panel.state) == set(FORCE_MOVES)
    panel._controls[name].value = FORCE_MOVES[name]
    assert panel.picture != before and len(figures) == 2
    _, axes = figures[-1]
    alpha, beta = panel.state["alpha"], panel.state["beta"]
    same = panel.state["same_percent"] / 100
    d = axes[0].lines[0].get_xdata()
    drawn = [line.get_ydata() for ax in axes for line in ax.lines if len(line.get_xdata()) > 2]
    expected = [
        d**2, np.exp((alpha - d) / beta), 2 * (1 - same) * d,
        same / beta * np.exp((alpha - d) / beta),
        same * np.exp((alpha - d) / beta) + (1 - same) * d**2,
    ]  # fmt: skip
    for found, wanted in zip(drawn, expected, strict=True):
        np.testing.assert_allclose(found, wanted)
    balance = icl_theory.balance_distance(same, alpha, beta)
    assert f"balance at {balance:.2f}" in axes[1].get_title()
    assert f"balance at {balance:.2f}" in panel.alt_text


@pytest.mark.parametrize("name", MOVES)
def test_each_control_of_the_sandbox_trains_anew_and_draws(figures, name):
    panel = Sandbox()
    before, was = panel.picture, panel.trained
    assert set(panel.state) == set(MOVES) and panel.state[name] != MOVES[name]
    panel._controls[name].value = MOVES[name]
    assert not panel._trouble.value and panel.picture != before
    assert (panel.trained is was) == (name == "device")
    fig, axes = figures[-1]
    trained = panel.trained
    shown = [
        point for marks in axes[0].collections if hasattr(marks, "get_offsets")
        for point in np.ma.filled(marks.get_offsets(), np.nan).tolist()
    ]  # fmt: skip
    scenes = panel.state["scenes"]
    points = [p for p in shown if p in trained.test_z.tolist()]
    assert len(points) == 12 * scenes * 6
    accuracies = axes[2].lines[0].get_xdata()
    assert accuracies == pytest.approx(
        [100 * getattr(trained, measure) for measure in icl_panels.MEASURES]
    )
    assert f"device {trained.probe:.0%}" in panel.alt_text
    assert "simulated" in words(fig)


def test_the_same_state_is_the_same_picture():
    first = Sandbox(seed=3)
    train.cache_clear()
    second = Sandbox(seed=3)
    assert first.picture == second.picture and first.alt_text == second.alt_text
    assert Sandbox(seed=4).picture != first.picture


def test_borders_lie_where_the_winner_changes(figures):
    panel = Sandbox()
    panel.set(scenes=3)
    _, axes = figures[-1]
    for ax, classifier in zip(axes[:2], (panel.trained.scenes, panel.trained.devices), strict=True):
        borders = [
            path.vertices for marks in ax.collections if hasattr(marks, "levels")
            for path in marks.get_paths() if len(path.vertices)
        ]  # fmt: skip
        assert borders
        scores = np.sort(classifier.scores(np.concatenate(borders)), axis=1)
        spread = classifier.scores(panel.trained.test_z).std()
        assert (scores[:, -1] - scores[:, -2]).max() < 0.05 * spread
