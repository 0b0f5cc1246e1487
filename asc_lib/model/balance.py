"""Weights that let rare devices count more in the loss.

Cui et al., "Class-balanced loss based on effective number of samples", CVPR 2019,
https://arxiv.org/abs/1901.05555, for devices in the place of classes.
"""

import math

import torch
from torch import Tensor


def effective_number_weights(windows: Tensor, beta: float) -> Tensor:
    """Weight of each device in the loss, one over its effective number of windows (eq. 1 and 2).

    The effective number of n windows is (1 - beta^n) / (1 - beta): a further window adds the less
    the more there are, and at most N = 1 / (1 - beta) count. So 0 weighs all windows alike, and
    beta near 1 as 1 / n, each device as much as any other.

    The paper takes N for the number of unique prototypes of a class, more for coarse classes than
    for fine ones, and 0.9999 for the 10 classes of long-tailed CIFAR-10. A device hears every
    scene, so that is taken here, too: of 27,000 windows of one device and 2,000 of another 9,328
    and 1,813 count, a weight 5 times as large for 14 times fewer. With 0.999 it would be 1,000 and
    865, and hardly a change; of the paper's full data set, where the rare devices have over 7,000
    windows, none at all.

    The mean weight over the training windows is 1, so that the loss is as large as without weights
    and the learning rate means the same. (The published code lets the weights of all classes sum
    to their number; where one device makes up most windows the mean is then far below 1, and
    depends on how many devices are listed.)

    Args:
        windows: `(devices,)` training windows of each device, whole numbers; 0 where never heard.
        beta: 0 <= beta < 1.

    Returns:
        `(devices,)` float64; 0 for a device that is never heard.
    """
    count = windows.to(torch.float64)
    heard = count > 0
    # 1 - beta^n without the loss of digits near beta = 1
    log_beta = math.log(beta) if beta > 0 else -math.inf
    effective = -torch.expm1(count.where(heard, 1) * log_beta) / (1 - beta)
    weight = (1 / effective).where(heard, 0)
    return weight * count.sum() / (weight * count).sum()
