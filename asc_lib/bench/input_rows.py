"""From samples to masked log-mels: convolution, front end, whole input path."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import count
from statistics import median

import numpy as np
import torch
from torch import Tensor

from asc_lib.bench import peers
from asc_lib.bench.measure import in_turn, own_process, rate, threads
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row, number
from asc_lib.data.tau22 import SCENES
from asc_lib.model.augment import convolve_dir, mask_spectrogram, unit_energy
from asc_lib.model.frontend import LogMel

CPU = torch.device("cpu")
Loader = torch.utils.data.DataLoader[tuple[Tensor, int]]


def convolution(setting: Setting) -> Iterator[Row]:
    """DIR convolution, windows a second."""
    waveform = _waveforms(setting)
    responses = unit_energy(torch.from_numpy(setting.dirs.responses))
    responses = responses[torch.randint(len(responses), (len(waveform),))]
    windows = list(zip(waveform.numpy(), responses.numpy(), strict=True))

    def theirs() -> list[np.ndarray]:
        return [peers.convolve(*pair) for pair in windows]

    def pooled(pool: ThreadPoolExecutor) -> list[np.ndarray]:
        return list(pool.map(lambda pair: peers.convolve(*pair), windows))

    for cores in sorted({1, setting.cores}):
        with threads(cores), ThreadPoolExecutor(cores) as pool:
            ours, scipys, pools = in_turn(
                rate(lambda: convolve_dir(waveform, responses), len(waveform), setting.seconds),
                rate(theirs, len(waveform), setting.seconds),
                rate(lambda pool=pool: pooled(pool), len(waveform), setting.seconds),
                repeats=setting.repeats,
            )
        yield Row(
            f"DIR convolution, {responses.shape[1]} taps, batch {len(waveform)}", "windows/s", ours,
            "scipy.signal.convolve, window by window in one thread", scipys, reach=10,
            threads=cores,
            note=f"scipy in {cores} threads: {number(median(pools))}/s" if cores > 1 else "",
        )  # fmt: skip


def front_end(setting: Setting) -> Iterator[Row]:
    """Front end in training mode, with cutoff draw and the paper's masks, windows a second."""
    config = setting.config("paper")
    waveform = _waveforms(setting)
    log_mel = LogMel(cutoff_jitter_hz=config.cutoff_jitter_hz).train()
    theirs = peers.front_end(config)

    def ours() -> Tensor:
        mel = log_mel(waveform, log_mel.draw_cutoffs())
        return mask_spectrogram(mel, config.freq_mask_bins, config.time_mask_frames)

    for cores in sorted({1, setting.cores}):
        with threads(cores), peers.quiet():
            pair = in_turn(
                rate(ours, len(waveform), setting.seconds),
                rate(lambda: theirs(waveform), len(waveform), setting.seconds),
                repeats=setting.repeats,
            )
        yield Row(
            f"front end in training mode, batch {len(waveform)}", "windows/s", pair[0],
            "hear21passt AugmentMelSTFT", pair[1], reach=8, threads=cores,
        )  # fmt: skip


def input_path(setting: Setting) -> Iterator[Row]:
    """Bank to masked log-mels, windows a second, on one core and on all of them."""
    config = setting.config(method="vintage")
    batches = setting.batches(config, CPU)
    size, steps = batches.batch_size, count()
    for cores in sorted({1, setting.cores}):
        tried = (0,) if cores == 1 else (0, cores)  # worker processes beside the main one
        with threads(cores), ExitStack() as processes:
            # Ours keeps freed memory, which would serve the peer, too, but is no part of it. A copy
            # of the setting holds nothing that was opened: mapped samples cannot be sent.
            peer = [
                processes.enter_context(
                    own_process(partial(_peer_path, replace(setting), cores, workers))
                )
                for workers in tried
            ]
            ours, *found = in_turn(
                rate(lambda: batches.batch(next(steps)), size, setting.seconds),
                *peer,
                repeats=setting.repeats,
            )
        rates = dict(zip(tried, found, strict=True))
        best = max(rates, key=lambda workers: median(rates[workers]))
        other = [f"with {w} workers: {number(median(r))}/s" for w, r in rates.items() if w != best]
        yield Row(
            f"whole input path, batch {size}", "windows/s", ours,
            f"cached tensors, scipy, DataLoader with {best} workers, AugmentMelSTFT", rates[best],
            reach=10, threads=cores, note="".join(other),
        )  # fmt: skip


def _peer_path(setting: Setting, cores: int, workers: int) -> Callable[[], float]:
    """What measures the peers' input path, windows a second."""
    torch.set_num_threads(cores)
    config = setting.config(method="vintage")
    length = (1 if setting.small else 8) * config.batch_size
    mel = peers.front_end(config)

    def epoch(loader: Loader) -> None:
        with peers.quiet():
            for waveform, _ in loader:
                mel(waveform)

    load = partial(peers.loader, cached_windows(setting), config.batch_size, length, workers)
    return loader_rate(load, epoch, length, setting.seconds)


def loader_rate(
    load: Callable[[], Loader], epoch: Callable[[Loader], None], units: float, at_least: float
) -> Callable[[], float]:
    """As `measure.rate`, of epochs of `units` over a loader that is made for each measurement.

    Its processes are started before the clock and end with it, or they would disturb our turn.
    """

    def once() -> float:
        loader = load()
        epoch(loader)
        return rate(lambda: epoch(loader), units, at_least)()

    return once


def cached_windows(setting: Setting) -> peers.Windows:
    """The peers' data set: every training recording as a tensor in memory."""
    heard = setting.heard.drop_duplicates("stretch_start")
    recordings = []
    for clip in heard.itertuples():
        stretch = setting.bank.samples[clip.stretch_start :][: clip.stretch_samples]
        recordings.append((stretch.float() * clip.scale, SCENES.index(clip.scene)))
    config = setting.config()
    return peers.Windows(recordings, setting.dirs.responses, config.dir_probability)


def _waveforms(setting: Setting) -> Tensor:
    """A batch of windows from the bank, (64, 32000)."""
    clips = setting.heard.sample(8 if setting.small else 64, random_state=0, replace=True)
    return setting.bank.heard(clips)
