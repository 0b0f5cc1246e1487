"""A reliability diagram shows its table."""

import numpy as np
import pytest

from asc_lib.experiment import calibration
from asc_lib.report.calibration_figures import Calibrated, reliability_diagram
from tests.experiment.test_metrics import make
from tests.report.drawn import words


@pytest.mark.parametrize("titles", [["heard", "never heard"], ["all"]])
def test_dots_whiskers_and_histogram(titles: list[str]) -> None:
    panels = {}
    for seed, title in enumerate(titles):
        of = make(clips=600, seed=seed)
        table, ends = calibration.reliability(of), calibration.accuracy_intervals(of, draws=100)
        panels[title] = Calibrated(table, ends, calibration.expected_calibration_error(of))
    fig, axes = reliability_diagram(panels, "data X")
    assert axes.shape == (2, len(titles))
    table, ends, error = panels[titles[-1]]
    filled = table["clips"] > 0
    dots = axes[0, -1].containers[0]
    np.testing.assert_allclose(dots[0].get_xdata().astype(float), table["confidence"][filled])
    np.testing.assert_allclose(dots[0].get_ydata().astype(float), table["accuracy"][filled])
    bars = [segment[:, 1] for segment in dots[2][0].get_segments()]
    inside = np.clip(table["accuracy"], ends["low"], ends["high"])[filled]
    np.testing.assert_allclose(inside, table["accuracy"][filled])
    np.testing.assert_allclose(np.array(bars, float), ends[filled].to_numpy(), atol=1e-12)
    heights = [bar.get_height() for bar in axes[1, -1].patches]
    np.testing.assert_allclose(heights, 100 * table["clips"] / 600)
    said = words(fig)
    assert f"ECE {error:.3f}" in said and "data X" in said and titles[0] in said
