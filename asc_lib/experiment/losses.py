"""What a run minimises: equation (2), and what a method adds to it."""

from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy

from asc_lib.experiment.batches import Batch, step_seed
from asc_lib.experiment.methods import ALL_METHODS
from asc_lib.model import passt
from asc_lib.model.icl import inverse_contrastive_loss
from asc_lib.study import RunConfig


class Losses(NamedTuple):
    """The sum that is minimised, and its addends before their weights."""

    total: torch.Tensor
    ce: torch.Tensor
    icl: torch.Tensor
    added: torch.Tensor  # the method's own loss


class About(NamedTuple):
    """What a method's own loss may look at beside the embeddings of a batch."""

    scene: torch.Tensor  # (batch,) position in SCENES
    device: torch.Tensor  # (batch,) position in DEVICES
    device_class: torch.Tensor  # (batch,) the device, or (device, DIR) where convolved
    progress: float  # share of the training that is done
    head: torch.nn.Module | None  # the method's own, trained along


def losses(
    model: passt.PaSST,
    batch: Batch,
    config: RunConfig,
    step: int,
    progress: float = 0.0,
    head: torch.nn.Module | None = None,
    device_weights: torch.Tensor | None = None,
) -> Losses:
    """Equation (2), L = L_CE + lambda_icl L_ICL, and what the method adds to it.

    In training, patchout and time offset follow from (seed, step). `progress` is the share of the
    training that is done, `head` what the method trains along, `device_weights` (devices,) weights
    of the windows' cross-entropies.
    """
    method = ALL_METHODS[config.method]
    draw = None
    if model.training:
        generator = torch.Generator().manual_seed(step_seed(config.seed, step))
        draw = model.draw(batch.log_mel.shape[2], generator).to(batch.log_mel.device)
    logits, embedding = model(batch.log_mel, draw, config.icl_layer)
    if device_weights is None:
        ce = cross_entropy(logits, batch.scene)
    else:
        each = cross_entropy(logits, batch.scene, reduction="none")
        ce = (device_weights[batch.device] * each).mean()
    total, icl, added = ce, torch.zeros_like(ce), torch.zeros_like(ce)
    if method.icl:
        groups = batch.scene if method.icl_within_scene else None
        icl = inverse_contrastive_loss(
            embedding, batch.device_class, config.alpha, config.beta, config.icl_weighting, groups
        )
        warmth = min(1.0, (step + 1) / max(1, config.icl_warmup_steps))
        total = total + warmth * config.lambda_icl * icl
    if method.loss:
        about = About(batch.scene, batch.device, batch.device_class, progress, head)
        added = method.loss(embedding, about)
        total = total + method.loss_weight * added
    return Losses(total, ce, icl, added)
