"""One training run, from its parameters to its folder (paper Sec. 3, 5.1 and 5.2).

`fit` finds the data, `_train` goes from step to step, `train_step` is one step, `losses` is
equation (2), `_end_epoch` judges. A batch is made in `batches`, a run's folder in `runs`.
"""

import time
from contextlib import ExitStack
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import DirSet
from asc_lib.data.tau22 import DEVICES
from asc_lib.files import InputError, alone_on
from asc_lib.methods import ALL_METHODS
from asc_lib.model import passt
from asc_lib.model.icl import inverse_contrastive_loss
from asc_lib.model.rivals import About
from asc_lib.results import metrics
from asc_lib.study import RunConfig
from asc_lib.train import prepare
from asc_lib.train.batches import PATCHOUT, Batch, TrainingBatches, step_seed
from asc_lib.train.evaluation import ClipFeatures, log_probabilities, prediction_table
from asc_lib.train.runs import Checkpoint, Run, lay_aside, origin, save

CHOICES = {"clean": "validation", "paper": "test"}  # choice of epoch -> the side it is made on
_CARRIED = ("step", "seconds", "history", "best", "weights", "sums")
_START = 2**32  # in a step's place: the seed of the first weights, apart from every step's


def fit(config: RunConfig, progress: bool = True, bank: Bank | None = None) -> Run:
    """The run that `config` describes: loaded when complete, resumed when begun, else trained.

    `InputError`: of the data, a device that is not there, a loss no longer finite.
    """
    return fit_together([config], progress, bank)[0]


def fit_together(
    configs: list[RunConfig], progress: bool = True, bank: Bank | None = None
) -> list[Run]:
    """Runs that hear the same batches (`together.hears`), each as `fit` gives it, bit for bit.

    A second process that asks for a run in training waits. A run whose loss is no longer finite
    ends alone, and is told at last.
    """
    first, runs = configs[0], [Run(config.run_folder) for config in configs]
    bank = bank or prepare.open_bank(first, progress)
    dirs_name = ALL_METHODS[first.method].dirs
    dirs = prepare.load_dirs(first, dirs_name, progress) if dirs_name else None
    data = bank.fingerprint + (f"+{dirs.fingerprint}" if dirs else "")
    missing = [pair for pair in zip(runs, configs, strict=True) if not _is_kept(pair[0], data)]
    with ExitStack() as locks:
        # in one order, so that no two processes hold what the other waits for
        for folder in sorted({run.folder for run, _ in missing}):
            locks.enter_context(alone_on(folder))
        # another process may have trained them meanwhile
        if missing := [pair for pair in missing if not _is_kept(pair[0], data)]:
            for run, _ in missing:
                if run.complete:
                    lay_aside(run.folder)
            _train(missing, bank, dirs, data, progress)
    return runs


def _is_kept(run: Run, data: str) -> bool:
    """Whether a run of the data with this fingerprint is complete."""
    if not run.complete or run.provenance.get("data_fingerprint") != data:
        return False
    # still there where the last process was killed at its very end
    Checkpoint(run.folder / "checkpoint.pt", data).clear()
    return True


def _train(
    runs: list[tuple[Run, RunConfig]], bank: Bank, dirs: DirSet | None, data: str, progress: bool
) -> None:
    """Train runs to their end, side by side on the same batches, and save them."""
    first = runs[0][1]
    on = prepare.torch_device(first.device)
    torch.set_num_threads(first.threads)
    clips = prepare.split_clips(bank, first)
    bank = bank.to(on) if on.type != "cpu" else bank
    batches = TrainingBatches(first, bank, clips[clips["side"] == "train"], dirs, on)
    judged = ClipFeatures(bank, clips[clips["side"] != "train"], on, first)
    total = first.epochs * batches.steps_per_epoch
    total = min(total, first.max_steps) if first.max_steps else total
    trainings = []
    for run, config in runs:
        state = TrainingState(config, on, total, batches.device)
        checkpoint = Checkpoint(run.folder / "checkpoint.pt", data)
        checkpoint.restore(state)
        trainings.append((run, state, checkpoint))

    begin = min(state.step for _, state, _ in trainings)  # their checkpoints may differ
    failed: list[InputError] = []
    bar = tqdm(
        total=total, initial=begin, unit="step", mininterval=5, disable=not progress,
        desc=runs[0][0].folder.name if len(runs) == 1 else f"{len(runs)} runs",
    )  # fmt: skip
    with bar:
        for step in range(begin, total):
            began = time.perf_counter()
            batch = batches.batch(step)
            waited = time.perf_counter() - began
            for training in [one for one in trainings if one[1].step == step]:
                _, state, checkpoint = training
                began = time.perf_counter() - waited  # a run's seconds are those it takes alone
                train_step(state, batch)
                try:
                    if state.step % batches.steps_per_epoch == 0 or state.step == total:
                        _end_epoch(state, judged, batches.steps_per_epoch)
                except InputError as error:
                    failed.append(error)
                    trainings.remove(training)
                    continue
                state.seconds += time.perf_counter() - began
                checkpoint.save_now_and_then(state)
            bar.update()
            if not trainings:
                break

    about = {
        "data_fingerprint": data,
        "simulated": bank.simulated,
        "dirs": dirs.label if dirs else None,
        "train_clips": len(batches.device),
        "trained_together": len(runs),
    }
    for run, state, checkpoint in trainings:
        _save(run, state, judged.clips, batches.batch_size, about)
        checkpoint.clear()
    if failed:
        raise failed[0]


