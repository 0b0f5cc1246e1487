"""Pictures of runs, probes and results show the numbers they were given, and on what measured."""

import itertools
import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from asc_lib.data.tau22 import DEVICES
from asc_lib.experiment import metrics, power
from asc_lib.experiment.comparison import Ends
from asc_lib.experiment.methods import ALL_METHODS
from asc_lib.experiment.power import Luck
from asc_lib.experiment.probe_ladder import LOG_MEL, RUNGS, UNTRAINED
from asc_lib.report import beyond_figures, paper, probe_figures, results_figures
from asc_lib.show import page
from asc_lib.show.style import look, method_label, use_style
from asc_lib.simulate.benchmark import VERSION
from asc_lib.study import METHODS, load
from tests.report.drawn import check, words

DATA = "simulated benchmark"
COLUMNS = ["real", "simulated", "unseen", "overall"]


def test_the_label_names_what_is_simulated(tmp_path: Path) -> None:
    names = ("tau22", "vintage", "multi")
    config = load("quick", **{f"{name}_root": str(tmp_path / name) for name in names})
    said = []
    for simulated in ((), ("multi",), names):
        for name in names:
            (tmp_path / name).mkdir(exist_ok=True)
            if name in simulated:
                version = json.dumps({"version": VERSION})
                (tmp_path / name / "simulated.json").write_text(version)
        said.append(page.data_label(config))
    assert said == ["TAU22 recordings", "TAU22 recordings, simulated Multi DIRs", DATA]


def test_every_method_has_its_own_look() -> None:
    assert len({look(name) for name in ALL_METHODS}) == len(ALL_METHODS)


def ends_of(table: pd.DataFrame) -> Ends:
    return Ends(table, table - 0.1, table + 0.2)


def test_table_3() -> None:
    rows = paper.table_3()
    singles = pd.concat(
        {(method, seed): rows.loc[method] + seed for method in rows.index for seed in range(3)},
        names=["method", "seed"], axis=1,
    ).T  # fmt: skip
    fig, _ = results_figures.log_loss_table(
        rows, rows - 0.1, rows + 0.2, DATA, singles=singles, guessing=2.3
    )
    check(fig, [rows, rows - 0.1, rows + 0.2], DATA, "nats", "single seeds")
    check(fig, [*singles["overall"], 2.3])
    devices = rows[list(paper.DEVICES)].assign(**{f"s{n}": 2.0 for n in range(7, 12)})
    fig, axes = results_figures.log_loss_table(metrics.table_columns(devices), None, None, DATA)
    assert [label.get_text() for label in axes[2].get_xticklabels()][-1] == "S11"


def test_differences_luck_and_temperatures() -> None:
    table = paper.table_3()[COLUMNS]
    gain = (table - table.loc["plain"]).drop("plain")
    with mpl.rc_context():
        use_style()
        fig, axes = results_figures.paired_differences(ends_of(gain.assign(further=0.1)), DATA)
        check(fig, [gain, gain - 0.1, gain + 0.2], DATA)
        boxes = [ax.title.get_window_extent() for ax in axes]
        assert all(one.x1 < other.x0 for one, other in itertools.pairwise(boxes))
    series = {"before": ends_of(gain), "after": ends_of(gain - 1)}
    fig, axes = results_figures.interval_panels(series, f"nats ({DATA})", zero=False)
    check(fig, [gain, gain - 1], "before", "after", DATA)
    long = ends_of(gain).long().set_index(["method", "column"]).loc[("icl", "real")]
    assert long[["value", "low", "high"]].tolist() == pytest.approx([0.015, -0.085, 0.215])
    index = pd.Index(list(METHODS), name="method")
    for training in (0.1, np.nan):  # unknown where there is one seed
        luck = pd.DataFrame({"of_training": training, "of_places": 0.3}, index=index)
        fig, _ = results_figures.luck(luck, luck.drop("plain"), 3, DATA)
        check(fig, [0.3, *([0.1] if training == 0.1 else [])], DATA, "3 seed(s)")
    rows = [("plain", 0, 1.5), ("plain", 1, 1.4), ("icl", 0, 0.9)]
    by_run = pd.DataFrame(rows, columns=["method", "seed", "temperature"])
    check(results_figures.temperatures(by_run, DATA)[0], by_run["temperature"], DATA)


