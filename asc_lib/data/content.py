"""What only the samples tell: silence, clipping, one sound under several names."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from asc_lib.files import InputError

SILENT = 1e-6  # from the lowest to the highest sample; full scale is 1
_FULL_SCALE = 0.9999
_FEW = 0.01  # of a side's clips; with more of them wrong the side's numbers are wrong, too
_SHOWN = 5


class Look(NamedTuple):
    """One sound in short; `digest` is the same for the same samples."""

    silent: bool
    clipped: bool
    digest: bytes


def look(samples: np.ndarray) -> Look:
    """Of float samples (samples,) in [-1, 1]; takes some hundredths of a millisecond."""
    low, high = samples.min(), samples.max()
    clipped = False
    if max(high, -low) >= _FULL_SCALE:
        # four neighbours of one value at full scale: cut off, not just loud
        same = (samples[1:] == samples[:-1]) & (np.abs(samples[1:]) >= _FULL_SCALE)
        clipped = bool((same[:-2] & same[1:-1] & same[2:]).any())
    some = np.append(samples[::64], (low, high))  # enough to tell any two sounds apart
    digest = hashlib.blake2b(some.tobytes(), digest_size=16).digest()
    return Look(bool(high - low < SILENT), clipped, digest)


def judge(
    where: object, names: Sequence[str], sides: Sequence[str], looks: Sequence[Look]
) -> list[str]:
    """A remark for silent clips, and one for sounds under several names; mostly none.

    Args:
        where: the folder or file that an error names.
        names, sides, looks: of each clip.

    Raises:
        InputError: more than one in a hundred clips of a side are silent, or of the test side are
            on the training side as well: the study's numbers would be wrong.
    """
    clips = pd.DataFrame(list(looks), columns=Look._fields).assign(name=names, side=sides)
    total = clips["side"].value_counts()
    remarks = []
    for side, silent in clips[clips["silent"]].groupby("side")["name"]:
        of = f"{len(silent):,} of {total[side]:,} clips of side {side} silent: {shown(silent)}"
        if len(silent) > _FEW * total[side]:
            raise InputError(f"{where}: {of}; take them out, or get the files again")
        remarks.append(f"{of}; they have a label but no sound")
    loud = clips[~clips["silent"]]
    doubles = loud[loud.duplicated("digest", keep=False)].groupby("digest", sort=False)
    both = [rows for _, rows in doubles if rows["side"].nunique() > 1]
    heard = sum((rows["side"] == "test").sum() for rows in both)
    if both:
        of = f"{heard:,} of {total['test']:,} clips of side test are on side train, too: "
        of += shown(" = ".join(rows["name"]) for rows in both)
        if heard > _FEW * total["test"]:
            raise InputError(f"{where}: {of}; a test needs sounds that training never heard")
        remarks.append(of)
    if other := [" = ".join(rows["name"]) for _, rows in doubles if rows["side"].nunique() == 1]:
        remarks.append(f"the same sound under several names, {len(other):,} in all: {shown(other)}")
    return remarks


def clipped(names: Sequence[str], looks: Sequence[Look]) -> list[str]:
    """A remark on clips that are cut off at full scale, if any."""
    found = [name for name, one in zip(names, looks, strict=True) if one.clipped]
    return [f"{len(found):,} clips cut off at full scale: {shown(found)}"] if found else []


def shown(names: Sequence[str]) -> str:
    """The first few names, and how many there are beyond them."""
    names = list(names)
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