class TrainingState:
    """All that a run carries from step to step: network, optimiser, history, best epochs."""

    def __init__(
        self, config: RunConfig, on: torch.device, total: int = 1, devices: Tensor | None = None
    ) -> None:
        """Before the first step of `total`; `devices`: of each training clip, to weigh them."""
        self.config, self.on, self.total = config, on, total
        self.method = ALL_METHODS[config.method]
        torch.manual_seed(step_seed(config.seed, _START))
        self.model = passt.from_config(config).to(on)
        if config.compile:
            # a GPU replays a step as a whole (CUDA graphs): an output lasts until the next call
            mode = "reduce-overhead" if on.type == "cuda" else None
            self.model.compile(dynamic=False, mode=mode)
        self.head = self.method.head(config.dim).to(on) if self.method.head else None
        weights = [*self.model.parameters(), *(self.head.parameters() if self.head else ())]
        betas, eps = (config.adam_beta1, config.adam_beta2), config.adam_eps
        self.optimizer = torch.optim.Adam(weights, config.learning_rate, betas, eps, fused=True)
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, factor=config.plateau_factor, patience=config.plateau_patience
        )
        self.device_weights = None  # (devices,), of the cross-entropy
        if self.method.device_weights and devices is not None:
            windows = torch.bincount(devices, minlength=len(DEVICES))
            self.device_weights = self.method.device_weights(windows).float().to(on)
        self._parts = ["model", "optimizer", "plateau", *(["head"] if self.head else [])]
        self.step, self.seconds = 0, 0.0
        self.sums = torch.zeros(4, device=on)  # CE, ICL, method's loss, steps in this epoch
        self.history: list[dict[str, float]] = []
        self.best: dict[str, dict[str, Any]] = {}  # of each choice: epoch, value, log_p
        self.weights: dict[str, Tensor] = {}  # of the clean choice

    def carried(self) -> dict[str, Any]:
        """For a checkpoint."""
        parts = {name: getattr(self, name).state_dict() for name in self._parts}
        return parts | {name: getattr(self, name) for name in _CARRIED}

    def take(self, content: dict[str, Any]) -> None:
        """Go on from a checkpoint, all its tensors on the CPU."""
        for name in self._parts:
            getattr(self, name).load_state_dict(content[name])
        for name in _CARRIED:
            setattr(self, name, content[name])
        self.sums = self.sums.to(self.on)


def train_step(state: TrainingState, batch: Batch) -> None:
    """One step on one batch."""
    state.model.train()
    state.optimizer.zero_grad()  # first: CUDA graphs write the next gradients into the same memory
    total, addends = losses(state, batch)
    total.backward()
    state.optimizer.step()
    state.sums += torch.stack([*addends, torch.ones_like(total)]).detach()
    state.step += 1


