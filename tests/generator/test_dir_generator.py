"""The networks of the DIR generator: shapes, ranges, and what the discriminator hangs on."""

import numpy as np
import torch

from asc_lib.generator.network import Discriminator, Generator, Longer


def test_shapes_and_range():
    condition = torch.randn(5, 12)
    made = Generator(4)(condition)
    assert made.shape == (5, 1024) and made.abs().max() < 1
    logits = Discriminator(4)(made, condition, condition.roll(1, 0))
    assert [one.shape for one in logits] == [(5,), (5,)]
    assert not torch.equal(*logits)  # the condition matters


def test_a_longer_layer_is_torchs_transposed_convolution():
    """Each of four phases takes every fourth tap of one long kernel."""
    torch.manual_seed(0)
    many, few, length = 3, 2, 9
    layer = Longer(many, few)
    kernel = torch.zeros(many, few, 44)
    each = layer.each.weight.detach().view(few, 4, many, 11)
    for phase in range(4):
        # sample 4 i + phase takes input i + n - 5 by tap n: input j reaches 4 (j + 5 - n) + phase
        for tap in range(11):
            kernel[:, :, 4 * (10 - tap) + phase] = each[:, phase, :, tap].T
    signal = torch.randn(2, many, length)
    expected = torch.nn.functional.conv_transpose1d(signal, kernel, stride=4, padding=20)
    bias = layer.each.bias.detach().view(few, 4).repeat(1, length)
    found = layer(signal).detach()
    assert found.shape == (2, few, 4 * length)
    np.testing.assert_allclose(found, expected[..., : 4 * length] + bias, atol=1e-5)
