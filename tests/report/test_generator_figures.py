"""Figures, texts and the panel of notebook 06: what they draw and say follows from the numbers."""

import numpy as np
import pytest

from asc_lib.data.dirs import DirSet
from asc_lib.experiment import generator_config, generator_evaluation
from asc_lib.experiment.dir_conditions import NAMES, conditions
from asc_lib.experiment.generator_config import ALL, FEW_FOLDS, config_of
from asc_lib.experiment.generator_evaluation import evaluate
from asc_lib.experiment.generator_training import fit
from asc_lib.report import generator_figures
from asc_lib.report.generator_panel import Knobs, knob_controls, knob_panel
from asc_lib.study import load
from tests.microphones import turntable
from tests.report.drawn import check, words

DATA = "made-up DIRs"
START = {
        "omni_share": 0.5, "tube_m": 0.0, "transducer": "moving coil", "diaphragm_mm": 22.0,
        "body_mm": 32.0, "dual": False, "side_address": False, "distance_m": 1.25,
        "angle_deg": 90.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The turntable, its trainings of a few steps, and their tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generator_config, "ROOT", tmp_path_factory.mktemp("generator"))
        study = load("smoke", generator_steps=20, device="cpu")
        dirs = turntable()
        trained = {fold: fit(config_of(study, fold), dirs, progress=False) for fold in FEW_FOLDS}
        yield dirs, trained, evaluate(dirs, trained)


def test_every_picture_shows_its_table(world):
    dirs, trained, evaluated = world
    histories = {fold: one.history for fold, one in trained.items()}
    check(generator_figures.learning(histories)[0], [], "angles", "all")
    found, rows = generator_evaluation.examples(dirs, evaluated, trained, "interpolation")
    fig, _ = generator_figures.examples(found, list(rows), dirs.sample_rate)
    check(fig, found["angles"]["target"], "the set's own", "generated", "interpolated")
    levels = generator_evaluation.proximity_levels(dirs, trained[ALL], "RoyerR121", None)
    check(generator_figures.proximity(levels)[0], [], "0.5 m", "the set's own")


def test_the_knobs_ask_the_network_what_they_say(world):
    dirs, trained, *_ = world
    knobs = Knobs(dirs, trained[ALL])
    asked = knobs.variables(**START)
    assert list(asked.columns) == NAMES
    sm57 = dirs.table["name"].eq("ShureSM57_1.25m_90Deg")
    np.testing.assert_allclose(knobs.made(**START), trained[ALL].generate(
        conditions(dirs.table[sm57]))[0], atol=1e-6)  # fmt: skip
    row, distance = knobs.nearest(**START)
    assert sm57.iloc[row] and distance == pytest.approx(0, abs=1e-6)
    assert knobs.warnings(**START) == []


def test_leaving_the_training_data_is_marked(world):
    dirs, trained, *_ = world
    knobs = Knobs(dirs, trained[ALL])
    beyond = START | {"body_mm": 85.0}
    said = knobs.warnings(**beyond)
    assert any("body_mm" in one for one in said)
    fig = knobs.draw(**beyond)
    badge = "beyond what was seen"
    assert badge in words(fig) and badge not in words(knobs.draw(**START))
    crosses = [line for line in fig.axes[2].lines if line.get_marker() == "X"]
    assert len(crosses) == 1
    # within every range, yet like no real one: a moving coil with two diaphragms
    others = dirs.table["microphone"].ne("RoyerR121").to_numpy()  # the one ribbon is far from all
    some = DirSet("multi", dirs.responses[others], dirs.table[others], True)
    odd = START | {"dual": True, "side_address": True}
    (said,) = Knobs(some, trained[ALL]).warnings(**odd)
    assert "1.41 from the set's nearest response" in said


def test_the_panel_draws_plays_and_moves(world):
    dirs, trained, *_ = world
    knobs = Knobs(dirs, trained[ALL])
    dry = np.random.default_rng(0).normal(0, 0.05, 32_000).astype(np.float32)
    panel = knob_panel(knobs, dry, "bus, device a (simulated)", START)
    assert panel.sounds_html.count("<audio") == 3 and "bus, device a" in panel.sounds_html
    assert "ShureSM57 at 1.25 m, 90°" in panel.alt_text
    before = panel.picture
    panel.set(tube_m=0.9, transducer="ribbon")
    assert panel.picture != before and "outside the training data" in panel.alt_text
    assert len(knob_controls(START)) == 9
