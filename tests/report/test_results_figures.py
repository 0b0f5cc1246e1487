"""Pictures of Table 3 show the numbers they were given, and say what they were measured on."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from asc_lib.experiment import comparison, metrics
from asc_lib.experiment.comparison import Ends
from asc_lib.report import paper, results_figures
from asc_lib.report.style import use_style
from asc_lib.study import METHODS
from tests.report.drawn import words

DATA = "simulated benchmark"
COLUMNS = ["real", "simulated", "unseen", "overall"]


def ends_of(table: pd.DataFrame) -> Ends:
    return Ends(table, table - 0.1, table + 0.2)


def against_plain() -> pd.DataFrame:
    table = paper.table_3()[COLUMNS]
    return (table - table.loc["plain"]).drop("plain")


def test_table_3_draws_every_number_and_its_interval() -> None:
    rows = paper.table_3()
    _, axes = results_figures.log_loss_table(rows, rows - 0.1, rows + 0.2, "Table 3")
    dots = axes[0].containers[0][0].get_ydata().astype(float)
    np.testing.assert_allclose(dots, rows.loc["plain", COLUMNS])
    bars = axes[1].containers[4][2][0].get_segments()
    a = rows.loc["icl_multi", "a"]
    np.testing.assert_allclose(bars[0][:, 1], [a - 0.1, a + 0.2])


def test_single_seeds_stand_right_of_their_mean_and_left_of_the_next_method() -> None:
    rows = paper.table_3()
    singles = pd.concat(
        {(method, seed): rows.loc[method] + seed for method in rows.index for seed in range(3)},
        names=["method", "seed"],
        axis=1,
    ).T
    fig, axes = results_figures.log_loss_table(
        rows, None, None, "Table 3", singles=singles, guessing=2.3
    )
    means = [container[0] for container in axes[0].containers]
    dots = [line for line in axes[0].lines if line.get_label() == "single seeds"]
    assert len(dots) == len(METHODS)
    plain = rows.loc["plain", COLUMNS]
    np.testing.assert_allclose(dots[0].get_ydata(), np.concatenate([plain, plain + 1, plain + 2]))
    for mean, dot, following in zip(means[:-1], dots[:-1], means[1:], strict=True):
        assert (mean.get_xdata() < dot.get_xdata()[:4]).all()
        assert (dot.get_xdata()[:4] < following.get_xdata()).all()
    # legend: five methods, seeds, guessing, each once
    (legend,) = fig.legends
    assert len(legend.get_texts()) == len(METHODS) + 2
    assert any((line.get_ydata()[0] == 2.3) for line in axes[1].lines)


def test_further_devices_have_a_column_and_a_panel_of_their_own() -> None:
    devices = paper.table_3()[list(paper.DEVICES)]
    devices = devices.assign(**{f"s{n}": 2.0 for n in range(7, 12)})
    _, axes = results_figures.log_loss_table(metrics.table_columns(devices), None, None, "Table 3")
    names = [[label.get_text() for label in ax.get_xticklabels()] for ax in axes]
    assert names[0][-2:] == ["overall", "further devices"]
    assert axes[0].containers[0][0].get_ydata()[-1] == pytest.approx(2)
    assert names[1] == [device.upper() for device in paper.DEVICES]
    assert names[2] == ["S7", "S8", "S9", "S10", "S11"]


@pytest.mark.parametrize("further", [False, True])
def test_texts_do_not_touch(further: bool) -> None:
    gain = against_plain().assign(**({"further": 0.1} if further else {}))
    with mpl.rc_context():
        use_style()
        fig, axes = results_figures.paired_differences(ends_of(gain), DATA)
        fig.canvas.draw()
    left, right = axes[1].get_xlim()
    ticks = [text for text in axes[1].get_xticklabels() if left <= text.get_position()[0] <= right]
    for texts in ([ax.title for ax in axes], ticks):
        boxes = [text.get_window_extent() for text in texts]
        assert len(boxes) > 1
        assert all(box.x1 < following.x0 for box, following in pairwise(boxes))


def test_differences_have_one_panel_a_family() -> None:
    gain = against_plain()
    fig, axes = results_figures.paired_differences(ends_of(gain), DATA)
    assert len(axes) == 4
    assert axes[2].lines[1].get_xdata()[0] == pytest.approx(1.334 - 1.423)
    assert DATA in words(fig)


def test_series_are_told_apart_by_place_and_filling() -> None:
    gain = against_plain()
    series = {"before": ends_of(gain), "after": ends_of(gain - 1)}
    fig, axes = results_figures.interval_panels(series, f"nats ({DATA})", zero=False)
    first, second = axes[0].lines[0], axes[0].lines[len(gain)]
    assert first.get_xdata()[0] - second.get_xdata()[0] == pytest.approx(1)
    assert first.get_ydata()[0] < second.get_ydata()[0]
    assert first.get_markerfacecolor() != second.get_markerfacecolor() == "white"
    assert {"before", "after"} <= {text.get_text() for text in fig.legends[0].get_texts()}
    low = axes[0].collections[0].get_segments()[0][0, 0]
    assert low == pytest.approx(gain.iloc[0, 0] - 0.1)


def test_luck_draws_training_beside_places_and_nothing_where_there_is_one_seed() -> None:
    def table(training: float) -> pd.DataFrame:
        columns = {"of_training": training, "of_places": 0.3}
        return pd.DataFrame(columns, index=pd.Index(list(METHODS), name="method"))

    fig, axes = results_figures.luck(table(0.1), table(0.2).drop("plain"), 3, DATA)
    assert [line.get_xdata()[0] for line in axes[0].lines[:2]] == [0.3, 0.1]
    assert len(axes[1].lines) == 2 * (len(METHODS) - 1)
    assert DATA in words(fig) and "3 seed(s)" in words(fig)
    fig, axes = results_figures.luck(table(np.nan), table(np.nan), 1, DATA)
    words(fig)


def test_temperatures_have_a_mark_a_run() -> None:
    by_run = pd.DataFrame(
        [("plain", 0, 1.5), ("plain", 1, 1.4), ("icl", 0, 0.9)],
        columns=["method", "seed", "temperature"],
    )
    fig, ax = results_figures.temperatures(by_run, DATA)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [1.5, 1.4])
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), [0.9])
    assert DATA in words(fig)


def test_a_long_table_keeps_each_interval_with_its_number() -> None:
    long = comparison.Ends(*ends_of(against_plain())).long().set_index(["method", "column"])
    row = long.loc[("icl", "real")]
    assert row["value"] == pytest.approx(0.015)
    assert (row["low"], row["high"]) == pytest.approx((-0.085, 0.215))
