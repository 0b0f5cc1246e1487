"""The device probe on embeddings whose device content is known."""

import numpy as np
import pytest
import torch

from asc_lib.probe.probe import ProbeResult, probe_devices

DEVICES = np.array(["a", "b", "c", "s1", "s2", "s3"])


def make(
    clips: int, separation: float, seed: int, share_a: float = 1 / 6
) -> tuple[np.ndarray, np.ndarray]:
    """Noise (clips, 16) that is shifted along one direction a device."""
    rng = np.random.default_rng(seed)
    share = np.array([share_a] + 5 * [(1 - share_a) / 5])
    c = rng.choice(6, size=clips, p=share)
    z = rng.normal(size=(clips, 16)).astype(np.float32)
    z[np.arange(clips), c] += separation
    return z, DEVICES[c]


def probe_device(
    z: np.ndarray, devices: np.ndarray, test_z: np.ndarray, test_devices: np.ndarray,
    epochs: int = 200, seed: int = 0, standardise: bool = False,
) -> ProbeResult:  # fmt: skip
    """One probe alone."""
    return probe_devices([(z, test_z)], devices, test_devices, epochs, seed, [standardise])[0]


def test_devices_far_apart_are_always_told() -> None:
    result = probe_device(*make(1200, 30, 0), *make(600, 30, 1))
    assert result.balanced_accuracy == result.accuracy == 1
    assert result.confusion.to_numpy().trace() == 600
    assert list(result.confusion.index) == list(DEVICES)


def test_noise_is_near_chance() -> None:
    result = probe_device(*make(2400, 0, 0), *make(2400, 0, 1), epochs=30)
    assert result.chance == pytest.approx(1 / 6)
    assert result.balanced_accuracy == pytest.approx(1 / 6, abs=4 * (5 / 36 / 2400) ** 0.5)


def test_the_common_device_gains_nothing_from_being_common() -> None:
    # 73 % device a, as in TAU22: balanced learning must not answer "a" whenever it is unsure
    result = probe_device(*make(6000, 1.5, 0, share_a=0.73), *make(3000, 1.5, 1))
    recalls = result.confusion.to_numpy().diagonal() / result.confusion.sum(axis=1)
    assert recalls["a"] == pytest.approx(recalls.mean(), abs=0.12)
    assert result.balanced_accuracy == pytest.approx(recalls.mean())
    # the unbalanced answer of this problem has a recall of a near one and of the others near .3
    assert recalls.min() > 0.4


def test_it_says_whether_it_converged() -> None:
    data = (*make(600, 1, 0), *make(600, 1, 1))
    short, long = probe_device(*data, epochs=3), probe_device(*data, epochs=500)
    assert not short.converged and short.epochs == 3
    assert long.converged and 3 < long.epochs < 500
    assert long.losses[-1] < short.losses[-1]


def test_standardising_shows_a_device_hidden_in_a_small_direction() -> None:
    z, devices = make(2400, 6, 0)
    test_z, test_devices = make(1200, 6, 1)
    # scenes in eight large directions, devices in eight small ones
    scale = np.where(np.arange(16) < 6, 1e-2, 10).astype(np.float32)
    raw = probe_device(z * scale, devices, test_z * scale, test_devices, epochs=30)
    scaled = probe_device(
        z * scale, devices, test_z * scale, test_devices, epochs=30, standardise=True
    )
    assert scaled.balanced_accuracy > 0.95
    assert raw.balanced_accuracy < 0.6


def reference(
    z: np.ndarray, devices: np.ndarray, test_z: np.ndarray, epochs: int, seed: int, hidden: int = 0
) -> tuple[list[float], torch.Tensor]:
    """The probe as torch's own layers: losses of its epochs, logits of the test clips."""
    c = torch.as_tensor(np.unique(devices, return_inverse=True)[1])
    torch.manual_seed(seed)
    layers = [torch.nn.Linear(16, hidden or 6)]
    if hidden:
        layers += [torch.nn.GELU(), torch.nn.Linear(hidden, 6)]
    probe = torch.nn.Sequential(torch.nn.LayerNorm(16), *layers)
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(probe.parameters())
    weight = len(c) / (6 * torch.bincount(c).float())
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(c), generator=order).split(len(c) // 16):
            each = torch.nn.functional.cross_entropy(
                probe(torch.as_tensor(z)[batch]), c[batch], weight=weight, reduction="none"
            )
            optimiser.zero_grad()
            each.mean().backward()
            optimiser.step()
            total += float(each.detach().sum())
        losses.append(total / len(c))
    return losses, probe(torch.as_tensor(test_z)).detach()


@pytest.mark.parametrize("hidden", [0, 5])
def test_many_probes_at_once_are_each_the_plain_one(hidden: int) -> None:
    data = [make(640, separation, 0) for separation in (0.5, 3, 30)]
    (_, devices), (_, test_devices) = data[0], make(320, 3, 1)
    test_z = make(320, 3, 1)[0]
    # one of them ends early, and what the others learn after that must not reach it
    found = probe_devices(
        [(z, test_z) for z, _ in data], devices, test_devices, 300, 3, 3 * [False], hidden
    )
    assert len({result.epochs for result in found}) > 1
    for (z, _), result in zip(data, found, strict=True):
        losses, logits = reference(z, devices, test_z, result.epochs, 3, hidden)
        np.testing.assert_allclose(result.losses, losses, rtol=1e-4)
        right = DEVICES[logits.argmax(1)] == test_devices
        assert result.accuracy == pytest.approx(right.mean(), abs=0.004)


def test_the_same_seed_gives_the_same_probe_and_leaves_torch_alone() -> None:
    data = (*make(600, 1, 0), *make(600, 1, 1))
    torch.manual_seed(7)
    first = probe_device(*data, epochs=5, seed=1)
    after = torch.rand(1)
    torch.manual_seed(7)
    assert torch.equal(after, torch.rand(1))
    assert probe_device(*data, epochs=5, seed=1).losses == first.losses
    assert probe_device(*data, epochs=5, seed=2).losses != first.losses
