"""Many device probes that learn side by side, in one stack of networks.

A probe is so small that a stack of a dozen costs hardly more than one alone. None hears of the
others: each has its own weights, its own labels and its own end.
"""

import copy
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
    final: dict[int, dict[str, torch.Tensor]] = {}
    converged = [False] * count
    learning = list(range(count))
    for _ in range(epochs):
        shuffled = torch.randperm(clips, generator=order)
        parts = [of_all.index_select(1, shuffled).split(size, 1) for of_all in (z, c, weight)]
        total = torch.zeros(len(learning))
        for of_z, of_c, of_weight in zip(*parts, strict=True):
            logits = stack(of_z).flatten(0, 1)
            each = nn.functional.cross_entropy(logits, of_c.flatten(), reduction="none")
            # divided by the clips, not by their weights: a rare device then weighs the same in
            # each batch, whatever else is in it
            of_probe = each.view(len(learning), -1) * of_weight
            optimiser.zero_grad(set_to_none=True)
            of_probe.mean(1).sum().backward()
            optimiser.step()
            total += of_probe.detach().sum(1)
        for place, probe in enumerate(learning):
            losses[probe].append(float(total[place]) / clips)
            converged[probe] = _converged(losses[probe])
            if converged[probe] or len(losses[probe]) == epochs:
                final[probe] = {k: v[place].clone() for k, v in stack.state_dict().items()}
        going = torch.tensor([not converged[probe] for probe in learning])
        if not going.all():
            stack, optimiser = _without_ended(stack, optimiser, going)
            z, c, weight = z[going], c[going], weight[going]
            learning = [probe for probe in learning if not converged[probe]]
        if not learning:
            break
    weights = {name: torch.stack([final[p][name] for p in range(count)]) for name in final[0]}
    return Trained(_like(stack, weights), losses, converged)


def _without_ended(
    stack: _Stack, optimiser: torch.optim.Adam, going: torch.Tensor
) -> tuple[_Stack, torch.optim.Adam]:
    """The probes that go on, with what Adam knows of them: the ended ones cost no more."""
    smaller = _like(stack, {k: v[going] for k, v in stack.state_dict().items()})
    continued = torch.optim.Adam(smaller.parameters(), fused=True)
    for old, new in zip(stack.parameters(), smaller.parameters(), strict=True):
        state = optimiser.state[old]
        moments = {name: state[name][going] for name in ("exp_avg", "exp_avg_sq")}
        continued.state[new] = {"step": state["step"]} | moments
    return smaller, continued


def _like(stack: _Stack, weights: dict[str, torch.Tensor]) -> _Stack:
    """A stack of the same kind with these weights; any number of probes."""
    new = copy.deepcopy(stack)
    for name, weight in weights.items():
        owner, _, last = name.rpartition(".")
        setattr(new.get_submodule(owner), last, nn.Parameter(weight.clone()))
    return new


def _converged(losses: list[float]) -> bool:
    return len(losses) > PATIENCE and min(losses[-PATIENCE:]) > min(losses[:-PATIENCE]) - GAIN
