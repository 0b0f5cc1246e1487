"""Two ways to report the same runs, and by how much the paper's flatters.

clean   each run at the epoch that did best on validation places (with none: the last epoch), mean
        over all seeds.
epoch   each run at the epoch that did best on the reported clips, mean over all seeds.
seed    of these the best run: the paper's protocol ("the PaSST model is trained for three different
        seeds and best performance is picked", Table 3).

Epoch and seed are picked by overall log-loss, and the picks hold for every device. What is picked
for being low is partly low by chance.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from asc_lib.results import comparison, metrics

PARTS = ("epoch", "seed", "both")
_PREFIX = "test_log_loss_"
Table = TypeVar("Table", pd.Series, pd.DataFrame)


def chosen_epochs(history: pd.DataFrame) -> dict[str, int]:
    """The epoch that each protocol takes of a run's history: {"clean": ..., "paper": ...}."""
    validation = history["validation_log_loss"]
    unseen = validation.isna().all()
    rows = {
        "clean": history.index[-1] if unseen else validation.idxmin(),
        "paper": history["test_log_loss"].idxmin(),
    }
    return {choice: int(history.loc[row, "epoch"]) for choice, row in rows.items()}


def best_seed(histories: Sequence[pd.DataFrame]) -> int:
    """Position of the run whose best epoch is lowest on the reported clips."""
    return int(np.argmin([history["test_log_loss"].min() for history in histories]))


def stages(histories: Sequence[pd.DataFrame]) -> dict[str, pd.Series]:
    """A row of Table 3 under each of the three, from the histories of one method's runs.

    Log-loss in nats by device, family and overall.
    """
    at = [chosen_epochs(history) for history in histories]
    rows = {
        choice: metrics.table_columns(
            pd.DataFrame(
                [_devices(run, epochs[choice]) for run, epochs in zip(histories, at, strict=True)]
            )
        )
        for choice in ("clean", "paper")
    }
    best = rows["paper"].iloc[best_seed(histories)]
    return {"clean": rows["clean"].mean(), "epoch": rows["paper"].mean(), "seed": best}


def stage_draws(
    clean: Sequence[pd.DataFrame],
    paper: Sequence[pd.DataFrame],
    best: int,
    draws: int,
) -> dict[str, pd.DataFrame]:
    """The same under each of the three for redrawn places; the picks stay as they were made.

    So an interval says how far the gap between these very networks depends on the places, and not
    whether new picks would gain as much. Of test predictions at the epoch of each choice; `best` is
    `best_seed`'s. The same places for every stage and method, so that differences are paired.
    """
    picks = {"clean": clean, "epoch": paper, "seed": [paper[best]]}
    return {stage: comparison.over_places(runs, draws) for stage, runs in picks.items()}


def parts(of: Mapping[str, Table]) -> dict[str, Table]:
    """By how much each pick of `PARTS` lowers the log-loss of the rows or draws, nats."""
    return {
        "epoch": of["clean"] - of["epoch"],
        "seed": of["epoch"] - of["seed"],
        "both": of["clean"] - of["seed"],
    }


def _devices(history: pd.DataFrame, epoch: int) -> pd.Series:
    (row,) = (history["epoch"] == epoch).to_numpy().nonzero()[0]
    values = history.filter(regex=f"^{_PREFIX}").iloc[row]
    return values.rename(lambda column: column.removeprefix(_PREFIX))
