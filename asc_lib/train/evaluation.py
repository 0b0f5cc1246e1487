"""What a network says of whole clips: log-probabilities and embeddings, in clip order."""

import hashlib
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from asc_lib.data.bank import Bank
from asc_lib.files import temporary_file, to_make
from asc_lib.model.frontend import MELS, front_end, window_frames
from asc_lib.model.passt import PaSST
from asc_lib.model.transfer import to_device
from asc_lib.results.metrics import LOG_P
from asc_lib.study import RunConfig
from asc_lib.train import prepare
from asc_lib.train.runs import Run

_BATCH = 64  # a CPU's cache holds it; a GPU is kept busy by it
_KEPT_BYTES = 4_000_000_000


class ClipFeatures:
    """Log-mel pictures of whole clips, batch after batch, on `on`, wherever the bank lies.

    A study comes back to the same clips in each epoch of each run: where they take less than 4 GB
    they are kept beside the bank, memory-mapped. A GPU computes them anew, sooner than it copies.
    """

    def __init__(
        self, bank: Bank, clips: pd.DataFrame, on: torch.device, config: RunConfig
    ) -> None:
        self.bank, self.clips, self.on = bank, clips.reset_index(drop=True), on
        self._starts = torch.tensor(self.clips["start"].to_numpy(np.int64))
        self._scales = torch.tensor(self.clips["scale"].to_numpy(np.float32))
        self._log_mel = front_end(config).to(on).eval()
        self._frames = window_frames(config.hop)

    def __iter__(self) -> Iterator[torch.Tensor]:
        """Log-mels (at most 64, 128, frames) of all clips in order, on the device."""
        size = len(self.clips) * MELS * self._frames
        if 4 * size >= _KEPT_BYTES or self.on.type == "cuda":
            yield from self._computed()
            return
        digest = hashlib.sha256(self._starts.numpy().tobytes()).hexdigest()[:12]
        kind = f"{self._log_mel.fmax_hz}-{self._log_mel.hop}"
        file = self.bank.folder / f"log_mel-2-{kind}-{digest}.float32"  # 2: the front end's version
        with to_make(file) as missing:
            if missing:
                with temporary_file(file) as unfinished, unfinished.open("wb") as target:
                    for log_mel in self._computed():
                        target.write(log_mel.cpu().numpy().tobytes())
        kept = torch.from_file(str(file), shared=False, size=size, dtype=torch.float32)
        for log_mel in kept.view(-1, MELS, self._frames).split(_BATCH):
            yield log_mel.to(self.on)

    @torch.no_grad()
    def _computed(self) -> Iterator[torch.Tensor]:
        # cut where the bank lies: to copy one of 11 GB for some clips would take longer
        lies_on = self.bank.samples.device
        for rows in torch.arange(len(self.clips)).split(_BATCH):
            starts, scales = (to_device(of[rows], lies_on) for of in (self._starts, self._scales))
            yield self._log_mel(to_device(self.bank.windows(starts, scales), self.on))


@torch.no_grad()
def _outputs(model: PaSST, features: ClipFeatures) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Logits and embeddings, batch after batch; each lasts until the next is asked for."""
    model.eval()
    for log_mel in features:
        # of one shape and layout: for another one a compiled network would be compiled again
        empty = min(_BATCH, len(features.clips)) - len(log_mel)
        full = functional.pad(log_mel, (0, 0, 0, 0, 0, empty)) if empty else log_mel.contiguous()
        logits, embedding = model(full)
        yield logits[: len(log_mel)], embedding[: len(log_mel)]


def log_probabilities(model: PaSST, features: ClipFeatures) -> torch.Tensor:
    """Natural logarithms of the scenes' probabilities, (clips, scenes), float32 on the CPU."""
    return torch.cat([logits.log_softmax(1) for logits, _ in _outputs(model, features)]).cpu()


def embeddings(model: PaSST, features: ClipFeatures) -> np.ndarray:
    """What the scene classifier sees, (clips, dim), float32."""
    return torch.cat([z.clone() for _, z in _outputs(model, features)]).cpu().numpy()


def embed(
    run: Run, side: str = "test", clips: pd.DataFrame | None = None, bank: Bank | None = None
) -> tuple[np.ndarray, pd.DataFrame]:
    """Embeddings (clips, dim) of one side of a run's data, and the clips they belong to.

    `clips`: some of these, to embed no others; `bank`: the run's, where it is open already.
    """
    config = run.config
    bank = bank or prepare.open_bank(config, progress=False)
    if clips is None:
        clips = prepare.split_clips(bank, config)
        clips = clips[clips["side"] == side].reset_index(drop=True)
    on = prepare.torch_device("cpu" if config.device == "cpu" else "auto")
    return embeddings(run.model().to(on), ClipFeatures(bank, clips, on, config)), clips


def prediction_table(clips: pd.DataFrame, log_p: torch.Tensor, choice: str) -> pd.DataFrame:
    """Rows of `predictions.parquet` for one choice of epoch ("clean" or "paper")."""
    table = clips[["side", "filename", "scene", "device", "location"]].reset_index(drop=True)
    table.insert(0, "choice", choice)
    return pd.concat([table, pd.DataFrame(log_p.numpy(), columns=LOG_P)], axis=1)
