import math

import pytest
import torch

from asc_lib.model.supcon import supervised_contrastive_loss


def double_loop(z, c, temperature) -> float:
    """Khosla et al., equation (2), window by window."""
    unit = [[float(x) / math.hypot(*map(float, row)) for x in row] for row in z]

    def similar(i, j):
        return math.exp(sum(a * b for a, b in zip(unit[i], unit[j], strict=True)) / temperature)

    losses = []
    for i in range(len(c)):
        everyone = sum(similar(i, k) for k in range(len(c)) if k != i)
        partners = [j for j in range(len(c)) if j != i and c[j] == c[i]]
        if partners:
            terms = [-math.log(similar(i, j) / everyone) for j in partners]
            losses.append(sum(terms) / len(terms))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("c", [[0, 0, 1, 1, 2, 0], [3, 3], [0, 1, 1, 1, 1, 7]])
@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_equals_the_double_loop(c, temperature) -> None:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(len(c), 5, dtype=torch.float64, generator=generator)
    given = supervised_contrastive_loss(z, torch.tensor(c), temperature)
    assert float(given) == pytest.approx(double_loop(z, c, temperature), rel=1e-10)


def test_windows_without_partners_have_nothing_to_say() -> None:
    z = torch.randn(4, 3, requires_grad=True)
    loss = supervised_contrastive_loss(z, torch.arange(4))
    loss.backward()
    assert float(loss.detach()) == 0 and torch.equal(z.grad, torch.zeros_like(z))
