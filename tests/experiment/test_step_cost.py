"""What a step costs: every method in every round, dearer where it does more, by the same rounds."""

import pandas as pd
import pytest

from asc_lib.experiment import step_cost
from asc_lib.experiment.prepare import open_bank
from asc_lib.study import load


def test_each_round_has_each_method_and_a_wider_network_costs_more(smoke, tmp_path):
    config = load(
        "smoke", tau22_root=str(smoke / "tau22"), vintage_root=str(smoke / "vintage"),
        multi_root=str(smoke / "multi"), bank_root=str(tmp_path), batch_size=16,
    )  # fmt: skip
    bank = open_bank(config, progress=False)
    methods = ("plain", "vintage", "class_balanced", "adversary")
    configs = {method: config.run(method=method) for method in methods}
    configs["wide"] = config.run(dim=512, depth=4, heads=4)
    seen = []
    seconds = step_cost.step_seconds(configs, bank, rounds=2, progress=seen.append)
    assert list(seconds) == list(configs) and len(seconds) == 2 and seen == 2 * list(configs)
    assert (seconds > 0).all(axis=None)
    found = step_cost.relative(seconds)
    assert found.loc["plain", ["relative_time", "least", "most"]].tolist() == [1, 1, 1]
    assert found.loc["wide", "least"] > 3  # 130 times the products
    assert list(bank.clips) and not list(tmp_path.glob("runs/*"))


def test_a_slow_minute_is_slow_for_all():
    seconds = pd.DataFrame({"plain": [1.0, 10.0, 1.0], "icl": [1.2, 12.0, 1.3]})
    found = step_cost.relative(seconds)
    assert found.loc["icl", "relative_time"] == pytest.approx(1.2)
    assert found.loc["icl", ["least", "most"]].tolist() == pytest.approx([1.2, 1.3])
    assert found.loc["plain", "milliseconds"] == 1000 and (found["rounds"] == 3).all()
