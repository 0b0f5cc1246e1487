"""How fast a study is on this machine, measured; on GPUs that are not here, assumed."""

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import soundfile
import torch
from torch.utils.flop_counter import FlopCounterMode

from asc_lib.cores import machine_cores
from asc_lib.data import tau22
from asc_lib.data.bank import Bank, converted
from asc_lib.data.dirs import TAPS, DirSet
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.experiment import prepare
from asc_lib.experiment.batches import TrainingBatches
from asc_lib.experiment.evaluation import FRAMES, ClipFeatures, log_probabilities
from asc_lib.experiment.generator_config import ALL, GeneratorConfig, config_of
from asc_lib.experiment.generator_training import Examples, GeneratorState
from asc_lib.experiment.generator_training import train_step as generator_step
from asc_lib.experiment.training_state import TrainingState, begun, train_step
from asc_lib.model import passt
from asc_lib.model.anatomy import multiply_adds
from asc_lib.model.transfer import finish
from asc_lib.study import METHODS, RunConfig, StudyConfig

# What a GPU such as an H100 may do of its 989 TFLOP/s in bfloat16 at matrices of this size.
GPU_TFLOPS = (100.0, 300.0)
# The DIR generator learns in float32, where an H100 has less: the same share of it is assumed.
_OF_FLOAT32 = 67 / 989
_GENERATOR_GFLOP = 20.0  # a step of which is long enough to measure
_CLIPS = 256  # made up to measure on


class Rates(NamedTuple):
    """What one run of a study reaches on a device."""

    place: str
    at_once: int  # runs side by side
    clean: float  # windows/s of training
    with_dirs: float  # windows/s of training through DIRs
    stepped: float  # windows/s of training on batches that are there
    judged: float  # clips/s
    banked: float  # clips/s, all cores
    generated: float  # steps/s of the DIR generator's training


