"""A finished training of the DIR generator: what it left, and the responses that it makes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from asc_lib.experiment.generator_config import GeneratorConfig
from asc_lib.experiment.runs import finite_weights
from asc_lib.files import read_object, reading
from asc_lib.model.dir_generator import Generator
from asc_lib.study_file import validated

_REMEDY = "delete its folder, and the study trains it again"


@dataclass(frozen=True)
class Trained:
    """A finished training as it lies in its folder."""

    folder: Path

    @property
    def complete(self) -> bool:
        """Whether it was trained to its end."""
        return (self.folder / "provenance.json").is_file()

    @property
    def config(self) -> GeneratorConfig:
        file = self.folder / "config.json"
        return validated(GeneratorConfig, read_object(file, _REMEDY), str(file))

    @property
    def history(self) -> pd.DataFrame:
        """One row a twentieth: step, losses, error of the batch as a share of silence's."""
        file = self.folder / "history.csv"
        with reading(file, "a history", _REMEDY):
            return pd.read_csv(file).astype(float)

    @property
    def provenance(self) -> dict[str, Any]:
        return read_object(self.folder / "provenance.json", _REMEDY)

    def generate(self, condition: np.ndarray) -> np.ndarray:
        """Responses to scaled conditions (any, 12): float32 (any, 1024), in the set's own units."""
        return network(self)(condition)


def network(trained: Trained) -> Callable[[np.ndarray], np.ndarray]:
    """`Trained.generate` with the weights read once."""
    generator = Generator(trained.config.width)
    file = trained.folder / "weights.safetensors"
    with reading(file, "the generator's weights", _REMEDY):
        generator.load_state_dict(finite_weights(file))
    with reading(trained.folder / "provenance.json", "the training's origin", _REMEDY):
        scale = float(trained.provenance["scale"])
    return lambda condition: generate(generator, condition) / scale


def generate(generator: Generator, condition: np.ndarray) -> np.ndarray:
    """What the network makes of scaled conditions, -1 to 1, float32 (any, 1024), on the CPU."""
    generator = generator.eval().cpu()
    with torch.inference_mode():
        parts = torch.from_numpy(np.ascontiguousarray(condition, np.float32)).split(512)
        return torch.cat([generator(part) for part in parts]).numpy()
