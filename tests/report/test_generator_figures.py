"""Figures, texts and the panel of notebook 06: what they draw and say follows from the numbers."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.data.dirs import DirSet
from asc_lib.experiment import generator_config, generator_diagnosis
from asc_lib.experiment.dir_conditions import NAMES, conditions
from asc_lib.experiment.generator_config import ALL, FEW_FOLDS, config_of
from asc_lib.experiment.generator_evaluation import (
    drawn_measures,
    evaluate,
    regions,
    summary,
)
from asc_lib.experiment.generator_training import fit
from asc_lib.report import generator_figures, generator_texts
from asc_lib.report.generator_panel import Knobs, knob_controls, knob_panel
from asc_lib.study import load
from tests.microphones import turntable
from tests.report.drawn import words

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
        evaluated = evaluate(dirs, trained)
        drawn = {what: drawn_measures(table, 20) for what, table in evaluated.items()}
        yield dirs, trained, evaluated, drawn


def test_scores_are_drawn_where_they_are(world):
    scores = summary(world[3], "made up")
    fig, axes = generator_figures.scores(scores, "made-up DIRs")
    assert axes.shape == (2, 3) and "made-up DIRs" in words(fig)
    value = scores.set_index(["held_out", "method", "measure"])["value"]
    marks = [line.get_xdata()[0] for line in axes[0, 1].lines]
    expected = [value["distances", m, "lsd_db"] for m in generator_figures.ROWS if m != "silence"]
    np.testing.assert_allclose(marks, expected)


def test_every_training_has_a_curve_and_every_region_a_mark(world):
    dirs, trained, evaluated, drawn = world
    histories = {fold: one.history for fold, one in trained.items()}
    _, axes = generator_figures.learning(histories, "made up")
    lines = [line for line in axes[0].lines if len(line.get_xdata()) > 2]
    assert len(lines) == len(trained)
    table = regions(drawn, ["generator", "nearest"])
    _, axes = generator_figures.regions(table, "made up")
    heights = np.concatenate([line.get_ydata() for line in axes[2].lines])
    expected = table[table["held_out"] == "microphones"]["value"]
    assert set(np.round(heights, 9)) == set(np.round(expected, 9))
    away = generator_diagnosis.of_new_microphones(dirs, evaluated["microphones"])
    _, ax = generator_figures.far_from_all(away, "made up")
    np.testing.assert_allclose(ax.lines[1].get_ydata(), away["generator"])


def test_examples_and_proximity_show_who_is_who(world):
    dirs, trained, evaluated, _ = world
    found, rows = generator_diagnosis.examples(dirs, evaluated, trained, "interpolation")
    fig, axes = generator_figures.examples(found, list(rows), dirs.sample_rate, "made up")
    assert {"the set's own", "generator", "interpolation"} <= set(
        axes[0, 0].get_legend_handles_labels()[1]
    ) and axes.shape == (2, 3)
    np.testing.assert_allclose(axes[0, 0].lines[0].get_ydata(), found["angles"]["target"])
    levels = generator_diagnosis.proximity_levels(dirs, trained[ALL], "RoyerR121", None)
    fig, axes = generator_figures.proximity(levels, "made up")
    assert len(axes) == 3 and "0.5 m" in words(fig) and "real" not in words(fig)
    assert axes[0].get_title() == "the set's own"


def differing(value: float, share: float = 0.05) -> pd.DataFrame:
    rows = [
        (what, "lsd_db", right, value, value - 0.1, value + 0.1, share)
        for what in ("angles", "distances", "microphones")
        for right in ("seen", "interpolation", "nearest", "formula")
    ]
    columns = ["held_out", "measure", "right", "value", "low", "high", "seen_share"]
    return pd.DataFrame(rows, columns=columns)


def folds(**gaps: float) -> pd.DataFrame:
    rows = [(f"distance-{name}", gap, gap - 0.1, gap + 0.1) for name, gap in gaps.items()]
    rows.append(("angles", 9.0, 8.0, 10.0))  # no distance: must not be named
    return pd.DataFrame(rows, columns=["fold", "gap", "low", "high"])


def lsd(**of: float) -> pd.DataFrame:
    kinds = ("angles", "distances", "microphones")
    rows = [(what, method, "lsd_db", value) for what in kinds for method, value in of.items()]
    return pd.DataFrame(rows, columns=["held_out", "method", "measure", "value"])


def test_distances_between_and_beyond_the_seen_ones_are_judged_apart():
    said = generator_texts.generalises(differing(0.7), folds(near=1.3, middle=0.1, far=1.0))
    lines = {line.split("`")[1]: line for line in said.splitlines() if "`distance" in line}
    assert "beyond" in lines["distance-near"] and "does not" in lines["distance-near"]
    assert "between" in lines["distance-middle"] and "it generalises" in lines["distance-middle"]
    assert "beyond" in lines["distance-far"] and "undecided" in lines["distance-far"]
    assert "+9.00" not in said
    # the mean of all three is within the bound, which is so of none of the two beyond
    assert said.count("it generalises") == 3 and "a whole distance**: +0.70" not in said


def test_words_turn_with_the_numbers():
    each = folds(middle=0.2)
    assert generator_texts.generalises(differing(0.2), each).count("it generalises") == 3
    each = folds(middle=2.0)
    assert generator_texts.generalises(differing(2.0), each).count("does not generalise") == 3
    each = folds(middle=1.0)
    assert generator_texts.generalises(differing(1.0), each).count("undecided") == 3
    assert "learnt so little" in generator_texts.generalises(differing(0.2, share=0.2), each)
    assert "learnt so little" not in generator_texts.generalises(differing(0.2), each)
    levels = lsd(generator=2.0, nearest=1.5)
    better, worse = (generator_texts.beats(differing(by), levels) for by in (-1, 1))
    assert better.count(" beaten") == 8 and "not beaten" not in better
    assert worse.count("not beaten") == 8
    assert generator_texts.beats(differing(0), levels).count("undecided") == 8
    assert "copying" not in better and "angles between seen ones (1.50 against 2.00 dB)" in worse
    assert "simulated" in generator_texts.on_simulated(True)
    assert generator_texts.on_simulated(False) == ""


def test_words_on_the_error_the_twins_and_the_bass(world):
    dirs, _, _, drawn = world
    said = generator_texts.error_scale(summary(drawn, "x"), {"quiet": 0.001, "loud": 0.01})
    assert "quiet: silence has an MSE of 0.00100, **less**" in said and "would be 53%" in said
    twins = generator_diagnosis.twins(dirs)
    assert f"{twins['lsd_db'].iloc[0] / 2:.1f} dB or more" in generator_texts.twins(twins, 3.0)
    assert "no two" in generator_texts.twins(twins.iloc[:0], 3.0)
    curves = {
        ("target", 0.5): [6.0, 0], ("target", 1.25): [1.0, 0], ("target", 5.0): [0, 0],
        ("generator", 0.5): [3.0, 1.0], ("generator", 1.25): [2.5, 1.0], ("generator", 5.0): [0, 0],
    }  # fmt: skip
    levels = pd.DataFrame(curves, index=[100.0, 1000.0])
    said = generator_texts.proximity(levels)
    assert "rises by 5.0 dB from 1.25 to 0.5 m, the generated one by 0.5 dB" in said
    assert "3.0 and 2.5 dB (generated): most of" in said and "1.0 dB (generated), root" in said
    levels[("generator", 1.25)] = [0.2, 1.0]
    assert "most of" not in generator_texts.proximity(levels)
    two = generator_texts.proximity(levels.drop(columns=5.0, level=1))
    assert "by 2.8 dB" in two and "Re 5 m" not in two
    table = regions(drawn, ["generator"])
    worst = table[table["held_out"] == "angles"].set_index("region")["value"].idxmax()
    said = generator_texts.where_it_fails(table, dict.fromkeys(drawn, 0.25)).splitlines()[0]
    assert f"farthest off at {worst} kHz" in said and "25% of the MSE" in said


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
    assert "OUTSIDE" in words(fig) and "OUTSIDE" not in words(knobs.draw(**START))
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
