"""The generated set: every real condition, and new microphones within the seen range."""

import numpy as np
import pytest

from asc_lib.data import generated_dirs
from asc_lib.files import InputError
from asc_lib.generator import config as generator_config
from asc_lib.generator import generated_set
from asc_lib.generator.conditions import TRAIT_NAMES, physical
from asc_lib.study import load
from asc_lib.train import prepare
from tests.microphones import turntable


@pytest.fixture
def study(tmp_path, monkeypatch):
    for module in (generator_config, generated_dirs):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(generated_set, "load_multi", lambda *_: turntable())
    return load("smoke", generator_steps=2, device="cpu")


def test_new_microphones_stay_within_the_seen_ranges_and_repeat():
    seen = physical(turntable().table)
    new = generated_set.synthetic_microphones(seen, 200)
    for name in TRAIT_NAMES:
        assert new[name].between(seen[name].min(), seen[name].max()).all(), name
    assert (new[["moving_coil", "ribbon", "condenser"]].sum(axis=1) == 1).all()
    assert new["omni_share"].nunique() == 200
    assert new.equals(generated_set.synthetic_microphones(seen, 200))


def test_the_made_set_is_what_training_then_loads(study):
    with pytest.raises(InputError, match="generated_set smoke"):
        prepare.load_dirs(study, "generated")
    made = generated_set.make(study, progress=False)
    dirs = turntable()
    places = len(dirs.table[["distance_m", "angle_deg"]].drop_duplicates())
    new = made.table["microphone"].str.startswith("synthetic")
    assert (~new).sum() == len(dirs.table) and new.sum() == 8 * places
    assert made.table["name"].is_unique and made.responses.shape == (len(made.table), 1024)
    assert np.abs(made.responses).max(axis=1).min() > 0
    loaded = prepare.load_dirs(study.run(method="generated"), "generated")
    assert loaded.fingerprint == made.fingerprint and loaded.simulated
    written = generated_dirs.folder_of("smoke") / "origin.json"
    before = written.stat().st_mtime_ns
    assert generated_set.make(study, progress=False).fingerprint == made.fingerprint
    assert written.stat().st_mtime_ns == before  # so that no run is trained again
    longer = study.model_copy(update={"generator_steps": 3})
    assert generated_set.make(longer, progress=False).fingerprint != made.fingerprint
    generated_set.make(study, progress=False)
    origin = generated_dirs.origin(generated_dirs.folder_of("smoke"))
    assert origin["learnt_from"] == "Multi DIRs (simulated)"
    assert origin["synthetic_microphones"] == 8
