"""The sandbox: the same settings give the same bytes, and every setting does what it says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from asc_lib.files import InputError
from asc_lib.icl import sandbox
from asc_lib.icl.sandbox import SEEN, Settings, train
from asc_lib.model.icl import inverse_contrastive_loss


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "STEPS", 60)
    train.cache_clear()
    yield
    train.cache_clear()


def test_the_same_settings_give_the_same_bytes():
    first = train(Settings(lambda_icl=0.5, augmented=0.3))
    train.cache_clear()
    torch.manual_seed(5)  # whatever was drawn elsewhere
    np.random.seed(5)
    threads = torch.get_num_threads()
    second = train(Settings(lambda_icl=0.5, augmented=0.3))
    assert first is not second
    for name in ("z", "test_z", "device_class"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes(), name
    for name in ("seen", "unseen", "probe"):
        assert getattr(first, name) == getattr(second, name)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    "change",
    [
        {"alpha": 1.0}, {"beta": 0.5}, {"lambda_icl": 3.0}, {"share_a": 0.4}, {"augmented": 0.5},
        {"weighting": "balanced"}, {"hidden": True}, {"warmup_steps": 50}, {"scenes": 3},
        {"seed": 1},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_every_setting_matters(change):
    base = Settings(lambda_icl=0.5)
    assert train(base).test_z.tobytes() != train(replace(base, **change)).test_z.tobytes()


@pytest.mark.parametrize("weighting", ["pairs", "balanced"])
def test_the_force_field_is_the_losss_gradient(weighting):
    trained = train(Settings(lambda_icl=0.5, augmented=0.3, weighting=weighting))
    at = np.array([[0.3, -0.4], [1.0, 1.0], [-0.2, 0.1]])
    for device in SEEN:
        field = trained.force(at, device)
        for point, force in zip(at, field, strict=True):
            z = torch.tensor(np.vstack([trained.z, point]), requires_grad=True)
            c = torch.from_numpy(np.append(trained.device_class, SEEN.index(device)))
            loss = inverse_contrastive_loss(z, c, 0.2, 1.0, weighting)
            gradient = -torch.autograd.grad(loss, z)[0][-1].numpy()
            if weighting == "pairs":
                np.testing.assert_allclose(force, len(z) / 2 * gradient, rtol=1e-9)
            unit = gradient / np.linalg.norm(gradient)
            np.testing.assert_allclose(force / np.linalg.norm(force), unit, rtol=1e-6, atol=1e-9)


def test_accuracies_are_those_of_what_is_drawn():
    trained = train(Settings(lambda_icl=0.1, scenes=3))
    winner = trained.scenes.scores(trained.test_z).argmax(axis=1)
    right = winner == trained.test.scene
    for name, devices in (("seen", "abc"), ("unseen", "uvw")):
        each = [right[trained.test.device == device].mean() for device in devices]
        assert getattr(trained, name) == pytest.approx(np.mean(each))
    known = np.isin(trained.test.device, SEEN)
    named = np.array(SEEN)[trained.devices.scores(trained.test_z[known]).argmax(axis=1)]
    assert trained.probe == pytest.approx((named == trained.test.device[known]).mean())


def test_attraction_shrinks_the_embedding(monkeypatch):
    monkeypatch.setattr(sandbox, "STEPS", 300)
    spread = [train(Settings(lambda_icl=weight)).spread for weight in (0.0, 0.1, 10.0)]
    assert spread == sorted(spread, reverse=True) and spread[2] < spread[0] / 3


def test_impossible_parameters_are_told():
    with pytest.raises(InputError, match=r"beta 0\.01"):
        train(Settings(alpha=1.0, beta=0.01, lambda_icl=1.0))
