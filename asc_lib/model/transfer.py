"""From the CPU to the device that computes."""

import torch
from torch import Tensor


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """`tensor` on `device`, not to be changed in place meanwhile.

    To a GPU it goes out of page-locked memory, so that the copy takes its turn in the GPU's queue
    and the CPU goes on; out of ordinary memory it would wait until all work before is done.
    """
    if tensor.device.type == "cpu" and device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
