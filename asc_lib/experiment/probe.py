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
    _check(train_embeddings, train_devices, test_embeddings, test_devices)
    known, c = np.unique(np.asarray(train_devices, dtype=str), return_inverse=True)
    if standardise:
        mean, deviation = train_embeddings.mean(axis=0), train_embeddings.std(axis=0)
        deviation = np.where(deviation > 0, deviation, 1)
        train_embeddings = (train_embeddings - mean) / deviation
        test_embeddings = (test_embeddings - mean) / deviation
    z = torch.as_tensor(np.ascontiguousarray(train_embeddings), dtype=torch.float32)
    # threads that wait for each other make so small a network up to thirty times slower
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        probe, losses, converged = _train(z, torch.as_tensor(c), epochs, seed)
    finally:
        torch.set_num_threads(threads)

    with torch.inference_mode():
        logits = probe(torch.as_tensor(np.ascontiguousarray(test_embeddings), dtype=torch.float32))
    guess, true = known[logits.argmax(dim=1).numpy()], np.asarray(test_devices, dtype=str)
    counts = pd.crosstab(true, guess).reindex(index=known, columns=known, fill_value=0)
    return ProbeResult(
        accuracy=float(accuracy_score(true, guess)),
        balanced_accuracy=float(balanced_accuracy_score(true, guess)),
        confusion=counts.rename_axis(index="true", columns="predicted"),
        losses=losses,
        converged=converged,
    )


def _train(
    z: torch.Tensor, c: torch.Tensor, epochs: int, seed: int
) -> tuple[nn.Module, list[float], bool]:
    devices = int(c.max()) + 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        probe = nn.Sequential(nn.LayerNorm(z.shape[1]), nn.Linear(z.shape[1], devices))
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(probe.parameters())
    # each device weighs the same, a clip 1 on average
    weight = len(c) / (devices * torch.bincount(c).float())
    # an epoch of a few hundred clips should have more than a step, too
    size = min(BATCH, max(16, len(c) // 16))
    losses: list[float] = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(c), generator=order).split(size):
            # divided by the clips, not by their weights: a rare device then weighs the same in
            # each batch, whatever else is in it
            each = nn.functional.cross_entropy(
                probe(z[batch]), c[batch], weight=weight, reduction="none"
            )
            optimiser.zero_grad(set_to_none=True)
            each.mean().backward()
            optimiser.step()
            total += each.detach().sum().item()
        losses.append(total / len(c))
        if len(losses) > PATIENCE and min(losses[-PATIENCE:]) > min(losses[:-PATIENCE]) - GAIN:
            return probe, losses, True
    return probe, losses, False


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
