"""What the benchmark measures on: the quick study's simulated recordings and responses."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import torch

from asc_lib.cores import usable_cores
from asc_lib.data.bank import Bank
from asc_lib.data.dirs import DirSet
from asc_lib.experiment import prepare
from asc_lib.experiment.batches import TrainingBatches
from asc_lib.study import RunConfig, load
from asc_lib.files import ROOT
from asc_lib.simulate import benchmark
from asc_lib.simulate.worlds import World


@dataclass(frozen=True)
class Setting:
    """How large the measurements are, on what and where.

    `small`: everything in seconds, on the smoke world. `device`: of the GPU's rows. `tau22_csv`:
    a folder with TAU22's own csv files. `outputs`: what holds `simulated/` and `banks/`.
    """

    small: bool = False
    device: str = "cpu"
    tau22_csv: Path | None = None
    outputs: Path = ROOT / "outputs"

    @property
    def cores(self) -> int:
        """Cores that are put to use where a row is about all of them; two at most in small."""
        return min(2, usable_cores()) if self.small else usable_cores()

    @property
    def repeats(self) -> int:
        """Times that each side of a row is measured."""
        return 2 if self.small else 5

    @property
    def seconds(self) -> float:
        """Least time of one measurement."""
        return 0.01 if self.small else 0.5

    def config(self, study: str = "", **changes: object) -> RunConfig:
        """A run of `study` (by default the quick one, in small the smoke one) on these data."""
        world = self._world
        roots = {
            "tau22_root": str(world / "tau22"),
            "vintage_root": str(world / "vintage"),
            "multi_root": str(world / "multi"),
            "bank_root": str(self.outputs / "banks"),
            "device": "cpu",
        }
        return load(study or self._world.name).run(**(roots | changes))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder that is gone after the block, on the disk that holds the banks."""
        (self.outputs / "bench").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.outputs / "bench", prefix=".scratch-") as folder:
            yield Path(folder)

    def make_data(self, progress: bool = True) -> None:
        """Simulate what is not there yet."""
        world = World.named(self._world.name)
        for part in ("tau22", "vintage", "multi"):
            benchmark.write(world, part, self._world / part, progress=progress)

    @cached_property
    def bank(self) -> Bank:
        """The bank of the world's recordings, memory-mapped, on the CPU."""
        return prepare.open_bank(self.config(), progress=False)

    @cached_property
    def dirs(self) -> DirSet:
        """The world's Vintage DIRs."""
        return prepare.load_dirs(self.config(), "vintage", progress=False)

    @cached_property
    def multi_dirs(self) -> DirSet:
        """The world's Multi DIRs."""
        return prepare.load_dirs(self.config(), "multi", progress=False)

    @property
    def heard(self) -> pd.DataFrame:
        """Clips of the training side, validation places taken out."""
        clips = prepare.split_clips(self.bank, self.config())
        return clips[clips["side"] == "train"]

    def batches(self, config: RunConfig, on: torch.device, dirs: bool = True) -> TrainingBatches:
        """Training batches as a run of `config` draws them, with or without DIRs."""
        bank = self.bank if on.type == "cpu" else self.bank.to(on)
        return TrainingBatches(config, bank, self.heard, self.dirs if dirs else None, on)

    @property
    def _world(self) -> Path:
        return self.outputs / "simulated" / ("smoke" if self.small else "quick")
