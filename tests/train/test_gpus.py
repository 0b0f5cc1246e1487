"""Runs side by side spread over the GPUs of a machine."""

import subprocess
import sys
from pathlib import Path

TAKE = """
import sys
from pathlib import Path
from types import SimpleNamespace
import torch
from asc_lib.train import prepare
prepare.ROOT = Path(sys.argv[1])
torch.cuda.device_count = lambda: 2
torch.cuda.get_device_properties = lambda gpu: SimpleNamespace(uuid=f"GPU-{gpu}")
chosen = [None]
torch.cuda.set_device = chosen.append
prepare.use_free_gpu()
print(chosen[-1], flush=True)
sys.stdin.read()
"""


def taker(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """A process that holds a GPU until its input ends, and which it chose."""
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    return process, process.stdout.readline().strip()


def test_each_process_takes_a_free_gpu_and_a_killed_one_lets_go(tmp_path):
    takers = [taker(tmp_path) for _ in range(3)]
    try:
        assert [gpu for _, gpu in takers] == ["0", "1", "None"]
        takers[1][0].kill()
        takers[1][0].wait()
        takers.append(taker(tmp_path))
        assert takers[-1][1] == "1"
    finally:
        for process, _ in takers:
            with process:
                process.kill()
