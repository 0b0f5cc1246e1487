"""Losses that methods add, in a training."""

import numpy as np
import pytest
import torch

from asc_lib.model.icl import inverse_contrastive_loss
from asc_lib.study import RunConfig
from asc_lib.train.batches import Batch
from asc_lib.train.training import TrainingState, fit, losses
from tests.train import test_training

small, change = test_training.small, test_training.change  # a run of seconds on noise
CPU = torch.device("cpu")


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


def test_icl_within_scenes_is_icl_of_each_scene(small: RunConfig) -> None:
    log_mel = torch.randn(9, 128, 100, generator=torch.Generator().manual_seed(0))
    scene = torch.tensor([1, 1, 1, 1, 4, 4, 4, 9, 4])
    device_class = torch.tensor([0, 0, 3, 20, 3, 3, 0, 0, 17])
    batch = Batch(log_mel, scene, device_class, device_class % 14)
    found = {}
    for method in ("icl", "icl_scene"):
        state = TrainingState(change(small, method=method), CPU)
        with torch.no_grad():
            _, z = state.model.eval()(log_mel, None, small.icl_layer)
            found[method] = losses(state, batch)
    settings = small.alpha, small.beta, small.icl_weighting
    one, two = (inverse_contrastive_loss(z[scene == s], device_class[scene == s], *settings)
                for s in (1, 4))  # fmt: skip
    total, (ce, icl, _) = found["icl_scene"]
    # 4 windows each: 12 ordered pairs; scene 9 has none
    torch.testing.assert_close(icl, (one + two) / 2)
    torch.testing.assert_close(total, ce + small.lambda_icl * icl)
    whole = inverse_contrastive_loss(z, device_class, *settings)
    torch.testing.assert_close(found["icl"][1][1], whole)
