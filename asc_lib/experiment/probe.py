"""How much of the recording device is left in an embedding: the device probe of Table 2.

A small classifier, the probe, learns to tell the recording device from embeddings of an encoder
that is not trained any further: the lower its accuracy, the more invariant the embedding.

As in the paper (Sec. 5.4): a probe with the capacity of the scene classifier (here PaSST's head:
LayerNorm and one linear layer), default Adam, balanced cross-entropy, until convergence; the six
devices of the training; an accuracy in which each device counts the same, so that chance is 1/6.

Decided here: the probe learns from the training side and is judged on the test side, so that
neither places nor moments are shared; balance comes from the weights of the loss when learning.
Directions in which embeddings hardly vary may be learned too slowly to show: `standardise` brings
every dimension to mean 0 and standard deviation 1, and should be read beside the raw variant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from asc_lib.experiment import probe_stack


@dataclass(frozen=True)
class ProbeResult:
    """What a probe could tell; accuracies 0 to 1.

    `balanced_accuracy` is Table 2's number: the mean over devices of the share of a device's test
    clips that were recognised. `confusion` counts test clips (true, predicted); `losses` is the
    mean balanced cross-entropy of each epoch, nats; `predicted` the device named for each clip.
    """

    accuracy: float
    balanced_accuracy: float
    confusion: pd.DataFrame
    losses: list[float]
    converged: bool
    predicted: np.ndarray

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
    """A device probe trained on embeddings (clips, dim) and judged on others, of other locations.

    Devices are names, those judged all among those learnt. At most `epochs`; see
    `probe_stack.train`. `standardise`: each dimension by the training clips' mean and deviation.
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
    hidden: int = 0,
) -> list[ProbeResult]:
    """Device probes on several encoders' embeddings of the same clips, as `probe_device` each.

    They learn side by side in one stack of networks: so small a network costs the same alone.

    Args:
        embeddings: for each probe (clips, dim) to learn from and (test clips, dim), one dim.
        train_devices: (clips,), or (probes, clips) where each probe has labels of its own, such as
            shuffled ones; the same devices for each.
        hidden: units of a layer in between; 0: none, the paper's linear probe.
    """
    learn, judge = [], []
    labels = np.asarray(train_devices, dtype=str)
    labels = np.broadcast_to(labels, (len(embeddings), labels.shape[-1]))
    for (train, test), scaled in zip(embeddings, standardise, strict=True):
        if scaled:
            train, test = standardised(train, test)
        learn.append(torch.as_tensor(np.ascontiguousarray(train), dtype=torch.float32))
        judge.append(torch.as_tensor(np.ascontiguousarray(test), dtype=torch.float32))
    known, c = np.unique(labels, return_inverse=True)
    # threads that wait for each other make so small a network up to thirty times slower
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        trained = probe_stack.train(
            torch.stack(learn), torch.as_tensor(c.reshape(labels.shape)), epochs, seed, hidden
        )
        guesses = known[trained.predicted(torch.stack(judge)).numpy()]
    finally:
        torch.set_num_threads(threads)
    return [
        judged(test_devices, guess, known, of_probe, done)
        for guess, of_probe, done in zip(guesses, trained.losses, trained.converged, strict=True)
    ]


def standardised(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both (clips, dim), each dimension scaled with the mean and deviation of `train`."""
    deviation = train.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1)
    return tuple((z - train.mean(axis=0)) / deviation for z in (train, test))


def judged(
    true: np.ndarray,
    predicted: np.ndarray,
    known: np.ndarray,
    losses: list[float],
    converged: bool,
) -> ProbeResult:
    """What a probe could tell, from the device that it named for each test clip.

    `known`: all devices that it could have named, in order.
    """
    true = np.asarray(true, dtype=str)
    right = pd.Series(true == predicted)
    return ProbeResult(
        accuracy=float(right.mean()),
        balanced_accuracy=float(right.groupby(true).mean().mean()),
        confusion=pd.crosstab(true, predicted)
        .reindex(index=known, columns=known, fill_value=0)
        .rename_axis(index="true", columns="predicted"),
        losses=losses,
        converged=converged,
        predicted=predicted,
    )
