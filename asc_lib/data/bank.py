"""Recordings -> one memory-mapped bank of samples at 32 kHz, and windows out of it.

Consecutive clips of a recording are joined to an unbroken stretch, so that a window can begin at
any sample ("we merge recordings to 10s snippets", paper Sec. 5.1); where a second is missing a
stretch ends. Clips of the test side stay alone: they are classified one by one. Samples are 16-bit
integers with a scale of their own for each stretch: rounding lies some 96 dB below its peak.

"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from asc_lib.data import content, tau22
from asc_lib.data.simulated import is_simulated, stamped
from asc_lib.data.wav import SAMPLE_RATE, fingerprint, read_clip, resample
from asc_lib.files import InputError, reading, temporary_sibling, to_make

_VERSION = "2"  # of what is kept: an older bank is not opened
# of a stretch: samples as int16, the scale that they take, a look at each of its clips
Stretch = tuple[np.ndarray, float, list[content.Look]]


@dataclass
class Bank:
    """Samples of all training and test clips, and where each lies.

    `clips`: the index's columns of the train and test side, and for each clip `start` (its first
    sample in the bank), `stretch_start` and `stretch_samples` (the unbroken stretch that holds it)
    and `scale` (a stored integer times this is the sample's value). `fingerprint`: of samples and
    index, the same wherever and whenever the bank was built; see `simulated.stamped`. `remarks`:
    clips that are silent, cut off or doubled, as far as a study bears them.
    """

    samples: torch.Tensor  # (samples,) int16
    clips: pd.DataFrame
    folder: Path
    fingerprint: str
    simulated: bool
    remarks: tuple[str, ...] = ()

    def to(self, device: torch.device) -> "Bank":
        """The bank with its samples in the memory of `device`."""
        return replace(self, samples=self.samples.to(device))

    def windows(
        self, starts: torch.Tensor, scales: torch.Tensor, samples: int = SAMPLE_RATE
    ) -> torch.Tensor:
        """Waveforms (batch, samples), float32, from starts (batch,) int64 and scales (batch,)."""
        # overlapping views, one gather; an index in brackets takes twice as long
        windows = self.samples.unfold(0, samples, 1).index_select(0, starts)
        # in place: on a CPU fresh memory costs more than the product
        return windows.to(torch.float32).mul_(scales.to(torch.float32)[:, None])

    def heard(self, clips: pd.DataFrame) -> torch.Tensor:
        """Waveforms (clips, samples), float32, of rows of `clips`, in their order."""
        starts = torch.tensor(clips["start"].to_numpy(np.int64))
        return self.windows(starts, torch.tensor(clips["scale"].to_numpy(np.float32)))


def open_bank(root: str | Path, kept_in: str | Path, progress: bool = True) -> Bank:
    """The bank of the data set at `root`: opened when it is there, else built below `kept_in`.

    Raises:
        InputError: the data set is not as it should be (see `content.judge`, too), or the disk is
            too full.
    """
    root, kept_in = Path(root), Path(kept_in)
    simulated = is_simulated(root)
    index = tau22.read_index(root)
    tau22.check_audio(index, root)
    index = index[index["side"] != "unused"].reset_index(drop=True)
    csvs = [root / "meta.csv", *sorted((root / "evaluation_setup").glob("fold1_*.csv"))]
    begin = os.path.join(root, "")  # once: joining each would take longer than reading the csv
    wavs = [begin + name for name in index["filename"].tolist()]
    files = fingerprint([*csvs, *wavs], root, _VERSION.encode())
    folder = kept_in / f"bank-{stamped(files, simulated)}"
    with to_make(folder) as missing:
        if missing:
            with temporary_sibling(folder) as unfinished:
                _build(index, root, unfinished, progress)
    clips = _kept_clips(folder, index)
    total = len(clips) * SAMPLE_RATE
    file = folder / "samples.int16"
    if not file.is_file() or file.stat().st_size != 2 * total:
        raise InputError(f"{file}: not of the size its clips need; delete {folder}")
    samples = torch.from_file(str(file), shared=False, size=total, dtype=torch.int16)
    with reading(folder / "content.sha256", "a fingerprint", f"delete {folder}"):
        digest = (folder / "content.sha256").read_text()
        if not re.fullmatch("[0-9a-f]{16}", digest):
            raise ValueError("not 16 hex digits")
    remarks: tuple[str, ...] = ()
    if (told := folder / "remarks.txt").is_file():
        with reading(told, "text", f"delete {folder}"):
            remarks = tuple(told.read_text(encoding="utf-8").splitlines())
    return Bank(samples, clips, folder, stamped(digest, simulated), simulated, remarks)


def _kept_clips(folder: Path, index: pd.DataFrame) -> pd.DataFrame:
    """The clips of a bank, held against the index: what is not stated anew is where each lies."""
    file = folder / "clips.parquet"
    with reading(file, "the clips of a bank", f"delete {folder}"):
        clips = pd.read_parquet(file)
        expected = _lay_out(index)
        if not clips[expected.columns].equals(expected):
            raise ValueError("other clips than the data set's")
        if not (np.isfinite(clips["scale"]).all() and (clips["scale"] > 0).all()):
            raise ValueError("a scale that is no positive number")
    return clips


def _build(index: pd.DataFrame, root: Path, folder: Path, progress: bool) -> None:
    clips = _lay_out(index)
    needed = 2 * SAMPLE_RATE * len(clips)
    free = shutil.disk_usage(folder).free
    if needed * 1.02 > free:
        raise InputError(
            f"bank_root {folder.parent}: the bank needs {needed / 1e9:.2f} GB and "
            f"{free / 1e9:.2f} GB are free; free some, or set bank_root to another disk"
        )
    stretches = clips.groupby("stretch_start", sort=True)["filename"].agg(list)
    digest, scales, looks = hashlib.sha256(), [], []
    # numpy, soxr and the digest let go of the GIL: threads serve, and no samples are sent about
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        (folder / "samples.int16").open("wb") as file,
        tqdm(total=len(clips), desc="building the bank", unit="clip", disable=not progress) as bar,
    ):
        for samples, scale, seconds in converted(pool, root, stretches.tolist()):
            file.write(samples)
            digest.update(samples)
            scales.append(scale)
            looks += seconds
            bar.update(len(samples) // SAMPLE_RATE)
    heard = pd.DataFrame(looks, columns=content.Look._fields)
    heard = heard.assign(name=clips["filename"], side=clips["side"])
    if remarks := content.judge(root, heard):
        (folder / "remarks.txt").write_text("\n".join(remarks), encoding="utf-8")
    digest.update(index.to_csv().encode())
    (folder / "content.sha256").write_text(digest.hexdigest()[:16])
    clips["scale"] = pd.Series(scales, stretches.index).reindex(clips["stretch_start"]).to_numpy()
    clips.to_parquet(folder / "clips.parquet")


def _convert(root: Path, names: list[str]) -> Stretch:
    frames = tau22.CLIP_FORMAT["frames"]
    seconds = np.empty((len(names), frames), np.float32)
    for name, second in zip(names, seconds, strict=True):
        second[:] = read_clip(root / name, **tau22.CLIP_FORMAT)
    looks = [content.look(second) for second in seconds]
    samples = resample(seconds.ravel(), tau22.CLIP_FORMAT["rate"])
    scale = float(max(samples.max(), -samples.min())) / 32767 or 1.0  # silence keeps a scale
    samples /= scale
    return np.rint(samples, out=samples).astype(np.int16), scale, looks


def converted(pool: Executor, root: Path, stretches: list[list[str]]) -> Iterator[Stretch]:
    """All stretches in order, some at a time: memory stays flat and an error comes soon."""
    some = 16 * (os.cpu_count() or 1)
    for first in range(0, len(stretches), some):
        yield from pool.map(partial(_convert, root), stretches[first : first + some])


def _lay_out(index: pd.DataFrame) -> pd.DataFrame:
    """Where each clip will lie: stretches one behind the other, clips of a stretch in order."""
    clips = index.sort_values(["side", "recording", "subsegment"], ignore_index=True)
    before = clips.shift()
    joined = (
        (clips["side"] == "train")
        & (clips["recording"] == before["recording"])
        & (clips["subsegment"] == before["subsegment"] + 1)
    )
    stretch = (~joined).cumsum()
    clips["start"] = np.arange(len(clips), dtype=np.int64) * SAMPLE_RATE
    of_stretch = clips.groupby(stretch)["start"]
    clips["stretch_start"] = of_stretch.transform("min")
    clips["stretch_samples"] = of_stretch.transform("size") * SAMPLE_RATE
    return clips
