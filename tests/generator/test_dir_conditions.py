"""The twelve variables: their values, their scale, and no zero for what is unknown."""

import numpy as np
import pytest

from asc_lib.files import InputError
from asc_lib.generator.conditions import NAMES, VARIABLES, conditions, outside, physical, place
from tests.microphones import turntable


def test_there_are_twelve_and_they_are_the_microphones():
    table = turntable().table
    found = physical(table)
    assert list(found.columns) == NAMES and len(VARIABLES) == len(set(NAMES)) == 12
    transducers = found[["moving_coil", "ribbon", "condenser"]]
    assert (transducers.sum(axis=1) == 1).all()
    royer = found[table["microphone"].eq("RoyerR121")]
    assert royer["ribbon"].eq(1).all() and royer["omni_share"].eq(0).all()
    eight = found[table["pattern"].eq("Bidirect").fillna(False)]
    assert eight["omni_share"].eq(0).all() and eight["dual"].eq(1).all()


def test_place_is_cartesian_and_its_length_tells_the_distance():
    x, y, radius = place(np.array([0.5, 5.0]), np.array([90.0, 180.0])).values()
    np.testing.assert_allclose(x, [0, -np.log(21)], atol=1e-12)
    np.testing.assert_allclose(y, [np.log(3), 0], atol=1e-12)
    np.testing.assert_allclose(np.hypot(x, y), radius)


@pytest.mark.parametrize("change", [{"distance_m": np.nan}, {"angle_deg": np.nan}])
def test_a_place_that_is_unknown_is_an_error(change):
    table = turntable().table.assign(**change)
    with pytest.raises(InputError, match="no distance or no angle"):
        conditions(table)


def test_a_microphone_that_is_unknown_is_an_error():
    table = turntable().table
    table.loc[5, "microphone"] = "Unheard"
    with pytest.raises(InputError, match="'Unheard'"):
        conditions(table)


def test_outside_marks_the_variable_that_left_the_seen_range():
    seen = physical(turntable().table)
    chosen = seen.iloc[[0]].assign(body_mm=90.0)
    beyond = outside(chosen, seen).iloc[0]
    assert beyond["body_mm"] and beyond.sum() == 1
    assert not outside(seen, seen).to_numpy().any()
