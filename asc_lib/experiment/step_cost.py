"""What a training step of each method costs: all measured in turn, in the same minutes.

A run's own seconds tell of what else its machine did meanwhile, and with whom it shared batches.
"""

import time
from collections.abc import Callable, Mapping

import pandas as pd
import torch

from asc_lib.data.bank import Bank
from asc_lib.experiment import prepare
from asc_lib.experiment.batches import TrainingBatches
from asc_lib.experiment.step import begun, train_step
from asc_lib.model.transfer import finish
from asc_lib.study import ALL_METHODS, RunConfig

ROUNDS, STEPS = 7, 3  # short turns: a neighbour that disturbs one then disturbs the next, too
_LONG_S = 60.0  # then the round that is begun is the last


def step_seconds(
    configs: Mapping[str, RunConfig],
    bank: Bank,
    rounds: int = ROUNDS,
    progress: Callable[[str], object] = lambda name: None,
) -> pd.DataFrame:
    """Seconds of a training step, its batch included: (rounds, names).

    In each round every training takes `STEPS` steps from its start, after one that does not count;
    its network is not compiled. At most so many rounds, none that would begin after a minute.
    """
    first = next(iter(configs.values()))
    on = prepare.torch_device(first.device)
    clips = prepare.split_clips(bank, first)
    heard = clips[clips["side"] == "train"]
    bank = bank.to(on)
    kinds = {ALL_METHODS[config.method].dirs for config in configs.values()}
    dirs = {kind: prepare.load_dirs(first, kind) for kind in kinds if kind}
    measured, began = [], time.perf_counter()
    while len(measured) < rounds and (not measured or time.perf_counter() - began < _LONG_S):
        of_round = {}
        for name, config in configs.items():
            of_kind = dirs.get(ALL_METHODS[config.method].dirs)
            batches = TrainingBatches(config, bank, heard, of_kind, on)
            of_round[name] = _seconds(config, batches, on)
            progress(name)
        measured.append(of_round)
    return pd.DataFrame(measured).rename_axis("round")


def relative(seconds: pd.DataFrame, to: str = "plain") -> pd.DataFrame:
    """Cost of each method from `step_seconds`, compared round by round.

    Columns: `milliseconds` of a step (median), `relative_time` (median of the rounds' ratios),
    `least` and `most` (of these ratios), `rounds`.
    """
    ratios = seconds.div(seconds[to], axis=0)
    return pd.DataFrame(
        {
            "milliseconds": 1000 * seconds.median(),
            "relative_time": ratios.median(),
            "least": ratios.min(),
            "most": ratios.max(),
            "rounds": len(seconds),
        }
    ).rename_axis("method")


def _seconds(config: RunConfig, batches: TrainingBatches, on: torch.device) -> float:
    # a network compiled for a dozen steps would take minutes, and each method's anew
    state = begun(config.model_copy(update={"compile": False}), batches, STEPS + 1)
    train_step(state, batches.batch(0))
    finish(on)
    began = time.perf_counter()
    for step in range(1, STEPS + 1):
        train_step(state, batches.batch(step))
    finish(on)
    return (time.perf_counter() - began) / STEPS
