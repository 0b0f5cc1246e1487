"""One step of a training: equation (2), what a method adds to it, and what goes from step to step.

Paper Sec. 3, 5.1 and 5.2. A step on a batch is `train_step`.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from asc_lib.data.tau22 import DEVICES
from asc_lib.methods import ALL_METHODS
from asc_lib.model import passt
from asc_lib.model.icl import inverse_contrastive_loss
from asc_lib.study import RunConfig
from asc_lib.train.batches import Batch, TrainingBatches, step_seed

_CARRIED = ("step", "seconds", "history", "best", "weights", "sums")
_START = 2**32  # in a step's place: the seed of the first weights, apart from every step's


class Losses(NamedTuple):
    """The sum that is minimised, and its addends before their weights."""

    total: Tensor
    ce: Tensor
    icl: Tensor
    added: Tensor  # the method's own loss


class About(NamedTuple):
    """What a method's own loss may look at beside the embeddings of a batch."""

    scene: Tensor  # (batch,) position in SCENES
    device: Tensor  # (batch,) position in DEVICES
    device_class: Tensor  # (batch,) the device, or (device, DIR) where convolved
    progress: float  # share of the training that is done
    head: torch.nn.Module | None  # the method's own, trained along


def losses(
    model: passt.PaSST,
    batch: Batch,
    config: RunConfig,
    step: int,
    progress: float = 0.0,
    head: torch.nn.Module | None = None,
    device_weights: Tensor | None = None,
) -> Losses:
    """Equation (2), L = L_CE + lambda_icl L_ICL, and what the method adds to it.

    In training, patchout and time offset follow from (seed, step). `progress`: share of the
    training that is done; `device_weights`: (devices,), of the windows' cross-entropies.
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


@dataclass
class TrainingState:
    """All that a run carries from step to step: network, optimiser, history, best epochs."""

    config: RunConfig
    on: torch.device
    total: int = 1  # steps until its end
    device_weights: Tensor | None = None  # (devices,), of the cross-entropy
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, dict[str, Any]] = field(default_factory=dict)
    weights: dict[str, Tensor] = field(default_factory=dict)  # of the clean choice

    def __post_init__(self) -> None:
        config = self.config
        torch.manual_seed(step_seed(config.seed, _START))
        self.model = passt.from_config(config).to(self.on)
        if config.compile:
            # each shape of input by itself; a GPU replays a step as a whole (CUDA graphs), so that
            # an output lasts until the next call
            mode = "reduce-overhead" if self.on.type == "cuda" else None
            self.model.compile(dynamic=False, mode=mode)
        head = ALL_METHODS[config.method].head
        self.head = head(config.dim).to(self.on) if head else None
        self.optimizer = torch.optim.Adam(
            [*self.model.parameters(), *(self.head.parameters() if self.head else ())],
            lr=config.learning_rate,
            betas=(config.adam_beta1, config.adam_beta2),
            eps=config.adam_eps,
            fused=True,
        )
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, factor=config.plateau_factor, patience=config.plateau_patience
        )
        if self.device_weights is not None:
            self.device_weights = self.device_weights.float().to(self.on)
        self.sums = torch.zeros(4, device=self.on)  # CE, ICL, method's loss, steps in this epoch

    def carried(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "plateau": self.plateau.state_dict(),
            "head": self.head.state_dict() if self.head else {},
            **{name: getattr(self, name) for name in _CARRIED},
        }

    def take(self, content: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict(content["model"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.plateau.load_state_dict(content["plateau"])
        if self.head:
            self.head.load_state_dict(content["head"])
        for name in _CARRIED:
            setattr(self, name, content[name])
        self.sums = self.sums.to(self.on)


def begun(config: RunConfig, batches: TrainingBatches, total: int) -> TrainingState:
    """A training of so many steps on these batches, before its first."""
    weights = ALL_METHODS[config.method].device_weights
    number = torch.bincount(batches.device, minlength=len(DEVICES))
    return TrainingState(config, batches.on, total, weights(number) if weights else None)


def train_step(state: TrainingState, batch: Batch) -> None:
    """One step on one batch."""
    state.model.train()
    state.optimizer.zero_grad()  # first: CUDA graphs write the next gradients into the same memory
    progress = min(1.0, state.step / state.total)
    given = state.config, state.step, progress, state.head, state.device_weights
    found = losses(state.model, batch, *given)
    found.total.backward()
    state.optimizer.step()
    addends = found.ce.detach(), found.icl.detach(), found.added.detach()
    state.sums += torch.stack([*addends, torch.ones_like(addends[0])])
    state.step += 1
