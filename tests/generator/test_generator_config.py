"""Held-out folds: what is not seen is really not seen."""

import numpy as np

from asc_lib.generator.config import (
    ALL,
    FEW_FOLDS,
    FOLDS,
    HELD_OUT,
    config_of,
    folds_of,
    held_out,
)
from asc_lib.study import load
from tests.microphones import DISTANCES, turntable

TABLE = turntable().table


def test_angles_lie_between_seen_ones():
    held = held_out(TABLE, "angles")
    seen_angles = set(TABLE.loc[~held, "angle_deg"])
    asked = set(TABLE.loc[held, "angle_deg"])
    assert asked and not asked & seen_angles
    assert all((angle - 45) % 360 in seen_angles for angle in asked)
    # every microphone is seen from all seen angles
    assert TABLE[~held].groupby(["microphone", "distance_m"]).size().min() == len(seen_angles)


def test_a_distance_is_held_out_whole_and_each_once():
    asked = []
    for fold in HELD_OUT["distances"]:
        held = held_out(TABLE, fold)
        (metres,) = TABLE.loc[held, "distance_m"].unique()
        assert metres not in set(TABLE.loc[~held, "distance_m"])
        asked.append(metres)
    assert sorted(asked) == list(DISTANCES)


def test_a_microphone_is_held_out_with_all_its_patterns_and_each_once():
    asked = []
    for fold in HELD_OUT["microphones"]:
        held = held_out(TABLE, fold)
        here = set(TABLE.loc[held, "microphone"])
        assert here and not here & set(TABLE.loc[~held, "microphone"])
        asked += sorted(here)
    assert sorted(asked) == sorted(TABLE["microphone"].unique())


def test_a_study_trains_few_or_all_folds_each_in_a_folder_of_its_own():
    few = load("smoke")
    assert folds_of(few) == FEW_FOLDS
    assert folds_of(load("smoke", generator_all_folds=True)) == FOLDS
    names = {config_of(few, fold).name for fold in FOLDS}
    assert len(names) == len(FOLDS)
    longer = load("smoke", generator_steps=few.generator_steps + 1)
    assert config_of(longer, ALL).name not in names
    elsewhere = load("smoke", threads=2, bank_root="elsewhere")
    assert config_of(elsewhere, ALL).name == config_of(few, ALL).name
    assert np.isclose(config_of(few, ALL).learning_rate, few.generator_learning_rate)
