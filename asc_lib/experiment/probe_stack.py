"""Many device probes that learn side by side, in one stack of networks.

A probe is so small that a stack of a dozen costs hardly more than one alone. None hears of the
others: each has its own weights, its own labels and its own end.

A step's gradient is written out: autograd costs twice as much on so little. Products and softmax
are several times faster with the clips last.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch
from torch import nn
from torch.optim.adam import adam

BATCH = 256
# converged: not so much (nats) gained in so many epochs
PATIENCE, GAIN = 10, 1e-3
# torch's own defaults
ADAM = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}


@dataclass(frozen=True)
class Trained:
    """A stack of probes, each with the weights of the epoch that it ended in.

    `numbers` and `sizes` are those of `_parts`; `losses` holds the mean balanced cross-entropy
    (nats) of each probe's epochs.
    """

    numbers: torch.Tensor
    sizes: list[int]
    losses: list[list[float]]
    converged: list[bool]

    @torch.inference_mode()
    def predicted(self, z: torch.Tensor) -> torch.Tensor:
        """Class of each clip: (probes, clips, dim) to (probes, clips)."""
        return _layers(_parts(self.numbers, self.sizes), _normalised(z))[-1].argmax(dim=1)


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


def _initial(probes: int, sizes: list[int]) -> torch.Tensor:
    """Numbers as torch's layers would start with, the same for all: (probes, numbers)."""
    layers = [nn.LayerNorm(sizes[0]), *(nn.Linear(*pair) for pair in pairwise(sizes))]
    return nn.utils.parameters_to_vector(nn.Sequential(*layers).parameters()).repeat(probes, 1)


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


def _normalised(z: torch.Tensor) -> torch.Tensor:
    return nn.functional.layer_norm(z, z.shape[-1:])


@torch.no_grad()
def train(z: torch.Tensor, c: torch.Tensor, epochs: int, seed: int, hidden: int = 0) -> Trained:
    """Probes of embeddings, by default Adam on balanced cross-entropy until each has converged.

    Args:
        z: (probes, clips, dim).
        c: (probes, clips), classes from 0; each probe has the same classes.
        epochs: at most; a probe ends when `PATIENCE` did not lower its lowest loss by `GAIN`.
        seed: of the initial weights, the same for all, and of the order of clips.
        hidden: units of a layer in between; 0: none, the probe is linear.
    """
    count, clips, dim = z.shape
    devices = int(c.max()) + 1
    sizes = [dim, hidden, devices] if hidden else [dim, devices]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        numbers = _initial(count, sizes)
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
    final = numbers.clone()
    converged = [False] * count
    learning = list(range(count))
    for _ in range(epochs):
        total, parts = torch.zeros(len(learning)), _parts(numbers, sizes)
        for rows in torch.randperm(clips, generator=order).split(size):
            gradient, loss = _gradient(parts, z.index_select(1, rows), target.index_select(2, rows))
            # its class does the same and takes twice as long about it
            adam(
                [numbers], [gradient], [mean], [square], [], [steps],
                fused=True, amsgrad=False, maximize=False, **ADAM,
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
    return Trained(final, sizes, losses, converged)


def _converged(losses: list[float]) -> bool:
    return len(losses) > PATIENCE and min(losses[-PATIENCE:]) > min(losses[:-PATIENCE]) - GAIN
