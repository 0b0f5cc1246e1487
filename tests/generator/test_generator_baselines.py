"""What needs no network, against closed forms."""

import numpy as np

from asc_lib.data.dir_sets import BEFORE_PEAK, DirSet
from asc_lib.dirs.acoustics import proximity_db
from asc_lib.generator.conditions import conditions
from asc_lib.generator.config import held_out
from asc_lib.generator.evaluation import (
    formula,
    interpolation,
    nearest,
    nearest_neighbour,
    proximity,
)
from tests.microphones import turntable


def test_nearest_is_the_row_of_least_distance():
    rng = np.random.default_rng(0)
    known, asked = rng.normal(size=(40, 12)), rng.normal(size=(9, 12))
    expected = [np.linalg.norm(known - one, axis=1).argmin() for one in asked]
    assert nearest(known, asked).tolist() == expected


def test_the_nearest_neighbour_of_an_angle_is_the_same_microphone_beside_it():
    dirs = turntable()
    held = held_out(dirs.table, "angles")
    condition = conditions(dirs.table)
    rows = np.flatnonzero(~held)[nearest(condition[~held], condition[held])]
    asked, found = dirs.table[held], dirs.table.iloc[rows]
    apart = (asked["angle_deg"].to_numpy() - found["angle_deg"].to_numpy() + 180) % 360 - 180
    assert set(np.abs(apart)) == {45.0}
    assert (asked["distance_m"].to_numpy() == found["distance_m"].to_numpy()).all()
    np.testing.assert_array_equal(nearest_neighbour(dirs, held), dirs.responses[rows])


def test_interpolation_of_angles_is_the_mean_of_both_neighbours_round_the_circle():
    dirs = turntable()
    held = held_out(dirs.table, "angles")
    made = interpolation(dirs, held)
    for number, row in enumerate(np.flatnonzero(held)):
        one = dirs.table.iloc[row]
        same = (dirs.table["name"].str.startswith(one["name"].split("_")[0] + "_")) & (
            dirs.table["distance_m"] == one["distance_m"]
        )
        sides = [
            dirs.responses[same & (dirs.table["angle_deg"] == (one["angle_deg"] + turn) % 360)][0]
            for turn in (-45, 45)
        ]
        np.testing.assert_allclose(made[number], np.mean(sides, axis=0), atol=1e-6)


def test_interpolation_of_a_distance_is_straight_in_its_logarithm():
    dirs = turntable()
    held = held_out(dirs.table, "distance-middle")
    made = interpolation(dirs, held)
    share = np.log(1.25 / 0.5) / np.log(5 / 0.5)
    near, far = (dirs.responses[dirs.table["distance_m"] == metres] for metres in (0.5, 5.0))
    np.testing.assert_allclose(made, (1 - share) * near + share * far, atol=1e-6)
    beyond = interpolation(dirs, held_out(dirs.table, "distance-far"))
    np.testing.assert_allclose(beyond, dirs.responses[dirs.table["distance_m"] == 1.25], atol=1e-6)


def test_the_formulas_gain_is_that_of_the_level_in_decibel():
    hertz = np.array([50.0, 200.0, 1000.0])
    gain = proximity(hertz, 0.3, 40.0, 0.5)
    np.testing.assert_allclose(20 * np.log10(np.abs(gain)), proximity_db(hertz, 0.5, 0.3, 40.0))


def test_the_formula_is_exact_for_ideal_omnis_and_scales_ideal_cardioids():
    dirs = turntable()
    for name, gain in (("DPA4006", 1.0), ("ShureSM57", 0.5 + 0.5 * np.cos(np.pi / 4))):
        own = dirs.table["microphone"] == name
        ideal = np.zeros_like(dirs.responses)
        ideal[:, BEFORE_PEAK] = 1.0
        one = DirSet("multi", ideal[own], dirs.table[own], True)
        held = one.table["angle_deg"].eq(45).to_numpy()
        made = formula(one, held)
        far = one.table[held]["distance_m"].eq(5.0).to_numpy()  # no proximity to speak of
        np.testing.assert_allclose(made[far][0, BEFORE_PEAK], gain, atol=0.02)
