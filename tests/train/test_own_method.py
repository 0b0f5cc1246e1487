"""A method of a user's own: a function and a line, trained by the library's own `fit`."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from asc_lib import study as parameters
from asc_lib.data.tau22 import DEVICES
from asc_lib.methods import ALL_METHODS, Method, part
from asc_lib.show.style import look, method_label
from asc_lib.study import RunConfig, load
from asc_lib.study_file import validated
from asc_lib.train.training import fit

STEPS = 24


@pytest.fixture
def tiny(tau22: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    """A run of seconds on two noisy devices, one of them dull."""
    quick = load("quick").run().model_dump()
    for clip in (tau22 / "audio").glob("*-s1.wav"):
        samples, rate = soundfile.read(clip)
        soundfile.write(clip, np.convolve(samples, np.ones(8) / 8, "same"), rate, "PCM_24")
    monkeypatch.setattr(parameters, "ROOT", tmp_path)
    small = {"dim": 16, "depth": 1, "heads": 2, "batch_size": 12, "epochs": 30, "max_steps": STEPS}
    roots = {"study": "own", "tau22_root": str(tau22), "bank_root": str(tmp_path / "banks")}
    more = {"validation_share": 0.0, "device": "cpu", "learning_rate": 0.003}
    return validated(RunConfig, quick | small | roots | more, "test")


def means_apart(z: torch.Tensor, about, noted: list[float]) -> torch.Tensor:
    """Squared distance of the mean embeddings of device A and of the others."""
    is_a = about.device == DEVICES.index("a")
    value = (z[is_a].mean(0) - z[~is_a].mean(0)).square().sum()
    noted.append(value.item())
    return value


def test_a_function_and_a_line_make_a_method(tiny, monkeypatch):
    noted: dict[float, list[float]] = {}
    for weight in (0.0, 1.0):
        noted[weight] = []
        monkeypatch.setitem(
            ALL_METHODS, "mine",
            Method("+ mine", loss=part(means_apart, noted=noted[weight]), loss_weight=weight),
        )  # fmt: skip
        own = validated(
            RunConfig, tiny.model_dump() | {"method": "mine", "study": f"w{weight:g}"}, ""
        )
        run = fit(own, progress=False)
        assert run.complete and run.provenance["steps"] == STEPS == len(noted[weight])
        assert run.folder.name.startswith("mine-s0-") and run.folder.parent.name == "runs"
        # the history tells the epoch's mean, of two steps, of what the function gave
        last = np.mean(noted[weight][-2:])
        assert run.history["train_added"].iloc[-1] == pytest.approx(last, rel=1e-4)
        assert method_label("mine") == "+ mine" and look("mine") not in map(look, ["plain", "mmd"])
    assert noted[0.0][0] == pytest.approx(noted[1.0][0], rel=1e-5)  # the same first step
    assert np.mean(noted[1.0][-6:]) < 0.7 * np.mean(noted[0.0][-6:])
