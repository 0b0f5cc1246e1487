"""Scores of generated responses against closed forms; bootstrap over microphones."""

import numpy as np
import pytest

from asc_lib.generator import config as generator_config
from asc_lib.generator import evaluation as generator_evaluation
from asc_lib.generator.config import ALL, FEW_FOLDS, config_of, held_out
from asc_lib.generator.evaluation import (
    by_fold,
    drawn_measures,
    evaluate,
    judged,
    summary,
)
from asc_lib.generator.training import fit
from asc_lib.study import load
from tests.microphones import turntable


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The turntable, its trainings of a few steps, and their scores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generator_config, "ROOT", tmp_path_factory.mktemp("generator"))
        study = load("smoke", generator_steps=3, device="cpu")
        dirs = turntable()
        trained = {fold: fit(config_of(study, fold), dirs, progress=False) for fold in FEW_FOLDS}
        yield dirs, trained, evaluate(dirs, trained)


def test_twice_as_loud_is_six_decibel_in_level_and_none_in_shape():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(3, 1024)) * np.exp(-np.arange(1024) / 40)
    found = judged(truth, 2 * truth, 32_000)
    np.testing.assert_allclose(found["lsd_db"], 20 * np.log10(2))
    np.testing.assert_allclose(found["shape_db"], 0, atol=1e-9)
    np.testing.assert_allclose(found["mse"], found["energy"])
    np.testing.assert_allclose(found["energy"], (truth**2).mean(1))


def test_only_held_out_responses_are_judged_and_the_seen_ones_apart(world):
    dirs, _, evaluated = world
    assert list(evaluated) == ["angles", "distances", "microphones"]
    for table in evaluated.values():
        fold = table["fold"].iloc[0]
        held = held_out(dirs.table, fold)
        for method, rows in table.groupby("method"):
            asked = ~held if method == "seen" else held
            assert sorted(rows["row"]) == np.flatnonzero(asked).tolist()
        silent = table[table["method"] == "silence"]
        np.testing.assert_allclose(silent["mse"], silent["energy"], rtol=1e-6)


def test_microphones_weigh_the_same_and_draws_are_paired(world):
    _, _, evaluated = world
    table = evaluated["angles"]
    drawn = drawn_measures(table, 50)
    of = table[table["method"] == "nearest"].groupby("microphone")
    assert drawn[("nearest", "lsd_db")][0] == pytest.approx(of["lsd_db"].mean().mean())
    expected = of["mse"].mean().mean() / of["energy"].mean().mean()
    assert drawn[("nearest", "error_share")][0] == pytest.approx(expected)
    assert (drawn[("silence", "error_share")] == 1).all() and len(drawn) == 51
    again = drawn_measures(table, 50)
    assert drawn.equals(again) and drawn.attrs["microphones"] == 7


def test_a_row_a_fold_tells_what_is_held_out_from_what_is_seen(world):
    _, _, evaluated = world
    found = by_fold(evaluated, 20).set_index("fold")
    assert list(found.index) == list(FEW_FOLDS[:-1])
    scores = summary({w: drawn_measures(t, 20) for w, t in evaluated.items()}, "made up")
    value = scores.set_index(["held_out", "method", "measure"])["value"]
    for what, fold in zip(evaluated, found.index, strict=True):
        held, seen = (value[what, method, "lsd_db"] for method in ("generator", "seen"))
        assert found.loc[fold, "gap"] == pytest.approx(held - seen)
        assert found.loc[fold, "low"] <= found.loc[fold, "high"]


def test_twins_have_the_same_conditions_and_no_others_do(world):
    dirs, _, _ = world
    found = generator_evaluation.twins(dirs)
    # both Shures are cardioid moving coils of one size
    assert found[["one", "other"]].to_numpy().tolist() == [["ShureSM57", "ShureSM58"]]
    one, other = (dirs.table["microphone"] == name for name in ("ShureSM57", "ShureSM58"))
    expected = judged(dirs.responses[one], dirs.responses[other], 32_000)["lsd_db"].mean()
    assert found["lsd_db"].iloc[0] == pytest.approx(expected)


def test_proximity_of_the_sets_own_is_counted_from_the_farthest(world):
    dirs, trained, _ = world
    levels = generator_evaluation.proximity_levels(dirs, trained[ALL], "AKGC414", "Bidirect")
    assert list(dict.fromkeys(levels.columns.get_level_values(0))) == [
        "target",
        "generator",
        "formula",
    ]
    np.testing.assert_allclose(levels.xs(5.0, axis=1, level=1), 0)
    bass = levels[("formula", 0.5)].iloc[0]
    k = 2 * np.pi * levels.index[0] / 343
    expected = 20 * np.log10(np.hypot(1, 1 / (0.5 * k)) / np.hypot(1, 1 / (5 * k)))
    assert bass == pytest.approx(expected, abs=0.02)