def measure(config: StudyConfig, seconds: float = 4.0) -> Rates:
    """Rates of this machine on noise, through the training's own code; some seconds for each.

    Raises:
        InputError: the device that the study asks for is not there.
    """
    on = prepare.torch_device(config.device)
    gpus = torch.cuda.device_count() if on.type == "cuda" else 0
    before = torch.get_num_threads()
    torch.set_num_threads(min(config.threads, machine_cores()))
    try:
        with tempfile.TemporaryDirectory(prefix="plan-") as name:
            bank = _made_up_bank(Path(name), on)
            clean, with_dirs = (
                _training_rate(config, method, bank, on, seconds) for method in ("icl", "icl_multi")
            )
            stepped = _step_rate(config, bank, on, seconds)
            features = ClipFeatures(bank, bank.clips.head(128), on)
            model = passt.from_config(config.run(checkpoint="")).to(on)
            judged = 128 * _per_second(lambda: log_probabilities(model, features), on, seconds)
            generated = _generator_rate(config_of(config, ALL), on, seconds)
            found = clean, with_dirs, stepped, judged, _bank_rate(Path(name)), generated
    finally:
        torch.set_num_threads(before)
    if gpus:
        return Rates(f"{gpus} x {torch.cuda.get_device_name(on)}", gpus, *found)
    at_once = max(1, machine_cores() // config.threads)
    return Rates(f"this machine's {machine_cores()} cores", at_once, *found)


def assumed_gpus(config: StudyConfig, tflops: float, gpus: int, banked: float) -> Rates:
    """Rates on GPUs of which each reaches so many TFLOP/s in training and judging."""
    windows, clips = (tflops * 1e12 / flop for flop in _passt_flop(config.run(checkpoint="")))
    generated = _OF_FLOAT32 * tflops * 1e12 / generator_flop(config_of(config, ALL))
    return Rates(f"{gpus} GPU{'s' * (gpus > 1)}", gpus, *3 * [windows], clips, banked, generated)


@cache
def _passt_flop(config: RunConfig) -> tuple[float, float]:
    """Floating point operations of a window in training, and of a clip that is judged."""
    model = passt.from_config(config)
    training = 6 * multiply_adds(model, model.draw(FRAMES))  # backward costs twice the forward
    return training, 2 * multiply_adds(model)


@cache
def generator_flop(config: GeneratorConfig) -> float:
    """Floating point operations of the DIR generator's step, its discriminator's share included."""
    state, examples = _generator_begun(config, torch.device("meta"))
    with FlopCounterMode(display=False) as counter:
        for _ in range(config.generator_steps_to_one):
            generator_step(state, examples)
    return counter.get_total_flops() / config.generator_steps_to_one


def _training_rate(
    config: StudyConfig, method: str, bank: Bank, on: torch.device, seconds: float
) -> float:
    state, batches = _begun(config, method, bank, on)
    step = lambda: train_step(state, batches.batch(state.step))  # noqa: E731
    return batches.batch_size * _per_second(step, on, seconds)


def _step_rate(config: StudyConfig, bank: Bank, on: torch.device, seconds: float) -> float:
    state, batches = _begun(config, "icl", bank, on)
    batch = batches.batch(0)
    return batches.batch_size * _per_second(lambda: train_step(state, batch), on, seconds)


def _begun(
    config: StudyConfig, method: str, bank: Bank, on: torch.device
) -> tuple[TrainingState, TrainingBatches]:
    # compiling pays in hours, not here; a GPU's rates without it would be another machine's
    run = config.run(method=method, checkpoint="", compile=config.compile and on.type == "cuda")
    dirs = _made_up_dirs() if METHODS[method].dirs else None
    batches = TrainingBatches(run, bank, bank.clips, dirs, on)
    return begun(run, batches, 1), batches


def _generator_rate(config: GeneratorConfig, on: torch.device, seconds: float) -> float:
    """Steps a second; a CPU that takes long for one is given fewer responses, in proportion."""
    share = 1.0
    if on.type != "cuda":
        share = min(1.0, _GENERATOR_GFLOP * 1e9 / generator_flop(config))
    few = max(4, round(share * config.batch_size))
    state, examples = _generator_begun(config.model_copy(update={"batch_size": few}), on)

    def steps() -> None:  # as many as come to one of the discriminator
        for _ in range(config.generator_steps_to_one):
            generator_step(state, examples)

    at_few = config.generator_steps_to_one * _per_second(steps, on, seconds)
    return at_few * few / config.batch_size


def _generator_begun(config: GeneratorConfig, on: torch.device) -> tuple[GeneratorState, Examples]:
    count = 4 * config.batch_size
    noise = torch.randn(count, TAPS, device=on).tanh()
    return GeneratorState(config, on), Examples(torch.zeros(count, 12, device=on), noise, 1.0, 1.0)


def _per_second(work: Callable[[], object], on: torch.device, seconds: float) -> float:
    """Calls a second, after one that does not count; at least two."""
    work()
    finish(on)
    calls, began = 0, time.perf_counter()
    while calls < 2 or time.perf_counter() - began < seconds:
        work()
        calls += 1
        if on.type != "cuda" or calls % 10 == 0:
            finish(on)
    finish(on)
    return calls / (time.perf_counter() - began)


def _made_up_bank(folder: Path, on: torch.device) -> Bank:
    """Noise of `_CLIPS` seconds, the training devices and all scenes in it."""
    rows = np.arange(_CLIPS)
    clips = pd.DataFrame(
        {
            "filename": [f"audio/made-up-{row}.wav" for row in rows],
            "scene": [tau22.SCENES[row % len(tau22.SCENES)] for row in rows],
            "device": [tau22.DEVICES[row % 6] for row in rows],
            "start": rows * SAMPLE_RATE,
            "stretch_start": rows // 8 * 8 * SAMPLE_RATE,
            "stretch_samples": 8 * SAMPLE_RATE,
            "scale": 1e-5,
        }
    )
    noise = np.random.default_rng(0).integers(-9999, 9999, _CLIPS * SAMPLE_RATE, np.int16)
    return Bank(torch.from_numpy(noise), clips, folder, "made up", True).to(on)


def _made_up_dirs() -> DirSet:
    responses = np.random.default_rng(0).normal(size=(256, TAPS)).astype(np.float32)
    return DirSet("multi", responses, pd.DataFrame(index=range(len(responses))), True)


def _bank_rate(folder: Path, clips: int = 300) -> float:
    """Clips a second into a bank, all cores, files in the disk's cache."""
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, tau22.CLIP_FORMAT["frames"])
    names = [f"{number}.wav" for number in range(clips)]
    for name in names:
        soundfile.write(folder / name, noise, tau22.CLIP_FORMAT["rate"], subtype="PCM_24")
    stretches = [names[first : first + 10] for first in range(0, clips, 10)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        began = time.perf_counter()
        for _ in converted(pool, folder, stretches):
            pass
        return clips / (time.perf_counter() - began)
