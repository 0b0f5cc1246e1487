"""What trained encoders keep of the device: device probes of many runs, distances by layer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from asc_lib.data.bank import Bank
from asc_lib.data.tau22 import TRAINING_DEVICES
from asc_lib.model.passt import PaSST
from asc_lib.probe.probe import ProbeResult, probe_devices
from asc_lib.study import RunConfig
from asc_lib.train import prepare
from asc_lib.train.evaluation import ClipFeatures, embed
from asc_lib.train.runs import Run

VARIANTS = ("raw", "standardised")
PROBED_BYTES = 1_500_000_000  # of embeddings that learn side by side; the paper's grid has 17 GB


def probe_clips(bank: Bank, config: RunConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clips that device probes learn from and are judged on, of the devices of the training.

    Those to learn from are of the training side, of the commonest device no more than of the second
    commonest; those to be judged on are the test side's, of devices that there are among the former
    (see `asc_lib.probe.probe`).
    """
    clips = prepare.split_clips(bank, config)
    clips = clips[clips["device"].isin(TRAINING_DEVICES)]
    heard, test = clips[clips["side"] == "train"], clips[clips["side"] == "test"]
    counts = heard["device"].value_counts()
    test, most = test[test["device"].isin(counts.index)], counts.iloc[1]
    return at_most(heard, most), test


def at_most(clips: pd.DataFrame, most: int) -> pd.DataFrame:
    """Random clips, no more than so many of each device, sorted by device."""
    parts = [
        rows.sample(min(len(rows), most), random_state=0) for _, rows in clips.groupby("device")
    ]
    return pd.concat(parts)


def probe_runs(
    runs: Sequence[Run], learn: pd.DataFrame, judge: pd.DataFrame, epochs: int, bank: Bank
) -> dict[tuple[Run, str], ProbeResult]:
    """A raw and a standardised device probe on each run's encoder (of one `dim`), at most `epochs`.

    They learn side by side from the clips `learn`, no more at a time than `PROBED_BYTES` hold. A
    run that stands twice is probed once. `bank`: the runs'.
    """
    runs = list(dict.fromkeys(runs))
    encoded, found = {}, {}
    for run in tqdm(runs, "embeddings", mininterval=5):
        encoded[run] = tuple(embed(run, clips=clips, bank=bank)[0] for clips in (learn, judge))
        held = sum(z.nbytes for pair in encoded.values() for z in pair) * (1 + len(VARIANTS))
        if run is not runs[-1] and held < PROBED_BYTES:
            continue
        keys = [(run, variant) for variant in VARIANTS for run in encoded]
        results = probe_devices(
            list(encoded.values()) * len(VARIANTS), learn["device"].to_numpy(),
            judge["device"].to_numpy(), epochs, 0, [v == "standardised" for _, v in keys],
        )  # fmt: skip
        found |= dict(zip(keys, results, strict=True))
        encoded.clear()
    return found


@torch.no_grad()
def pair_distances(
    model: PaSST, bank: Bank, clips: pd.DataFrame, config: RunConfig
) -> pd.DataFrame:
    """Distances of all pairs of clips' embeddings, before and after the last LayerNorm.

    One row a pair: `before_norm`, `after_norm` (no unit), `same_device`; a few hundred clips are
    plenty. The model is on the CPU.
    """
    model.eval()
    features = list(ClipFeatures(bank, clips, torch.device("cpu"), config))
    first, second = np.triu_indices(len(clips), k=1)
    table = {}
    for layer in ("before_norm", "after_norm"):
        z = torch.cat([model(log_mel, None, layer)[1] for log_mel in features]).double()
        table[layer] = torch.linalg.vector_norm(z[first] - z[second], dim=1).numpy()
    device = clips["device"].to_numpy()
    return pd.DataFrame(table | {"same_device": device[first] == device[second]})
