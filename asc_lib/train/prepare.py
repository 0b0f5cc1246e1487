"""A study's data, opened as its parameters say; everything is read and checked before any training.

`python -m asc_lib.train.prepare STUDY` builds the bank, reads the DIR sets and writes
`outputs/<study>/bank.json`, which says what was found.
"""

import json
import os
import shutil
import sys
import sysconfig
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from filelock import FileLock, Timeout

from asc_lib.data import bank as banks
from asc_lib.data import dir_sets, generated_dirs, tau22
from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import DirSet
from asc_lib.files import ROOT, SIMULATED, InputError, exit_code, resolve, temporary_file, writing
from asc_lib.model import passt
from asc_lib.study import RunConfig, StudyConfig, load

_HELD: list[FileLock] = []  # of GPUs, until this process ends


def open_bank(config: RunConfig, progress: bool = True) -> Bank:
    """The bank of the study's recordings; built when there is none (see `data.bank`)."""
    root = _there("tau22_root", config)
    return banks.open_bank(root, resolve(config.bank_root), progress)


def split_clips(bank: Bank, config: RunConfig) -> pd.DataFrame:
    """The bank's clips, validation locations set apart as the parameters say.

    Raises:
        InputError: some were to be set apart, and there are none: each scene has one place only; or
            of the devices that are tested training hears one only, the others' places set apart.
    """
    clips = tau22.validation_split(bank.clips, config.validation_share)
    if config.validation_share and "validation" not in set(clips["side"]):
        raise InputError(
            f"validation_share {config.validation_share:g}: no scene has a second training place "
            "to set apart; record at more places, or write 0 (epochs are then not chosen)"
        )
    heard, tested = (set(clips.loc[clips["side"] == s, "device"]) for s in ("train", "test"))
    if len(heard & tested) < 2:
        taken = set(bank.clips.loc[bank.clips["side"] == "train", "device"]) - heard
        raise InputError(
            f"validation_share {config.validation_share:g}: sets apart every training place of "
            f"device {', '.join(sorted(taken))}, and two devices that are tested must be heard; "
            "record it at more places, or write 0 (epochs are then not chosen)"
        )
    return clips


def load_dirs(config: RunConfig, name: str, progress: bool = True) -> DirSet:
    """The study's "vintage", "multi" (see `data.dirs`) or "generated" DIR set."""
    if name == "generated":
        return generated_dirs.read(generated_dirs.folder_of(config.study))
    root = _there(f"{name}_root", config)
    return dir_sets.load_dirs(name, root, resolve(config.bank_root), progress)


def _there(parameter: str, config: RunConfig) -> Path:
    """The folder that a parameter names; of simulated data that were not made, who makes them."""
    root = resolve(getattr(config, parameter))
    if root.is_relative_to(SIMULATED) and not root.exists():
        raise InputError(
            f"{parameter}: no folder {root} yet; `make study STUDY={config.study}` simulates it, "
            f"or by itself: python -m asc_lib.simulate.benchmark {root.parent.name} {root.name} "
            f"{getattr(config, parameter)}"
        )
    return root


def torch_device(name: str) -> torch.device:
    """The device that `name` asks for; "auto" takes CUDA, then Apple's MPS, then the CPU.

    Of several GPUs the process takes one that few others hold, and keeps it. `InputError`: it is
    not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((kind for kind, found in there.items() if found), "cpu")
    device = torch.device(name)
    if not there.get(device.type, True) or (device.index or 0) >= max(1, torch.cuda.device_count()):
        raise InputError(f"device: {name} is not available here; use auto or cpu")
    if name == "cuda":
        use_one_gpu()
    return device


@cache  # a process takes one
def use_one_gpu() -> None:
    """Make "cuda" mean one GPU of several: one that no more processes hold than any other.

    A cluster that shows a job only its own GPU has chosen already.
    """
    gpus = torch.cuda.device_count()
    if gpus < 2:
        return
    folder = ROOT / "outputs" / ".gpus"
    folder.mkdir(parents=True, exist_ok=True)
    names = [torch.cuda.get_device_properties(gpu).uuid for gpu in range(gpus)]
    for place in count():
        for gpu, name in enumerate(names):
            try:
                _HELD.append(FileLock(folder / f"{name}-{place}").acquire(timeout=0).lock)
            except Timeout:
                continue
            return torch.cuda.set_device(gpu)


def check_compiler() -> None:
    """`InputError` where torch.compile would only find out after minutes that it cannot."""
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    headers = Path(sysconfig.get_paths()["include"])
    missing = {
        f"a C++ compiler and {compiler} is not there": shutil.which(compiler) is None,
        f"Python's headers, and {headers} has none": not (headers / "Python.h").is_file(),
    }
    if said := [what for what, lacks in missing.items() if lacks]:
        raise InputError(
            f"compile: torch.compile needs {said[0]}; install it (Debian, Ubuntu: build-essential, "
            "python3-dev), or set compile to false"
        )


def prepare(config: StudyConfig) -> dict[str, Any]:
    """Open everything once, quick checks first; the content of `bank.json`."""
    torch_device(config.device)
    if config.compile:
        check_compiler()
    if config.checkpoint:
        passt.from_config(config)
    sets = [load_dirs(config, name) for name in ("vintage", "multi")]
    root = resolve(config.tau22_root)
    tau22.check_study(tau22.read_index(root), root)
    bank = open_bank(config)
    split_clips(bank, config)
    counts = bank.clips.groupby(["side", "device"]).size()
    return {
        "fingerprint": bank.fingerprint,
        "simulated": bank.simulated,
        "clips": {f"{side} {device}": int(n) for (side, device), n in counts.items()},
        "dirs": {dirs.label: len(dirs.responses) for dirs in sets},
        "dir_fingerprints": {dirs.label: dirs.fingerprint for dirs in sets},
    } | ({"remarks": bank.remarks} if bank.remarks else {})


def main() -> None:
    """Read a study's data once; what was found is written to `outputs/<study>/bank.json`."""
    if len(sys.argv) != 2:
        raise InputError("usage: python -m asc_lib.train.prepare STUDY")
    config = load(sys.argv[1])
    found = prepare(config)
    for remark in found.get("remarks", ()):
        print(f"warning: {config.tau22_root}: {remark}", file=sys.stderr)
    stamp: Path = config.output / "bank.json"
    with writing(stamp):
        stamp.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(stamp) as unfinished:
        unfinished.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(exit_code(main))
