"""Many device probes that learn side by side, in one stack of networks.

A probe is so small that a stack of a dozen costs hardly more than one alone. None hears of the
others: each has its own weights, its own labels and its own end.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

BATCH = 256
# converged: not so much (nats) gained in so many epochs
PATIENCE, GAIN = 10, 1e-3


@dataclass(frozen=True)
class Trained:
    """A stack of probes, each with the weights of the epoch that it ended in.

    `losses` holds the mean balanced cross-entropy (nats) of each probe's epochs.
    """

    networks: nn.Module
    losses: list[list[float]]
    converged: list[bool]

    @torch.inference_mode()
    def predicted(self, z: torch.Tensor) -> torch.Tensor:
        """Class of each clip: (probes, clips, dim) to (probes, clips)."""
        return self.networks(_normalised(z)).argmax(dim=2)


class _Stack(nn.Module):
    """Several probes: a LayerNorm (scale and shift, see `_normalised`) and a linear layer each.

    With `hidden` units a linear layer to them and a GELU stand in between, as in a block of the
    encoder itself.
    """

    def __init__(self, probes: int, dim: int, devices: int, hidden: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(probes, 1, dim))
        self.shift = nn.Parameter(torch.zeros(probes, 1, dim))
        sizes = [dim, hidden, devices] if hidden else [dim, devices]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for size, next_size in pairwise(sizes):
            alike = nn.Linear(size, next_size)
            self.weights.append(alike.weight.detach().T.repeat(probes, 1, 1))
            self.biases.append(alike.bias.detach().repeat(probes, 1, 1))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Normalised (probes, clips, dim) to logits (probes, clips, devices)."""
        z = z * self.scale + self.shift
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = torch.baddbmm(bias, nn.functional.gelu(z) if layer else z, weight)
        return z


def _normalised(z: torch.Tensor) -> torch.Tensor:
    return nn.functional.layer_norm(z, z.shape[-1:])


def train(z: torch.Tensor, c: torch.Tensor, epochs: int, seed: int, hidden: int = 0) -> Trained:
    """Probes of embeddings, by default Adam on balanced cross-entropy until each has converged.

    Args:
        z: (probes, clips, dim).
        c: (probes, clips), classes from 0; each probe has the same classes.
        epochs: most epochs; a probe ends before when `PATIENCE` epochs did not lower its lowest
            loss by `GAIN`.
        seed: of the initial weights, which are the same for all, and of the order of clips.
        hidden: units of a layer in between; 0: none, the probe is linear.
    """
    count, clips, dim = z.shape
    devices = int(c.max()) + 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        stack = _Stack(count, dim, devices, hidden)
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(stack.parameters(), fused=True)
    # each device weighs the same, a clip 1 on average
    number = torch.stack([torch.bincount(of_probe, minlength=devices) for of_probe in c])
    weight = (clips / (devices * number.float())).gather(1, c)
    # an epoch of a few hundred clips should have more than a step, too
    size = min(BATCH, max(16, clips // 16))
    z = _normalised(z)
    losses: list[list[float]] = [[] for _ in range(count)]
    ended: dict[int, dict[str, torch.Tensor]] = {}
    while len(ended) < count and max(map(len, losses)) < epochs:
        total = torch.zeros(count)
        shuffled = torch.randperm(clips, generator=order)
        batches = zip(
            *(t.index_select(1, shuffled).split(size, 1) for t in (z, c, weight)), strict=True
        )
        for of_z, of_c, of_weight in batches:
            logits = stack(of_z).flatten(0, 1)
            each = nn.functional.cross_entropy(logits, of_c.flatten(), reduction="none")
            # divided by the clips, not by their weights: a rare device then weighs the same in
            # each batch, whatever else is in it
            of_probe = each.view(count, -1) * of_weight
            optimiser.zero_grad(set_to_none=True)
            of_probe.mean(1).sum().backward()
            optimiser.step()
            total += of_probe.detach().sum(1)
        for probe in range(count):
            if probe in ended:
                continue
            losses[probe].append(float(total[probe]) / clips)
            if _converged(losses[probe]):
                ended[probe] = {k: v[probe].clone() for k, v in stack.state_dict().items()}
    state = stack.state_dict()
    for probe, weights in ended.items():
        for name, tensor in weights.items():
            state[name][probe] = tensor
    return Trained(stack, losses, [probe in ended for probe in range(count)])


def _converged(losses: list[float]) -> bool:
    return len(losses) > PATIENCE and min(losses[-PATIENCE:]) > min(losses[:-PATIENCE]) - GAIN
