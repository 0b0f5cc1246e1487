"""Embeddings in two dimensions, and the number that says what such a map only suggests."""

import numpy as np
import pandas as pd
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from asc_lib.experiment.probe import standardised

CLIPS, PERPLEXITY, ASKED = 1000, 30, 10


def map_clips(clips: pd.DataFrame, most: int = CLIPS, seed: int = 0) -> np.ndarray:
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
    perplexity = min(PERPLEXITY, (len(z) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(
        standardised(z, z)[0]
    )


def agreement(z: np.ndarray, label: np.ndarray, location: np.ndarray, asked: int = ASKED) -> float:
    """Share of a clip's nearest clips of other locations that share its label, 0 to 1.

    Of the standardised embedding in all its dimensions, not of a map. Clips of the same location
    are left out: they may be the same moment, and are always the same scene.
    """
    z = standardised(z, z)[0]
    label, location = np.asarray(label), np.asarray(location)
    shares = []
    for place in np.unique(location):
        here = location == place
        others = NearestNeighbors(n_neighbors=min(asked, int((~here).sum()))).fit(z[~here])
        near = others.kneighbors(z[here], return_distance=False)
        shares.append((label[~here][near] == label[here][:, None]).mean(axis=1))
    return float(np.concatenate(shares).mean())


def agreement_by_chance(label: np.ndarray, location: np.ndarray) -> float:
    """What `agreement` would be if neighbours were drawn by chance from other locations."""
    label, location = np.asarray(label), np.asarray(location)
    elsewhere = location[:, None] != location[None, :]
    alike = label[:, None] == label[None, :]
    return float(((alike & elsewhere).sum(axis=1) / elsewhere.sum(axis=1)).mean())
