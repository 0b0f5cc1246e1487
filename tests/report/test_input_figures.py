"""Pictures of a run's input show the numbers they were given, and say where they come from."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.data.tau22 import side_counts
from asc_lib.model.augment import MASK_VALUE
from asc_lib.report import input_figures
from tests.report.drawn import words

DATA = "simulated benchmark"


def clips() -> pd.DataFrame:
    rows = [("train", "a", "x")] * 6 + [("train", "a", "y")] * 2 + [("train", "b", "x")] * 2
    rows += [("test", "a", "z"), ("test", "s7", "z")]
    return pd.DataFrame(rows, columns=["side", "device", "location"])


def test_counts_of_each_side_and_device() -> None:
    counts = side_counts(clips()).set_index(["side", "device"])
    assert counts.loc[("train", "a")].tolist() == [8, 2, 0.8]
    assert counts.loc[("train", "s7")].tolist() == [0, 0, 0]
    assert counts.loc[("test", "s7")].tolist() == [1, 1, 0.5]
    assert list(counts.loc["test"].index) == ["a", "b", "s7"]


def test_bars_are_shares_and_carry_clips_and_places() -> None:
    fig, axes = input_figures.clip_counts(side_counts(clips()), DATA)
    assert [ax.get_title() for ax in axes] == ["training side", "test side"]
    assert [bar.get_width() for bar in axes[0].patches] == [80, 20, 0]
    assert [text.get_text() for text in axes[0].texts] == ["8 · 2", "2 · 1", "none"]
    assert DATA in words(fig)


def test_a_window_is_in_decibel_over_seconds() -> None:
    # log power 0 is 0 dB: PaSST's normalisation makes it 0.9
    window = np.full((128, 100), 0.9)
    window[:64] = (np.log(100) + 4.5) / 5
    change = np.tile(np.linspace(-3, 3, 128)[:, None], 100)
    fig, axes = input_figures.augmented_window({"clean": window, "masked": window}, change, DATA)
    shown = axes[1].images[0]
    np.testing.assert_allclose(shown.get_array()[[0, 127], 0], [20, 0], atol=1e-9)
    assert shown.get_extent()[1] == pytest.approx(1)
    np.testing.assert_allclose(axes[2].lines[0].get_xdata(), change[:, 0])
    assert DATA in words(fig)


def test_a_batch_stands_above_and_below() -> None:
    before = np.random.default_rng(0).normal(size=(2, 128, 100))
    after = before.copy()
    after[:, :10] = MASK_VALUE
    fig, axes = input_figures.batch_windows(
        before, after, ["bus, A", "tram, B"], ["A", "B x M"], DATA
    )
    assert axes.shape == (2, 2)
    np.testing.assert_allclose(axes[1, 0].images[0].get_array()[:10], 0, atol=1e-5)
    # the colours are those of the windows before: masks do not stretch them
    assert axes[0, 0].images[0].get_clim() == axes[1, 1].images[0].get_clim()
    assert {DATA, "bus, A", "B x M"} <= set(words(fig).splitlines()) | {DATA}
    assert DATA in words(fig)
