"""Probes of several runs, and distances of embeddings, on small made-up clips."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from asc_lib.experiment import encoders, probe
from asc_lib.experiment.encoders import pair_distances, probe_clips, probe_runs
from asc_lib.experiment.probe import probe_device
from asc_lib.model.frontend import LogMel
from asc_lib.model.passt import PaSST
from asc_lib.study import load
from tests.report.small_world import bank


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


@pytest.mark.parametrize("together", [3, 1])
def test_runs_are_probed_as_each_would_be_alone(clips, monkeypatch, together):
    def embed(run, clips, bank=None):
        rng = np.random.default_rng([run, len(clips)])
        z = rng.normal(size=(len(clips), 4)).astype(np.float32)
        number = clips["device"].map({"a": 0, "b": 1, "s1": 2}).to_numpy()
        z[np.arange(len(z)), number] += run  # a direction for each device
        return z, clips

    groups = []

    def probe_devices(pairs, *others):
        groups.append(len(pairs) // 2)
        return probe.probe_devices(pairs, *others)

    monkeypatch.setattr(encoders, "embed", embed)
    monkeypatch.setattr(encoders, "probe_devices", probe_devices)
    learn, judge = probe_clips(None, None)
    of_one = 3 * 4 * 4 * (len(learn) + len(judge))
    monkeypatch.setattr(encoders, "PROBED_BYTES", together * of_one)
    found = probe_runs([0, 9, 0], learn, judge, epochs=60, seed=1)
    assert groups == ([2] if together > 1 else [1, 1])
    assert set(found) == {(run, v) for run in (0, 9) for v in ("raw", "standardised")}
    for (run, variant), result in found.items():
        alone = probe_device(
            embed(run, learn)[0], learn["device"], embed(run, judge)[0], judge["device"],
            epochs=60, seed=1, standardise=variant == "standardised",
        )  # fmt: skip
        assert result.balanced_accuracy == pytest.approx(alone.balanced_accuracy)
    assert found[9, "raw"].balanced_accuracy > found[0, "raw"].balanced_accuracy + 0.2


def test_distances_of_all_pairs_before_and_after_the_norm(tmp_path):
    small = replace(bank(), folder=tmp_path)
    torch.manual_seed(0)
    model = PaSST(dim=16, depth=1, heads=2, stride=16, patchout_rows=0, frames=100)
    clips = small.clips.iloc[:7].reset_index(drop=True)
    table = pair_distances(model, small, clips)
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
