"""How much of the recording device is left in an embedding: the device probe of Table 2.

A small classifier, the probe, learns to name the recording device from embeddings of an encoder
that is not trained any further: the lower its accuracy, the more invariant the embedding.

As in the paper (Sec. 5.4): a probe with the capacity of the scene classifier (here PaSST's head:
LayerNorm and one linear layer), default Adam, balanced cross-entropy, until convergence; the six
devices of the training; an accuracy in which each device counts the same, so that chance is 1/6.

Decided here: the probe learns from the training side and is judged on the test side, so that
neither places nor moments are shared. Directions in which embeddings hardly vary may be learned too
slowly to show: read the standardised variant beside the raw one.

Many probes learn side by side in one stack of networks: a dozen cost hardly more than one alone. A
step's gradient is written out: autograd costs twice as much on so little. Products and softmax are
several times faster with the clips last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.optim.adam import adam

BATCH = 256
# converged: not so much (nats) gained in so many epochs
PATIENCE, GAIN = 10, 1e-3
# torch's own defaults
_ADAM = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}


@dataclass(frozen=True)
class ProbeResult:
    """What a probe named; accuracies 0 to 1.

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


def probe_devices(
    embeddings: Sequence[tuple[np.ndarray, np.ndarray]],
    train_devices: np.ndarray,
    test_devices: np.ndarray,
    epochs: int,
    seed: int,
    standardise: Sequence[bool],
    hidden: int = 0,
) -> list[ProbeResult]:
    """Device probes on several encoders' embeddings of the same clips, side by side.

    Args:
        embeddings: for each probe (clips, dim) to learn from and (test clips, dim), one dim.
        train_devices: names (clips,), or (probes, clips) where each probe has labels of its own,
            such as shuffled ones; the same devices for each.
        test_devices: names (test clips,), all among those learnt.
        epochs: at most; a probe ends when `PATIENCE` did not lower its lowest loss by `GAIN`.
        seed: of the initial weights, the same for all, and of the order of clips.
        standardise: for each probe, whether dimensions are scaled as in `standardised`.
        hidden: units of a layer in between; 0: none, the paper's linear probe.
    """
    labels = np.asarray(train_devices, dtype=str)
    labels = np.broadcast_to(labels, (len(embeddings), labels.shape[-1]))
    known, c = np.unique(labels, return_inverse=True)
    pairs = [
        standardised(*pair) if scaled else pair
        for pair, scaled in zip(embeddings, standardise, strict=True)
    ]
    learn, judge = (
        torch.stack([torch.as_tensor(np.ascontiguousarray(z), dtype=torch.float32) for z in side])
        for side in zip(*pairs, strict=True)
    )
    # threads that wait for each other make so small a network up to thirty times slower
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        classes = torch.as_tensor(c.reshape(labels.shape))
        parts, losses, converged = _train(learn, classes, epochs, seed, hidden)
        guesses = known[_layers(parts, _normalised(judge))[-1].argmax(dim=1).numpy()]
    finally:
        torch.set_num_threads(threads)
    return [
        judged(test_devices, guess, known, of_probe, done)
        for guess, of_probe, done in zip(guesses, losses, converged, strict=True)
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
    """A probe's result, from the device named for each test clip; `known`: all it could name."""
    true = np.asarray(true, dtype=str)
    right = pd.Series(true == predicted)
    confusion = pd.crosstab(true, predicted).reindex(index=known, columns=known, fill_value=0)
    return ProbeResult(
        accuracy=float(right.mean()),
        balanced_accuracy=float(right.groupby(true).mean().mean()),
        confusion=confusion.rename_axis(index="true", columns="predicted"),
        losses=losses,
        converged=converged,
        predicted=predicted,
    )


@torch.no_grad()
def _train(
    z: torch.Tensor, c: torch.Tensor, epochs: int, seed: int, hidden: int
) -> tuple[list[torch.Tensor], list[list[float]], list[bool]]:
    """Probes of z (probes, clips, dim) and classes c (probes, clips), each until it has converged.

    Returns `_parts` with the weights of each probe's last epoch, its losses, whether it converged.
    """
    count, clips, dim = z.shape
    devices = int(c.max()) + 1
    sizes = [dim, hidden, devices] if hidden else [dim, devices]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [nn.LayerNorm(dim), *(nn.Linear(*pair) for pair in pairwise(sizes))]
    start = nn.utils.parameters_to_vector(nn.Sequential(*layers).parameters())
    numbers = start.repeat(count, 1)
    mean, square, steps = torch.zeros_like(numbers), torch.zeros_like(numbers), torch.zeros(())
    order = torch.Generator().manual_seed(seed)
    # each device weighs the same, a clip 1 on average
    number = torch.stack([torch.bincount(of_probe, minlength=devices) for of_probe in c])
    weight = (clips / (devices * number.float())).gather(1, c)
    target = torch.zeros(count, devices, clips).scatter_(1, c[:, None], weight[:, None])
    # an epoch of a few hundred clips should have more than a step, too
    size = min(BATCH, max(16, clips // 16))
    z = _normalised(z)
    losses: list[list[float]] = [[] for _ in range(count)]
    final, converged, learning = numbers.clone(), [False] * count, list(range(count))
    for _ in range(epochs):
        total, parts = torch.zeros(len(learning)), _parts(numbers, sizes)
        for rows in torch.randperm(clips, generator=order).split(size):
            gradient, loss = _gradient(parts, z.index_select(1, rows), target.index_select(2, rows))
            # its class does the same and takes twice as long about it
            adam(
                [numbers], [gradient], [mean], [square], [], [steps],
                fused=True, amsgrad=False, maximize=False, **_ADAM,
            )  # fmt: skip
            total += loss
        for place, probe in enumerate(learning):
            losses[probe].append(float(total[place]) / clips)
            converged[probe] = _converged(losses[probe])
        final[learning] = numbers
        going = torch.tensor([not converged[probe] for probe in learning])
        if not going.all():
            # the ended ones cost no more
            z, target, numbers, mean, square = (
                of_all[going] for of_all in (z, target, numbers, mean, square)
            )
            learning = [probe for probe in learning if not converged[probe]]
        if not learning:
            break
    return _parts(final, sizes), losses, converged


def _converged(losses: list[float]) -> bool:
    return len(losses) > PATIENCE and min(losses[-PATIENCE:]) > min(losses[:-PATIENCE]) - GAIN


def _parts(numbers: torch.Tensor, sizes: list[int]) -> list[torch.Tensor]:
    """What the numbers of each probe (probes, numbers) are, as views.

    A LayerNorm's scale and shift (probes, 1, dim), then weight (probes, next size, size) and bias
    (probes, next size, 1) of a layer between each two `sizes`.
    """
    shapes = 2 * [(1, sizes[0])]
    for size, next_size in pairwise(sizes):
        shapes += [(next_size, size), (next_size, 1)]
    parts = numbers.split([prod(shape) for shape in shapes], 1)
    return [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]


def _normalised(z: torch.Tensor) -> torch.Tensor:
    return nn.functional.layer_norm(z, z.shape[-1:])


def _layers(parts: list[torch.Tensor], z: torch.Tensor) -> list[torch.Tensor]:
    """Normalised (probes, clips, dim) to logits (probes, devices, clips), which come last.

    Before them, where there are hidden units: these before and after their GELU, as in a block of
    the encoder itself.
    """
    scale, shift, weight, bias, *more = parts
    # the layer takes over scale and shift, rather than every clip
    before = torch.baddbmm(torch.baddbmm(bias, weight, shift.mT), weight * scale, z.mT)
    if not more:
        return [before]
    after = nn.functional.gelu(before)
    return [before, after, torch.baddbmm(more[1], more[0], after)]


def _gradient(
    parts: list[torch.Tensor], z: torch.Tensor, target: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the mean cross-entropy of a batch: (probes, numbers); and each probe's sum (probes,).

    `z`: normalised (probes, clips, dim); `target`: (probes, devices, clips), a clip's weight at its
    device, 0 at the others.
    """
    scale, shift, weight, _, *more = parts
    layers = _layers(parts, z)
    log_share = nn.functional.log_softmax(layers[-1], 1)
    loss = -(log_share * target).sum((1, 2))
    # divided by the clips, not by their weights: a rare device then weighs the same in each batch,
    # whatever else is in it
    slope = log_share.exp_().mul_(target.sum(1, keepdim=True)).sub_(target).div_(z.shape[1])
    of_second = []
    if more:
        before, after, _ = layers
        of_second = [torch.bmm(slope, after.mT), slope.sum(2)]
        slope = torch.bmm(more[0].mT, slope)
        # in place: the largest arrays of a step, which leave the cache
        torch.ops.aten.gelu_backward.grad_input(slope, before, grad_input=slope)
    of_product, of_bias = torch.bmm(slope, z), slope.sum(2, keepdim=True)
    found = [
        (of_product * weight).sum(1),
        torch.bmm(of_bias.mT, weight),
        torch.addcmul(of_product * scale, of_bias, shift),
        of_bias,
        *of_second,
    ]
    return torch.cat([part.flatten(1) for part in found], 1), loss
