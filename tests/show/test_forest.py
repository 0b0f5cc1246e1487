"""The forest plot: each number where it belongs; verdicts; numbers with their intervals as text."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from asc_lib.show.forest import beside, forest, spans, verdict
from asc_lib.show.style import method_label

TABLE = pd.DataFrame(
    {
        "method": ["plain", "icl"] * 2,
        "family": ["real", "real", "unseen", "unseen"],
        "value": [1.0, -0.5, 0.2, 0.1],
        "low": [0.5, -0.7, -0.1, np.nan],
        "high": [1.5, -0.2, 0.4, np.nan],
    }
)


def test_a_panel_a_group_a_row_a_name_and_ends_where_the_table_has_them() -> None:
    fig, axes = forest(TABLE, "nats", panels="family")
    assert [ax.get_title() for ax in axes] == ["real devices", "unseen devices"]
    names = [label.get_text() for label in axes[0].get_yticklabels()]
    assert names == [method_label("plain"), method_label("icl")]
    dots = [tuple(line.get_xydata()[0]) for line in axes[0].lines if len(line.get_xdata()) == 1]
    assert dots == [(1.0, 0), (-0.5, 1)]
    bars = [c.get_segments()[0][:, 0].tolist() for c in axes[0].collections]
    assert bars == [[0.5, 1.5], [-0.7, -0.2]]
    plt.close(fig)


def test_series_share_a_row_and_bands_end_with_the_axis() -> None:
    table = TABLE.assign(state=["as trained"] * 2 + ["calibrated"] * 2)
    table = table.assign(wanted_low=-0.1, wanted_high=np.nan, printed=0.3)
    fig, (ax,) = forest(table, "nats", series="state")
    words = [text.get_text() for text in fig.legends[0].get_texts()]
    assert words[:2] == ["as trained", "calibrated"]
    assert words[2:] == ["where the claim wants it", "printed in the paper"]
    low = [bar.get_x() for bar in ax.patches]
    assert low == pytest.approx([-0.1] * 4)
    assert {bar.get_x() + bar.get_width() for bar in ax.patches} == {ax.get_xlim()[1]}
    plt.close(fig)
    fig, (ax,) = forest(table.assign(wanted_high=9.0), "nats")
    assert ax.get_xlim()[1] > 9  # an end of a band is on the axis
    plt.close(fig)


def test_verdict_and_text_of_an_interval() -> None:
    assert verdict(TABLE["low"], TABLE["high"]).tolist() == ["worse", "better", "open", "open"]
    assert verdict(TABLE["low"], TABLE["high"], "higher").tolist()[:2] == ["better", "worse"]
    assert spans(TABLE, 1).tolist() == [
        "1.0 [0.5, 1.5]",
        "-0.5 [-0.7, -0.2]",
        "0.2 [-0.1, 0.4]",
        "0.1",
    ]
    grid = beside(TABLE, "method", "family", 1, "lower")
    assert list(grid.index) == [method_label("plain"), method_label("icl")]
    assert grid.loc[method_label("icl"), "real"] == "-0.5 [-0.7, -0.2] better"
