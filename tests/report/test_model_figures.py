"""The drawn network has the patches, rows and tokens of the real one."""

import numpy as np
import pytest
import torch

from asc_lib.model import anatomy
from asc_lib.model.passt import PaSST
from asc_lib.report import model_figures
from tests.report.drawn import words


@pytest.mark.parametrize(("stride", "patchout"), [(16, 2), (10, 6), (5, 0)])
def test_rows_columns_and_numbers(stride: int, patchout: int) -> None:
    model = PaSST(dim=32, depth=2, heads=2, stride=stride, patchout_rows=patchout, frames=100)
    draw = model.draw(100, torch.Generator().manual_seed(1))
    numbers = anatomy.anatomy(model, draw)
    window = np.random.default_rng(0).normal(size=(128, 100))
    fig, axes = model_figures.network(window, numbers, anatomy.parameter_counts(model), "data X")
    columns, rows, picture, _ = axes
    assert len(columns.patches) == numbers.columns
    assert [bool(bar.get_hatch()) for bar in rows.patches] == [
        row not in draw.rows for row in range(numbers.rows)
    ]
    # bars of one lane do not overlap, and span 16 bands
    spans = [(bar.get_x(), bar.get_y(), bar.get_height()) for bar in rows.patches]
    assert all(height == 16 for *_, height in spans)
    for lane in {x for x, *_ in spans}:
        places = sorted(y for x, y, _ in spans if x == lane)
        assert np.diff(places).min(initial=16) >= 16
    hatched = np.zeros(128, bool)
    for patch in picture.patches:
        if patch.get_hatch() and patch.get_x() == 0:
            hatched[int(patch.get_y()) : int(patch.get_y() + patch.get_height())] = True
    read = np.zeros(128, bool)
    for row in draw.rows.tolist():
        read[row * stride : row * stride + 16] = True
    np.testing.assert_array_equal(hatched, ~read)
    said = words(fig)
    assert f"{numbers.kept_patches} + 2 = {numbers.tokens} tokens of 32" in said
    assert "data X" in said
