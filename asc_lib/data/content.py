"""What only the samples tell: silence, clipping, one sound under several names."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd
from tqdm import tqdm

from asc_lib.data.wav import plain_name, read_sound
from asc_lib.files import InputError

SILENT = 1e-6  # from the lowest to the highest sample; full scale is 1
_FULL_SCALE = 0.9999
_FEW = 0.01  # of a side's clips; with more of them wrong the side's numbers are wrong, too
_SHOWN = 5
_YES_OR_NO = ("cut", "silent", "clipped")


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


def listen(
    root: Path, names: Sequence[str], form: tuple, title: str, progress: bool = True
) -> pd.DataFrame:
    """Every sound by its name: Hz channels coding samples cut problem, and the columns of `Look`.

    `form`: the first four of these as they must be; empty of responses, which must have one channel
    and sound.

    `problem`: what is wrong with it, mostly empty. Of several channels the first is looked at.
    """

    def one(name: str) -> tuple:
        file = os.path.join(root, name)
        try:
            samples, header = read_sound(file)
        except InputError as error:
            why = plain_name(str(error).removeprefix(f"{file}: "))
            return 0, 0, "not readable", 0, False, why, False, False, b""
        found = header.samplerate, header.channels, header.subtype, len(samples)
        seen = look(samples[:, 0])
        right = found == form if form else header.channels == 1 and not seen.silent
        problem = "{} Hz, channels: {}, {}, {} samples".format(*found) + " of silence" * seen.silent
        return *found, header.cut, "" if right else problem, *seen

    jobs = joblib.Parallel(-1, prefer="threads", return_as="generator", batch_size=64)
    rows = jobs(joblib.delayed(one)(name) for name in names)
    rows = list(tqdm(rows, title, len(names), unit="wav", disable=not progress))
    columns = ["Hz", "channels", "coding", "samples", "cut", "problem", *Look._fields]
    index = pd.Index(names, dtype=object)  # other text is only of names in UTF-8
    return pd.DataFrame(rows, index, columns).astype({name: bool for name in _YES_OR_NO})


def judge(where: object, clips: pd.DataFrame) -> list[str]:
    """A remark each for silent clips, sounds under several names, and clipping; mostly none.

    `where`: the folder or file that an error names. `clips`: name, side and the columns of `Look`,
    a row each.

    Raises:
        InputError: more than one in a hundred clips of a side are silent, or of the test side are
            on the training side as well: the study's numbers would be wrong.
    """
    total = clips["side"].value_counts()
    remarks = []
    for side, silent in clips[clips["silent"]].groupby("side")["name"]:
        of = f"{len(silent):,} of {total[side]:,} clips of side {side} silent: {shown(silent)}"
        if len(silent) > _FEW * total[side]:
            raise InputError(f"{where}: {of}; take them out, or get the files again")
        remarks.append(of)
    loud = clips[~clips["silent"]]
    doubles = loud[loud.duplicated("digest", keep=False)].groupby("digest", sort=False)
    groups = {" = ".join(rows["name"]): set(rows["side"]) for _, rows in doubles}
    across = loud["digest"].map(loud.groupby("digest")["side"].nunique()) > 1
    if heard := int((across & (loud["side"] == "test")).sum()):
        of = f"{heard:,} of {total['test']:,} clips of side test are on side train, too: "
        of += shown([names for names, sides in groups.items() if len(sides) > 1])
        if heard > _FEW * total["test"]:
            raise InputError(f"{where}: {of}; a test needs sounds that training never heard")
        remarks.append(of)
    if one_side := [names for names, sides in groups.items() if len(sides) == 1]:
        remarks.append(f"{len(one_side):,} sounds under several names: {shown(one_side)}")
    if clipped := clips.loc[clips["clipped"], "name"].tolist():
        remarks.append(f"{len(clipped):,} clips cut off at full scale: {shown(clipped)}")
    return remarks


def shown(names: Sequence[str]) -> str:
    """The first few names, and how many there are beyond them."""
    names = [plain_name(name) for name in names]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
