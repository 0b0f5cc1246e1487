"""A stack's written-out gradient and step, held against torch's own layers."""

import pytest
import torch
from torch import nn

from asc_lib.experiment import probe_stack

PROBES, CLIPS, DIM, DEVICES = 3, 40, 7, 4


def network(sizes: list[int], numbers: torch.Tensor) -> nn.Sequential:
    """One probe as torch's own layers, with these numbers."""
    layers = [nn.LayerNorm(sizes[0]), nn.Linear(*sizes[:2])]
    if len(sizes) > 2:
        layers += [nn.GELU(), nn.Linear(*sizes[1:])]
    probe = nn.Sequential(*layers)
    nn.utils.vector_to_parameters(numbers.clone(), probe.parameters())
    return probe


def data() -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings and devices, each probe's its own; every device occurs."""
    order = torch.Generator().manual_seed(0)
    z = 3 * torch.randn(PROBES, CLIPS, DIM, generator=order) + 1
    c = torch.stack([torch.randperm(CLIPS, generator=order) % DEVICES for _ in range(PROBES)])
    c[1, c[1] == 0] = torch.arange(int((c[1] == 0).sum())) % 2  # not balanced
    return z, c


@pytest.mark.parametrize("hidden", [0, 5])
def test_a_stack_learns_as_torchs_own_layers_and_adam_do(hidden: int) -> None:
    z, c = data()
    epochs, seed = 60, 3
    trained = probe_stack.train(z, c, epochs, seed, hidden)
    sizes = [DIM, hidden, DEVICES] if hidden else [DIM, DEVICES]
    assert not any(trained.converged)
    for probe in range(PROBES):
        torch.manual_seed(seed)
        alone = network(sizes, probe_stack._initial(1, sizes)[0].detach())
        order = torch.Generator().manual_seed(seed)
        optimiser = torch.optim.Adam(alone.parameters())
        weight = CLIPS / (DEVICES * torch.bincount(c[probe]).float())
        losses = []
        for _ in range(epochs):
            total = 0.0
            # the last batch of 40 clips is smaller
            for batch in torch.randperm(CLIPS, generator=order).split(16):
                each = nn.functional.cross_entropy(
                    alone(z[probe, batch]), c[probe, batch], weight=weight, reduction="none"
                )
                optimiser.zero_grad()
                each.mean().backward()
                optimiser.step()
                total += float(each.detach().sum())
            losses.append(total / CLIPS)
        assert trained.losses[probe] == pytest.approx(losses, rel=1e-4)
        expected = nn.utils.parameters_to_vector(alone.parameters()).detach()
        torch.testing.assert_close(trained.numbers[probe], expected, rtol=1e-3, atol=1e-4)
        assert losses[-1] < losses[0] - 0.05
