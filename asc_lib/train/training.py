"""One run: fit, checkpoint, resume, predictions (paper Sec. 5.1 and 5.2)."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import DirSet
from asc_lib.files import InputError, alone_on
from asc_lib.methods import ALL_METHODS
from asc_lib.results import metrics
from asc_lib.study import RunConfig
from asc_lib.train import prepare
from asc_lib.train.batches import TrainingBatches
from asc_lib.train.checkpoint import Checkpoint
from asc_lib.train.evaluation import ClipFeatures, log_probabilities, prediction_table
from asc_lib.train.runs import Run, lay_aside, origin, save
from asc_lib.train.step import TrainingState, begun, train_step

CHOICES = {"clean": "validation", "paper": "test"}  # choice of epoch -> the side it is made on


def fit(config: RunConfig, progress: bool = True, bank: Bank | None = None) -> Run:
    """The run that `config` describes: loaded when complete, resumed when begun, else trained.

    `InputError`: of the data, a device or compiler that is not there, a loss no longer finite.
    """
    return fit_together([config], progress, bank)[0]


def fit_together(
    configs: list[RunConfig], progress: bool = True, bank: Bank | None = None
) -> list[Run]:
    """Runs that hear the same batches (`together.hears`), each as `fit` gives it, bit for bit.

    A batch is made once for all of them, and so are the pictures of judged clips. A run's seconds
    are those that it takes by itself. A second process that asks for a run in training waits.

    Raises:
        InputError: as `fit`; a run whose loss is no longer finite ends alone, and is told at last.
    """
    first = configs[0]
    if not all(Run(config.run_folder).complete for config in configs):  # else nothing is computed
        prepare.torch_device(first.device)
        if first.compile:
            prepare.check_compiler()
    bank = bank or prepare.open_bank(first, progress)
    dirs_name = ALL_METHODS[first.method].dirs
    dirs = prepare.load_dirs(first, dirs_name, progress) if dirs_name else None
    fingerprint = bank.fingerprint + (f"+{dirs.fingerprint}" if dirs else "")
    found = [(Run(config.run_folder), config) for config in configs]
    missing = [each for each in found if not _is_kept(each[0], fingerprint)]
    with ExitStack() as locks:
        # in one order, so that no two processes hold what the other waits for
        for folder in sorted({run.folder for run, _ in missing}):
            locks.enter_context(alone_on(folder))
        # another process may have trained them meanwhile
        if missing := [each for each in missing if not _is_kept(each[0], fingerprint)]:
            for run, _ in missing:
                if run.complete:
                    lay_aside(run.folder)
            _train(missing, bank, dirs, fingerprint, prepare.torch_device(first.device), progress)
    return [run for run, _ in found]


def _checkpoint(run: Run, fingerprint: str) -> Checkpoint:
    """The run's, of these data: of others it begins anew."""
    return Checkpoint(run.folder / "checkpoint.pt", fingerprint)


def _is_kept(run: Run, fingerprint: str) -> bool:
    """Whether a run of these data is complete."""
    if not run.complete or run.provenance.get("data_fingerprint") != fingerprint:
        return False
    # still there where the last process was killed at its very end
    _checkpoint(run, fingerprint).clear()
    return True


def _train(
    runs: list[tuple[Run, RunConfig]],
    bank: Bank,
    dirs: DirSet | None,
    fingerprint: str,
    on: torch.device,
    progress: bool,
) -> None:
    """Train runs to their end, side by side on the same batches, and save them."""
    first = runs[0][1]
    torch.set_num_threads(first.threads)
    clips = prepare.split_clips(bank, first)
    bank = bank.to(on) if on.type != "cpu" else bank
    batches = TrainingBatches(first, bank, clips[clips["side"] == "train"], dirs, on)
    judged = ClipFeatures(bank, clips[clips["side"] != "train"], on)
    total = first.epochs * batches.steps_per_epoch
    total = min(total, first.max_steps) if first.max_steps else total
    trainings = []
    for run, config in runs:
        state, checkpoint = begun(config, batches, total), _checkpoint(run, fingerprint)
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
                began = time.perf_counter() - waited
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
            if history := trainings[0][1].history:
                said = f"epoch {history[-1]['epoch']}, test {history[-1]['test_log_loss']:.3f}"
                bar.set_postfix_str(said, refresh=False)

    about = {
        "data_fingerprint": fingerprint,
        "simulated": bank.simulated,
        "dirs": dirs.label if dirs else None,
        "train_clips": batches.clip_count,
        "trained_together": len(runs),
    }
    for run, state, checkpoint in trainings:
        _save(run, state, judged.clips, batches.batch_size, about)
        checkpoint.clear()
    if failed:
        raise failed[0]


def _save(
    run: Run, state: TrainingState, clips: pd.DataFrame, batch_size: int, about: dict[str, Any]
) -> None:
    """Write a finished run into its folder; `clips` are those that were judged."""
    config = state.config
    state.optimizer.state.clear()  # twice the weights; to save these takes room
    predictions = [
        prediction_table(clips, state.best[choice]["log_p"], choice) for choice in CHOICES
    ]
    provenance = about | {
        "seed": config.seed,
        "chosen_epoch": {choice: state.best[choice]["epoch"] for choice in CHOICES},
        "steps": state.step,
        "seconds": round(state.seconds, 2),
        "windows_per_second": round(state.step * batch_size / state.seconds, 1),
        "parameters": sum(p.numel() for p in state.model.parameters()),
        "threads": config.threads,
        "precision": config.precision,
        "compile": config.compile,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **origin(state.on),
    }
    history, predictions = pd.DataFrame(state.history), pd.concat(predictions, ignore_index=True)
    save(run, config, history, predictions, state.weights, provenance)


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
        **({"train_added": added} if ALL_METHODS[state.config.method].loss else {}),
        "seconds": round(state.seconds, 2),
    }
    for side in CHOICES.values():
        table = prediction_table(judged.clips, log_p, "")
        table = table[table["side"] == side]
        for measure in ("log_loss", "accuracy"):
            row[f"{side}_{measure}"] = metrics.overall(table, measure) if len(table) else np.nan
        if side == "test":
            scores = metrics.log_loss_by_device(table)["log_loss"]
            row |= {f"test_log_loss_{d}": float(v) for d, v in scores.items()}
    state.history.append(row)

    # with no validation side the clean choice is the last epoch, so that none is picked on the test
    # side; the learning rate has only that one to follow, as in the paper's own protocol
    value = {"clean": row["validation_log_loss"], "paper": row["test_log_loss"]}
    for choice, reached in value.items():
        if np.isnan(reached) or reached < state.best.get(choice, {}).get("value", np.inf):
            state.best[choice] = {"epoch": epoch, "value": reached, "log_p": log_p}
            if choice == "clean":
                state.weights = {
                    k: v.detach().cpu().clone() for k, v in state.model.state_dict().items()
                }
    state.plateau.step(value["paper"] if np.isnan(value["clean"]) else value["clean"])
