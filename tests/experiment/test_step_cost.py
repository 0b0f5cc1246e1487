"""What a step costs: every method in every round, dearer where it does more, by the same rounds."""

import pandas as pd
import pytest

from asc_lib.experiment import step_cost


def test_a_slow_minute_is_slow_for_all():
    seconds = pd.DataFrame({"plain": [1.0, 10.0, 1.0], "icl": [1.2, 12.0, 1.3]})
    found = step_cost.relative(seconds)
    assert found.loc["icl", "relative_time"] == pytest.approx(1.2)
    assert found.loc["icl", ["least", "most"]].tolist() == pytest.approx([1.2, 1.3])
    assert found.loc["plain", "milliseconds"] == 1000 and (found["rounds"] == 3).all()
