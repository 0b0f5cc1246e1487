"""torch.compile on the network: whether this machine can, and how."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import torch
from torch import nn

from asc_lib.files import InputError


def check_compiler() -> None:
    """`InputError` where torch.compile would only find out after minutes that it cannot."""
    usual = "clang++" if sys.platform == "darwin" else "g++"
    name = os.environ.get("CXX", usual)
    if shutil.which(name) is None:
        raise InputError(
            f"compile: torch.compile needs a C++ compiler and {name} is not there; install it "
            "(Debian, Ubuntu: build-essential), or set compile to false"
        )
    headers = Path(sysconfig.get_paths()["include"])
    if not (headers / "Python.h").is_file():
        raise InputError(
            f"compile: torch.compile needs Python's headers, and {headers} has none; install them "
            "(Debian, Ubuntu: python3-dev), or set compile to false"
        )


def compile_network(network: nn.Module, on: torch.device) -> None:
    """Have `network` compiled at its first call, in place: its weights keep their names.

    Each shape of input is compiled for itself, so callers keep to few. On a GPU a step is
    recorded and replayed as a whole (CUDA graphs): an output lasts until the next call.
    """
    network.compile(dynamic=False, mode="reduce-overhead" if on.type == "cuda" else None)
