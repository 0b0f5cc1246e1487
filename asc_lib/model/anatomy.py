"""What a network is made of: patches, tokens, parameters, multiply-adds; counted on the network."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from asc_lib.model.frontend import MELS
from asc_lib.model.passt import PATCH, WINDOW_FRAMES, Draw, PaSST

OWN_TOKENS = 2  # the classification and the distillation token


class Anatomy(NamedTuple):
    """How a picture goes through a `PaSST` in one training pass, as its parts say (Sec. 5.1)."""

    frames: int
    stride: int
    rows: int  # of patches, in frequency
    columns: int  # of patches, in time
    kept: tuple[int, ...]  # rows that patchout leaves in this pass, from the lowest
    dim: int
    depth: int
    heads: int
    classes: int

    @property
    def patches(self) -> int:
        """All of them, which evaluation reads."""
        return self.rows * self.columns

    @property
    def kept_patches(self) -> int:
        """Those that this training pass reads."""
        return len(self.kept) * self.columns

    @property
    def tokens(self) -> int:
        """What the first block reads in this training pass."""
        return self.kept_patches + OWN_TOKENS

    @property
    def unread(self) -> tuple[int, int]:
        """Mel bands at the top and frames at the end that no patch reaches."""
        reached = [(n - 1) * self.stride + PATCH for n in (self.rows, self.columns)]
        return MELS - reached[0], self.frames - reached[1]


def anatomy(model: PaSST, draw: Draw, frames: int = WINDOW_FRAMES) -> Anatomy:
    """The numbers of `model` for one draw of patchout, from the parts it was built of."""
    block, classifier = model.blocks[0], model.head[-1]
    return Anatomy(
        frames=frames,
        stride=model.stride,
        rows=model.freq_new_pos_embed.shape[2],
        columns=len(draw.columns),
        kept=tuple(draw.rows.tolist()),
        dim=classifier.in_features,
        depth=len(model.blocks),
        heads=block.attn.num_heads,
        classes=classifier.out_features,
    )


@torch.no_grad()
def traced_shapes(model: PaSST, log_mel: Tensor, draw: Draw | None) -> dict[str, tuple[int, ...]]:
    """Shapes of the tensors that really pass: log-mel, tokens, last tokens, embedding, logits.

    "tokens" enter the first block, "last tokens" leave the last one.
    """
    shapes: dict[str, tuple[int, ...]] = {"log-mel": tuple(log_mel.shape)}

    def note(name: str) -> object:
        return lambda _, inputs: shapes.update({name: tuple(inputs[0].shape)})

    watched = {"tokens": model.blocks[0].norm1, "last tokens": model.norm}
    hooks = [part.register_forward_pre_hook(note(name)) for name, part in watched.items()]
    try:
        logits, embedding = model(log_mel, draw)
    finally:
        for hook in hooks:
            hook.remove()
    return shapes | {"embedding": tuple(embedding.shape), "logits": tuple(logits.shape)}


@torch.no_grad()
def multiply_adds(model: PaSST, draw: Draw | None = None, frames: int = WINDOW_FRAMES) -> int:
    """Multiply-adds of the network's matrix products for one window, forward, counted by torch.

    Without a draw all patches are read, as in evaluation. Front end, norms and softmax are not
    counted.
    """
    training = model.training
    model.eval()
    log_mel = torch.zeros(1, MELS, frames, device=model.cls_token.device)
    # attention written out, since the counter does not know the CPU's fused kernel
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        model(log_mel, draw)
    model.train(training)
    return counter.get_total_flops() // 2


def parameter_counts(model: PaSST) -> dict[str, int]:
    """Parameters by part; they sum to all of the network's.

    "not used" came with PaSST's weights and is no part of the logits.
    """
    places = (model.new_pos_embed, model.freq_new_pos_embed, model.time_new_pos_embed)
    tokens = (model.cls_token, model.dist_token)
    return {
        "patches": _count(model.patch_embed),
        "places and own tokens": sum(p.numel() for p in (*places, *tokens)),
        "blocks": _count(model.blocks),
        "last LayerNorm": _count(model.norm),
        "classifier": _count(model.head),
        "not used": _count(model.head_dist),
    }


def _count(part: nn.Module) -> int:
    return sum(p.numel() for p in part.parameters())
