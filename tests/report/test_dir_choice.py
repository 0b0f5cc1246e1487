"""Choosing a DIR: each control offers what the one before it has."""

import pytest

from asc_lib.report.dir_choice import UNKNOWN, DirChoice
from tests.report import small_world

MULTI, VINTAGE = "Multi DIRs (simulated)", "Vintage DIRs (measured)"


@pytest.fixture
def choice() -> DirChoice:
    return DirChoice([small_world.multi(), small_world.vintage()], ("M", "Cardioid", 5.0, 90.0))


def state(choice: DirChoice) -> dict[str, object]:
    return {name: control.value for name, control in choice.controls.items()}


def offered(choice: DirChoice, name: str) -> list[object]:
    return [value for _, value in choice.controls[name].options]


def test_it_begins_where_it_was_told(choice):
    assert list(state(choice).values()) == [MULTI, "M Cardioid", 5.0, 90.0]
    dirs, row = choice.chosen(state(choice))
    assert dirs.table.loc[row, "name"] == "MCardioid_5_90Deg"
    assert choice.words(state(choice)) == "M Cardioid, 5 m, 90° (simulated)"


def test_each_control_offers_what_the_one_before_has(choice):
    assert offered(choice, "microphone") == ["M Cardioid", "N Omni"]
    assert offered(choice, "distance_m") == [0.5, 5.0]
    choice.controls["microphone"].value = "N Omni"
    assert offered(choice, "distance_m") == [0.5]
    assert state(choice)["angle_deg"] == 90.0  # stays, since there is one
    assert choice.chosen(state(choice))[1] == 9


def test_a_set_that_says_nothing_leaves_nothing_to_choose(choice):
    choice.controls["dir_set"].value = VINTAGE
    assert list(state(choice).values()) == [VINTAGE, "Old_1", UNKNOWN, UNKNOWN]
    assert [c.disabled for c in choice.controls.values()] == [False, False, True, True]
    choice.controls["microphone"].value = "Old_2"
    assert choice.chosen(state(choice))[1] == 1
    assert choice.words(state(choice)) == "Old_2 (measured)"
    choice.controls["dir_set"].value = MULTI
    assert list(state(choice).values()) == [MULTI, "M Cardioid", 0.5, 0.0]
    assert not any(c.disabled for c in choice.controls.values())
