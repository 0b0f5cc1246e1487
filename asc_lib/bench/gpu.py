"""PaSST-S on a GPU as a user trains it, beside hear21passt; the hours of the paper's training."""

from collections.abc import Iterator
from functools import partial
from statistics import median

import torch

from asc_lib.bench import peers
from asc_lib.bench.input_rows import Loader, cached_windows, loader_rate
from asc_lib.bench.loop import Loop
from asc_lib.bench.measure import (
    in_turn,
    matrix_flops,
    matrix_rate,
    rate,
    threads,
)
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row
from asc_lib.study import RunConfig
from asc_lib.experiment.prepare import torch_device
from asc_lib.model import passt
from asc_lib.model.transfer import finish

EPOCHS, WINDOWS = 250, 139_620  # the paper's: Sec. 5.1, TAU22's training clips


def gpu(setting: Setting) -> Iterator[Row]:
    """Training with the whole input path on the device, windows a second."""
    on = torch_device(setting.device)
    config = _paper(setting)
    place = f"PaSST-S training, batch {config.batch_size}, " + (
        torch.cuda.get_device_name(on) if on.type == "cuda" else "tried out in small on the CPU"
    )
    batches = setting.batches(config, on)
    steps = (2 if setting.small else 200) if on.type == "cuda" else 2
    with threads(config.threads):
        loop = Loop(config, batches, on)
        theirs, others = _peer(setting, config, on)
        mine, *other, limit = in_turn(
            rate(lambda: loop.train(steps), steps * batches.batch_size, setting.seconds),
            *theirs,
            matrix_rate(8192 if on.type == "cuda" else 256, torch.bfloat16, on, setting.seconds),
            repeats=setting.repeats,
        )
    best = max(range(len(other)), key=lambda number: median(other[number]))
    yield Row(
        place, "windows/s", mine, "the wanted rate", [10_000.0] * len(mine), reach=1,
        threads=config.threads, note=_how(config),
    )  # fmt: skip
    yield Row(
        place, "windows/s", mine, f"hear21passt in float32, {others[best]}", other[best], reach=5,
        threads=config.threads,
    )  # fmt: skip
    flops = _flops_per_window(config)
    yield Row(
        f"{place}, matrix products", "TFLOP/s", [r * flops / 1e12 for r in mine],
        "torch.mm of 8192 x 8192 bfloat16" if on.type == "cuda" else "torch.mm of 256 x 256",
        [r / 1e12 for r in limit], threads=config.threads,
        note=f"{flops / 1e9:.1f} GFLOP a window",
    )  # fmt: skip
    yield Row(
        f"the paper's {EPOCHS} epochs of {WINDOWS:,} windows at that rate", "h",
        [EPOCHS * WINDOWS / r / 3600 for r in mine], "an hour", [1.0] * len(mine), reach=1,
        at_most=True, threads=config.threads, note="a forecast, without evaluation",
    )  # fmt: skip


def _paper(setting: Setting) -> RunConfig:
    """The paper's own values, as a user's run has them; no released weights are needed."""
    small = {"dim": 32, "depth": 1, "heads": 2, "batch_size": 8} if setting.small else {}
    if setting.small and setting.device == "cpu":
        small["compile"] = False  # minutes
    return setting.config("paper", checkpoint="", method="vintage", device=setting.device, **small)


def _how(config: RunConfig) -> str:
    return f"{config.precision}, {'compiled' if config.compile else 'not compiled'}"


def _peer(setting: Setting, config: RunConfig, on: torch.device) -> tuple[list, list[str]]:
    """hear21passt fed by a DataLoader of no and of many workers: what measures each, its name."""
    model = peers.passt(config).to(on).train()
    step = peers.training_step(model, torch.optim.Adam(model.parameters(), config.learning_rate))
    mel = peers.front_end(config).to(on)
    length = (2 if setting.small else 16) * config.batch_size
    windows = cached_windows(setting)

    def epoch(loader: Loader) -> None:
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("highest")  # plain float32, whatever ours has set
        with peers.quiet():
            for waveform, scene in loader:
                step(mel(waveform.to(on, non_blocking=True)), scene.to(on, non_blocking=True))
            finish(on)
        torch.set_float32_matmul_precision(before)

    found, names = [], []
    for workers in (0, setting.cores):
        load = partial(peers.loader, windows, config.batch_size, length, workers, on.type == "cuda")
        found.append(loader_rate(load, epoch, length, setting.seconds))
        names.append(f"DataLoader with {workers} workers, scipy, AugmentMelSTFT")
    return found, names


def _flops_per_window(config: RunConfig) -> float:
    """FLOP of matrix products that training costs a window, counted on the CPU."""
    model = passt.from_config(config).train()
    log_mel = torch.randn(2, 128, 100)
    return matrix_flops(lambda: model(log_mel)[0].sum().backward()) / 2
