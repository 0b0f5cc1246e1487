"""Pictures of runs show the numbers they were given, and say what they were measured on."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asc_lib.data.tau22 import SCENES
from asc_lib.report import run_figures
from asc_lib.simulate.benchmark import VERSION
from asc_lib.study import load
from tests.report.drawn import words

DATA = "simulated benchmark"
DEVICES = ["a", "b", "c", "s1", "s2", "s3", "s4", "s5"]


@pytest.fixture
def history() -> pd.DataFrame:
    epoch = np.arange(1, 6)
    table = pd.DataFrame(
        {
            "epoch": epoch,
            "learning_rate": 1e-3,
            "train_ce": 2 / epoch,
            "train_icl": 0.0,
            "validation_log_loss": 2.1 / epoch,
            "test_log_loss": 2.2 / epoch,
        }
    )
    return table.assign(**{f"test_log_loss_{d}": n + 1 / epoch for n, d in enumerate(DEVICES)})


def test_learning_curves_show_the_history(history: pd.DataFrame) -> None:
    fig, axes = run_figures.learning_curves(history, {"clean": 4, "paper": 5}, DATA)
    assert len(axes) == 2
    drawn = {line.get_label(): line.get_ydata() for line in axes[0].lines}
    np.testing.assert_array_equal(drawn["test side"], history["test_log_loss"])
    assert DATA in words(fig)
    assert "ICL" not in words(fig)


def test_icl_has_a_panel_of_its_own_where_it_is_used(history: pd.DataFrame) -> None:
    fig, axes = run_figures.learning_curves(history.assign(train_icl=3.0), {"clean": 4}, DATA)
    assert len(axes) == 3
    assert "ICL" in words(fig)


def test_devices_over_epochs_stand_in_their_familys_panel(history: pd.DataFrame) -> None:
    fig, axes = run_figures.log_loss_over_epochs(history, DATA)
    # named from the lowest end up
    labels = [[text.get_text() for text in ax.texts] for ax in axes]
    assert labels == [["A", "B", "C"], ["S1", "S2", "S3"], ["S4", "S5"]]
    for ax in axes:
        for text, line in zip(ax.texts, ax.lines, strict=False):
            assert text.get_color() == line.get_color()
    np.testing.assert_array_equal(axes[2].lines[1].get_ydata(), history["test_log_loss_s5"])
    assert DATA in words(fig)


def test_names_at_the_ends_do_not_overlap(history: pd.DataFrame) -> None:
    further = {f"test_log_loss_s{n}": 1.5 + 0.001 * (n % 3) for n in range(7, 12)}
    fig, axes = run_figures.log_loss_over_epochs(history.assign(**further), DATA)
    assert axes[-1].get_title() == "further devices"
    fig.canvas.draw()
    boxes = [text.get_window_extent() for text in axes[-1].texts]
    assert len(boxes) == 5
    assert not any(one.overlaps(other) for n, one in enumerate(boxes) for other in boxes[:n])


def test_numbers_are_spread_no_further_than_needed() -> None:
    assert run_figures.spread([1.0, 1.1, 5.0], 1.0) == pytest.approx([0.55, 1.55, 5.0])
    assert run_figures.spread([1.0, 3.0], 1.0) == [1.0, 3.0]
    # a group that grows pushes the one before
    moved = run_figures.spread([0.0, 1.1, 1.2, 1.3], 1.0)
    assert np.diff(moved).min() >= 1 - 1e-9
    assert np.mean(moved) == pytest.approx(0.9)


def test_one_epoch_and_no_validation_side_are_drawn(history: pd.DataFrame) -> None:
    one = history.iloc[:1].assign(validation_log_loss=np.nan)
    fig, axes = run_figures.learning_curves(one, {"clean": 1, "paper": 1}, DATA)
    assert "validation" not in words(fig) and "clean and paper" in words(fig)
    assert all(line.get_marker() == "." for line in axes[0].lines[:2])
    low, high = axes[0].get_xlim()
    assert low < 0.5 and high > 1.5
    run_figures.log_loss_over_epochs(one, DATA)


def test_confusion_is_in_percent_of_the_true_class() -> None:
    counts = pd.DataFrame(np.eye(10, dtype=int), index=SCENES, columns=SCENES)
    counts.loc["bus", "tram"] = 3  # one of four is right
    counts.loc["park"] = 0  # a scene without clips is no error
    fig, ax = run_figures.confusion_matrix(counts, DATA)
    image = ax.images[0].get_array()
    assert image[1, 1] == 25 and image[1, 9] == 75
    assert DATA in words(fig)


def test_the_label_names_what_is_simulated(tmp_path: Path) -> None:
    config = load(
        "quick", **{f"{name}_root": str(tmp_path / name) for name in ("tau22", "vintage", "multi")}
    )
    for name in ("tau22", "vintage", "multi"):
        (tmp_path / name).mkdir()
    assert run_figures.data_label(config) == "TAU22 recordings"
    (tmp_path / "multi" / "simulated.json").write_text(json.dumps({"version": VERSION}))
    assert run_figures.data_label(config) == "TAU22 recordings, simulated Multi DIRs"
    for name in ("tau22", "vintage"):
        (tmp_path / name / "simulated.json").write_text(json.dumps({"version": VERSION}))
    assert run_figures.data_label(config) == "simulated benchmark"
