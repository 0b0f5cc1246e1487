"""A study's data, opened as its parameters say; everything is read and checked before any training.

`python -m asc_lib.train.prepare STUDY` builds the bank, reads the DIR sets and writes
`outputs/<study>/bank.json`, which says what was found.
"""

import json
import sys
from functools import cache
from pathlib import Path

import pandas as pd
import torch
from filelock import FileLock, Timeout

from asc_lib.data import bank as banks
from asc_lib.data import dir_sets, generated_dirs, tau22
from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import DirSet
from asc_lib.files import ROOT, SIMULATED, InputError, exit_code, resolve, temporary_file, writing
from asc_lib.model import passt
from asc_lib.study import RunConfig, load


def open_bank(config: RunConfig, progress: bool = True) -> Bank:
    """The bank of the study's recordings; built when there is none (see `data.bank`)."""
    return banks.open_bank(_there("tau22_root", config), resolve(config.bank_root), progress)


def split_clips(bank: Bank, config: RunConfig) -> pd.DataFrame:
    """The bank's clips, validation locations set apart as the parameters say.

    `InputError`: some were to be set apart and there are none, or that takes a device away.
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
    """The study's "vintage", "multi" (see `data.dir_sets`) or "generated" DIR set."""
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

    "cuda" is a free GPU of several, which the process keeps. `InputError`: it is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((kind for kind, found in there.items() if found), "cpu")
    device = torch.device(name)
    if not there.get(device.type, True) or (device.index or 0) >= max(1, torch.cuda.device_count()):
        raise InputError(f"device: {name} is not available here; use auto or cpu")
    if name == "cuda":
        use_free_gpu()
    return device


@cache  # the lock lives as long as the process, which takes one GPU
def use_free_gpu() -> FileLock | None:
    """Make "cuda" mean a GPU that no other process of these studies holds; the first if none is."""
    for gpu in range(torch.cuda.device_count()):
        lock = FileLock(ROOT / "outputs" / f".{torch.cuda.get_device_properties(gpu).uuid}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        torch.cuda.set_device(gpu)
        return lock
    return None


def main() -> None:
    """Open all data of a study once, quick checks first, and write `outputs/<study>/bank.json`."""
    config = load(sys.argv[1])
    torch_device(config.device)
    if config.checkpoint:
        passt.from_config(config)
    sets = [load_dirs(config, name) for name in ("vintage", "multi")]
    root = resolve(config.tau22_root)
    tau22.check_study(tau22.read_index(root), root)
    bank = open_bank(config)
    split_clips(bank, config)
    for remark in bank.remarks:
        print(f"warning: {config.tau22_root}: {remark}", file=sys.stderr)
    found = {"fingerprint": bank.fingerprint}
    found |= {dirs.label: dirs.fingerprint for dirs in sets}
    with writing(stamp := config.output / "bank.json"):
        stamp.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(stamp) as unfinished:
        unfinished.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(exit_code(main))
