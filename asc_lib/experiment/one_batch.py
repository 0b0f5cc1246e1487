"""One training batch before and after augmentation, to be looked at and heard."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from asc_lib.data.bank import Bank
from asc_lib.data.dirs import DirSet
from asc_lib.data.tau22 import DEVICES, SCENES
from asc_lib.experiment.batches import Batch, TrainingBatches
from asc_lib.study import RunConfig


class OneBatch(NamedTuple):
    """A batch as training gets it, and what its windows were before.

    `windows`: one row a window, `scene device dir device_class`; `dir` is the name of the impulse
    response it is heard through, missing where there is none.
    """

    batch: Batch
    windows: pd.DataFrame
    dry: np.ndarray  # (batch, samples), as recorded, full scale 1
    heard: np.ndarray  # (batch, samples), through the impulse response where there is one
    before: np.ndarray  # (batch, 128, frames), log-mel of `dry`, nominal cutoff, no masks
    after: np.ndarray  # (batch, 128, frames), what the network gets


def one_batch(
    config: RunConfig, bank: Bank, clips: pd.DataFrame, dirs: DirSet | None, step: int = 0
) -> OneBatch:
    """The batch of a training step, made as in training, on the CPU, where the bank's samples lie.

    `dirs`: the impulse responses that the method trains with; None: no convolution.
    """
    off = {"freq_mask_bins": 0, "time_mask_frames": 0, "cutoff_jitter_hz": 0}
    untouched = config.model_copy(update=off)  # the same seed: the same windows
    cpu = torch.device("cpu")
    dry, before = _overheard(TrainingBatches(untouched, bank, clips, None, cpu), step)
    heard, batch = _overheard(TrainingBatches(config, bank, clips, dirs, cpu), step)
    device_class = batch.device_class.numpy()
    convolved = device_class < 0
    # as `augment.device_classes` numbers them
    which = np.where(convolved, (-1 - device_class) % (len(dirs.responses) if dirs else 1), -1)
    names = dirs.table["name"].to_numpy() if dirs else []
    windows = pd.DataFrame(
        {
            "scene": np.array(SCENES)[batch.scene.numpy()],
            "device": np.array(DEVICES)[before.device_class.numpy()],
            "dir": pd.array([names[n] if n >= 0 else pd.NA for n in which], dtype="string"),
            "device_class": device_class,
        }
    )
    pictures = before.log_mel.numpy(), batch.log_mel.numpy()
    return OneBatch(batch, windows, dry, heard, *pictures)


def varied(windows: pd.DataFrame, count: int) -> list[int]:
    """Rows of a batch that differ most in kind: with and without a DIR, and by device."""
    kinds = windows.assign(convolved=windows["dir"].notna())
    # one of each kind first, then the second of each; with and without DIR in turn
    kinds["round"] = kinds.groupby(["convolved", "device"]).cumcount()
    kinds["turn"] = kinds.groupby(["convolved", "round"]).cumcount()
    ordered = kinds.sort_values(["round", "turn", "convolved"], kind="stable")
    return sorted(ordered.index[:count], key=lambda row: (kinds.loc[row, "convolved"], row))


def _overheard(batches: TrainingBatches, step: int) -> tuple[np.ndarray, Batch]:
    """The waveforms that go into a batch's front end, and the batch."""
    waveforms: list[torch.Tensor] = []
    hook = batches.log_mel.register_forward_pre_hook(
        lambda _, inputs: waveforms.append(inputs[0].clone())
    )
    batch = batches.batch(step)
    hook.remove()
    return waveforms[0].numpy(), batch
