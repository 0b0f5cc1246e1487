"""Pictures of notebook 07: marks stand where the numbers are, and names do not overlap."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from asc_lib.experiment import power
from asc_lib.experiment.methods import ALL_METHODS
from asc_lib.experiment.power import Luck
from asc_lib.report import beyond_figures
from asc_lib.report.run_figures import METHOD_LOOK, look, method_label
from asc_lib.report.style import use_style
from tests.report.drawn import words

METHODS = [name for name in ALL_METHODS if name != "generated"]


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context():
        use_style()
        yield


def points(methods: list[str], spread: float = 0.1) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(index=pd.Index(methods, name="method"))
    for name, middle in {"device_accuracy": 0.5, "overall": 1.5, "unseen": 1.8}.items():
        table[name] = middle + spread * rng.uniform(-1, 1, len(methods))
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - 0.03, table[name] + 0.05
    return table


def test_every_method_has_its_own_look():
    looks = [look(name) for name in ALL_METHODS]
    assert len(set(looks)) == len(looks)
    assert looks[:5] == list(METHOD_LOOK.values())  # as in notebooks 04 and 05
    colours = [colour for colour, _ in looks]
    for name, of in zip(ALL_METHODS, looks, strict=True):  # one colour, other marker
        alike = [
            m for (c, m), n in zip(looks, ALL_METHODS, strict=True) if c == of[0] and n != name
        ]
        assert of[1] not in alike
    assert len(set(colours)) >= 10


@pytest.mark.parametrize("methods", [METHODS, METHODS[:6], METHODS[:1]])
@pytest.mark.parametrize("spread", [0.1, 1e-4])
def test_trade_off_names_every_point_where_it_is(methods, spread):
    table = points(methods, spread)
    fig, axes = beyond_figures.trade_off(table, 1 / 6, np.log(10), "made-up clips")
    assert "made-up clips" in words(fig) and len(axes) == 2
    assert axes[0].get_xlim()[0] > 25  # guessing, at 17 %, is far: the points get the room
    lowest = table["device_accuracy_low"].min()
    near = beyond_figures.trade_off(table, lowest, np.log(10), "x")[1][0].lines
    assert any(list(line.get_xdata()) == [100 * lowest] * 2 for line in near)
    for ax, column in zip(axes, ("overall", "unseen"), strict=True):
        marks = {
            (line.get_xdata()[0], line.get_ydata()[0])
            for line in ax.lines if line.get_marker() not in ("None", "")
        }  # fmt: skip
        for _, row in table.iterrows():
            assert (100 * row["device_accuracy"], row[column]) in marks
        names = [text for text in ax.texts if text.get_text()]
        assert {text.get_text() for text in names} == {method_label(m) for m in methods}
        # of the words alone, without the line to the point
        boxes = [Text.get_window_extent(text) for text in names]
        for one, other in itertools.combinations(boxes, 2):
            assert not one.overlaps(other)
        assert max(box.x1 for box in boxes) <= fig.bbox.x1
        assert min(box.y0 for box in boxes) >= fig.bbox.y0


def test_forest_fills_what_leaves_zero_out():
    table = pd.DataFrame(
        [("icl", "overall", -0.2, -0.3, -0.1), ("mmd", "overall", 0.1, -0.1, 0.3)],
        columns=["method", "column", "value", "low", "high"],
    )
    fig, axes = beyond_figures.forest(table, "nats (made-up clips)")
    faces = {line.get_xdata()[0]: line.get_markerfacecolor() for line in axes[0].lines[:2]}
    assert faces[0.1] == "white" and faces[-0.2] != "white"
    assert method_label("icl") in words(fig)
    wide = table.assign(low_all=[-0.5, -0.2], high_all=[0.1, 0.4])  # all at once: zero is inside
    _, axes = beyond_figures.forest(wide, "nats")
    assert {line.get_markerfacecolor() for line in axes[0].lines[:2]} == {"white"}
    pairs = table.assign(left=table["method"], right="plain").drop(columns="method")
    fig, _ = beyond_figures.forest(pairs, "nats")
    assert f"{method_label('mmd')}\nless {method_label('plain')}" in words(fig)


@pytest.mark.parametrize("of_training", [0.01**2, np.nan])
def test_power_shows_what_is_known(of_training):
    luck = Luck(of_training, 0.1**2, 0.0)
    effects = power.needed_table([0.05, 0.2], luck, 1 if np.isnan(of_training) else 3, 30, 300)
    effects.index = ["icl", "multi"]
    curve = power.needed_table(
        np.geomspace(0.02, 0.3, 4), luck, 3 - 2 * np.isnan(of_training), 30, 300
    )
    fig, axes = beyond_figures.power_needed(curve, effects, {"seeds": 3, "places": 30}, "made up")
    assert len(axes) == (1 if np.isnan(of_training) else 2)
    said = words(fig)
    assert "this study: 30" in said and "+ ICL" in said and "made up" in said
    drawn = {line.get_xdata()[0] for line in axes[-1].lines if len(line.get_xdata()) == 1}
    assert {0.05, 0.2} <= drawn


def test_curves_of_an_own_method():
    fig, ax = beyond_figures.loss_curves({"one": [3.0, 1.0], "two": [3.0, 2.5]}, "loss", "made up")
    assert [list(line.get_ydata()) for line in ax.lines] == [[3.0, 1.0], [3.0, 2.5]]
    assert "two" in words(fig) and "made up" in words(fig)
