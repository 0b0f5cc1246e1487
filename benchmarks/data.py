"""What is measured on: the smallest simulated world, and the usual way to read windows from it."""

from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import scipy.signal
import soundfile
import torch
from torch.utils.data import DataLoader, Dataset, RandomSampler

from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.model.augment import unit_energy
from asc_lib.simulate import benchmark
from asc_lib.simulate.worlds import World
from asc_lib.study import load
from asc_lib.train.prepare import load_dirs, open_bank


class Data:
    """The smoke study's recordings and Vintage DIRs, written below `folder`, and their bank."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "tau22"
        for part in ("tau22", "vintage"):
            benchmark.write(World("smoke"), part, folder / part, workers=1, progress=False)
        places = {"tau22_root": self.root, "vintage_root": folder / "vintage"}
        places = {name: str(path) for name, path in places.items()}
        config = load("smoke", bank_root=str(folder / "banks"), **places).run()
        self.bank = open_bank(config, progress=False)
        self.heard = self.bank.clips[self.bank.clips["side"] == "train"]
        self.dirs = load_dirs(config, "vintage", progress=False)
        self.responses = unit_energy(torch.from_numpy(self.dirs.responses))

    def waveforms(self, batch: int) -> torch.Tensor:
        """Windows of the bank, (batch, 32000)."""
        return self.bank.heard(self.heard.sample(batch, random_state=0))


class UsualWindows(Dataset[torch.Tensor]):
    """Windows one by one as challenge baselines make them: read, resampled, through a response.

    `cached`: all are read and resampled beforehand, and held in memory.
    """

    def __init__(self, data: Data, heard: pd.DataFrame, probability: float, cached: bool) -> None:
        self.files = [data.root / name for name in heard["filename"]]
        self.probability, self.responses = probability, data.responses.numpy()
        self.cached = [self.read(number) for number in range(len(self.files))] if cached else []

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> torch.Tensor:
        window = self.cached[number] if self.cached else self.read(number)
        if torch.rand(1) < self.probability:
            response = self.responses[int(torch.randint(len(self.responses), (1,)))]
            window = scipy.signal.convolve(window, response)[:SAMPLE_RATE]
        return torch.from_numpy(window)

    def read(self, number: int) -> np.ndarray:
        """The samples of a clip at 32 kHz."""
        samples, rate = soundfile.read(self.files[number], dtype="float32")
        return librosa.resample(samples, orig_sr=rate, target_sr=SAMPLE_RATE)

    def loader(self, batch: int, length: int, workers: int) -> DataLoader[torch.Tensor]:
        """torch's own loader, `length` windows an epoch; its processes stay."""
        sampler = RandomSampler(self, replacement=True, num_samples=length)
        return DataLoader(
            self, batch, sampler=sampler, num_workers=workers, persistent_workers=workers > 0
        )
