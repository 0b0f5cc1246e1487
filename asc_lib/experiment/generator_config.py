"""What one training of the DIR generator depends on, and which trainings a study has (Sec. 5.3)."""

import hashlib
import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from asc_lib.files import ROOT, InputError
from asc_lib.study import StudyConfig
from asc_lib.study_file import validated

_NOT_IN_NAME = {"study", "device", "threads", "bank_root"}
MICROPHONE_FOLDS = 5
_DISTANCES = ("near", "middle", "far")
ALL = "all"
# what is held out -> its folds
HELD_OUT = {
    "angles": ("angles",),
    "distances": tuple(f"distance-{name}" for name in _DISTANCES),
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
