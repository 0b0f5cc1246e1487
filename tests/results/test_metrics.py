"""Metrics against scikit-learn and closed forms."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss

from asc_lib.data.tau22 import SCENES
from asc_lib.files import InputError
from asc_lib.results import metrics

DEVICES = ["a", "b", "c", "s1", "s2", "s3", "s4", "s5", "s6"]


def make(clips: int = 900, locations: int = 30, seed: int = 0) -> pd.DataFrame:
    """Predictions of a classifier that is right a little more often than not."""
    rng = np.random.default_rng(seed)
    scene = rng.integers(0, 10, clips)
    logits = rng.normal(size=(clips, 10))
    logits[np.arange(clips), scene] += 1.5
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    table = pd.DataFrame(log_p, columns=metrics.LOG_P)
    table["filename"] = [f"audio/{n}.wav" for n in range(clips)]
    table["scene"] = np.array(SCENES)[scene]
    table["device"] = np.array(DEVICES)[np.arange(clips) % 9]
    table["location"] = [f"place-{n}" for n in rng.integers(0, locations, clips)]
    return table


def test_equal_to_scikit_learn_for_each_device() -> None:
    predictions = make()
    table = metrics.log_loss_by_device(predictions)
    assert list(table.index) == DEVICES
    for device, rows in predictions.groupby("device"):
        p = np.exp(rows[metrics.LOG_P].to_numpy())
        guess = np.array(SCENES)[p.argmax(axis=1)]
        assert table.loc[device, "log_loss"] == pytest.approx(
            log_loss(rows["scene"], p, labels=SCENES), abs=1e-12
        )
        assert table.loc[device, "accuracy"] == accuracy_score(rows["scene"], guess)
        assert table.loc[device, "clips"] == len(rows)


def test_families_and_overall_count_each_device_the_same() -> None:
    # device a has most clips, as in TAU22: it must not weigh more than another
    predictions = make().query("device == 'a' or filename.str.contains('1')")
    by_device = metrics.log_loss_by_device(predictions)["log_loss"]
    by_family = metrics.log_loss_by_family(predictions)["log_loss"]
    assert by_family["real"] == pytest.approx(
        (by_device["a"] + by_device["b"] + by_device["c"]) / 3
    )
    assert by_family["unseen"] == pytest.approx(by_device[["s4", "s5", "s6"]].sum() / 3)
    assert metrics.overall(predictions) == pytest.approx(by_device.sum() / 9)


def test_further_devices_are_a_family_beside_the_paper_s_overall() -> None:
    predictions = make()
    more = make(clips=500, seed=1)
    more["filename"] = "further/" + more["filename"]
    more["device"] = np.array(["s7", "s8", "s9", "s10", "s11"])[np.arange(500) % 5]
    more[metrics.LOG_P] = np.log(0.1)
    both = pd.concat([predictions, more])
    row, without = metrics.table_row([both]), metrics.table_row([predictions])
    pd.testing.assert_series_equal(row[without.index], without)
    assert list(row.index.drop(without.index)) == ["s7", "s8", "s9", "s10", "s11", "further"]
    assert row["further"] == pytest.approx(np.log(10))
    assert metrics.overall(both) == pytest.approx(metrics.overall(predictions))
    families = metrics.log_loss_by_family(both)["log_loss"]
    assert list(families.index) == ["real", "simulated", "unseen", "further"]
    assert families["further"] == pytest.approx(np.log(10))


def test_table_row_has_table_3_columns_and_means_over_seeds() -> None:
    runs = [make(seed=1), make(seed=1)]
    runs[1][metrics.LOG_P] = np.log(0.1)
    row = metrics.table_row(runs)
    families = (*DEVICES[:3], "real", *DEVICES[3:6], "simulated", *DEVICES[6:], "unseen")
    assert list(row.index) == [*families, "overall"]
    assert row["overall"] == pytest.approx((metrics.overall(runs[0]) + np.log(10)) / 2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: p.iloc[:0], "no clip"),
        (lambda p: pd.concat([p, p]), "more than once"),
        (lambda p: p.assign(log_p_bus=np.nan), r"audio/0\.wav do not sum to one .900 of 900"),
        (lambda p: p.assign(log_p_bus=0.0), "do not sum to one"),
    ],
)
def test_what_is_wrong_is_said_in_the_users_words(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        metrics.log_loss_by_device(spoil(make()))
