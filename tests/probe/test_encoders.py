"""Probes of several runs, and distances of embeddings, on small made-up clips."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from asc_lib.model.frontend import LogMel
from asc_lib.model.passt import PaSST
from asc_lib.probe import encoders
from asc_lib.probe.encoders import pair_distances, probe_clips
from asc_lib.study import load
from tests.small_world import bank


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    rows = [
        (device, side, f"{device}-{side}-{number}")
        for device, count in {"a": 30, "b": 9, "s1": 6, "s4": 9}.items()
        for side in ("train", "validation", "test")
        for number in range(count)
    ]
    table = pd.DataFrame(rows, columns=["device", "side", "filename"])
    monkeypatch.setattr(encoders.prepare, "split_clips", lambda bank, config: table)
    return table


def test_a_probe_learns_from_no_more_of_the_commonest_than_of_the_second(clips):
    learn, judge = probe_clips(None, None)
    assert learn["device"].value_counts().to_dict() == {"a": 9, "b": 9, "s1": 6}
    assert judge["device"].value_counts().to_dict() == {"a": 30, "b": 9, "s1": 6}
    assert set(learn["side"]) == {"train"} and set(judge["side"]) == {"test"}
    assert probe_clips(None, None)[0].equals(learn)


def test_a_probe_is_judged_on_devices_that_it_heard(clips, monkeypatch):
    unheard = clips[(clips["device"] != "s1") | (clips["side"] == "test")]
    monkeypatch.setattr(encoders.prepare, "split_clips", lambda bank, config: unheard)
    learn, judge = probe_clips(None, None)
    assert set(learn["device"]) == set(judge["device"]) == {"a", "b"}


def test_distances_of_all_pairs_before_and_after_the_norm(tmp_path):
    small = replace(bank(), folder=tmp_path)
    torch.manual_seed(0)
    model = PaSST(dim=16, depth=1, heads=2, stride=16, patchout_rows=0, frames=100)
    clips = small.clips.iloc[:7].reset_index(drop=True)
    table = pair_distances(model, small, clips, load("smoke"))
    assert len(table) == 21 and table["same_device"].sum() == 10  # five of device a
    windows = small.windows(
        torch.tensor(clips["start"].to_numpy()), torch.tensor(clips["scale"].to_numpy("float32"))
    )
    with torch.no_grad():
        z = model.eval()(LogMel().eval()(windows))[1]
    np.testing.assert_allclose(table["after_norm"], torch.pdist(z.double()), rtol=1e-4, atol=1e-5)
    # a LayerNorm that has learned nothing leaves unit variance, so no pair is 2 sqrt(dim) apart
    assert table["after_norm"].max() < 2 * 16**0.5
    assert not np.allclose(table["before_norm"], table["after_norm"])
