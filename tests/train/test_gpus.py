"""Runs side by side spread over the GPUs of a machine."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from asc_lib.train import prepare

TAKE = """
import sys
from pathlib import Path
from types import SimpleNamespace
import torch
from asc_lib.train import prepare
prepare.ROOT = Path(sys.argv[1])
torch.cuda.device_count = lambda: 2
torch.cuda.get_device_properties = lambda gpu: SimpleNamespace(uuid=f"GPU-{gpu}")
torch.cuda.set_device = lambda gpu: print(gpu, flush=True)
prepare.use_one_gpu()
sys.stdin.read()
"""


def taker(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A process that holds a GPU until its input ends, and which it is."""
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    return process, int(process.stdout.readline())


def test_each_process_takes_a_gpu_that_few_hold_and_a_killed_one_lets_go(tmp_path):
    takers = [taker(tmp_path) for _ in range(3)]
    try:
        assert [gpu for _, gpu in takers] == [0, 1, 0]
        takers[1][0].kill()
        takers[1][0].wait()
        takers.append(taker(tmp_path))
        assert takers[-1][1] == 1
    finally:
        for process, _ in takers:
            with process:
                process.kill()


@pytest.mark.parametrize(("there", "expected"), [(1, []), (4, [0])])
def test_cuda_means_one_gpu_of_several(monkeypatch, tmp_path, there, expected):
    chosen: list[int] = []
    made_up = [type("Properties", (), {"uuid": f"{tmp_path.name}-{n}"}) for n in range(there)]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    monkeypatch.setattr(torch.cuda, "get_device_properties", made_up.__getitem__)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    prepare.use_one_gpu.cache_clear()
    assert prepare.torch_device("auto") == prepare.torch_device("cuda") == torch.device("cuda")
    assert chosen == expected  # once a process
    prepare.use_one_gpu.cache_clear()
