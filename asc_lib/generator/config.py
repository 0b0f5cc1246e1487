"""What a training of the DIR generator depends on, and what it does not see (Sec. 5.3).

Nothing that is held out is used before it is judged: neither for the scale of the responses nor for
the choice of a step (the last one is taken).
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from asc_lib.files import ROOT, InputError
from asc_lib.study import StudyConfig
from asc_lib.study_file import validated

_NOT_IN_NAME = {"study", "device", "threads", "bank_root"}
MICROPHONE_FOLDS = 5
ALL = "all"
# what is held out -> its folds
HELD_OUT = {
    "angles": ("angles",),
    "distances": ("distance-near", "distance-middle", "distance-far"),
    "microphones": tuple(f"microphones-{n}" for n in range(1, MICROPHONE_FOLDS + 1)),
}
FOLDS = (*(fold for folds in HELD_OUT.values() for fold in folds), ALL)
# the easiest distance: between two that are seen
FEW_FOLDS = ("angles", "distance-middle", "microphones-1", ALL)


class GeneratorConfig(BaseModel):
    """What one training of the generator depends on; names as in `StudyConfig`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    study: str
    multi_root: str
    bank_root: str
    fold: str
    width: int = Field(ge=2)
    steps: int = Field(ge=1)
    batch_size: int = Field(ge=4)
    learning_rate: float = Field(gt=0)
    decay_steps: int = Field(ge=1)
    mse_weight: float = Field(50.0, gt=0)  # of the MSE as a share of silence's
    generator_steps_to_one: int = Field(3, ge=1)  # to one of the discriminator
    seed: int = Field(0, ge=0, lt=2**31)
    device: str = "cpu"
    threads: int = Field(1, ge=1)

    @property
    def name(self) -> str:
        """Folder of the training: readable, and another one where its result may differ."""
        kept = json.dumps(self.model_dump(exclude=_NOT_IN_NAME, mode="json"), sort_keys=True)
        return f"{self.fold}-{hashlib.sha256(kept.encode()).hexdigest()[:8]}"

    @property
    def folder(self) -> Path:
        """Where it lies: `outputs/<study>/generator/<name>`."""
        return ROOT / "outputs" / self.study / "generator" / self.name


def config_of(study: StudyConfig, fold: str) -> GeneratorConfig:
    """The training of a study's generator in one fold; `InputError` where there is no such."""
    if fold not in FOLDS:
        raise InputError(f"fold {fold!r}: unknown; choose from {', '.join(FOLDS)}")
    names = ("width", "steps", "batch_size", "learning_rate", "decay_steps")
    values = {name: getattr(study, f"generator_{name}") for name in names}
    same = ("study", "multi_root", "bank_root", "device", "threads")
    values |= {name: getattr(study, name) for name in same}
    return validated(GeneratorConfig, values | {"fold": fold}, f"study {study.study}")


def folds_of(study: StudyConfig) -> tuple[str, ...]:
    """The folds that a study trains."""
    return FOLDS if study.generator_all_folds else FEW_FOLDS


def held_out(table: pd.DataFrame, fold: str) -> np.ndarray:
    """Whether a response of a DIR set's table is held out in a fold: bool (responses,).

    angles: every second angle of the set. distance-near, -middle, -far: one of three distances.
    microphones-1 ... -5: each microphone, with all its patterns, is in one of them. all: none.

    Raises:
        InputError: the set is too small for it.
    """
    if fold == ALL:
        return np.zeros(len(table), bool)
    if fold == "angles":
        held = table["angle_deg"].isin(sorted(table["angle_deg"].unique())[1::2])
    elif fold.startswith("distance"):
        there = sorted(table["distance_m"].unique())
        place = {"near": 0, "middle": len(there) // 2, "far": -1}[fold.removeprefix("distance-")]
        held = table["distance_m"] == there[place]
    else:
        names = sorted(table["microphone"].unique())
        order = np.random.default_rng(MICROPHONE_FOLDS).permutation(len(names))
        number = int(fold.removeprefix("microphones-")) - 1
        held = table["microphone"].isin([names[i] for i in order[number::MICROPHONE_FOLDS]])
    if not held.any() or held.all():
        raise InputError(
            f"fold {fold}: the DIR set has too few {fold.split('-')[0]} to hold some out; take the "
            "whole Multi set"
        )
    return held.to_numpy()
