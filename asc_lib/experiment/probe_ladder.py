"""A ladder of device probes: four readers of the same embeddings, each seeing more than the last.

Table 2 of the paper knows one of them, a linear layer on the embedding as it is. Whether a low
accuracy of it means that the device is gone, the other rungs say, and three controls: a network
that was never trained, log-mel statistics without any network, and shuffled devices.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.neighbors import KNeighborsClassifier

from asc_lib.data.bank import Bank
from asc_lib.experiment import prepare
from asc_lib.experiment.encoders import at_most, probe_clips
from asc_lib.experiment.probe import ProbeResult, judged, probe_devices, standardised
from asc_lib.model import passt
from asc_lib.model.passt import PaSST
from asc_lib.study import RunConfig

# Four times the width of the small studies' embedding, as between the two layers of a transformer
# block; the same for every encoder, so that none has a stronger reader.
HIDDEN = 256
# clips of a device that a probe learns from and is judged on, at most: an evening's study has more
LEARN_MOST, JUDGE_MOST = 1000, 600
# Reference clips asked. Distances are Euclidean, between standardised embeddings.
NEIGHBOURS = 11
UNTRAINED, LOG_MEL, SHUFFLED = "untrained", "log_mel", "shuffled"


class Rung(NamedTuple):
    """One kind of probe: its name in words, and how it reads."""

    label: str
    standardise: bool
    hidden: int


RUNGS = {
    "linear_raw": Rung("linear, raw (the paper's)", False, 0),
    "linear_standardised": Rung("linear, standardised", True, 0),
    "two_layer": Rung("two layers, standardised", True, HIDDEN),
    "nearest": Rung("nearest neighbours, standardised", True, 0),
}


def ladder_clips(
    bank: Bank,
    config: RunConfig,
    learn_most: int = LEARN_MOST,
    judge_most: int = JUDGE_MOST,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clips that the ladder learns from and is judged on, at most so many of each device.

    The former are those of `encoders.probe_clips`; the latter all devices of the test side, those
    that training never heard included, in the bank's order.
    """
    learn = at_most(probe_clips(bank, config)[0], learn_most)
    clips = prepare.split_clips(bank, config)
    judge = at_most(clips[clips["side"] == "test"], judge_most).sort_index()
    return learn.reset_index(drop=True), judge.reset_index(drop=True)


def untrained(config: RunConfig, seed: int) -> PaSST:
    """The encoder as it is before any training: random weights, nothing released."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return passt.from_config(config, released=False)


def climb(
    encoded: Mapping[tuple[str, int], tuple[np.ndarray, np.ndarray]],
    learn_devices: np.ndarray,
    judge_devices: np.ndarray,
    epochs: int,
    rungs: Sequence[str] = tuple(RUNGS),
    progress: Callable[[str], object] = lambda rung: None,
) -> dict[tuple[str, str, int], ProbeResult]:
    """Every rung on every encoder: results by (encoder, rung, seed).

    Args:
        encoded: by (encoder, seed): (clips, dim) to learn from and (test clips, dim).
        learn_devices: (clips,), or (encoders, clips) as in `probe_devices`.
        progress: called with each rung that is done.
    """
    labels = np.asarray(learn_devices, dtype=str)
    labels = dict(
        zip(encoded, np.broadcast_to(labels, (len(encoded), labels.shape[-1])), strict=True)
    )
    found = {}
    for rung in rungs:
        for keys in _of_one_dim(encoded):
            pairs, of_keys = [encoded[k] for k in keys], np.stack([labels[k] for k in keys])
            if rung == "nearest":
                results = [
                    nearest(p, d, judge_devices) for p, d in zip(pairs, of_keys, strict=True)
                ]
            else:
                results = probe_devices(
                    pairs, of_keys, judge_devices, epochs, 0,
                    [RUNGS[rung].standardise] * len(keys), RUNGS[rung].hidden,
                )  # fmt: skip
            found |= {(name, rung, s): r for (name, s), r in zip(keys, results, strict=True)}
        progress(rung)
    return found


def nearest(
    pair: tuple[np.ndarray, np.ndarray],
    learn_devices: np.ndarray,
    judge_devices: np.ndarray,
) -> ProbeResult:
    """The device that most of a test clip's nearest clips have, the nearer counting more.

    Balanced by its reference set: of each device as many clips, drawn by chance, as the rarest has.
    There is nothing to train, so no losses.
    """
    known, c = np.unique(np.asarray(learn_devices, dtype=str), return_inverse=True)
    rng = np.random.default_rng(0)
    few = np.bincount(c).min()
    kept = np.concatenate(
        [rng.choice(np.flatnonzero(c == d), few, replace=False) for d in range(len(known))]
    )
    learn, judge = standardised(pair[0][kept], pair[1])
    # weights by distance leave no ties, which would all go to the first device
    voters = KNeighborsClassifier(min(NEIGHBOURS, len(kept)), weights="distance")
    predicted = voters.fit(learn, known[c[kept]]).predict(judge)
    return judged(judge_devices, predicted, known, [], True)


def shuffled_devices(devices: np.ndarray, shuffles: int, seed: int = 0) -> np.ndarray:
    """Devices given to clips by chance, each as often as before: (shuffles, clips)."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(np.asarray(devices, dtype=str)) for _ in range(shuffles)])


def _of_one_dim(
    encoded: Mapping[tuple[str, int], tuple[np.ndarray, np.ndarray]],
) -> list[list[tuple[str, int]]]:
    """Keys of embeddings that fit in one stack."""
    dims = {key: pair[0].shape[1] for key, pair in encoded.items()}
    return [[k for k in dims if dims[k] == dim] for dim in dict.fromkeys(dims.values())]
