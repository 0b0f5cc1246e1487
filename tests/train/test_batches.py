"""Which clips a batch holds, and how they are heard."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from asc_lib.study import RunConfig
from asc_lib.train.batches import TrainingBatches, balanced_order


@pytest.mark.parametrize("counts", [(70, 6, 6, 6, 6, 6), (70, 6, 1), (5,), (1, 1, 1), (3, 90)])
def test_a_balanced_order_holds_each_device_as_often(counts: tuple[int, ...]) -> None:
    device = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)) * 2, counts))
    odd = []
    for epoch in range(20):
        order = balanced_order(device, np.random.default_rng([1, epoch]))
        assert len(order) == len(device) and order.dtype == np.int64
        heard = [int((device[order] == known).sum()) for known in np.unique(device)]
        assert max(heard) - min(heard) <= 1
        times = np.bincount(order, minlength=len(device))
        for known in np.unique(device):
            own = times[device == known]
            assert own.max() - own.min() <= 1  # all come before any comes once more
        odd.append(tuple(np.flatnonzero(np.array(heard) == max(heard))))
    if len(device) % len(counts):
        assert len(set(odd)) > 1  # no device always gets the odd clip


def batches(**changed: object) -> TrainingBatches:
    """Of 40 clips of two devices, ten of each recording, and two DIRs, one louder by 20 dB."""
    rng = np.random.default_rng(0)
    names = ["recording", "device", "scene"]
    rows = [(f"r{n // 10}", "ab"[n // 10 % 2], "bus") for n in range(40)]
    clips = pd.DataFrame(rows, columns=names)
    clips = clips.assign(stretch_start=0, stretch_samples=64_000, scale=1.0)
    samples = torch.from_numpy(rng.normal(0, 3000, 64_000).astype(np.int16))
    cut = lambda starts, scales: torch.stack([samples[s : s + 32_000] for s in starts]) / 2**15  # noqa: E731
    responses = np.zeros((2, 64), np.float32)
    responses[:, 0] = 1, 10
    config = RunConfig(study="smoke", method="multi", dir_probability=1, batch_size=4, **changed)
    bank, dirs = SimpleNamespace(windows=cut), SimpleNamespace(responses=responses)
    return TrainingBatches(config, bank, clips, dirs, torch.device("cpu"))


def test_what_the_paper_leaves_open_can_be_chosen() -> None:
    own, device = batches(), batches().device
    assert own.steps_per_epoch == 10 and (own.draw(0).dirs >= 0).all()
    assert sorted(own.order(0).tolist()) == list(range(40))
    of_a = batches(dir_devices="a")
    for step in range(10):
        drawn = of_a.draw(step)
        assert ((drawn.dirs >= 0) == (device[drawn.rows] == 0)).all()
    recordings = batches(epoch_windows="recording")
    assert recordings.steps_per_epoch == 1
    first, second = (recordings.order(epoch).tolist() for epoch in (0, 1))
    assert sorted(row // 10 for row in first) == [0, 1, 2, 3] and first != second
    assert torch.equal(own.responses[0], own.responses[1])
    assert batches(dir_level="as_measured").responses[1, 0] == 10
    assert own.batch(0).log_mel.shape == (4, 128, 100)
    assert batches(hop=480).batch(0).log_mel.shape == (4, 128, 67)
    assert not torch.equal(own.batch(0).log_mel, batches(mel_high_hz=15_750).batch(0).log_mel)
