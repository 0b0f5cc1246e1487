"""Losses that methods add, in a training."""

import math

import numpy as np
import pytest
import torch
from asc_lib.train.step import TrainingState, losses

from asc_lib.model import passt
from asc_lib.model.icl import inverse_contrastive_loss
from asc_lib.study import RunConfig
from asc_lib.train import prepare
from asc_lib.train.batches import Batch, TrainingBatches
from asc_lib.train.training import fit
from tests.train import test_training

small, change = test_training.small, test_training.change  # a run of seconds on noise
CPU = torch.device("cpu")


@pytest.fixture
def batches(small: RunConfig) -> TrainingBatches:
    bank = prepare.open_bank(small, progress=False)
    return TrainingBatches(small, bank, bank.clips[bank.clips["side"] == "train"], None, CPU)


@pytest.mark.parametrize("method", ["adversary", "mmd", "icl_scene"])
def test_a_training_with_it_goes_through_and_is_another(small: RunConfig, method: str) -> None:
    plain = fit(small, progress=False)
    run = fit(change(small, method=method), progress=False)
    history = run.history
    assert ("train_added" in history) == (method != "icl_scene")
    told = history["train_icl" if method == "icl_scene" else "train_added"]
    assert np.isfinite(told).all() and told.abs().min() > 1e-4
    assert np.isfinite(history.to_numpy(float)).all()
    assert not np.allclose(run.predictions["log_p_bus"], plain.predictions["log_p_bus"])
    # what judges the scenes is the network alone: a head stays behind
    assert run.provenance["parameters"] == plain.provenance["parameters"]
    assert run.model().state_dict().keys() == plain.model().state_dict().keys()


def test_the_network_is_pushed_against_the_head(small: RunConfig, batches) -> None:
    """As without the reversal, times -lambda_p; the head as without it."""
    config = change(small, method="adversary")
    state, batch = TrainingState(config, CPU), batches.batch(0)
    state.model.eval()  # no patchout
    found = losses(state.model, batch, config, 0, progress=0.2, head=state.head)
    network, head = [*state.model.parameters()], [*state.head.parameters()]
    given = torch.autograd.grad(found.added, network + head, allow_unused=True)
    _, embedding = state.model(batch.log_mel, None, config.icl_layer)
    each = torch.nn.functional.cross_entropy(state.head(embedding), batch.device, reduction="none")
    present = batch.device.unique()
    by_device = torch.stack([each[batch.device == d].mean() for d in present])
    plain = torch.autograd.grad(by_device.mean(), network + head, allow_unused=True)
    assert len(present) == 2
    for place, (one, other) in enumerate(zip(given, plain, strict=True)):
        if other is None:  # the scene classifier
            assert one is None
            continue
        factor = -math.tanh(5 * 0.2) if place < len(network) else 1
        torch.testing.assert_close(one, factor * other, rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(found.total, found.ce + found.added)


def test_icl_within_scenes_is_icl_of_each_scene(small: RunConfig) -> None:
    model = passt.from_config(small).eval()
    log_mel = torch.randn(9, 128, 100, generator=torch.Generator().manual_seed(0))
    scene = torch.tensor([1, 1, 1, 1, 4, 4, 4, 9, 4])
    device_class = torch.tensor([0, 0, 3, 20, 3, 3, 0, 0, 17])
    batch = Batch(log_mel, scene, device_class, device_class % 14)
    with torch.no_grad():
        _, z = model(log_mel, None, small.icl_layer)
        found = {
            method: losses(model, batch, change(small, method=method), step=10**9)
            for method in ("icl", "icl_scene")
        }
    settings = small.alpha, small.beta, small.icl_weighting
    assert small.icl_weighting == "pairs"
    one, two = (inverse_contrastive_loss(z[scene == s], device_class[scene == s], *settings)
                for s in (1, 4))  # fmt: skip
    # 4 windows each: 12 ordered pairs; scene 9 has none
    torch.testing.assert_close(found["icl_scene"].icl, (one + two) / 2)
    torch.testing.assert_close(
        found["icl"].icl, inverse_contrastive_loss(z, device_class, *settings)
    )
    assert not torch.isclose(found["icl"].icl, found["icl_scene"].icl, rtol=1e-3)
    given = found["icl_scene"]
    torch.testing.assert_close(given.total, given.ce + small.lambda_icl * given.icl)
