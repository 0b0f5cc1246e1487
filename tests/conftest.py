"""What several tests need: small data sets in the layouts of the real ones."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import soundfile

from asc_lib.files import ROOT
from asc_lib.simulate import benchmark
from asc_lib.simulate.worlds import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole studies first, so that all cores end together."""
    items.sort(key=lambda item: item.get_closest_marker("study") is None)


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    """Figures are closed after each test."""
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real recordings; tests that want it are left out where it is not."""
    folder = Path(os.environ.get("ASC_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}")
    return folder


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest simulated world, as the simulation writes it; not to be changed."""
    root = tmp_path_factory.mktemp("simulated")
    for part in benchmark.PARTS:
        benchmark.write(World("smoke"), part, root / part, progress=False)
    return root


@dataclass(frozen=True)
class SmallDisk:
    """A disk of its own, in memory."""

    folder: Path

    def grow(self, kilobytes: int) -> None:
        """Make room, as a user would; what lies there stays."""
        _mount("-o", f"remount,size={kilobytes}k", self.folder)

    def fill(self, leave: int) -> None:
        """Take all room but `leave` kilobytes."""
        free = os.statvfs(self.folder)
        (self.folder / "filler").write_bytes(bytes(free.f_bavail * free.f_frsize - 1024 * leave))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of 1 MB; tests that want it are left out where this process may not mount one."""
    disk = SmallDisk(tmp_path / "disk")
    disk.folder.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", "size=1024k", "none", disk.folder)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk can be mounted by root on Linux only")
    yield disk
    subprocess.run(["umount", "--lazy", disk.folder], check=True)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def tau22(tmp_path: Path) -> Path:
    """Noise in the TAU22 layout: 4 training and 2 test locations, 3 s each, two devices."""
    return write_tau22(tmp_path / "tau22")


def write_tau22(
    root: Path,
    change: Callable[[pd.DataFrame], pd.DataFrame] = lambda m: m,
    devices: Sequence[str] = ("a", "s1"),
) -> Path:
    """Write the small data set; `change` may spoil its meta table."""
    (root / "audio").mkdir(parents=True)
    (root / "evaluation_setup").mkdir()
    random = np.random.default_rng(0)
    rows = []
    for number, scene in enumerate(["bus", "park"] * 3):
        for device in devices:
            recording = random.normal(0, 0.05, 3 * 44_100)
            for sub in range(3):
                name = f"audio/{scene}-paris-{number}-7-{sub}-{device}.wav"
                clip = recording[sub * 44_100 :][:44_100]
                soundfile.write(root / name, clip, 44_100, "PCM_24")
                rows.append((name, scene, f"paris-{number}", device))
    columns = ["filename", "scene_label", "identifier", "source_label"]
    meta = pd.DataFrame(rows, columns=columns)
    test = meta["identifier"].isin(["paris-4", "paris-5"])
    sides = {"fold1_train": meta[~test], "fold1_evaluate": meta[test]}
    # the official files differ in their line ends
    change(meta).to_csv(root / "meta.csv", sep="\t", index=False, lineterminator="\r\n")
    for name, side in sides.items():
        file = root / "evaluation_setup" / f"{name}.csv"
        side[["filename", "scene_label"]].to_csv(file, sep="\t", index=False)
    return root
