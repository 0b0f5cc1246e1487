"""A run of a method's older code does not pass for one of now."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from asc_lib.experiment.method_source import method_source
from asc_lib.experiment.methods import ALL_METHODS, METHODS, Method
from asc_lib.experiment.training import fit
from asc_lib.model.mmd import device_discrepancy
from tests.experiment import test_training

small, change = test_training.small, test_training.change  # a run of seconds on noise
LOSS = """
WEIGHT = 1.0

def loss(z, about):
    \"\"\"Pulls embeddings to 0.\"\"\"
    return WEIGHT * z.square().mean()
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write the user's module, as an editor would between two sessions."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def written(code: str) -> None:
        (tmp_path / "my_method.py").write_text(code)
        sys.modules.pop("my_method", None)

    written(LOSS)
    monkeypatch.setitem(ALL_METHODS, "mine", Method("+ mine", loss="my_method:loss"))
    return written


def test_words_are_no_code(write):
    before = method_source(ALL_METHODS["mine"])
    assert list(before) == ["my_method:loss"]
    write(LOSS.replace("Pulls", "Draws").replace("about):", "about ):  # what?"))
    assert method_source(ALL_METHODS["mine"]) == before
    write(LOSS.replace("1.0", "2.0"))  # what the function leans on counts, too
    assert method_source(ALL_METHODS["mine"]) != before


def test_a_function_itself_is_as_good_as_its_place():
    by_place = Method("", loss="asc_lib.model.mmd:device_discrepancy")
    by_itself = Method("", loss=device_discrepancy)
    assert method_source(by_place) == method_source(by_itself) != {}
    assert method_source(METHODS["icl_multi"]) == {}
    typed: dict[str, Callable] = {}
    exec("def loss(z, about): return z.sum()", typed)  # no file has it
    typed["loss"].__module__ = "__main__"
    assert list(method_source(Method("", loss=typed["loss"]))) == ["__main__:loss"]
    assert len(set(method_source(Method("", loss=lambda z, _: z.sum())).values())) == 1


def test_a_changed_function_is_trained_with_again(small, write):
    config = change(small, method="mine")
    run = fit(config, progress=False)
    assert run.provenance["method_source"] == method_source(ALL_METHODS["mine"])
    before = run.history["train_added"].iloc[0]
    write("# another line\n" + LOSS)
    assert fit(config, progress=False).provenance == run.provenance
    write(LOSS.replace("1.0", "2.0"))
    again = fit(config, progress=False)
    assert again.folder == run.folder and again.history["train_added"].iloc[0] > 1.5 * before
    assert len(list(run.folder.parent.glob("mine-*.of-other-code-*"))) == 1


def test_an_unfinished_training_of_older_code_begins_anew(small, write, monkeypatch):
    config = change(small, method="mine")
    module = sys.modules[fit.__module__]
    monkeypatch.setattr(module.Checkpoint, "save_now_and_then", test_training._save_always)
    step = module.train_step
    taken: list[int] = []

    def stopping(state, batch) -> None:
        taken.append(state.step)
        if len(taken) == 3:
            raise KeyboardInterrupt
        step(state, batch)

    monkeypatch.setattr(module, "train_step", stopping)
    with pytest.raises(KeyboardInterrupt):
        fit(config, progress=False)
    write(LOSS.replace("1.0", "2.0"))
    fit(config, progress=False)
    assert taken == [0, 1, 2, 0, 1, 2]  # three epochs of one step, from the start
    assert torch.isfinite(torch.tensor(fit(config, progress=False).history["train_added"])).all()
