"""What several tests need: small data sets in the layouts of the real ones."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from asc_lib.inputs import ROOT
from asc_lib.simulate import benchmark
from asc_lib.simulate.worlds import World


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


@pytest.fixture
def tau22(tmp_path: Path) -> Path:
    """Noise in the TAU22 layout: 4 training and 2 test locations, 3 s each, two devices."""
    return write_tau22(tmp_path / "tau22")


def write_tau22(root: Path, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda m: m) -> Path:
    """Write the small data set; `change` may spoil its meta table."""
    (root / "audio").mkdir(parents=True)
    (root / "evaluation_setup").mkdir()
    random = np.random.default_rng(0)
    rows = []
    for number, scene in enumerate(["bus", "park"] * 3):
        for device in ("a", "s1"):
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
