"""What a folder of simulated data says about itself.

The simulation ends by writing a stamp that names its version; every fingerprint of such data
carries it, so that no result of one version passes for a result of another.
"""

import json
from pathlib import Path
from typing import Any

from asc_lib.files import InputError, reading

VERSION = 3  # another number wherever another recipe makes the same world
STAMP = "simulated.json"
CLAIM = ".simulation.json"  # says whose a folder is while it is not complete


def is_simulated(root: str | Path) -> bool:
    """Whether a data folder was written by this project's simulation (figures must say so).

    Raises:
        InputError: another version of the benchmark wrote it, or it is not complete.
    """
    stamp, claim = Path(root) / STAMP, Path(root) / CLAIM
    remedy = f"delete the folder {root}, and the study makes it anew"
    with reading(stamp, "the stamp of a simulation: it names no version of the benchmark", remedy):
        if not stamp.is_file():
            if claim.is_file():
                raise InputError(f"{claim}: a simulation that was not completed; {remedy}")
            return False
        version = json.loads(stamp.read_text(encoding="utf-8"))["version"]
    if version != VERSION:
        raise InputError(
            f"{stamp}: of version {str(version)[:40]} of the benchmark, this is version {VERSION}; "
            + remedy
        )
    return True


def world_of(root: str | Path) -> dict[str, Any]:
    """`version size seed further` of a simulated folder.

    Raises:
        InputError: its data are real, or see `is_simulated`.
    """
    if not is_simulated(root):
        raise InputError(
            f"{root}: holds real recordings, and this page is about simulated ones; run it "
            "with a study of simulated recordings, such as quick"
        )
    return json.loads((Path(root) / STAMP).read_text(encoding="utf-8"))


def stamped(digest: str, simulated: bool) -> str:
    """A fingerprint of data that says whether, and by which version, they were simulated."""
    return f"simulated-v{VERSION}-{digest}" if simulated else digest
