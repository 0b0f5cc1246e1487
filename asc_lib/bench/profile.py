"""Where the time of one training step goes."""

import time
from collections.abc import Iterator
from statistics import median

import torch

from asc_lib.bench.loop import BareStep
from asc_lib.bench.measure import threads
from asc_lib.bench.model_rows import paper_on_cpu
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Part
from asc_lib.experiment.batches import TrainingBatches
from asc_lib.study import RunConfig
from asc_lib.experiment.losses import losses
from asc_lib.model.augment import convolve_drawn_, draw_dirs, mask_spectrogram

CPU = torch.device("cpu")


def profile(setting: Setting) -> Iterator[Part]:
    """One training step by parts, of the default model and of PaSST-S, nothing beside it."""
    models = {
        "default model": (setting.config(method="vintage"), 40),
        "PaSST-S": (paper_on_cpu(setting, method="vintage"), 3),
    }
    for model, (config, steps) in models.items():
        batches = setting.batches(config, CPU)
        title = f"{model}, batch {batches.batch_size}, {config.threads} thread(s)"
        with threads(config.threads):
            found = _profiled(config, batches, 1 if setting.small else steps)
        whole = sum(found.values())
        for part, seconds in found.items():
            yield Part(title, part, 1000 * seconds, seconds / whole)


class _Laps:
    """A stopwatch: seconds of each named part, one value a lap."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}
        self._since = time.perf_counter()

    def start(self) -> None:
        self._since = time.perf_counter()

    def lap(self, part: str) -> None:
        now = time.perf_counter()
        self.spent.setdefault(part, []).append(now - self._since)
        self._since = now


def _profiled(config: RunConfig, batches: TrainingBatches, steps: int) -> dict[str, float]:
    """Median seconds of each part, after a first step that does not count."""
    bare, laps, log_mel_of = BareStep(config, [], CPU), _Laps(), batches.log_mel
    model, optimizer = bare.state.model.train(), bare.state.optimizer
    for step in range(steps + 1):
        batch = batches.batch(step)  # scenes and device classes; its drawing is counted as nothing
        rows = torch.randperm(batches.clip_count)[: batches.batch_size]
        starts = batches.stretch_start[rows]
        starts = starts + (torch.rand(len(rows)) * batches.places[rows]).long()
        which = draw_dirs(batches.device[rows], len(batches.responses), config.dir_probability)
        cutoffs = log_mel_of.draw_cutoffs()

        laps.start()
        waveform = batches.bank.windows(starts, batches.scale[rows])
        laps.lap("read windows")
        waveform = convolve_drawn_(waveform, batches.responses, which)
        laps.lap("convolve")
        log_mel = log_mel_of(waveform, cutoffs)
        laps.lap("mel")
        log_mel = mask_spectrogram(log_mel, config.freq_mask_bins, config.time_mask_frames)
        laps.lap("masks")
        loss, *_ = losses(model, batch._replace(log_mel=log_mel), config, step)
        laps.lap("forward and loss")
        optimizer.zero_grad()
        loss.backward()
        laps.lap("backward")
        optimizer.step()
        laps.lap("optimiser")
    return {part: median(seconds[1:]) for part, seconds in laps.spent.items()}
