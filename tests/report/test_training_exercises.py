"""The exercises of notebook 03: verdicts, and hidden solutions that are right."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from asc_lib.data.tau22 import SCENES
from asc_lib.experiment import calibration, metrics
from asc_lib.model.passt import PaSST
from asc_lib.report import training_exercises
from tests.experiment.test_metrics import make
from tests.report.exercise_checks import check_solution, check_verdicts

TEST = make(clips=400)
OF_A = TEST[TEST["device"] == "a"]
LOG_LOSS = log_loss(OF_A["scene"], np.exp(OF_A[metrics.LOG_P].to_numpy()), labels=SCENES)
BLOCK = sum(p.numel() for p in PaSST(dim=32, depth=1, heads=2, frames=100).blocks.parameters())
BINS = calibration.reliability(TEST)
ERROR = float(((BINS["accuracy"] - BINS["confidence"]).abs() * BINS["clips"]).sum() / 400)

CASES = {
    "log-loss": (lambda: training_exercises.log_loss_of(TEST, "a"), LOG_LOSS, [-LOG_LOSS, np.nan]),
    "tokens": (training_exercises.tokens_of_the_paper, 56, [54, 110, 108]),
    "block": (lambda: training_exercises.parameters_of_a_block(32), BLOCK, [12 * 32**2, 0]),
    "calibration": (
        lambda: training_exercises.error_from_bins(TEST), ERROR,
        [float((BINS["accuracy"] - BINS["confidence"]).abs().mean()), 0.0],
    ),
}  # fmt: skip
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each
def test_verdicts(case) -> None:
    make_exercise, *answers = case
    check_verdicts(make_exercise(), *answers, "many")


@each
def test_the_hidden_solution_is_right(case) -> None:
    check_solution(case[0](), pd=pd, test=TEST, bins=BINS)
