"""Checkpoints: whole, of this training, or told; a full disk costs none that was there."""

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from asc_lib.files import InputError
from asc_lib.train.runs import Checkpoint


class State:
    """A training of one tensor."""

    on = torch.device("cpu")

    def __init__(self, numbers: int, value: float = 0.0) -> None:
        self.tensor = torch.full((numbers,), value)

    def carried(self) -> dict[str, Any]:
        return {"tensor": self.tensor, "step": 1}

    def take(self, content: dict[str, Any]) -> None:
        self.tensor = content["tensor"].clone()


def restored(file: Path, numbers: int) -> torch.Tensor:
    state = State(numbers)
    Checkpoint(file, "data").restore(state)
    return state.tensor


def test_a_full_disk_keeps_the_checkpoint_before(small_disk) -> None:
    file = small_disk.folder / "run" / "checkpoint.pt"
    Checkpoint(file, "data").save(State(100_000, 1.0))
    with pytest.raises(InputError, match=r"run: the disk is full, 0\."):
        Checkpoint(file, "data").save(State(200_000, 2.0))
    assert list(file.parent.iterdir()) == [file]
    assert torch.equal(restored(file, 100_000), torch.ones(100_000))
    small_disk.grow(4000)
    Checkpoint(file, "data").save(State(200_000, 2.0))
    assert torch.equal(restored(file, 200_000), torch.full((200_000,), 2.0))


def test_a_single_wrong_bit_is_seen(tmp_path) -> None:
    file = tmp_path / "checkpoint.pt"
    Checkpoint(file, "data").save(State(1000, 1.0))
    content = bytearray(file.read_bytes())
    at = content.index(torch.ones(3).numpy().tobytes()) + 400
    content[at] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"checkpoint.pt: not readable .*damaged.*begin anew"):
        restored(file, 1000)


def test_a_checkpoint_executes_nothing(tmp_path) -> None:
    mark = tmp_path / "executed"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (mark,)

    for name, write in {"zip": torch.save, "plain": _pickle}.items():
        file = tmp_path / name
        write({"fingerprint": "data", "tensor": Evil(), "step": 1}, file)
        with pytest.raises(InputError, match=name):
            restored(file, 3)
    assert not mark.exists()
    torch.load(tmp_path / "zip", weights_only=False)
    assert mark.exists()  # it would have


def _pickle(content: object, file: Path) -> None:
    file.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1], "list"),
        ({"fingerprint": "data"}, "tensor"),
        ({"fingerprint": "data", "tensor": torch.ones(3), "step": "x"}, "step is no int"),
    ],
)
def test_what_is_no_checkpoint_of_this_training_is_told(tmp_path, content, said) -> None:
    file = tmp_path / "checkpoint.pt"
    torch.save(content, file)
    with pytest.raises(InputError, match=rf"checkpoint.pt.*{said}.*delete it to begin anew"):
        restored(file, 3)


def test_one_of_other_data_is_left_aside(tmp_path) -> None:
    file = tmp_path / "checkpoint.pt"
    Checkpoint(file, "other").save(State(3, 1.0))
    assert torch.equal(restored(file, 3), torch.zeros(3))
