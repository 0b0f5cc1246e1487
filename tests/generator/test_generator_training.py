"""Training of the DIR generator: it learns, repeats itself, goes on, sees only its side."""

import json

import numpy as np
import pytest
import torch

from asc_lib.files import InputError
from asc_lib.generator import config as generator_config
from asc_lib.generator import training as generator_training
from asc_lib.generator.conditions import conditions
from asc_lib.generator.config import config_of, held_out
from asc_lib.generator.training import Examples, GeneratorState, Trained, fit, train_step
from asc_lib.study import load
from asc_lib.train.runs import Checkpoint
from tests.microphones import turntable

CPU = torch.device("cpu")


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr(generator_config, "ROOT", tmp_path)
    study = load("smoke", generator_width=4, generator_steps=30, device="cpu")
    return config_of(study, "angles")


def examples(config) -> Examples:
    dirs = turntable()
    return Examples.of(dirs, ~held_out(dirs.table, config.fold), CPU)


def test_a_few_steps_lower_the_error(config):
    known, state = examples(config), GeneratorState(config, CPU)
    errors = []
    for _ in range(60):
        train_step(state, known)
        errors.append(float(state.losses[0]))
    assert np.mean(errors[-6:]) < 0.7 * np.mean(errors[:6])


def test_what_is_held_out_never_reaches_a_batch_nor_the_scale(config):
    dirs = turntable()
    held = held_out(dirs.table, config.fold)
    dirs.responses[held] *= 100  # would set the scale, if it were looked at
    known = Examples.of(dirs, ~held, CPU)
    assert known.response.abs().max() == pytest.approx(0.9)
    seen = {tuple(row) for row in conditions(dirs.table[~held]).round(5).tolist()}
    for step in range(2 * known.steps_per_epoch(config)):
        condition, _ = known.batch(config, step)
        assert {tuple(row) for row in condition.numpy().round(5).tolist()} <= seen


def test_resumed_equals_unbroken(config, tmp_path):
    known, unbroken = examples(config), GeneratorState(config, CPU)
    for _ in range(8):
        train_step(unbroken, known)
    first, checkpoint = GeneratorState(config, CPU), Checkpoint(tmp_path / "c.pt", "data")
    for _ in range(5):  # in the middle of the three steps to one
        train_step(first, known)
    checkpoint.save(first)
    torch.manual_seed(99)
    second = GeneratorState(config, CPU)
    checkpoint.restore(second)
    assert second.step == 5
    for _ in range(3):
        train_step(second, known)
    for name in ("generator", "discriminator"):
        pairs = zip(
            getattr(unbroken, name).state_dict().values(),
            getattr(second, name).state_dict().values(), strict=True,
        )  # fmt: skip
        assert all(torch.equal(a, b) for a, b in pairs), name
    other = GeneratorState(config, CPU)
    Checkpoint(tmp_path / "c.pt", "other data").restore(other)
    assert other.step == 0


def test_fit_leaves_a_whole_folder_and_loads_it_the_next_time(config, monkeypatch):
    dirs = turntable()
    trained = fit(config, dirs, progress=False)
    assert trained.complete and trained.config == config
    assert trained.provenance["held_out"] == held_out(dirs.table, "angles").sum()
    assert trained.provenance["simulated"] is True
    assert trained.history["step"].iloc[-1] == config.steps
    made = trained.generate(conditions(dirs.table))
    assert made.shape == dirs.responses.shape and made.dtype == np.float32
    assert not (trained.folder / "checkpoint.pt").exists()
    with monkeypatch.context() as blocked:
        blocked.setattr(generator_training, "train_step", None)  # would fail if called
        again = fit(config, dirs, progress=False)
    np.testing.assert_array_equal(again.generate(conditions(dirs.table)), made)


def test_the_same_seed_gives_the_same_network_and_other_data_a_new_one(config):
    dirs = turntable()
    made = fit(config, dirs, progress=False).generate(conditions(dirs.table))
    anew = config.model_copy(update={"study": "again"})
    again = fit(anew, dirs, progress=False).generate(conditions(dirs.table))
    np.testing.assert_array_equal(made, again)
    dirs.responses[0] *= 0.5
    other = fit(config, dirs, progress=False)
    kept = list(config.folder.parent.glob("*of-other-data*"))
    assert len(kept) == 1 and Trained(kept[0]).complete
    assert other.provenance["data_fingerprint"] == dirs.fingerprint
    written = json.loads((config.folder / "provenance.json").read_text())
    assert written["steps"] == config.steps


def test_a_training_does_not_hang_on_what_its_fold_holds_out(config):
    dirs = turntable()
    condition = conditions(dirs.table)
    made = fit(config, dirs, progress=False).generate(condition)
    held = held_out(dirs.table, config.fold)
    for changed, same in ((held, True), (~held, False)):
        other = turntable()
        other.responses[changed] = other.responses[changed][::-1] * 3
        anew = config.model_copy(update={"study": f"changed{same}".lower()})
        again = fit(anew, other, progress=False).generate(condition)
        assert np.array_equal(made, again) == same


def test_a_rate_that_breaks_it_is_named(config):
    wild = config.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(InputError, match="generator_learning_rate"):
        fit(wild, turntable(), progress=False)
