"""Pictures of device probes show the numbers they were given, and on what they were measured."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.data.tau22 import DEVICES
from asc_lib.experiment.probe_ladder import LOG_MEL, RUNGS, UNTRAINED
from asc_lib.report import paper, probe_figures
from asc_lib.study import METHODS
from tests.report.drawn import words

DATA = "simulated benchmark"
ENCODERS = [*METHODS, UNTRAINED, LOG_MEL]


def test_table_2_keeps_this_study_and_the_paper_apart() -> None:
    ours = pd.DataFrame(
        [
            (encoder, variant, seed, 0.5 + 0.1 * seed)
            for encoder in [*METHODS, UNTRAINED]
            for variant in ("raw", "standardised")
            for seed in range(2)
        ],
        columns=["encoder", "variant", "seed", "balanced_accuracy"],
    )
    fig, axes = probe_figures.device_probe(ours, paper.table_2(), 1 / 6, DATA)
    assert DATA in axes[0].get_title() and "paper" in axes[1].get_title()
    np.testing.assert_allclose(axes[0].collections[1].get_offsets()[:, 0], 55)
    np.testing.assert_allclose(axes[1].collections[0].get_offsets()[:, 0], paper.table_2())
    assert "untrained encoder" in words(fig)


def test_the_ladder_has_every_encoder_in_every_panel() -> None:
    rows = [
        (encoder, rung, seed, 0.5 + 0.01 * i, 0.4, 0.7, 1 / 6)
        for i, encoder in enumerate(ENCODERS)
        for rung in RUNGS
        for seed in ("mean", "0")
    ]
    columns = ["encoder", "probe", "seed", "balanced_accuracy", "low", "high", "chance"]
    fig, axes = probe_figures.ladder(pd.DataFrame(rows, columns=columns), DATA)
    assert len(axes) == len(RUNGS)
    for ax in axes:
        dots = [line for line in ax.lines if line.get_marker() != "None"]
        found = [(*line.get_xdata(), *line.get_ydata()) for line in dots]
        np.testing.assert_allclose(found, [(50 + i, i) for i in range(len(ENCODERS))])
        np.testing.assert_allclose(ax.collections[0].get_segments()[0][:, 0], [40, 70])
    assert DATA in words(fig) and "log-mel statistics" in words(fig)


def test_losses_end_where_the_probe_ended() -> None:
    curves = {("plain", "linear_raw"): [[2, 1, 0.5], [2, 1]], ("plain", "two_layer"): [[1.0]]}
    fig, axes = probe_figures.losses(curves, 200, DATA)
    assert [list(line.get_xdata()) for line in axes[0].lines[:2]] == [[1, 2, 3], [1, 2]]
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), [2, 1, 0.5])
    assert len(axes) == 2 and DATA in words(fig)


def test_a_difference_is_filled_where_its_interval_leaves_out_0() -> None:
    table = pd.DataFrame(
        [
            ("nearest", "icl", "plain", -0.2, -0.3, -0.1),
            ("nearest", "icl", UNTRAINED, 0.1, -0.1, 0.3),
        ],
        columns=["probe", "left", "right", "difference", "low", "high"],
    )
    fig, axes = probe_figures.differences(table, DATA)
    dots = [line for line in axes[0].lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots] == pytest.approx([-20, 10])
    assert [line.get_markerfacecolor() == "white" for line in dots] == [False, True]
    assert "+ ICL  less  untrained encoder" in words(fig) and DATA in words(fig)


def test_depth_has_a_panel_a_pair() -> None:
    pairs = [("two_layer", "linear_raw"), ("nearest", "linear_standardised")]
    table = pd.DataFrame(
        [(e, *pair, 0.1 * i, 0.0, 0.2) for e in METHODS for i, pair in enumerate(pairs)],
        columns=["encoder", "deeper", "linear", "difference", "low", "high"],
    )
    fig, axes = probe_figures.depth(table, DATA)
    assert [ax.get_title() for ax in axes] == [
        "two layers\nless linear raw", "nearest\nless linear standardised",
    ]  # fmt: skip
    assert axes[1].lines[0].get_xdata()[0] == pytest.approx(10)
    assert DATA in words(fig)


def test_unseen_devices_stand_right_of_seen_ones() -> None:
    devices = ["s4", "a", "s1", "seen", "unseen", "unseen less seen"]
    table = pd.DataFrame(
        [(e, d, 0.1 * i) for e in ("plain", UNTRAINED) for i, d in enumerate(devices)],
        columns=["encoder", "device", "recall"],
    )
    fig, ax = probe_figures.unseen(table, DATA)
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert names == ["A", "S1", "S4", "all\nseen", "all\nun-\nseen"]
    np.testing.assert_allclose(ax.images[0].get_array()[0], [10, 20, 0, 30, 40])
    assert DATA in words(fig)


def test_maps_show_each_clip_twice_and_the_number_beside() -> None:
    rng = np.random.default_rng(0)
    points = {name: rng.normal(size=(30, 2)) for name in ("plain", UNTRAINED)}
    device, scene = np.array(list("abc") * 10), np.array(["bus"] * 15 + ["metro_station"] * 15)
    numbers = pd.DataFrame({"device": [0.5, 0.4], "scene": [0.3, 0.2]}, index=list(points))
    fig, axes = probe_figures.maps(points, device, scene, numbers, DATA)
    assert axes.shape == (2, 2)
    for row in axes:
        for ax, at in zip(row, points.values(), strict=True):
            drawn = np.concatenate([dots.get_offsets() for dots in ax.collections])
            np.testing.assert_allclose(np.sort(drawn, axis=0), np.sort(at, axis=0))
    assert axes[0, 0].get_xlabel().endswith("50 %") and axes[1, 1].get_xlabel().endswith("20 %")
    assert "metro station" in words(fig) and DATA in words(fig)


def test_fourteen_devices_are_told_apart_by_marker_and_fill_and_share_no_look() -> None:
    rng = np.random.default_rng(0)
    points = {"plain": rng.normal(size=(28, 2))}
    numbers = pd.DataFrame({"device": [0.5], "scene": [0.3]}, index=["plain"])
    _, axes = probe_figures.maps(
        points, np.array(DEVICES * 2), np.array(["bus"] * 28), numbers, DATA
    )
    dots = axes[0, 0].collections
    looks = [
        (one.get_paths()[0].vertices.round(3).tobytes(), len(one.get_facecolors())) for one in dots
    ]
    assert len(dots) == len(DEVICES) == 14 and len(set(looks)) == 14
    colours = [tuple(one.get_edgecolors()[0].round(3)) for one in dots]
    for first, second in ((0, 10), (1, 11), (2, 12)):  # of one colour: marker and fill both differ
        assert colours[first] == colours[second]
        assert looks[first][0] != looks[second][0] and looks[first][1] != looks[second][1]
