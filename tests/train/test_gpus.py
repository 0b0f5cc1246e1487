"""Runs side by side spread over the GPUs of a machine."""

from types import SimpleNamespace

import torch

from asc_lib.train import prepare


def test_each_process_takes_a_free_gpu_as_long_as_there_is_one(monkeypatch, tmp_path) -> None:
    chosen: list[int] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    named = lambda gpu: SimpleNamespace(uuid=f"GPU-{gpu}")  # noqa: E731
    monkeypatch.setattr(torch.cuda, "get_device_properties", named)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    prepare.use_free_gpu.cache_clear()
    for _ in range(2):  # a process takes one
        assert prepare.torch_device("auto") == prepare.torch_device("cuda") == torch.device("cuda")
    assert chosen == [0]
    take = prepare.use_free_gpu.__wrapped__  # as another process does
    second, third = take(), take()
    assert chosen == [0, 1] and third is None
    second.release()
    fourth = take()
    assert chosen == [0, 1, 1]
    fourth.release()
    prepare.use_free_gpu().release()
    prepare.use_free_gpu.cache_clear()
