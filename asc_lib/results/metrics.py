"""How well clips are classified, by recording device and device family, with intervals.

Task: each 1-s clip has one true scene out of ten; a run states the log-probability of each scene.

Conventions
    predictions   one row a clip, of one run, one side and one choice of epoch, with the columns
                  `filename scene device location` and `log_p_<scene>` for the ten scenes.
    log-loss      plain mean of -log_p of the true scene over a device's clips, in nats, as in DCASE
                  2022 Task 1; a classifier that knows nothing has ln 10 = 2.303.
    family        plain mean over its devices: real a b c, simulated s1-s3, unseen s4-s6, and
                  further s7-s11 where there are such devices (TAU22's development set has none).
    overall       plain mean over the devices of real, simulated and unseen, the paper's nine;
                  further devices stay out. The paper's printed "Overall" is that sum over ten.
    accuracy      share of clips whose most probable scene is the true one, 0 to 1.
    intervals     see `results.intervals`.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from asc_lib.data.tau22 import FAMILIES, SCENES
from asc_lib.files import InputError

Measure = Literal["log_loss", "accuracy"]
LOG_P = [f"log_p_{scene}" for scene in SCENES]
_MEANS = ("real", "simulated", "unseen", "overall", "further")  # further ones are not in overall
FAMILY_OF = {device: family for family, devices in FAMILIES.items() for device in devices}


def validate(predictions: pd.DataFrame) -> None:
    """Nothing, where `predictions` are one run's clips, each once, with probabilities.

    Columns and finite numbers have been looked at where a run is read (`Run.predictions`). Else an
    `InputError` says which clip is wrong, and what to do.
    """
    if predictions.empty:
        raise InputError("predictions: no clip; check which side and choice of epoch were selected")
    twice = predictions["filename"][predictions["filename"].duplicated()]
    if len(twice):
        raise InputError(
            f"predictions: {twice.iloc[0]} occurs more than once; "
            "select one run, one side and one choice of epoch first"
        )
    bad = ~(np.abs(np.exp(predictions[LOG_P].to_numpy(float)).sum(axis=1) - 1) <= 1e-3)
    if bad.any():
        raise InputError(
            f"predictions: probabilities of {predictions['filename'].iloc[int(bad.argmax())]} do "
            f"not sum to one ({bad.sum()} of {len(bad)} clips); remove the run's folder and train "
            "it again"
        )


def clip_scores(predictions: pd.DataFrame) -> pd.DataFrame:
    """Each clip's `scene device location log_loss` (nats) and `accuracy` (0 or 1)."""
    validate(predictions)
    log_p = predictions[LOG_P].to_numpy(float)
    true = pd.Categorical(predictions["scene"], categories=SCENES).codes
    scores = predictions[["scene", "device", "location"]].copy()
    scores["log_loss"] = -log_p[np.arange(len(log_p)), true]
    scores["accuracy"] = (log_p.argmax(axis=1) == true).astype(float)
    return scores


def log_loss_by_device(predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows: devices, in Table 3's order. Columns: `family log_loss accuracy clips`."""
    by_device = clip_scores(predictions).groupby("device")
    table = by_device[["log_loss", "accuracy"]].mean()
    table["clips"] = by_device.size()
    table.insert(0, "family", table.index.map(FAMILY_OF))
    return table.loc[[device for device in FAMILY_OF if device in table.index]]


def log_loss_by_family(predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows: families that occur. Columns: `log_loss accuracy` (means over devices), `clips`."""
    families = log_loss_by_device(predictions).groupby("family", sort=False)
    return families[["log_loss", "accuracy"]].mean().assign(clips=families["clips"].sum())


def overall(predictions: pd.DataFrame, measure: Measure = "log_loss") -> float:
    """Mean over the devices that are not further ones, each device counting the same."""
    table = log_loss_by_device(predictions)
    return float(table.loc[table["family"] != "further", measure].mean())


def table_columns(by_device: pd.DataFrame) -> pd.DataFrame:
    """Table 3's columns from one column a device: devices, each family's mean after its devices.

    Overall follows the paper's families; further devices follow it, since they are no part of it.
    """
    table = {}
    for family, devices in FAMILIES.items():
        if family == "further":
            paper = [device for device in by_device if FAMILY_OF[device] != "further"]
            table["overall"] = by_device[paper].mean(axis=1, skipna=False)
        present = [device for device in devices if device in by_device]
        if present:
            table |= {device: by_device[device] for device in present}
            table[family] = by_device[present].mean(axis=1, skipna=False)
    return pd.DataFrame(table)


def families(table: pd.DataFrame) -> list[str]:
    """Columns of `table_columns` that are a family's mean or overall, those that there are."""
    return [name for name in _MEANS if name in table]


def table_row(runs: Sequence[pd.DataFrame], measure: Measure = "log_loss") -> pd.Series:
    """One row of Table 3: the mean over `runs` (the same method with several seeds)."""
    devices = pd.DataFrame([log_loss_by_device(run)[measure] for run in runs])
    return table_columns(devices).mean()
