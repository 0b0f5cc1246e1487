"""Weights that let rare devices count more in the loss.

Cui et al., "Class-balanced loss based on effective number of samples", CVPR 2019,
https://arxiv.org/abs/1901.05555, for devices in the place of classes.
"""

import math

import torch
from torch import Tensor


def effective_number_weights(windows: Tensor, beta: float) -> Tensor:
    """Weight of each device in the loss, one over its effective number of windows (eq. 1 and 2).

    The effective number of n windows is (1 - beta^n) / (1 - beta), at most 1 / (1 - beta): beta 0
    weighs all windows alike, near 1 each device. The paper takes 0.9999 for ten classes of
    long-tailed CIFAR-10; then 27,000 windows of one device and 2,000 of another count as 9,328 and
    1,813. The mean weight over the training windows is 1, so that the learning rate means the same
    (the published code lets the classes' weights sum to their number).

    `windows` (devices,) of training, 0 where never heard, to (devices,) float64, 0 there.
    """
    count = windows.to(torch.float64)
    heard = count > 0
    # 1 - beta^n without the loss of digits near beta = 1
    log_beta = math.log(beta) if beta > 0 else -math.inf
    effective = -torch.expm1(count.where(heard, 1) * log_beta) / (1 - beta)
    weight = (1 / effective).where(heard, 0)
    return weight * count.sum() / (weight * count).sum()
