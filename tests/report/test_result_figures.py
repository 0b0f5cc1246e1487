"""Pictures of runs, probes and results show the numbers they were given, and on what measured."""

import itertools
import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from asc_lib.data.tau22 import DEVICES, SCENES
from asc_lib.experiment import calibration, metrics, power
from asc_lib.experiment.comparison import Ends
from asc_lib.experiment.methods import ALL_METHODS
from asc_lib.experiment.power import Luck
from asc_lib.experiment.probe_ladder import UNTRAINED
from asc_lib.report import beyond_figures, paper, probe_figures, results_figures, run_figures
from asc_lib.report.calibration_figures import Calibrated, reliability_diagram
from asc_lib.show.style import look, method_label, use_style
from asc_lib.simulate.benchmark import VERSION
from asc_lib.study import METHODS, load
from tests.experiment.test_metrics import make
from tests.report.drawn import check, words

DATA = "simulated benchmark"
COLUMNS = ["real", "simulated", "unseen", "overall"]


@pytest.fixture
def history() -> pd.DataFrame:
    epoch = np.arange(1, 6)
    table = pd.DataFrame({"epoch": epoch, "learning_rate": 1e-3, "train_ce": 2 / epoch})
    table = table.assign(train_icl=0.0, validation_log_loss=2.1 / epoch, test_log_loss=2.2 / epoch)
    devices = {f"test_log_loss_{d}": n + 1 / epoch for n, d in enumerate(paper.DEVICES)}
    return table.assign(**devices)


def test_a_runs_history(history: pd.DataFrame) -> None:
    fig, axes = run_figures.learning_curves(history, {"clean": 4, "paper": 5}, DATA)
    check(fig, history[["train_ce", "validation_log_loss", "test_log_loss"]], DATA, "nats")
    assert len(axes) == 2 and "ICL" not in words(fig)
    fig, axes = run_figures.learning_curves(history.assign(train_icl=3.0), {"clean": 4}, DATA)
    check(fig, [3.0], "ICL")
    one = history.iloc[:1].assign(validation_log_loss=np.nan)  # one epoch, no validation side
    fig, _ = run_figures.learning_curves(one, {"clean": 1, "paper": 1}, DATA)
    assert "validation" not in words(fig) and "clean and paper" in words(fig)
    further = {f"test_log_loss_s{n}": 1.5 + 0.001 * (n % 3) for n in range(7, 12)}
    fig, axes = run_figures.log_loss_over_epochs(history.assign(**further), DATA)
    check(fig, history["test_log_loss_s5"], DATA, "further devices", "S11")
    boxes = [text.get_window_extent() for text in axes[-1].texts]
    assert len(boxes) == 5  # names at the lines' ends, none upon another
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_confusion_is_in_percent_of_the_true_class() -> None:
    counts = pd.DataFrame(np.eye(10, dtype=int), index=SCENES, columns=SCENES)
    counts.loc["bus", "tram"] = 3  # one of four is right
    counts.loc["park"] = 0  # a scene without clips is no error
    fig, ax = run_figures.confusion_matrix(counts, DATA)
    image = ax.collections[0].get_array()
    assert image[1, 1] == 25 and image[1, 9] == 75 and DATA in words(fig)


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
        said.append(run_figures.data_label(config))
    assert said == ["TAU22 recordings", "TAU22 recordings, simulated Multi DIRs", DATA]


def test_every_method_has_its_own_look() -> None:
    assert len({look(name) for name in ALL_METHODS}) == len(ALL_METHODS)


def test_calibration() -> None:
    of = make(clips=600)
    table, ends = calibration.reliability(of), calibration.accuracy_intervals(of, draws=100)
    error = calibration.expected_calibration_error(of)
    fig, _ = reliability_diagram({"all": Calibrated(table, ends, error)}, DATA)
    filled = table["clips"] > 0
    check(fig, table.loc[filled, ["confidence", "accuracy"]].astype(float), f"ECE {error:.3f}")
    check(fig, [*ends[filled].to_numpy(float).ravel(), *(table["clips"] / 6)], DATA, "all")


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
