"""Made-up runs of a grid: a few clips of every scene, and a network that knows as much as asked."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from asc_lib.data.tau22 import SCENES
from asc_lib.results import metrics


class MadeUpRun(SimpleNamespace):
    """What the grid reads of a `Run`; each is its own."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__


def made_up_run(seed: int, alpha: float, weight: float, shift: float) -> MadeUpRun:
    """A run whose logits are noise, those of the true scene higher by `shift`.

    What another side or choice of epoch says is a guess, and must not count.
    """
    rng = np.random.default_rng(seed)
    clips = pd.DataFrame(
        [
            (f"{scene}-{place}-{device}", scene, device, f"{scene}-{place}")
            for scene in SCENES
            for place in range(3)
            for device in ("a", "b", "s1", "s4")
        ],
        columns=["filename", "scene", "device", "location"],
    )
    logits = rng.standard_normal((len(clips), 10))
    logits[np.arange(len(clips)), clips["scene"].map(SCENES.index)] += shift
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    clips[metrics.LOG_P] = log_p
    guess = clips.copy()
    guess[metrics.LOG_P] = np.log(0.1)
    both = pd.concat(
        [
            clips.assign(choice="clean", side="test"),
            guess.assign(choice="clean", side="validation"),
            guess.assign(choice="paper", side="test"),
        ]
    )
    config = SimpleNamespace(alpha=alpha, lambda_icl=weight, seed=seed)
    return MadeUpRun(config=config, predictions=both)
