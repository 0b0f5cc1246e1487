"""The training loop as `training.fit` runs it, evaluation and checkpoints left out."""

import time
from contextlib import closing
from itertools import count

import torch

from asc_lib.experiment import training_state
from asc_lib.experiment.batches import Batch, TrainingBatches, ahead
from asc_lib.study import RunConfig
from asc_lib.experiment.losses import losses
from asc_lib.model.transfer import finish


class Loop:
    """A run that can be trained on by so many steps at a time."""

    def __init__(self, config: RunConfig, batches: TrainingBatches, on: torch.device) -> None:
        """Begin the run of `config` on `on`, with these batches."""
        self.batches, self.on = batches, on
        self.state = training_state.TrainingState(config, on)

    def train(self, steps: int) -> None:
        """Train `steps` steps, each batch prepared while the model computes the one before."""
        start = self.state.step
        with closing(ahead(self.batches, start, start + steps)) as upcoming:
            for batch in upcoming:
                training_state.train_step(self.state, batch)
        finish(self.on)

    def train_for(self, seconds: float, prepared_ahead: bool) -> float:
        """Train until so many seconds are over, batches prepared ahead or not; steps a second."""
        start = self.state.step
        if prepared_ahead:
            upcoming = ahead(self.batches, start, start + 1_000_000)
        else:
            upcoming = (self.batches.batch(step) for step in count(start))
        began = time.perf_counter()
        with closing(upcoming):
            for batch in upcoming:
                training_state.train_step(self.state, batch)
                passed = time.perf_counter() - began
                if passed >= seconds:
                    break
        return (self.state.step - start) / passed


class BareStep:
    """Forward, backward and optimiser on tensors that are ready: what the loop cannot beat."""

    def __init__(self, config: RunConfig, ready: list[Batch], on: torch.device) -> None:
        """Take batches to be used in turn; the model and optimiser are those of a run."""
        self.config, self.ready, self.on = config, ready, on
        self.state = training_state.TrainingState(config, on)

    def train(self, steps: int) -> None:
        """Train `steps` steps."""
        model, optimizer = self.state.model.train(), self.state.optimizer
        for step in range(steps):
            batch = self.ready[step % len(self.ready)]
            optimizer.zero_grad()
            loss, *_ = losses(model, batch, self.config, step)
            loss.backward()
            optimizer.step()
        finish(self.on)
