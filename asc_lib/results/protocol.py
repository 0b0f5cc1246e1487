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

from asc_lib.results import metrics
from asc_lib.results.intervals import over_places

Table = TypeVar("Table", pd.Series, pd.DataFrame)
PARTS = ("epoch", "seed", "both")
_PREFIX = "test_log_loss_"


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


def rows(histories: Sequence[pd.DataFrame]) -> dict[str, pd.Series]:
    """A row of Table 3 under each of the three, from the histories of one method's runs."""
    at = [chosen_epochs(history) for history in histories]
    tables = {
        choice: metrics.table_columns(
            pd.DataFrame(
                [_devices(run, epochs[choice]) for run, epochs in zip(histories, at, strict=True)]
            )
        )
        for choice in ("clean", "paper")
    }
    return {
        "clean": tables["clean"].mean(),
        "epoch": tables["paper"].mean(),
        "seed": tables["paper"].iloc[best_seed(histories)],
    }


def stages(
    histories: Sequence[pd.DataFrame],
    clean: Sequence[pd.DataFrame],
    paper: Sequence[pd.DataFrame],
    draws: int,
) -> dict[str, pd.DataFrame]:
    """As `rows`, then for redrawn places; see `intervals`.

    The picks stay as they were made. So an interval says how far the gap between these very
    networks depends on the places, and not whether new picks would gain as much.

    Args:
        histories: of one method's runs.
        clean, paper: their test predictions at the epoch of each choice.
    """
    picked = {"clean": clean, "epoch": paper, "seed": [paper[best_seed(histories)]]}
    return {
        stage: pd.concat(
            [row.to_frame().T, over_places(picked[stage], draws).iloc[1:]], ignore_index=True
        )
        for stage, row in rows(histories).items()
    }


def parts(of: Mapping[str, Table]) -> dict[str, Table]:
    """By how much each pick of `PARTS` lowers the log-loss, nats."""
    return {
        "epoch": of["clean"] - of["epoch"],
        "seed": of["epoch"] - of["seed"],
        "both": of["clean"] - of["seed"],
    }


def _devices(history: pd.DataFrame, epoch: int) -> pd.Series:
    (row,) = (history["epoch"] == epoch).to_numpy().nonzero()[0]
    values = history.filter(regex=f"^{_PREFIX}").iloc[row]
    return values.rename(lambda column: column.removeprefix(_PREFIX))
