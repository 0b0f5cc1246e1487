"""What a run carries from step to step, and a step (paper Sec. 5.1 and 5.2)."""

from dataclasses import dataclass, field
from typing import Any

import torch

from asc_lib.data.tau22 import DEVICES
from asc_lib.experiment.batches import Batch, TrainingBatches, step_seed
from asc_lib.experiment.losses import losses
from asc_lib.experiment.methods import ALL_METHODS
from asc_lib.model import passt
from asc_lib.model.compiled import compile_network
from asc_lib.study import RunConfig

_CARRIED = ("step", "seconds", "history", "best", "weights", "sums")


@dataclass
class TrainingState:
    """All that a run carries from step to step."""

    config: RunConfig
    on: torch.device
    total: int = 1  # steps until its end
    device_weights: torch.Tensor | None = None  # (devices,), of the cross-entropy
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, dict[str, Any]] = field(default_factory=dict)
    weights: dict[str, torch.Tensor] = field(default_factory=dict)  # of the clean choice

    def __post_init__(self) -> None:
        config = self.config
        torch.manual_seed(step_seed(config.seed, 2**32))  # apart from every step's seed
        self.model = passt.from_config(config).to(self.on)
        if config.compile:
            compile_network(self.model, self.on)
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


def train_step(state: TrainingState, batch: Batch) -> None:
    """One step on one batch."""
    state.model.train()
    state.optimizer.zero_grad()  # first: CUDA graphs write the next gradients into the same memory
    found = losses(
        state.model, batch, state.config, state.step,
        min(1.0, state.step / state.total), state.head, state.device_weights,
    )  # fmt: skip
    found.total.backward()
    state.optimizer.step()
    addends = found.ce.detach(), found.icl.detach(), found.added.detach()
    state.sums += torch.stack([*addends, torch.ones_like(found.ce.detach())])
    state.step += 1


def begun(config: RunConfig, batches: TrainingBatches, total: int) -> TrainingState:
    """A training of so many steps on these batches, before its first."""
    weights = ALL_METHODS[config.method].device_weights
    number = torch.bincount(batches.device, minlength=len(DEVICES))
    return TrainingState(config, batches.on, total, weights(number) if weights else None)
