"""Choosing a DIR: each control offers what the one before it has."""

import pytest

from asc_lib.report.dir_choice import Choice, DirChooser, DirTables
from tests.report import small_world

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


def test_the_first_dir_of_the_first_set(tables):
    assert tables.first() == Choice("multi", "M", "Cardioid", 0.5, 0.0)
    assert DirTables([small_world.vintage()]).first() == Choice("vintage", "Old_1")


def test_told_where_to_go_its_controls_go_there_once(chooser):
    told = []
    chooser.observe(lambda change: told.append(change["new"]), names="value")
    chooser.value = Choice("vintage", "Old_2")
    assert chooser.dirs.value == "vintage" and chooser.microphone.value == "Old_2"
    assert [control.disabled for control in chooser.children] == [False, False, True, True, True]
    chooser.value = FAR
    assert [control.value for control in chooser.children] == list(FAR)
    assert told == [Choice("vintage", "Old_2"), FAR]


def test_what_no_set_has_becomes_the_nearest(chooser):
    chooser.value = Choice("multi", "N", "Omni", 4.0, 100.0)
    assert chooser.value == Choice("multi", "N", "Omni", 0.5, 90.0)
