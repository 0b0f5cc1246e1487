"""Methods compared, against closed forms."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.results import comparison, metrics
from tests.results.test_metrics import make


def one_place_a_clip(seed: int, clips: int = 400) -> pd.DataFrame:
    table = make(clips=clips, seed=seed).assign(device="a")
    return table.assign(location=table["filename"])


def test_places_alone_have_the_standard_error_of_the_mean_over_runs() -> None:
    runs = [one_place_a_clip(1), one_place_a_clip(2)]
    losses = np.mean([metrics.clip_scores(run)["log_loss"] for run in runs], axis=0)
    draws = comparison.over_places(runs, draws=4000)
    assert draws["a"].mean() == pytest.approx(losses.mean(), abs=0.01)
    assert draws["a"].std() == pytest.approx(losses.std() / 20, rel=0.05)


def test_a_run_with_itself_differs_by_nothing() -> None:
    tested = {"plain": [make(seed=1)], "icl": [make(seed=1)], "multi": [make(seed=2)]}
    rows, draws = comparison.measured(tested, 200)
    found = comparison.minus(rows, draws).set_index(["method", "column"])
    assert list(found.index.unique("method")) == ["icl", "multi"]
    assert (found.loc["icl"] == 0).all(axis=None)
    both = draws["multi"]["overall"] - draws["plain"]["overall"]
    of_multi = found.loc[("multi", "overall")]
    assert of_multi["low"] == pytest.approx(both.quantile(0.025))
    assert of_multi["high"] == pytest.approx(both.quantile(0.975))
    wide = comparison.wide(comparison.with_interval(rows, draws))
    pd.testing.assert_frame_equal(wide[list(rows)], rows, check_names=False)
    assert wide.loc["multi", "overall_low"] == draws["multi"]["overall"].quantile(0.025)


def test_luck_is_split_as_variances_are() -> None:
    # seeds of standard deviation 0.3, places 0.4: of a mean over 3, 0.03 of 0.19
    rng = np.random.default_rng(0)
    seeds = np.array([-0.3, 0.0, 0.3])
    index = pd.MultiIndex.from_product([["plain", "icl"], range(3)], names=["method", "seed"])
    singles = pd.DataFrame({"overall": np.concatenate([seeds + 2, seeds * 0 + 1])}, index=index)
    places = {m: pd.DataFrame({"overall": rng.normal(2, 0.4, 100_000)}) for m in ("plain", "icl")}
    table = comparison.luck(singles, places, "overall")
    assert table.loc["plain", "between_seeds"] == pytest.approx(0.3)
    assert table.loc["plain", "of_training"] == pytest.approx(0.3 / np.sqrt(3))
    assert table.loc["plain", "training_share"] == pytest.approx(0.03 / 0.19, rel=0.02)
    assert table.loc["icl", "training_share"] == 0
    alone = comparison.luck(singles.query("seed == 0"), places, "overall")
    assert alone["training_share"].isna().all() and alone["of_places"].notna().all()
