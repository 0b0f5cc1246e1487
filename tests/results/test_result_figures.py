"""Pictures of runs, probes and results show the numbers they were given, and on what measured."""

import itertools
import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.text import Text

from asc_lib import beyond_figures
from asc_lib.data.tau22 import DEVICES
from asc_lib.methods import ALL_METHODS
from asc_lib.probe import figures as probe_figures
from asc_lib.probe.ladder import UNTRAINED
from asc_lib.show import page
from asc_lib.show.style import look, method_label, use_style
from asc_lib.simulate.benchmark import VERSION
from asc_lib.study import load
from tests.drawn import check, words

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
