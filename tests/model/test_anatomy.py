"""The network's numbers against the paper's formulas, closed forms and real tensors."""

import pytest
import torch

from asc_lib.model import anatomy
from asc_lib.model.passt import PaSST

# dim, depth, heads, stride, patchout -> rows, columns
CASES = [((64, 2, 2, 16, 2), (8, 6)), ((48, 3, 2, 10, 6), (12, 9)), ((32, 1, 1, 16, 0), (8, 6))]
each = pytest.mark.parametrize(("built", "grid"), CASES)


def made(built: tuple[int, ...]) -> PaSST:
    dim, depth, heads, stride, patchout = built
    return PaSST(
        dim=dim, depth=depth, heads=heads, stride=stride, patchout_rows=patchout, frames=100
    )


def by_hand(tokens: int, dim: int, depth: int) -> int:
    """Multiply-adds; of the last block only two tokens are computed."""
    total = (tokens - 2) * 256 * dim + dim * 10
    for block in range(depth):
        asked = 2 if block == depth - 1 else tokens
        total += 2 * tokens * dim * dim + asked * dim * dim  # keys, values; queries
        total += 2 * asked * tokens * dim  # scores, sums
        total += 9 * asked * dim * dim  # projection and the two layers of width 4 dim
    return total


@each
def test_counts_are_the_formulas_and_the_tensors(built, grid) -> None:
    model = made(built)
    draw = model.draw(100, torch.Generator().manual_seed(0))
    numbers = anatomy.anatomy(model, draw)
    rows, columns = grid
    assert (numbers.rows, numbers.columns, numbers.patches) == (rows, columns, rows * columns)
    assert numbers.kept_patches == (rows - built[4]) * columns
    assert numbers[-4:] == (built[0], built[1], built[2], 10)
    assert numbers.kept == tuple(draw.rows.tolist())
    shapes = anatomy.traced_shapes(model, torch.zeros(3, 128, 100), draw)
    assert shapes == {
        "log-mel": (3, 128, 100),
        "tokens": (3, numbers.tokens, built[0]),
        "last tokens": (3, 2, built[0]),
        "embedding": (3, built[0]),
        "logits": (3, 10),
    }


@each
def test_multiply_adds_equal_a_count_by_hand(built, grid) -> None:
    model = made(built).train()
    draw = model.draw(100)
    tokens = anatomy.anatomy(model, draw).tokens
    assert anatomy.multiply_adds(model, draw) == by_hand(tokens, built[0], built[1])
    assert anatomy.multiply_adds(model) == by_hand(grid[0] * grid[1] + 2, built[0], built[1])
    assert model.training


def test_parts_sum_to_all_and_a_block_has_its_closed_form() -> None:
    model = made((48, 3, 2, 10, 6))
    parts = anatomy.parameter_counts(model)
    assert sum(parts.values()) == sum(p.numel() for p in model.parameters())
    assert parts["blocks"] == 3 * (12 * 48**2 + 13 * 48)
    assert parts["patches"] == 256 * 48 + 48
    assert parts["classifier"] == 2 * 48 + 48 * 10 + 10
    assert parts["places and own tokens"] == (12 + 9 + 2 + 2) * 48