def test_probes() -> None:
    encoders = [*METHODS, UNTRAINED, LOG_MEL]
    rows = [(e, v, s, 0.5 + 0.1 * s) for e in encoders[:-1] for v in ("raw", "standardised")
            for s in range(2)]  # fmt: skip
    ours = pd.DataFrame(rows, columns=["encoder", "variant", "seed", "balanced_accuracy"])
    fig, axes = probe_figures.device_probe(ours, paper.table_2(), 1 / 6, DATA)
    assert DATA in axes[0].get_title() and "paper" in axes[1].get_title()
    check(fig, [50, 55, 60, *paper.table_2()], "untrained encoder")
    rows = [
        (encoder, rung, seed, 0.5 + 0.01 * i, 0.4, 0.7, 1 / 6)
        for i, encoder in enumerate(encoders) for rung in RUNGS for seed in ("mean", "0")
    ]  # fmt: skip
    columns = ["encoder", "probe", "seed", "balanced_accuracy", "low", "high", "chance"]
    fig, axes = probe_figures.ladder(pd.DataFrame(rows, columns=columns), DATA)
    check(fig, [*(50 + np.arange(len(encoders))), 40, 70], DATA, "log-mel statistics")
    assert len(axes) == len(RUNGS)
    curves = {("plain", "linear_raw"): [[2, 1, 0.5], [2, 1]], ("plain", "two_layer"): [[1.0]]}
    check(probe_figures.losses(curves, 200, DATA)[0], [2, 1, 0.5], DATA)
    names = ["left", "right", "difference", "low", "high", "probe"]
    rows = [("icl", "plain", -0.2, -0.3, -0.1), ("icl", UNTRAINED, 0.1, -0.1, 0.3)]
    table = pd.DataFrame([(*row, "nearest") for row in rows], columns=names)
    fig, axes = probe_figures.differences(table, DATA)
    check(fig, [-20, 10, -30, 30], DATA, "+ ICL  less  untrained encoder")
    dots = [line for line in axes[0].lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [False, True]  # 0 lies inside
    pairs = [("two_layer", "linear_raw"), ("nearest", "linear_standardised")]
    rows = [(e, *pair, 0.1 * i, 0.0, 0.2) for e in METHODS for i, pair in enumerate(pairs)]
    columns = ["encoder", "deeper", "linear", "difference", "low", "high"]
    fig, _ = probe_figures.depth(pd.DataFrame(rows, columns=columns), DATA)
    check(fig, [0, 10, 20], DATA, "two layers\nless linear raw")
    devices = ["s4", "a", "s1", "seen", "unseen", "unseen less seen"]
    rows = [(e, d, 0.1 * i) for e in ("plain", UNTRAINED) for i, d in enumerate(devices)]
    fig, ax = probe_figures.unseen(
        pd.DataFrame(rows, columns=["encoder", "device", "recall"]), DATA
    )
    np.testing.assert_allclose(ax.collections[0].get_array()[0], [10, 20, 0, 30, 40])
    assert "S4" in words(fig) and DATA in words(fig)
    points = {"plain": np.random.default_rng(0).normal(size=(28, 2))}
    numbers = pd.DataFrame({"device": [0.5], "scene": [0.3]}, index=["plain"])
    scene = np.array(["bus", "metro_station"] * 14)
    fig, axes = probe_figures.maps(points, np.array(DEVICES * 2), scene, numbers, DATA)
    check(fig, points["plain"], "metro station", "50 %", DATA)
    looks = {
        (dots.get_paths()[0].vertices.round(3).tobytes(), len(dots.get_facecolors()))
        for dots in axes[0, 0].collections
    }
    assert len(looks) == len(DEVICES) == 14  # told apart without colour


def test_beyond() -> None:
    rows = [("icl", "overall", -0.2, -0.3, -0.1), ("mmd", "overall", 0.1, -0.1, 0.3)]
    table = pd.DataFrame(rows, columns=["method", "column", "value", "low", "high"])
    fig, axes = beyond_figures.forest(table, f"nats ({DATA})")
    check(fig, [-0.2, -0.3, 0.1, 0.3], DATA, method_label("icl"))
    faces = {line.get_xdata()[0]: line.get_markerfacecolor() for line in axes[0].lines[:2]}
    assert faces[0.1] == "white" and faces[-0.2] != "white"
    pairs = table.assign(left=table["method"], right="plain").drop(columns="method")
    fig, _ = beyond_figures.forest(pairs, "nats")
    assert f"{method_label('mmd')}\nless {method_label('plain')}" in words(fig)
    for of_training, seeds in ((0.01**2, 3), (np.nan, 1)):
        luck = Luck(of_training, 0.1**2, 0.0)
        effects = power.needed_table([0.05, 0.2], luck, seeds, 30, 300).set_axis(["icl", "multi"])
        curve = power.needed_table(np.geomspace(0.02, 0.3, 4), luck, seeds, 30, 300)
        fig, _ = beyond_figures.power_needed(curve, effects, {"seeds": 3, "places": 30}, DATA)
        check(fig, [0.05, 0.2], "this study: 30", "+ ICL", DATA)
    fig, _ = beyond_figures.loss_curves({"one": [3.0, 1.0], "two": [3.0, 2.5]}, "loss", DATA)
    check(fig, [3, 1, 2.5], "two", DATA)


@pytest.mark.parametrize("spread", [0.1, 1e-4])
def test_trade_off_names_every_method_and_no_name_lies_upon_another(spread: float) -> None:
    methods = [name for name in ALL_METHODS if name != "generated"]
    rng = np.random.default_rng(4)
    table = pd.DataFrame(index=pd.Index(methods, name="method"))
    for name, middle in {"device_accuracy": 0.5, "overall": 1.5, "unseen": 1.8}.items():
        table[name] = middle + spread * rng.uniform(-1, 1, len(methods))
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - 0.03, table[name] + 0.05
    with mpl.rc_context():
        use_style()
        fig, axes = beyond_figures.trade_off(table, 1 / 6, np.log(10), DATA)
        check(fig, [100 * table["device_accuracy"], table["overall"], table["unseen"]], DATA)
        for ax in axes:
            names = [text for text in ax.texts if text.get_text()]
            assert {text.get_text() for text in names} == {method_label(m) for m in methods}
            boxes = [Text.get_window_extent(text) for text in names]  # without the line to the mark
            assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
            assert max(box.x1 for box in boxes) <= fig.bbox.x1
