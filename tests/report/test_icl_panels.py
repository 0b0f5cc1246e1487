"""The panel of forces and the sandbox: each control moved, and what is then drawn."""

import numpy as np
import pytest

from asc_lib.experiment import icl_theory, sandbox
from asc_lib.experiment.sandbox import SEEN, Settings, train
from asc_lib.files import InputError
from asc_lib.report import icl_panels, icl_sandbox
from asc_lib.report.icl_panels import Forces
from asc_lib.report.icl_sandbox import Sandbox
from tests.report.drawn import words

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
    for module, name in ((icl_panels, "draw_pair"), (icl_sandbox, "draw_sandbox")):
        draw = getattr(module, name)

        def keep(*given, draw=draw):
            seen.append(draw(*given))
            return seen[-1]

        monkeypatch.setattr(module, name, keep)
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


def test_every_setting_of_the_forces_draws():
    panel = Forces()
    for beta in (min(icl_panels.BETAS), max(icl_panels.BETAS)):
        for alpha in (0.0, 2.0):
            for same in (1, 95):
                panel.set(alpha=alpha, beta=beta, same_percent=same)
                assert not panel._trouble.value
    with pytest.raises(InputError, match="beta: does not take 3"):
        panel.set(beta=3)


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
    accuracies = [
        line.get_xdata()[0] for line in axes[2].lines
        if line.get_marker() == "o" and line.get_markerfacecolor() == "black"
    ]  # fmt: skip
    assert accuracies == pytest.approx(
        [100 * getattr(trained, measure) for measure in icl_sandbox.MEASURES]
    )
    assert f"device {trained.probe:.0%}" in panel.alt_text
    assert "simulated" in words(fig)


def test_the_sandbox_draws_the_force_on_the_chosen_device(figures):
    panel = Sandbox()
    for device in SEEN:
        panel.set(device=device)
        _, axes = figures[-1]
        (arrows,) = [a for a in axes[1].collections if hasattr(a, "U")]
        drawn = np.column_stack([arrows.U, arrows.V])
        force = panel.trained.force(np.asarray(arrows.get_offsets()), device)
        cosine = (drawn * force).sum(1) / np.linalg.norm(drawn, axis=1)
        np.testing.assert_allclose(cosine, np.linalg.norm(force, axis=1))
        assert axes[1].get_title() == f"by device; force on {device}"


def test_hollow_marks_are_training_without_icl(figures):
    panel = Sandbox(start=Settings(lambda_icl=10.0, alpha=1.0, warmup_steps=50, share_a=0.4))
    without = train(Settings(share_a=0.4))
    _, axes = figures[-1]
    hollow = [
        line.get_xdata()[0] for line in axes[2].lines
        if line.get_marker() == "o" and line.get_markerfacecolor() == "none"
    ]  # fmt: skip
    assert hollow == pytest.approx(
        [100 * getattr(without, measure) for measure in icl_sandbox.MEASURES]
    )
    panel.set(share_a_percent=70)
    assert panel.trained.settings.share_a == 0.7


def test_the_same_state_is_the_same_picture():
    first = Sandbox(seed=3)
    train.cache_clear()
    second = Sandbox(seed=3)
    assert first.picture == second.picture and first.alt_text == second.alt_text
    assert Sandbox(seed=4).picture != first.picture


def test_three_settings_stand_side_by_side():
    trained = {f"lambda = {w:g}": train(Settings(lambda_icl=w)) for w in (0.0, 0.5, 10.0)}
    fig, axes = icl_sandbox.draw_settings(trained)
    assert axes.shape == (2, 3)
    for column, (name, one) in enumerate(trained.items()):
        assert axes[0, column].get_title().startswith(name)
        assert f"{one.probe:.0%}" in axes[1, column].get_title()
    assert "simulated" in words(fig)


def test_borders_lie_where_the_winner_changes(figures):
    panel = Sandbox(start=Settings(lambda_icl=0.5, scenes=3))
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
