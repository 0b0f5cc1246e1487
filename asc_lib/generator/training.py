"""One training of the DIR generator: fit, checkpoint, resume (paper Sec. 5.3).

`python -m asc_lib.generator.training STUDY FOLD` trains one; what it leaves is
`outputs/<study>/generator/<name>/` with `config.json history.csv weights.safetensors
provenance.json`, the last written last.
"""

import json
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss
from tqdm import tqdm

from asc_lib.data import dir_sets
from asc_lib.data.dir_sets import DirSet
from asc_lib.files import (
    InputError,
    alone_on,
    exit_code,
    read_object,
    reading,
    resolve,
    temporary_file,
)
from asc_lib.generator.conditions import conditions
from asc_lib.generator.config import GeneratorConfig, config_of, held_out
from asc_lib.generator.network import Discriminator, Generator
from asc_lib.model.transfer import to_device
from asc_lib.study import StudyConfig, load
from asc_lib.study_file import validated
from asc_lib.train import prepare
from asc_lib.train.runs import Checkpoint, finite_weights, lay_aside, origin

_DECAY = 0.7
_NOTES = 20  # rows of the history, evenly over a training
_REMEDY = "delete its folder, and the study trains it again"
PEAK = 0.9  # of the largest training response, before the tanh


@dataclass(frozen=True)
class Trained:
    """A finished training as it lies in its folder."""

    folder: Path

    @property
    def complete(self) -> bool:
        """Whether it was trained to its end."""
        return (self.folder / "provenance.json").is_file()

    @property
    def config(self) -> GeneratorConfig:
        file = self.folder / "config.json"
        return validated(GeneratorConfig, read_object(file, _REMEDY), str(file))

    @property
    def history(self) -> pd.DataFrame:
        """One row a twentieth: step, losses, error of the batch as a share of silence's."""
        file = self.folder / "history.csv"
        with reading(file, "a history", _REMEDY):
            return pd.read_csv(file).astype(float)

    @property
    def provenance(self) -> dict[str, Any]:
        return read_object(self.folder / "provenance.json", _REMEDY)

    def generate(self, condition: np.ndarray) -> np.ndarray:
        """Responses to scaled conditions (any, 12): float32 (any, 1024), in the set's own units."""
        with reading(self.folder / "provenance.json", "the training's origin", _REMEDY):
            scale = float(self.provenance["scale"])
        parts = torch.from_numpy(np.ascontiguousarray(condition, np.float32)).split(512)
        with torch.inference_mode():
            return torch.cat([self._network(part) for part in parts]).numpy() / scale

    @cached_property
    def _network(self) -> Generator:
        generator = Generator(self.config.width)
        file = self.folder / "weights.safetensors"
        with reading(file, "the generator's weights", _REMEDY):
            generator.load_state_dict(finite_weights(file))
        return generator.eval()


