"""The knobs of notebook 06: they ask the network what they say, and show where it is blind."""

import numpy as np
import pytest

from asc_lib.data.dir_sets import DirSet
from asc_lib.generator import config as generator_config
from asc_lib.generator.conditions import NAMES, conditions
from asc_lib.generator.config import ALL, config_of
from asc_lib.generator.panel import Knobs, knob_controls, knob_panel
from asc_lib.generator.training import fit
from asc_lib.study import load
from tests import small_world
from tests.drawn import words
from tests.microphones import turntable

START = {
        "omni_share": 0.5, "tube_m": 0.0, "transducer": "moving coil", "diaphragm_mm": 22.0,
        "body_mm": 32.0, "dual": False, "side_address": False, "distance_m": 1.25,
        "angle_deg": 90.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The turntable, and a training of a few steps on it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generator_config, "ROOT", tmp_path_factory.mktemp("generator"))
        study = load("smoke", generator_steps=20, device="cpu")
        dirs = turntable()
        yield dirs, fit(config_of(study, ALL), dirs, progress=False)


def test_the_knobs_ask_the_network_what_they_say(world):
    dirs, trained = world
    knobs = Knobs(dirs, trained)
    asked = knobs.variables(**START)
    assert list(asked.columns) == NAMES
    sm57 = dirs.table["name"].eq("ShureSM57_1.25m_90Deg")
    np.testing.assert_allclose(knobs.made(**START), trained.generate(
        conditions(dirs.table[sm57]))[0], atol=1e-6)  # fmt: skip
    row, distance = knobs.nearest(**START)
    assert sm57.iloc[row] and distance == pytest.approx(0, abs=1e-6)
    assert knobs.warnings(**START) == []


def test_leaving_the_training_data_is_marked(world):
    dirs, trained = world
    knobs = Knobs(dirs, trained)
    beyond = START | {"body_mm": 85.0}
    said = knobs.warnings(**beyond)
    assert "body_mm" in said
    fig = knobs.draw(**beyond)
    badge = "beyond what was seen"
    assert badge in words(fig) and badge not in words(knobs.draw(**START))
    (crosses,) = [line for line in fig.axes[2].lines if line.get_marker() == "X"]
    assert crosses.get_ydata().tolist() == [NAMES.index("body_mm")]
    # within every range, yet like no real one: a moving coil with two diaphragms
    others = dirs.table["microphone"].ne("RoyerR121").to_numpy()  # the one ribbon is far from all
    some = DirSet("multi", dirs.responses[others], dirs.table[others], True)
    odd = START | {"dual": True, "side_address": True}
    assert Knobs(some, trained).warnings(**odd) == ["the whole"]


def test_the_panel_draws_plays_and_moves(world):
    panel = knob_panel(*world, small_world.bank(), START)
    assert panel.sounds_html.count("<audio") == 3 and "bus, device a" in panel.sounds_html
    assert "ShureSM57 at 1.25 m, 90°" in panel.alt_text
    before = panel.picture
    panel.set(tube_m=0.9, transducer="ribbon")
    assert panel.picture != before and "outside the training data" in panel.alt_text
    assert len(knob_controls(START)) == 9
