"""What a network says of whole clips: log-probabilities and embeddings, in clip order."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from asc_lib.data.bank import Bank
from asc_lib.data.tau22 import SCENES
from asc_lib.experiment import prepare
from asc_lib.experiment.runs import Run
from asc_lib.model.frontend import LogMel
from asc_lib.model.passt import PaSST

_BATCH = 256
_KEPT_BYTES = 1_000_000_000


class ClipFeatures:
    """Log-mel pictures of clips, batch after batch; kept in memory where they are small enough.

    Evaluation comes back to the same clips after each epoch, and for a small network the front end
    would be most of its cost.
    """

    def __init__(self, bank: Bank, clips: pd.DataFrame, on: torch.device) -> None:
        self.bank, self.clips, self.on = bank, clips.reset_index(drop=True), on
        self._log_mel = LogMel().to(on).eval()
        self._kept: list[torch.Tensor] | None = [] if len(clips) * 51_200 < _KEPT_BYTES else None

    def __iter__(self) -> Iterator[torch.Tensor]:
        """Log-mels (at most 256, 128, frames) of all clips in order."""
        if self._kept:
            yield from self._kept
            return
        starts = torch.tensor(self.clips["start"].to_numpy(np.int64))
        scales = torch.tensor(self.clips["scale"].to_numpy(np.float32))
        computed = []
        for first in range(0, len(starts), _BATCH):
            rows = slice(first, first + _BATCH)
            with torch.no_grad():
                waveform = self.bank.windows(starts[rows].to(self.on), scales[rows].to(self.on))
                log_mel = self._log_mel(waveform)
            computed.append(log_mel)
            yield log_mel
            if self._kept is None:
                computed.clear()
        self._kept = computed if self._kept is not None else None


@torch.no_grad()
def log_probabilities(model: PaSST, features: ClipFeatures) -> torch.Tensor:
    """Natural logarithms of the scenes' probabilities, (clips, scenes), float32 on the CPU."""
    model.eval()
    return torch.cat([model(log_mel)[0].float().log_softmax(1).cpu() for log_mel in features])


@torch.no_grad()
def embeddings(model: PaSST, features: ClipFeatures) -> np.ndarray:
    """What the scene classifier sees, (clips, dim), float32."""
    model.eval()
    return torch.cat([model(log_mel)[1].float().cpu() for log_mel in features]).numpy()


def embed(
    run: Run, side: str = "test", clips: pd.DataFrame | None = None
) -> tuple[np.ndarray, pd.DataFrame]:
    """Embeddings (clips, dim) of one side of a run's data, and the clips they belong to.

    Args:
        side: "train", "validation" or "test", as the run split them.
        clips: some of these clips, to embed no others.
    """
    config = run.config
    bank = prepare.open_bank(config, progress=False)
    if clips is None:
        clips = prepare.split_clips(bank, config)
        clips = clips[clips["side"] == side].reset_index(drop=True)
    on = prepare.torch_device(config.device)
    model = run.model().to(on)
    return embeddings(model, ClipFeatures(bank, clips, on)), clips


def prediction_table(clips: pd.DataFrame, log_p: torch.Tensor, choice: str) -> pd.DataFrame:
    """Rows of `predictions.parquet` for one choice of epoch ("clean" or "paper")."""
    table = clips[["side", "filename", "scene", "device", "location"]].reset_index(drop=True)
    table.insert(0, "choice", choice)
    columns = [f"log_p_{scene}" for scene in SCENES]
    return pd.concat([table, pd.DataFrame(log_p.numpy(), columns=columns)], axis=1)
