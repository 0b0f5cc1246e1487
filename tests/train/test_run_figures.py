"""Pictures of a run show the numbers they were given."""

import itertools

import numpy as np
import pandas as pd
import pytest

from asc_lib.data.tau22 import DEVICES, SCENES
from asc_lib.model.augment import MASK_VALUE
from asc_lib.results import calibration
from asc_lib.train import figures as run_figures
from tests.drawn import check, words
from tests.results.test_metrics import make


@pytest.fixture
def history() -> pd.DataFrame:
    epoch = np.arange(1, 6)
    table = pd.DataFrame({"epoch": epoch, "learning_rate": 1e-3, "train_ce": 2 / epoch})
    table = table.assign(train_icl=0.0, validation_log_loss=2.1 / epoch, test_log_loss=2.2 / epoch)
    devices = {f"test_log_loss_{d}": n + 1 / epoch for n, d in enumerate(DEVICES[:9])}
    return table.assign(**devices)


def test_a_runs_history(history: pd.DataFrame) -> None:
    fig, axes = run_figures.learning_curves(history, {"clean": 4, "paper": 5}, "PaSST")
    check(fig, history[["train_ce", "validation_log_loss", "test_log_loss"]], "PaSST", "nats")
    assert len(axes) == 2 and "ICL" not in words(fig)
    fig, axes = run_figures.learning_curves(history.assign(train_icl=3.0), {"clean": 4})
    check(fig, [3.0], "ICL")
    one = history.iloc[:1].assign(validation_log_loss=np.nan)  # one epoch, no validation side
    fig, _ = run_figures.learning_curves(one, {"clean": 1, "paper": 1})
    assert "validation" not in words(fig) and "clean and paper" in words(fig)
    further = {f"test_log_loss_s{n}": 1.5 + 0.001 * (n % 3) for n in range(7, 12)}
    fig, axes = run_figures.log_loss_over_epochs(history.assign(**further))
    check(fig, history["test_log_loss_s5"], "further\ndevices", "S11")
    boxes = [text.get_window_extent() for text in axes[-1].texts]
    assert len(boxes) == 5  # names at the lines' ends, none upon another
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_confusion_is_in_percent_of_the_true_class() -> None:
    counts = pd.DataFrame(np.eye(10, dtype=int), index=SCENES, columns=SCENES)
    counts.loc["bus", "tram"] = 3  # one of four is right
    counts.loc["park"] = 0  # a scene without clips is no error
    _, ax = run_figures.confusion_matrix(counts)
    image = ax.collections[0].get_array()
    assert image[1, 1] == 25 and image[1, 9] == 75


def test_reliability() -> None:
    table = calibration.reliability(make(clips=600), draws=100)
    fig, _ = run_figures.reliability_diagram(table.assign(devices="all"))
    filled = table[table["clips"] > 0]
    check(fig, filled[["confidence", "accuracy", "low", "high"]].astype(float), "all\n600 clips")
    check(fig, table["clips"] / 6)


def test_windows() -> None:
    # log power 0 is 0 dB: PaSST's normalisation makes it 0.9
    window = np.full((128, 100), 0.9)
    window[:64] = (np.log(100) + 4.5) / 5
    stages = {"before": window, "after": window + np.linspace(-1, 1, 128)[:, None]}
    fig, _ = run_figures.way_of_a_window(np.tile(window, 10), 3.0, stages)
    check(fig, [20, 0, -50 / np.log(10), 50 / np.log(10)], "before", "after")
    before = np.random.default_rng(0).normal(size=(2, 128, 100))
    after = before.copy()
    after[:, :10] = MASK_VALUE
    given = before, after, ["bus, A", "tram"], ["class A", "class B"]
    fig, axes = run_figures.windows_before_and_after(*given)
    check(fig, [], "bus, A", "class B")
    # the colours are those of the windows before: masks do not stretch them
    assert axes[0, 0].images[0].get_clim() == axes[1, 1].images[0].get_clim()


@pytest.mark.parametrize(("stride", "rows"), [(16, [1, 4]), (10, [0, 1, 11])])
def test_what_no_kept_patch_reads_is_hatched(stride: int, rows: list[int]) -> None:
    fig, axes = run_figures.patches_kept(
        np.zeros((128, 100)), np.zeros((len(rows), 9, 16, 16)), rows, stride
    )
    hatched = [bar for bar in axes[0].patches if bar.get_hatch()]
    read = {band for row in rows for band in range(row * stride, row * stride + 16)}
    assert sum(bar.get_height() for bar in hatched) == 128 - len(read)
    check(fig, [], f"{len(rows)} × 9 patches")
