"""Temperature scaling against torch's LBFGS, scikit-learn and networks of known temperature."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import log_loss

from asc_lib.data.tau22 import SCENES
from asc_lib.results import metrics, temperature


def calibrated_then_heated(true_temperature: float, clips: int, seed: int = 0) -> pd.DataFrame:
    """Scenes drawn from a network's own probabilities, its logits then times the temperature."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (clips, 10))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scene = (rng.random((clips, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, 9)
    hot = logits * true_temperature
    hot -= np.log(np.exp(hot).sum(axis=1, keepdims=True))
    table = pd.DataFrame(hot, columns=metrics.LOG_P)
    device = np.array(["a", "a", "a", "a", "b", "s1"])[np.arange(clips) % 6]
    return table.assign(
        filename=[f"{n}" for n in range(clips)], scene=np.array(SCENES)[scene], device=device,
        location="place",
    )  # fmt: skip


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found(true: float) -> None:
    fitted = temperature.fit_temperature(calibrated_then_heated(true, 30_000))
    assert fitted == pytest.approx(true, rel=0.03)


def test_equal_to_torch_with_the_devices_weighted_alike() -> None:
    predictions = calibrated_then_heated(2.0, 600)
    predictions.loc[predictions["device"] == "b", metrics.LOG_P] *= 0.2  # one needs another
    log_p = torch.tensor(predictions[metrics.LOG_P].to_numpy()).log_softmax(1)
    predictions[metrics.LOG_P] = log_p.numpy()
    true = torch.tensor(pd.Categorical(predictions["scene"], categories=SCENES).codes.astype(int))
    inverse = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([inverse], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        losses = torch.nn.functional.cross_entropy(log_p * inverse, true, reduction="none")
        devices = predictions["device"].to_numpy()
        loss = torch.stack([losses[devices == d].mean() for d in ("a", "b", "s1")]).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    fitted = temperature.fit_temperature(predictions)
    assert fitted == pytest.approx(1 / inverse.item(), rel=1e-4)
    # and no temperature beside it is better by the reported measure
    at = [
        metrics.overall(temperature.scaled(predictions, t))
        for t in (0.98 * fitted, fitted, 1.02 * fitted)
    ]
    assert at[1] < min(at[0], at[2])


def test_scaled_log_loss_is_scikit_learns_and_accuracy_stays() -> None:
    predictions = calibrated_then_heated(2.0, 900).assign(device="a")
    cooled = temperature.scaled(predictions, 2.0)
    p = np.exp(predictions[metrics.LOG_P].to_numpy() / 2)
    p /= p.sum(axis=1, keepdims=True)
    expected = log_loss(predictions["scene"], p, labels=SCENES)
    assert metrics.overall(cooled) == pytest.approx(expected, abs=1e-9)
    assert metrics.overall(cooled) < metrics.overall(predictions)
    assert metrics.overall(cooled, "accuracy") == metrics.overall(predictions, "accuracy")
    same = temperature.scaled(predictions, 1.0)
    np.testing.assert_allclose(same[metrics.LOG_P], predictions[metrics.LOG_P], atol=1e-12)


def test_the_fit_sees_validation_and_the_clean_choice_only() -> None:
    parts = {
        ("clean", "validation"): 2.0,
        ("clean", "test"): 0.5,
        ("paper", "validation"): 4.0,
        ("paper", "test"): 4.0,
    }
    made = {
        (choice, side): calibrated_then_heated(t, 6000).assign(choice=choice, side=side)
        for (choice, side), t in parts.items()
    }
    fitted, test = temperature.calibrated(pd.concat(made.values()))
    assert fitted == pytest.approx(2.0, rel=0.05)
    expected = temperature.scaled(made["clean", "test"], fitted)
    pd.testing.assert_frame_equal(test, expected)


def test_a_network_that_is_always_right_or_never_stays_within_the_bounds() -> None:
    predictions = calibrated_then_heated(1.0, 300)
    best = np.array(SCENES)[predictions[metrics.LOG_P].to_numpy().argmax(axis=1)]
    worst = np.array(SCENES)[predictions[metrics.LOG_P].to_numpy().argmin(axis=1)]
    always = temperature.fit_temperature(predictions.assign(scene=best))
    never = temperature.fit_temperature(predictions.assign(scene=worst))
    assert always == pytest.approx(temperature.LOWEST, rel=0.01)
    assert never == pytest.approx(temperature.HIGHEST, rel=0.01)
