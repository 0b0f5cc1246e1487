"""How much of the recording device is left in an embedding: the device probe of Table 2.

Task: embeddings of clips come from an encoder that is not trained any further; a small classifier,
the probe, learns to tell the recording device from them. The lower its accuracy, the more
invariant the embedding (Schmidt and Peters, Sec. 5.4).

As in the paper: a probe with the capacity of the scene classifier (here PaSST's head: LayerNorm and
one linear layer), default Adam, balanced cross-entropy, until convergence; the six devices of the
training; an accuracy in which each device counts the same, so that chance is 1/6.

Not stated there, and decided here: the probe learns from clips of the training side and is judged
on clips of the test side, so that neither places nor moments are shared; balance comes from the
weights of the loss when learning, and from averaging over devices when judging.

What a probe says depends on the scale of what it reads: directions in which embeddings hardly vary
may tell the device, yet be learned too slowly to show. `standardise` brings every dimension to mean
0 and standard deviation 1 first, and should be read beside the paper's raw variant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from torch import nn

from asc_lib.inputs import InputError

BATCH = 256
# converged: not so much (nats) gained in so many epochs
PATIENCE, GAIN = 10, 1e-3


@dataclass(frozen=True)
class ProbeResult:
    """What a probe could tell; accuracies 0 to 1.

    `balanced_accuracy` is Table 2's number: the mean over devices of the share of a device's test
    clips that were recognised. `confusion` counts test clips (true device, predicted device);
    `losses` is the mean balanced cross-entropy of each epoch, in nats.
    """

    accuracy: float
    balanced_accuracy: float
    confusion: pd.DataFrame
    losses: list[float]
    converged: bool

    @property
    def epochs(self) -> int:
        """How many epochs were used."""
        return len(self.losses)

    @property
    def chance(self) -> float:
        """The balanced accuracy of guessing: one in the number of devices."""
        return 1 / len(self.confusion)


def probe_device(
    train_embeddings: np.ndarray,
    train_devices: np.ndarray,
    test_embeddings: np.ndarray,
    test_devices: np.ndarray,
    epochs: int = 200,
    seed: int = 0,
    standardise: bool = False,
) -> ProbeResult:
    """Train a device probe on one set of embeddings and judge it on another.

    Args:
        train_embeddings: (clips, dim), finite.
        train_devices: (clips,) names of the devices, in any balance.
        test_embeddings: (test clips, dim), finite; from other locations.
        test_devices: (test clips,) names, all of them among `train_devices`.
        epochs: most epochs; training stops before when `PATIENCE` epochs did not lower the lowest
            loss by `GAIN`.
        seed: of the probe's initial weights and the order of clips.
        standardise: whether to scale each dimension with the training clips' mean and deviation.

    Raises:
        InputError: shapes do not fit, embeddings are not finite, fewer than two devices, or a test
            device that the probe never saw.
    """
    pair = (train_embeddings, test_embeddings)
    return probe_devices([pair], train_devices, test_devices, epochs, seed, [standardise])[0]


def probe_devices(
    embeddings: Sequence[tuple[np.ndarray, np.ndarray]],
    train_devices: np.ndarray,
    test_devices: np.ndarray,
    epochs: int,
    seed: int,
    standardise: Sequence[bool],
) -> list[ProbeResult]:
    """Device probes on several encoders' embeddings of the same clips, as `probe_device` each.

    They learn side by side in one stack of networks, none hearing of the others: so small a
    network costs the same alone.

    Args:
        embeddings: for each probe (clips, dim) to learn from and (test clips, dim), one dim.
        standardise: for each probe.

    Raises:
        InputError: as `probe_device`.
    """
    learn, judge = [], []
    for (train, test), scaled in zip(embeddings, standardise, strict=True):
        _check(train, train_devices, test, test_devices)
        mean, deviation = train.mean(axis=0), train.std(axis=0)
        if scaled:
            deviation = np.where(deviation > 0, deviation, 1)
            train, test = (train - mean) / deviation, (test - mean) / deviation
        learn.append(torch.as_tensor(np.ascontiguousarray(train), dtype=torch.float32))
        judge.append(torch.as_tensor(np.ascontiguousarray(test), dtype=torch.float32))
    known, c = np.unique(np.asarray(train_devices, dtype=str), return_inverse=True)
    # threads that wait for each other make so small a network up to thirty times slower
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        probes, losses, converged = _train(torch.stack(learn), torch.as_tensor(c), epochs, seed)
        with torch.inference_mode():
            guesses = known[probes(_normalised(torch.stack(judge))).argmax(dim=2).numpy()]
    finally:
        torch.set_num_threads(threads)
    true = np.asarray(test_devices, dtype=str)
    return [
        ProbeResult(
            accuracy=float(accuracy_score(true, guess)),
            balanced_accuracy=float(balanced_accuracy_score(true, guess)),
            confusion=pd.crosstab(true, guess)
            .reindex(index=known, columns=known, fill_value=0)
            .rename_axis(index="true", columns="predicted"),
            losses=of_probe,
            converged=done,
        )
        for guess, of_probe, done in zip(guesses, losses, converged, strict=True)
    ]


class _Probes(nn.Module):
    """Several probes: a LayerNorm (scale and shift, see `_normalised`) and a linear layer each."""

    def __init__(self, probes: int, dim: int, devices: int) -> None:
        super().__init__()
        alike = nn.Linear(dim, devices)
        self.scale = nn.Parameter(torch.ones(probes, 1, dim))
        self.shift = nn.Parameter(torch.zeros(probes, 1, dim))
        self.weight = nn.Parameter(alike.weight.detach().T.repeat(probes, 1, 1))
        self.bias = nn.Parameter(alike.bias.detach().repeat(probes, 1, 1))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Normalised (probes, clips, dim) to logits (probes, clips, devices)."""
        return torch.baddbmm(self.bias, z * self.scale + self.shift, self.weight)


