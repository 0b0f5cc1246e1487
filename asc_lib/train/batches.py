"""Training batches: random 1-s windows, some heard through a DIR, as masked log-mel pictures.

Every random number of step n follows from (seed, n), so that a run resumed at any step goes on as
if it had never stopped.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import DirSet
from asc_lib.data.tau22 import DEVICES, SCENES
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.methods import ALL_METHODS
from asc_lib.model.augment import (
    CLEAN,
    convolve_drawn_,
    device_classes,
    draw_dirs,
    mask_spectrogram,
    unit_energy,
)
from asc_lib.model.frontend import front_end
from asc_lib.model.transfer import to_device
from asc_lib.study import RunConfig

PATCHOUT = 1  # stream of random numbers, see `step_seed`


class Drawn(NamedTuple):
    """What is random about the windows of a step."""

    rows: Tensor  # (batch,) int64, position among the training clips
    starts: Tensor  # (batch,) int64, first sample in the bank
    dirs: Tensor | None  # (batch,) int64, number of the response, CLEAN for none; None: no set
    generator: torch.Generator  # draws what comes after: cutoff, masks


class Batch(NamedTuple):
    """One batch on the training device."""

    log_mel: Tensor  # (batch, 128, frames), masked
    scene: Tensor  # (batch,) int64, position in SCENES
    device_class: Tensor  # (batch,) int64: the device, or (device, DIR) where convolved
    device: Tensor  # (batch,) int64, position in DEVICES


class TrainingBatches:
    """The batches of a run, each a function of its step alone."""

    def __init__(
        self,
        config: RunConfig,
        bank: Bank,
        clips: pd.DataFrame,
        dirs: DirSet | None,
        on: torch.device,
    ) -> None:
        self.config, self.bank, self.on = config, bank, on
        self.method = ALL_METHODS[config.method]
        # what an epoch takes one window of: each clip, or each recording of ten of them
        recording = clips.groupby(["recording", "device"], sort=False).ngroup().to_numpy()
        self.source = recording if config.epoch_windows == "recording" else np.arange(len(clips))
        windows = len(np.unique(self.source))
        self.batch_size = min(config.batch_size, windows)
        self.steps_per_epoch = windows // self.batch_size
        self.stretch_start = torch.tensor(clips["stretch_start"].to_numpy())
        # number of places in its stretch where a window can begin
        self.places = torch.tensor(clips["stretch_samples"].to_numpy() - SAMPLE_RATE + 1)
        self.scale = torch.tensor(clips["scale"].to_numpy(np.float32))
        self.scene = torch.tensor(pd.Categorical(clips["scene"], SCENES).codes.astype(np.int64))
        self.device = torch.tensor(pd.Categorical(clips["device"], DEVICES).codes.astype(np.int64))
        responses = torch.from_numpy(dirs.responses) if dirs else None  # (dirs, taps)
        if dirs and config.dir_level == "unit_energy":
            responses = unit_energy(responses)
        self.responses = responses.to(on) if dirs else None
        self.log_mel = front_end(config).to(on).train()
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.int64)

    def order(self, epoch: int) -> Tensor:
        """The clips of this epoch in their random order."""
        if self._epoch != epoch:
            chance = np.random.default_rng([self.config.seed, epoch])
            order = chance.permutation(len(self.source))
            order = order[np.sort(np.unique(self.source[order], return_index=True)[1])]
            if self.method.balanced_devices:
                order = order[balanced_order(self.device.numpy()[order], chance)]
            self._epoch, self._order = epoch, torch.from_numpy(order)
        return self._order

    def draw(self, step: int) -> Drawn:
        """Windows of `step` (0, 1, ...); an epoch takes one for each clip or recording."""
        epoch, position = divmod(step, self.steps_per_epoch)
        rows = self.order(epoch)[position * self.batch_size :][: self.batch_size]
        generator = torch.Generator().manual_seed(step_seed(self.config.seed, step))
        moved = torch.rand(len(rows), generator=generator, dtype=torch.float64) * self.places[rows]
        starts, dirs = self.stretch_start[rows] + moved.long(), None
        if self.responses is not None:
            count = len(self.responses)
            dirs = draw_dirs(len(rows), count, self.config.dir_probability, generator)
            if self.config.dir_devices == "a":
                dirs = dirs.where(self.device[rows] == DEVICES.index("a"), CLEAN)
        return Drawn(rows, starts, dirs, generator)

    def batch(self, step: int) -> Batch:
        """The batch of `step`: windows cut, convolved, turned to log-mels and masked."""
        rows, starts, dirs, generator = self.draw(step)
        scales = to_device(self.scale[rows], self.on)
        waveform = self.bank.windows(to_device(starts, self.on), scales)
        device = device_class = self.device[rows]
        if dirs is not None:
            device_class = device_classes(device, dirs, len(self.responses))
            waveform = convolve_drawn_(waveform, self.responses, dirs)
        if self.method.on_waveform:
            waveform = self.method.on_waveform(waveform, generator)
        log_mel = self.log_mel(waveform, self.log_mel.draw_cutoffs(generator))
        if self.method.on_log_mel:
            log_mel = self.method.on_log_mel(log_mel, generator)
        masks = self.config.freq_mask_bins, self.config.time_mask_frames
        log_mel = mask_spectrogram(log_mel, *masks, generator)
        labels = self.scene[rows], device_class, device
        return Batch(log_mel, *(to_device(each, self.on) for each in labels))


def balanced_order(device: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Positions in `device` (clips,), as many as there are, in random order, devices alike often.

    Counts differ by 1 at most. A rare device's clips come several times before any comes once more,
    a common one's do not all come (over- and undersampling, paper Sec. 2.1).
    """
    known = chance.permutation(np.unique(device))  # so that no device always gets the odd clip
    places = np.array_split(np.arange(len(device)), len(known))
    drawn = []
    for each, place in zip(known, places, strict=True):
        own = np.flatnonzero(device == each)
        rounds = -(-len(place) // len(own))
        drawn.append(np.concatenate([chance.permutation(own) for _ in range(rounds)])[: len(place)])
    return chance.permutation(np.concatenate(drawn))


def step_seed(seed: int, step: int, stream: int = 0) -> int:
    """A seed for each step of each run, by `stream` one of its own; 0: batches.

    torch's CPU generator keeps 32 of its 63 bits.
    """
    own = np.random.SeedSequence([seed, step], spawn_key=(stream,) if stream else ())
    return int(own.generate_state(1, np.uint64)[0] >> 1)
