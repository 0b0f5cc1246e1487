"""What a training was made with: versions, commit, hardware."""

import os
import platform
import subprocess
from importlib import metadata
from typing import Any

import torch

from asc_lib.files import ROOT

_PACKAGES = ("torch", "torchaudio", "timm", "numpy", "scipy", "pandas", "soxr", "asc_lib")


def origin(device: torch.device) -> dict[str, Any]:
    """Versions, commit and hardware, for a run's provenance."""
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "git_commit": _git("rev-parse", "HEAD") or "unknown",
        "git_changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "hardware": hardware(device),
        "device": str(device),
        "system": platform.system(),
    }


def hardware(device: torch.device) -> str:
    """What the device is, in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {os.cpu_count()} cores"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # this library, where it is run from its folder
        return "not installed"


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""  # an unpacked archive has no history
    return done.stdout.strip()
