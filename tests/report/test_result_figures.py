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
from asc_lib.experiment import metrics
from asc_lib.experiment.comparison import Ends
from asc_lib.experiment.methods import ALL_METHODS
from asc_lib.experiment.probe_ladder import UNTRAINED
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


def test_a_map_colours_one_device_of_each_family_and_says_which() -> None:
    points = {name: np.random.default_rng(0).normal(size=(28, 2)) for name in ("plain", UNTRAINED)}
    device = np.array(DEVICES * 2)
    fig, axes = probe_figures.maps(points, device)
    assert {"other devices", "device A", "device S1", "device S4"} <= set(words(fig).split("\n"))
    assert axes[0, 1].get_title() == "untrained encoder"
    check(fig, points["plain"][device == "s4"])
    fig, _ = probe_figures.maps(points, np.array(["b", "c"] * 14))
    assert "device B" in words(fig) and "device S4" not in words(fig)


def test_trade_off_names_every_method_and_no_name_lies_upon_another() -> None:
    methods = [name for name in ALL_METHODS if name != "generated"]
    rng = np.random.default_rng(4)
    table = pd.DataFrame(index=pd.Index(methods, name="method"))
    for name, middle in {"device_accuracy": 0.5, "overall": 1.5, "unseen": 1.8}.items():
        table[name] = middle + 0.1 * rng.uniform(-1, 1, len(methods))
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - 0.03, table[name] + 0.05
    with mpl.rc_context():
        use_style()
        fig, axes = beyond_figures.trade_off(
            table.assign(label=table.index.map(method_label)), 1 / 6, np.log(10)
        )
        check(fig, [100 * table["device_accuracy"], table["overall"], table["unseen"]])
        for ax in axes:
            names = [text for text in ax.texts if text.get_text()]
            assert {text.get_text() for text in names} == {method_label(m) for m in methods}
            boxes = [Text.get_window_extent(text) for text in names]  # without the line to the mark
            assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
            assert max(box.x1 for box in boxes) <= fig.bbox.x1
