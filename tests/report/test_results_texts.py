"""Sentences of notebook 05 are true whatever the numbers are."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.experiment.comparison import Ends
from asc_lib.experiment.temperature import HIGHEST, LOWEST
from asc_lib.report import results_texts

BELOW, ABOVE, OPEN = (-0.3, -0.4, -0.2), (0.3, 0.2, 0.4), (0.1, -0.1, 0.3)


def ends(*cases: tuple[float, float, float], columns: tuple[str, ...] = ("overall",)) -> Ends:
    methods = ["vintage", "multi", "icl", "icl_multi"][: len(cases)]
    index = pd.Index(methods, name="method")
    return Ends(
        *(
            pd.DataFrame({c: part for c in columns}, index=index)
            for part in zip(*cases, strict=True)
        )
    )


def test_better_worse_and_open_by_the_interval() -> None:
    said = results_texts.against_plain(ends(BELOW, ABOVE, OPEN))
    assert "better: + Vintage DIRs (overall)" in said
    assert "worse: + Multi DIRs (overall)" in said
    assert "open: + ICL (overall)" in said
    turned = results_texts.against_plain(ends(BELOW, ABOVE), lower_is_better=False)
    assert "better: + Multi DIRs (overall). worse: + Vintage DIRs (overall). open: none" in turned


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (OPEN, OPEN, "open before and after"),
        (OPEN, BELOW, "open before, better than plain after"),
        (OPEN, ABOVE, "open before, worse than plain after"),
        (BELOW, ABOVE, "calibration turns its sign"),
        (BELOW, (-0.15, -0.2, -0.1), "50% of the gain is left."),
        (BELOW, (-0.15, -0.4, 0.1), "50% of the gain is left, and zero lies inside"),
        (BELOW, OPEN, "none of the gain is left, and zero lies inside"),
        (ABOVE, (0.6, 0.5, 0.7), "200% of the loss is left."),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), "open before and after"),
    ],
)
def test_what_calibration_leaves(before: tuple, after: tuple, said: str) -> None:
    assert said in results_texts.left_when_calibrated(ends(before), ends(after))


def test_a_temperature_at_the_end_of_its_range_is_told() -> None:
    columns = ["method", "seed", "temperature"]
    inside = pd.DataFrame([("plain", 0, 1.4), ("icl", 0, 0.8)], columns=columns)
    assert results_texts.at_the_end(inside) == ""
    outside = pd.DataFrame([("plain", 1, HIGHEST), ("icl", 2, LOWEST)], columns=columns)
    said = results_texts.at_the_end(pd.concat([inside, outside]))
    assert "PaSST (seed 1): the highest" in said and "+ ICL (seed 2): the lowest" in said
    assert "seed 0" not in said


def test_temperature_is_counted_by_family() -> None:
    change = ends(BELOW, ABOVE, BELOW, columns=("real", "unseen"))
    said = results_texts.temperature_helps(change, ["unseen"])
    assert "unseen devices -0.100" in said and "for 2, higher for 1 of 3" in said
    assert "real" not in said


def test_a_changed_ranking_names_who_changed_places() -> None:
    clean = pd.Series({"plain": 1.0, "multi": 1.1, "icl": 1.2})
    assert "alike: PaSST < + Multi DIRs < + ICL" in results_texts.ranking(clean, clean - 0.1)
    said = results_texts.ranking(clean, pd.Series({"plain": 1.0, "multi": 0.9, "icl": 1.2}))
    assert "PaSST and + Multi DIRs change places" in said and "+ ICL change" not in said


def test_flattery_names_its_parts_and_what_one_seed_or_no_validation_mean() -> None:
    epoch, seed = ends((0.1, 0, 0.2), (0.3, 0, 0.4)), ends((0.0, 0, 0), (0.0, 0, 0))
    said = results_texts.flattery(epoch, seed, epoch, 1, has_validation=False)
    assert "0.100 to 0.300" in said and "0.200 on average" in said
    assert "last epoch" in said and "nothing to pick" in said
    assert "most for + Multi DIRs, least for + Vintage DIRs" in said
    said = results_texts.flattery(epoch, epoch, epoch, 3, has_validation=True)
    assert "validation chose" in said and "best of 3" in said and "nothing" not in said


def test_luck_needs_two_seeds() -> None:
    table = pd.DataFrame({"training_share": [0.1, 0.4]})
    said = results_texts.luck(table, table + 0.2, 3)
    assert "10% to 40%" in said and "30% to 60%" in said and "67%" in said
    unknown = pd.DataFrame({"training_share": [np.nan]})
    assert "One seed".lower() in results_texts.luck(unknown, unknown, 1)
