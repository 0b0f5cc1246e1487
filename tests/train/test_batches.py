"""Orders of clips in which every device is heard as often."""

import numpy as np
import pytest

from asc_lib.train.batches import balanced_order


@pytest.mark.parametrize("counts", [(70, 6, 6, 6, 6, 6), (70, 6, 1), (5,), (1, 1, 1), (3, 90)])
def test_a_balanced_order_holds_each_device_as_often(counts: tuple[int, ...]) -> None:
    device = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)) * 2, counts))
    odd = []
    for epoch in range(20):
        order = balanced_order(device, np.random.default_rng([1, epoch]))
        assert len(order) == len(device) and order.dtype == np.int64
        heard = [int((device[order] == known).sum()) for known in np.unique(device)]
        assert max(heard) - min(heard) <= 1
        times = np.bincount(order, minlength=len(device))
        for known in np.unique(device):
            own = times[device == known]
            assert own.max() - own.min() <= 1  # all come before any comes once more
        odd.append(tuple(np.flatnonzero(np.array(heard) == max(heard))))
    if len(device) % len(counts):
        assert len(set(odd)) > 1  # no device always gets the odd clip
