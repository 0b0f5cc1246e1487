"""What others do for the same ends: libraries and pipelines of the field, as they are used.

They are development dependencies, imported where they are measured.
"""

import contextlib
import importlib
import io
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
import scipy.signal
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, RandomSampler

from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.study import RunConfig
from asc_lib.files import InputError
from asc_lib.model.augment import unit_energy


def load(name: str) -> ModuleType:
    """A peer's module.

    Raises:
        InputError: it is not installed.
    """
    try:
        with quiet():
            return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise InputError(
            f"{package}: not installed, and the benchmark measures against it; `make lock` and "
            f"`make test` install it, or by hand: pip install -e '.[dev]'"
        ) from None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What peers say of their deprecated calls and shapes is kept out of the table."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def front_end(config: RunConfig) -> nn.Module:
    """PaSST's `AugmentMelSTFT` in training mode, with the masks and the cutoff of `config`."""
    mel = load("hear21passt.models.preprocess").AugmentMelSTFT(
        n_mels=128, sr=SAMPLE_RATE, win_length=800, hopsize=320, n_fft=1024, fmin=0.0, fmax=15_000,
        freqm=config.freq_mask_bins, timem=config.time_mask_frames,
        fmin_aug_range=1, fmax_aug_range=max(1, config.cutoff_jitter_hz),
    )  # fmt: skip
    return mel.train()


def passt(config: RunConfig) -> nn.Module:
    """hear21passt's PaSST of the sizes of `config`, random weights, for ten scenes."""
    with quiet():
        return load("hear21passt.models.passt").PaSST(
            s_patchout_f=config.patchout_rows, img_size=(128, 998), num_classes=10, distilled=True,
            stride=(config.stride, config.stride), embed_dim=config.dim, depth=config.depth,
            num_heads=config.heads,
        )  # fmt: skip


class Windows(Dataset[tuple[Tensor, int]]):
    """The peers' per-sample path: a cached recording, a random second of it, scipy's convolution.

    So the augmentation of CP-JKU's and other challenge baselines.
    """

    def __init__(
        self, recordings: list[tuple[Tensor, int]], responses: np.ndarray, probability: float
    ) -> None:
        """Take recordings `(samples,)` with their scenes, all held in memory; responses
        `(dirs, taps)`; the share of windows convolved."""
        self.recordings, self.probability = recordings, probability
        self.responses = unit_energy(torch.from_numpy(responses)).numpy()

    def __len__(self) -> int:
        return len(self.recordings)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        recording, scene = self.recordings[number]
        start = int(torch.randint(len(recording) - SAMPLE_RATE + 1, (1,)))
        window = recording[start : start + SAMPLE_RATE]
        if torch.rand(1) < self.probability:
            response = self.responses[int(torch.randint(len(self.responses), (1,)))]
            window = torch.from_numpy(convolve(window.numpy(), response))
        return window, scene


def convolve(window: np.ndarray, response: np.ndarray) -> np.ndarray:
    """One window `(samples,)` through one response, cut to its length."""
    return scipy.signal.convolve(window, response)[: len(window)]


def loader(
    windows: Windows, batch_size: int, length: int, workers: int, pin: bool = False
) -> DataLoader[tuple[Tensor, int]]:
    """torch's own loader, `length` windows an epoch; its processes stay from epoch to epoch."""
    return DataLoader(
        windows, batch_size, sampler=RandomSampler(windows, num_samples=length),
        num_workers=workers, pin_memory=pin, persistent_workers=workers > 0,
    )  # fmt: skip


def training_step(
    model: nn.Module, optimizer: torch.optim.Optimizer
) -> Callable[[Tensor, Tensor], None]:
    """Plain float32 training on log-mels `(batch, 128, frames)` and scenes `(batch,)`."""

    def step(log_mel: Tensor, scene: Tensor) -> None:
        with quiet():
            logits, _ = model(log_mel[:, None])
        optimizer.zero_grad()
        cross_entropy(logits, scene).backward()
        optimizer.step()

    return step