@dataclass
class GeneratorState:
    """All that a training carries from step to step."""

    config: GeneratorConfig
    on: torch.device
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        torch.manual_seed(self.config.seed)
        torch.backends.cudnn.allow_tf32 = False  # else a GPU's convolutions round to ten bits
        self.generator = Generator(self.config.width).to(self.on)
        self.discriminator = Discriminator(self.config.width).to(self.on)
        rate = self.config.learning_rate
        self.networks = [self.generator, self.discriminator]
        self.optimizers = [
            torch.optim.RMSprop(net.parameters(), rate, foreach=True) for net in self.networks
        ]
        self.losses = torch.zeros(3, device=self.on)  # error, adversarial, discriminator's

    def carried(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            **{name: [part.state_dict() for part in getattr(self, name)] for name in _PARTS},
            **{name: getattr(self, name) for name in _CARRIED},
        }

    def take(self, content: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        for name in _PARTS:
            for part, kept in zip(getattr(self, name), content[name], strict=True):
                part.load_state_dict(kept)
        for name in _CARRIED:
            setattr(self, name, content[name])
        self.losses = self.losses.to(self.on)


_PARTS = ("networks", "optimizers")
_CARRIED = ("step", "seconds", "history", "losses")


@dataclass(frozen=True)
class Examples:
    """Responses to learn from, on the training device; each batch follows from (seed, step)."""

    condition: Tensor  # (responses, 12)
    response: Tensor  # (responses, 1024), -1 to 1
    energy: float  # mean square over all: the MSE of silence
    scale: float  # network units = set units * scale

    @classmethod
    def of(cls, dirs: DirSet, seen: np.ndarray, on: torch.device) -> "Examples":
        """The seen responses of a set, the largest peak among them at 0.9."""
        response = torch.from_numpy(dirs.responses[seen])
        scale = PEAK / float(response.abs().max())
        response = response * scale
        condition = torch.from_numpy(conditions(dirs.table[seen]))
        energy = float(response.square().mean())
        return cls(condition.to(on), response.to(on), energy, scale)

    def steps_per_epoch(self, config: GeneratorConfig) -> int:
        return max(1, len(self.response) // config.batch_size)

    def batch(self, config: GeneratorConfig, step: int) -> tuple[Tensor, Tensor]:
        """Conditions and responses of a step: all in a random order, anew each epoch."""
        epoch, number = divmod(step, self.steps_per_epoch(config))
        order = np.random.default_rng([config.seed, epoch]).permutation(len(self.response))
        rows = torch.from_numpy(order[number * config.batch_size :][: config.batch_size])
        rows = to_device(rows, self.response.device)
        return self.condition[rows], self.response[rows]


def train_step(state: GeneratorState, examples: Examples) -> None:
    """One step of the generator, and where it is due one of the discriminator before it.

    Discriminator: real + 1/2 (made + real with another's condition). Generator: adversarial +
    `mse_weight` times the MSE as a share of the energy, so that the scale does not matter.
    """
    config = state.config
    rate = config.learning_rate * _DECAY ** (state.step // config.decay_steps)
    for optimizer in state.optimizers:
        optimizer.param_groups[0]["lr"] = rate
    condition, real = examples.batch(config, state.step)
    made = state.generator(condition)
    of_generator, of_judge = state.optimizers
    if state.step % config.generator_steps_to_one == 0:
        right, wrong = state.discriminator(real, condition, condition.roll(1, 0))
        (of_made,) = state.discriminator(made.detach(), condition)
        loss = _against(right, 1.0) + (_against(of_made, 0.0) + _against(wrong, 0.0)) / 2
        of_judge.zero_grad()
        loss.backward()
        of_judge.step()
        state.losses[2] = loss.detach()
    adversarial = _against(*state.discriminator(made, condition), 1.0)
    error = mse_loss(made, real) / examples.energy
    of_generator.zero_grad()
    # of the discriminator no gradient is asked for
    asked = of_generator.param_groups[0]["params"]
    (adversarial + config.mse_weight * error).backward(inputs=asked)
    of_generator.step()
    state.losses[0], state.losses[1] = error.detach(), adversarial.detach()
    state.step += 1


def _against(logit: Tensor, truth: float) -> Tensor:
    return binary_cross_entropy_with_logits(logit, torch.full_like(logit, truth))


def fit(config: GeneratorConfig, dirs: DirSet | None = None, progress: bool = True) -> Trained:
    """The training that `config` describes: loaded when complete, resumed when begun, else trained.

    Raises:
        InputError: the set has unknown microphones or is too small, the device is not there, or
            the error is no longer finite.
    """
    trained = Trained(config.folder)
    dirs = dirs or load_multi(config, progress)
    checkpoint = Checkpoint(trained.folder / "checkpoint.pt", dirs.fingerprint)
    if trained.complete:
        if trained.provenance.get("data_fingerprint") == dirs.fingerprint:
            checkpoint.clear()  # still there where the last process was killed at its very end
            return trained
        lay_aside(trained.folder)
    on = prepare.torch_device(config.device)
    torch.set_num_threads(config.threads)
    seen = ~held_out(dirs.table, config.fold)
    examples = Examples.of(dirs, seen, on)
    state = GeneratorState(config, on)
    checkpoint.restore(state)
    bar = tqdm(
        total=config.steps, initial=state.step, desc=config.name, unit="step", mininterval=5,
        disable=not progress,
    )  # fmt: skip
    with bar:
        while state.step < config.steps:
            began = time.perf_counter()
            train_step(state, examples)
            bar.update()
            if state.step % max(1, config.steps // _NOTES) == 0 or state.step == config.steps:
                _note(state, examples)
            state.seconds += time.perf_counter() - began
            checkpoint.save_now_and_then(state)
    provenance = {
        "data_fingerprint": dirs.fingerprint,
        "simulated": dirs.simulated,
        "dirs": dirs.label,
        "scale": examples.scale,
        "trained_on": int(seen.sum()),
        "held_out": int((~seen).sum()),
        "steps": state.step,
        "seconds": round(state.seconds, 2),
        "parameters": sum(p.numel() for p in state.generator.parameters()),
        "threads": config.threads,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **origin(on),
    }
    _save(trained, config, state, provenance)
    checkpoint.clear()
    return trained


def load_multi(config: GeneratorConfig | StudyConfig, progress: bool = True) -> DirSet:
    """The Multi set that it learns from."""
    roots = resolve(config.multi_root), resolve(config.bank_root)
    return dir_sets.load_dirs("multi", *roots, progress)


def _note(state: GeneratorState, examples: Examples) -> None:
    error, adversarial, discriminator = state.losses.tolist()
    if not np.isfinite(error + adversarial):
        raise InputError(
            f"generator_learning_rate {state.config.learning_rate:g}: the error was no longer "
            f"finite at step {state.step}; lower it"
        )
    row = {
        "step": state.step,
        "epoch": state.step // examples.steps_per_epoch(state.config),
        "learning_rate": state.optimizers[0].param_groups[0]["lr"],
        "error_share": error,
        "adversarial": adversarial,
        "discriminator": discriminator,
        "seconds": round(state.seconds, 2),
    }
    state.history.append(row)


def _save(
    trained: Trained, config: GeneratorConfig, state: GeneratorState, provenance: dict[str, Any]
) -> None:
    trained.folder.mkdir(parents=True, exist_ok=True)
    weights = {k: v.detach().cpu().contiguous() for k, v in state.generator.state_dict().items()}
    write = {
        "config.json": lambda to: to.write_text(config.model_dump_json(indent=2) + "\n"),
        "history.csv": lambda to: pd.DataFrame(state.history).to_csv(to, index=False),
        "weights.safetensors": lambda to: safetensors.torch.save_file(weights, to),
        "provenance.json": lambda to: to.write_text(json.dumps(provenance, indent=2) + "\n"),
    }
    for name, writer in write.items():
        with temporary_file(trained.folder / name) as unfinished:
            writer(unfinished)


def main() -> None:
    """Train one generator of a study."""
    if len(sys.argv) != 3:
        raise InputError("usage: python -m asc_lib.generator.training STUDY FOLD")
    config = config_of(load(sys.argv[1]), sys.argv[2])
    with alone_on(config.folder):
        fit(config)


if __name__ == "__main__":
    sys.exit(exit_code(main))