def losses(state: TrainingState, batch: Batch) -> tuple[Tensor, list[Tensor]]:
    """Equation (2), L = L_CE + lambda_icl L_ICL, plus what the method adds; and these three.

    In training, patchout and time offset follow from (seed, step).
    """
    model, config, method = state.model, state.config, state.method
    draw = None
    if model.training:
        # a stream of its own: what is left out must not follow from where windows begin
        # a stream of its own: what is left out must not follow from where windows begin
        generator = torch.Generator().manual_seed(step_seed(config.seed, state.step, PATCHOUT))
        draw = model.draw(batch.log_mel.shape[2], generator).to(batch.log_mel.device)
    logits, embedding = model(batch.log_mel, draw, config.icl_layer)
    if state.device_weights is None:
        ce = cross_entropy(logits, batch.scene)
    else:
        each = cross_entropy(logits, batch.scene, reduction="none")
        ce = (state.device_weights[batch.device] * each).mean()
    total, icl, added = ce, torch.zeros_like(ce), torch.zeros_like(ce)
    if method.icl:
        groups = batch.scene if method.icl_within_scene else None
        icl = inverse_contrastive_loss(
            embedding, batch.device_class, config.alpha, config.beta, config.icl_weighting, groups
        )
        warmth = min(1.0, (state.step + 1) / max(1, config.icl_warmup_steps))
        total = total + warmth * config.lambda_icl * icl
    if method.loss:
        progress = min(1.0, state.step / state.total)
        about = About(batch.scene, batch.device, batch.device_class, progress, state.head)
        added = method.loss(embedding, about)
        total = total + method.loss_weight * added
    return total, [ce, icl, added]


def _end_epoch(state: TrainingState, judged: ClipFeatures, steps_per_epoch: int) -> None:
    """Judge the network on both sides, note it, keep it where it is the best so far."""
    ce, icl, added, _ = (state.sums / state.sums[3]).tolist()
    epoch = -(-state.step // steps_per_epoch)
    if not np.isfinite(ce + icl + added):
        raise InputError(
            f"learning_rate {state.config.learning_rate:g}, "
            f"lambda_icl {state.config.lambda_icl:g}: the loss was no longer finite in epoch "
            f"{epoch}; lower one of them"
        )
    state.sums.zero_()
    state.optimizer.zero_grad()  # their memory is room for a copy of the weights
    log_p = log_probabilities(state.model, judged)
    row: dict[str, float] = {
        "epoch": epoch,
        "step": state.step,
        "learning_rate": state.optimizer.param_groups[0]["lr"],
        "train_ce": ce,
        "train_icl": icl,
        **({"train_added": added} if state.method.loss else {}),
        "seconds": round(state.seconds, 2),
    }
    table = prediction_table(judged.clips, log_p, "")
    for side in CHOICES.values():
        some = table[table["side"] == side]
        for measure in ("log_loss", "accuracy"):
            row[f"{side}_{measure}"] = metrics.overall(some, measure) if len(some) else np.nan
    by_device = metrics.log_loss_by_device(some)["log_loss"]  # of the test side, the last
    row |= {f"test_log_loss_{device}": float(value) for device, value in by_device.items()}
    state.history.append(row)

    # with no validation side the clean choice is the last epoch, so that none is picked on the test
    # side; the learning rate has only that one to follow, as in the paper's own protocol
    value = {"clean": row["validation_log_loss"], "paper": row["test_log_loss"]}
    for choice, reached in value.items():
        if np.isnan(reached) or reached < state.best.get(choice, {}).get("value", np.inf):
            state.best[choice] = {"epoch": epoch, "value": reached, "log_p": log_p}
            if choice == "clean":
                kept = state.model.state_dict().items()
                state.weights = {name: tensor.detach().cpu().clone() for name, tensor in kept}
    state.plateau.step(value["paper"] if np.isnan(value["clean"]) else value["clean"])


def _save(
    run: Run, state: TrainingState, clips: pd.DataFrame, batch_size: int, about: dict[str, Any]
) -> None:
    """Write a finished run into its folder; `clips` are those that were judged."""
    state.optimizer.state.clear()  # twice the weights; to save these takes room
    best, said = state.best, ("seed", "threads", "precision", "compile")
    predictions = [prediction_table(clips, best[choice]["log_p"], choice) for choice in CHOICES]
    provenance = about | {
        "chosen_epoch": {choice: best[choice]["epoch"] for choice in CHOICES},
        "steps": state.step,
        "seconds": round(state.seconds, 2),
        "windows_per_second": round(state.step * batch_size / state.seconds, 1),
        "parameters": sum(p.numel() for p in state.model.parameters()),
        **{name: getattr(state.config, name) for name in said},
        **origin(state.on),
    }
    files = {
        "config.json": lambda to: to.write_text(state.config.model_dump_json(indent=2) + "\n"),
        "history.csv": lambda to: pd.DataFrame(state.history).to_csv(to, index=False),
        "predictions.parquet": lambda to: pd.concat(predictions).to_parquet(to, index=False),
        "weights.safetensors": lambda to: safetensors.torch.save_file(state.weights, to),
    }
    save(run.folder, files, provenance)
