"""Choosing a DIR: each control offers what the one before it has."""

import pytest

from asc_lib.dirs.choice import Choice, DirChooser, DirTables
from tests import small_world

FAR = Choice("multi", "M", "Cardioid", 5.0, 90.0)


@pytest.fixture
def tables() -> DirTables:
    return DirTables([small_world.multi(), small_world.vintage()])


@pytest.fixture
def chooser(tables: DirTables) -> DirChooser:
    return DirChooser(tables, FAR)


def test_it_begins_where_it_was_told_and_says_which_dir_that_is(chooser, tables):
    assert chooser.value == FAR
    assert [control.value for control in chooser.children] == list(FAR)
    row = tables.row(chooser.value)
    assert tables.sets["multi"].table.loc[row, "name"] == "MCardioid_5_90Deg"
    assert tables.title(FAR) == "M Cardioid, 5 m, 90° (simulated)"
    assert tables.title(Choice("vintage", "Old_2")) == "Old_2 (measured)"


def test_what_no_set_has_becomes_the_nearest(chooser):
    chooser.value = Choice("multi", "N", "Omni", 4.0, 100.0)
    assert chooser.value == Choice("multi", "N", "Omni", 0.5, 90.0)
