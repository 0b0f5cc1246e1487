"""Batches made ahead: the same ones, nothing swallowed, no thread left behind; balanced orders."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from asc_lib.experiment import batches
from asc_lib.experiment.batches import ahead, balanced_order


class Numbered:
    """Stands for TrainingBatches: a batch is its step and the thread that made it."""

    def __init__(self, wrong_at: int = -1, error: BaseException | None = None) -> None:
        self.on = torch.device("cpu")
        self.wrong_at, self.error = wrong_at, error
        self.made: list[int] = []

    def batch(self, step: int) -> tuple[int, str, int]:
        if step == self.wrong_at:
            raise self.error
        self.made.append(step)
        return step, threading.current_thread().name, torch.get_num_threads()


@pytest.fixture(autouse=True)
def no_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(batches, "_cores", lambda: torch.get_num_threads() + 1)
    yield
    assert [t.name for t in threading.enumerate() if t.name.startswith("batches")] == []


@pytest.mark.parametrize(("start", "stop"), [(0, 7), (5, 7), (5, 6), (4, 4)])
def test_batches_come_in_order_from_one_other_thread(start: int, stop: int) -> None:
    source = Numbered()
    given = list(ahead(source, start, stop))
    assert [step for step, *_ in given] == source.made == list(range(start, stop))
    assert {name for _, name, _ in given} <= {"batches_0"}
    assert {count for *_, count in given} <= {torch.get_num_threads()}


@pytest.mark.parametrize("error", [ValueError("of its own"), KeyboardInterrupt()])
def test_what_goes_wrong_is_raised_where_its_batch_is_asked_for(error: BaseException) -> None:
    taken = []
    with pytest.raises(type(error)) as caught:
        for step, *_ in ahead(Numbered(3, error), 0, 6):
            taken.append(step)
    assert caught.value is error
    assert taken == [0, 1, 2]


def test_leaving_early_ends_the_thread_before_the_rest_is_made() -> None:
    source = Numbered()
    for step, *_ in ahead(source, 0, 1000):
        if step == 3:
            break
    assert len(source.made) <= 6


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
