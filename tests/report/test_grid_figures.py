"""Pictures of the grid: this run and the paper apart, differences, the joint grid, warm-up."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.experiment import grid
from asc_lib.report import grid_figures, paper
from tests.grid_runs import made_up_run
from tests.report.drawn import words


@pytest.fixture(scope="module")
def searches():
    alphas = [made_up_run(s, a, 10.0, 2 - a) for a in (0.2, 0.0) for s in (0, 1)]
    weights = [made_up_run(0, 0.2, weight, 1.5) for weight in (0.1, 10.0)]
    return {"alpha": alphas, "lambda_icl": weights}


def test_grid_keeps_this_run_and_the_paper_apart(searches):
    alpha, weight = (
        grid.grid_scores(runs, search, "clean", "test", draws=20)
        for search, runs in searches.items()
    )
    fig, axes = grid_figures.draw_grid(alpha, weight, "simulated benchmark")
    ours, printed = fig.subfigs
    assert "simulated benchmark" in ours.get_suptitle()
    assert printed.get_suptitle().endswith(paper.DATA_LABEL)
    drawn = axes[1, 3].lines[0].get_ydata()
    assert list(drawn) == list(paper.table_1("lambda_icl")["accuracy_percent"])
    mean = alpha[alpha["seed"] == "mean"]
    assert list(axes[0, 0].lines[0].get_ydata()) == list(mean["log_loss"])


def test_differences_are_full_where_they_are_sure(searches):
    tables = [
        grid.differences_to_best(runs, search, "clean", "test", draws=50)
        for search, runs in searches.items()
    ]
    tables[0].iloc[-1, tables[0].columns.get_loc("log_loss_sure")] = True
    fig, axes = grid_figures.draw_differences(*tables, "simulated benchmark")
    for ax, table in zip(axes, tables, strict=True):
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        assert [dot.get_xdata()[0] for dot in dots] == pytest.approx(list(table["log_loss"]))
        full = [dot.get_markerfacecolor() != "white" for dot in dots]
        assert full == list(table["log_loss_sure"])
    assert "nats (simulated benchmark)" in words(fig)


def scores(alphas=(0.0, 0.2), weights=(0.1, 3.0)) -> pd.DataFrame:
    rows = [(a, w, 1 + a + w / 10, 50 - a, 80 - w, 90 - w, 1) for a in alphas for w in weights]
    columns = ["alpha", "lambda_icl", "log_loss", "accuracy_percent", "probe_raw_percent"]
    return pd.DataFrame(rows, columns=[*columns, "probe_standardised_percent", "seeds"])


def test_joint_grid_shows_log_loss_beside_the_probe():
    table = scores().drop(index=1)  # a point that was not trained
    fig, axes = grid_figures.draw_joint(table, 100 / 6, "simulated benchmark")
    for ax, column in zip(axes, ("log_loss", "probe_standardised_percent"), strict=True):
        drawn = ax.images[0].get_array()
        assert drawn.shape == (2, 2)
        np.testing.assert_allclose(drawn.filled(-1)[0, 0], table[column].iloc[0])
        assert len(ax.texts) == 3 and drawn.mask.sum() == 1
    text = words(fig)
    assert "nats" in text and "guessing: 16.7" in text and "simulated" in text


def test_trade_off_draws_both_probes_of_each_point():
    table = scores()
    plain = scores((0.0,), (0.0,)).iloc[0]
    _, ax = grid_figures.draw_trade_off(table, plain, 100 / 6, "simulated benchmark")
    drawn = [line for line in ax.lines if line.get_label().startswith("ICL, ")]
    assert [list(line.get_xdata()) for line in drawn] == [
        list(table["probe_raw_percent"]), list(table["probe_standardised_percent"]),
    ]  # fmt: skip
    assert len(ax.texts) == len(table)
    assert len({line.get_marker() for line in drawn}) == 2
    crowd = pd.concat([table, table.assign(alpha=0.7, log_loss=table["log_loss"] + 1e-3)])
    _, ax = grid_figures.draw_trade_off(crowd, plain, 100 / 6, "simulated benchmark")
    # every pair is named, none upon another or upon a mark, and the axis takes in what is there
    assert len(ax.texts) == len(crowd) and sum("0.7" in t.get_text() for t in ax.texts) == 4
    heights = sorted(text.get_position()[1] for text in ax.texts)
    assert np.diff(heights).min() > 0.9 * 1.3 * 7 / 72 / 3 and min(heights) > 0
    assert all(text.get_position()[0] > 1 for text in ax.texts)
    assert ax.get_xlim()[0] > 70 and "guessing" not in ax.get_legend_handles_labels()[1]
    near = table.assign(probe_raw_percent=20.0)
    _, ax = grid_figures.draw_trade_off(near, plain, 100 / 6, "simulated benchmark")
    assert "guessing" in ax.get_legend_handles_labels()[1] and ax.get_xlim()[0] < 100 / 6


def test_warmup_stands_beside_training_without():
    history = pd.DataFrame(
        {"epoch": [1, 2], "train_ce": [2.0, 1.5], "test_log_loss": [2.2, 2.0],
         "train_icl": [3.0, 0.5]}
    )  # fmt: skip
    histories = {"no warm-up": [history], "warm-up over 9 steps": [history + 0.1, history]}
    _, axes = grid_figures.draw_warmup(histories, "simulated benchmark")
    assert axes.shape == (2, 2)
    assert [ax.get_title() for ax in axes[0]] == list(histories)
    assert list(axes[0, 1].lines[0].get_ydata()) == pytest.approx([2.1, 1.6])
    assert len(axes[1, 1].lines) == 2 and axes[1, 0].get_yscale() == "log"
    assert axes[0, 0].get_ylim() == axes[0, 1].get_ylim()