def _normalised(z: torch.Tensor) -> torch.Tensor:
    return nn.functional.layer_norm(z, z.shape[-1:])


def _train(
    z: torch.Tensor, c: torch.Tensor, epochs: int, seed: int
) -> tuple[_Probes, list[list[float]], list[bool]]:
    """Probes on (probes, clips, dim), each with the weights of the epoch that it ended in."""
    count, clips, dim = z.shape
    devices = int(c.max()) + 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        probes = _Probes(count, dim, devices)
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(probes.parameters(), fused=True)
    # each device weighs the same, a clip 1 on average
    weight = clips / (devices * torch.bincount(c).float())
    # an epoch of a few hundred clips should have more than a step, too
    size = min(BATCH, max(16, clips // 16))
    z = _normalised(z)
    losses: list[list[float]] = [[] for _ in range(count)]
    ended: dict[int, dict[str, torch.Tensor]] = {}
    while len(ended) < count and max(map(len, losses)) < epochs:
        total = torch.zeros(count)
        for batch in torch.randperm(clips, generator=order).split(size):
            logits, true = probes(z[:, batch]).flatten(0, 1), c[batch].repeat(count)
            each = nn.functional.cross_entropy(logits, true, weight=weight, reduction="none")
            # divided by the clips, not by their weights: a rare device then weighs the same in
            # each batch, whatever else is in it
            of_probe = each.view(count, -1)
            optimiser.zero_grad(set_to_none=True)
            of_probe.mean(1).sum().backward()
            optimiser.step()
            total += of_probe.detach().sum(1)
        for probe in range(count):
            if probe in ended:
                continue
            losses[probe].append(float(total[probe]) / clips)
            if _converged(losses[probe]):
                ended[probe] = {k: v[probe].clone() for k, v in probes.state_dict().items()}
    state = probes.state_dict()
    for probe, weights in ended.items():
        for name, tensor in weights.items():
            state[name][probe] = tensor
    return probes, losses, [probe in ended for probe in range(count)]


def _converged(losses: list[float]) -> bool:
    return len(losses) > PATIENCE and min(losses[-PATIENCE:]) > min(losses[:-PATIENCE]) - GAIN


def _check(
    train_embeddings: np.ndarray,
    train_devices: np.ndarray,
    test_embeddings: np.ndarray,
    test_devices: np.ndarray,
) -> None:
    for side, z, devices in (
        ("train", train_embeddings, train_devices),
        ("test", test_embeddings, test_devices),
    ):
        if z.ndim != 2 or len(z) != len(devices) or not len(z):
            raise InputError(
                f"{side}_embeddings: shape {z.shape} for {len(devices)} devices; "
                "give (clips, dim) and one device a clip"
            )
        if not np.isfinite(z).all():
            raise InputError(f"{side}_embeddings: not finite; train the encoder again")
    if train_embeddings.shape[1] != test_embeddings.shape[1]:
        raise InputError(
            f"test_embeddings: {test_embeddings.shape[1]} dimensions, "
            f"train_embeddings have {train_embeddings.shape[1]}; use one encoder for both"
        )
    if len(set(train_devices)) < 2:
        raise InputError("train_devices: a probe needs clips of two devices or more")
    unseen = sorted(set(test_devices) - set(train_devices))
    if unseen:
        raise InputError(
            f"test_devices: {', '.join(unseen)} not among the training devices; leave them out"
        )
