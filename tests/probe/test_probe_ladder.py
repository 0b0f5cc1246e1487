"""The ladder of probes on embeddings whose device content is known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from asc_lib.probe import encoders
from asc_lib.probe.ladder import climb, ladder_clips, nearest, shuffled_devices
from tests.probe.test_probe import make


def test_clips_are_capped_and_keep_unseen_devices(monkeypatch):
    rows = [
        (device, side, f"{device}-{side}-{number}")
        for number in range(9)
        for side in ("train", "test")
        for device in ("a", "b", "s4")
    ]
    table = pd.DataFrame(rows, columns=["device", "side", "filename"])
    monkeypatch.setattr(encoders.prepare, "split_clips", lambda bank, config: table)
    learn, judge = ladder_clips(None, None, learn_most=4, judge_most=6)
    assert learn["device"].value_counts().to_dict() == {"a": 4, "b": 4}
    assert judge["device"].value_counts().to_dict() == {"a": 6, "b": 6, "s4": 6}
    assert set(learn["side"]) == {"train"} and set(judge["side"]) == {"test"}
    # uncapped, the test side keeps its order, in which its pictures are kept on disk
    whole = ladder_clips(None, None)[1]["filename"]
    assert list(whole) == list(table.loc[table["side"] == "test", "filename"])


def test_neighbours_are_balanced_and_scikit_learns():
    (z, learn), (test_z, judge) = make(900, 2, 0, share_a=0.7), make(600, 2, 1)
    found = nearest((z, test_z), learn, judge)
    recalls = found.confusion.to_numpy().diagonal() / found.confusion.sum(axis=1)
    assert recalls["a"] == pytest.approx(recalls.mean(), abs=0.15)
    # in a reference set that is balanced already, nothing is left out
    each = [np.flatnonzero(learn == device)[:40] for device in np.unique(learn)]
    z, learn = z[np.concatenate(each)], learn[np.concatenate(each)]
    scale = StandardScaler().fit(z)
    plain = KNeighborsClassifier(11, weights="distance").fit(scale.transform(z), learn)
    expected = plain.predict(scale.transform(test_z))
    assert (nearest((z, test_z), learn, judge).predicted == expected).mean() > 0.995


def test_shuffled_devices_keep_their_number_and_tell_nothing():
    (z, learn), (test_z, judge) = make(1200, 9, 0, share_a=0.5), make(900, 9, 1)
    shuffled = shuffled_devices(learn, 8)
    for row in shuffled:
        assert sorted(row) == sorted(learn)
    pairs = {("shuffled", n): (z, test_z) for n in range(8)}
    found = climb(pairs, shuffled, judge, 20, ["linear_standardised"])
    told = [r.balanced_accuracy for r in found.values()]
    assert len(set(told)) > 1  # each has learned labels of its own
    assert np.mean(told) == pytest.approx(1 / 6, abs=0.15)
    right = climb({("x", 0): (z, test_z)}, learn, judge, 20, ["linear_standardised"])
    assert right["x", "linear_standardised", 0].balanced_accuracy > 0.95
