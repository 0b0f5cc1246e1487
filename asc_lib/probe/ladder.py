"""A ladder of device probes: four readers of the same embeddings, each seeing more than the last.

Table 2 of the paper knows one of them, a linear layer on the embedding as it is. Whether a low
accuracy of it means that the device is gone, the other rungs say, and three controls: a network
that was never trained, log-mel statistics without any network, and shuffled devices. Then devices
that training never heard, and what a map of embeddings can show.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.manifold import TSNE
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from asc_lib.data.bank import Bank
from asc_lib.model import passt
from asc_lib.model.passt import PaSST
from asc_lib.probe.encoders import at_most, probe_clips
from asc_lib.probe.probe import ProbeResult, judged, probe_devices, standardised
from asc_lib.study import RunConfig
from asc_lib.train import prepare

# Four times the width of the small studies' embedding, as between the two layers of a transformer
# block; the same for every encoder, so that none has a stronger reader.
HIDDEN = 256
# clips of a device that a probe learns from and is judged on, at most: an evening's study has more
LEARN_MOST, JUDGE_MOST = 1000, 600
# Reference clips asked. Distances are Euclidean, between standardised embeddings.
NEIGHBOURS, MAP_NEIGHBOURS = 11, 10
UNTRAINED, LOG_MEL, SHUFFLED = "untrained", "log_mel", "shuffled"

Key = tuple[str, int]  # encoder and seed


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
    encoded: Mapping[Key, tuple[np.ndarray, np.ndarray]],
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
    labels = np.broadcast_to(labels, (len(encoded), labels.shape[-1]))
    of_dim: dict[int, list[int]] = {}  # places of those that fit in one stack
    for place, (z, _) in enumerate(encoded.values()):
        of_dim.setdefault(z.shape[1], []).append(place)
    keys, pairs, found = list(encoded), list(encoded.values()), {}
    for rung in rungs:
        for places in of_dim.values():
            some = [pairs[place] for place in places]
            if rung == "nearest":
                results = [
                    nearest(pair, labels[place], judge_devices)
                    for place, pair in zip(places, some, strict=True)
                ]
            else:
                results = probe_devices(
                    some, labels[places], judge_devices, epochs, 0,
                    [RUNGS[rung].standardise] * len(some), RUNGS[rung].hidden,
                )  # fmt: skip
            for place, result in zip(places, results, strict=True):
                found[keys[place][0], rung, keys[place][1]] = result
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


def halves(clips: pd.DataFrame) -> np.ndarray:
    """Two halves of the locations, each scene's shared out in turn: (clips,), False or True."""
    places = clips[["scene", "location"]].drop_duplicates().sort_values(["scene", "location"])
    # the next scene goes on where the last one stopped, so that odd numbers even out
    second = dict(zip(places["location"], np.arange(len(places)) % 2 == 1, strict=True))
    return clips["location"].map(second).to_numpy(dtype=bool)


def in_both_halves(clips: pd.DataFrame) -> np.ndarray:
    """Which clips are of a device that occurs in both halves of the locations: (clips,) bool."""
    second = halves(clips)
    both = set(clips["device"][second]) & set(clips["device"][~second])
    return clips["device"].isin(both).to_numpy()


def across_halves(
    encoded: Mapping[Key, np.ndarray], clips: pd.DataFrame, epochs: int
) -> dict[Key, np.ndarray]:
    """The device that a standardised linear probe names for each clip, having learned all devices.

    It learns from one half of the locations and is judged on the other, then the other way round:
    each clip is judged once, by a probe that heard nothing of its place. `encoded`: by (encoder,
    seed), (clips, dim); each device must occur in both halves.
    """
    second, device = halves(clips), clips["device"].to_numpy(dtype=str)
    named = {key: np.empty_like(device) for key in encoded}
    for half in (second, ~second):
        pairs = {key: (z[half], z[~half]) for key, z in encoded.items()}
        found = climb(pairs, device[half], device[~half], epochs, ["linear_standardised"])
        for (encoder, _, seed), result in found.items():
            named[encoder, seed][~half] = result.predicted
    return named


def map_clips(clips: pd.DataFrame, most: int = 1000, seed: int = 0) -> np.ndarray:
    """Rows of about `most` clips, as many of each device as of the others, in order."""
    rows = pd.Series(np.arange(len(clips)), clips["device"].to_numpy())
    each = min(most // rows.index.nunique(), int(rows.groupby(level=0).size().min()))
    return np.sort(rows.groupby(level=0).sample(max(each, 1), random_state=seed).to_numpy())


def flat(z: np.ndarray, seed: int = 0) -> np.ndarray:
    """t-SNE of standardised embeddings (clips, dim): (clips, 2), axes without a meaning.

    Embeddings that are all equal are one point.
    """
    if not np.ptp(z, axis=0).any():  # on these t-SNE crashes
        return np.zeros((len(z), 2), np.float32)
    perplexity = min(30, (len(z) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(
        standardised(z, z)[0]
    )


def agreement(z: np.ndarray, label: np.ndarray, location: np.ndarray) -> float:
    """Share of a clip's nearest clips of other locations that share its label, 0 to 1.

    Of the standardised embedding in all its dimensions, not of a map. Clips of the same location
    are left out: they may be the same moment, and are always the same scene.
    """
    z = standardised(z, z)[0]
    shares = []
    for place in np.unique(location):
        here = location == place
        asked = min(MAP_NEIGHBOURS, int((~here).sum()))
        near = NearestNeighbors(n_neighbors=asked).fit(z[~here]).kneighbors(z[here])[1]
        shares.append((label[~here][near] == label[here][:, None]).mean(axis=1))
    return float(np.concatenate(shares).mean())


def agreement_by_chance(label: np.ndarray, location: np.ndarray) -> float:
    """What `agreement` would be if neighbours were drawn by chance from other locations."""
    elsewhere = location[:, None] != location[None, :]
    alike = label[:, None] == label[None, :]
    return float(((alike & elsewhere).sum(axis=1) / elsewhere.sum(axis=1)).mean())
