"""The exercises of notebook 03: log-loss, tokens, parameters of a block, calibration.

Each takes the numbers of the run, so that a right answer is right for the data at hand.
"""

import pandas as pd

from asc_lib.experiment import calibration, metrics
from asc_lib.report.exercises import Exercise, near, number


def log_loss_of(predictions: pd.DataFrame, device: str) -> Exercise:
    """1: the log-loss of one device, from the clips' log-probabilities."""
    right = float(metrics.log_loss_by_device(predictions).loc[device, "log_loss"])
    return Exercise(
        "Exercise 1",
        number("a log-loss in nats"),
        near(
            right,
            5e-4,
            "The mean of -ln p of the true scene: the other nine probabilities play no part.",
        ),
        [
            f"Keep the rows with device {device!r}. In each, which column belongs to its scene?",
            "The columns hold natural logarithms: no log is left to take, only a sign to turn.",
        ],
        f'rows = test[test["device"] == "{device}"]\n'
        "log_p = [row[f\"log_p_{row['scene']}\"] for _, row in rows.iterrows()]\n"
        "-np.mean(log_p)",
    )


def tokens_of_the_paper() -> Exercise:
    """2: tokens that training reads with stride 10 and 6 rows dropped, 128 bands, 100 frames."""
    rows, columns = (128 - 16) // 10 + 1, (100 - 16) // 10 + 1
    return Exercise(
        "Exercise 2",
        number("a number of tokens"),
        near(
            (rows - 6) * columns + 2,
            0,
            f"{rows} - 6 rows of {columns} columns, and two tokens of the network's own.",
        ),
        [
            "Rows and columns by the two formulas of section 4, with s = 10.",
            "Patchout drops whole rows: 6 of them take 6 times as many patches as columns.",
            "The transformer reads two tokens more than there are patches.",
        ],
        "rows, columns = (128 - 16) // 10 + 1, (100 - 16) // 10 + 1\n(rows - 6) * columns + 2",
    )


def parameters_of_a_block(dim: int) -> Exercise:
    """3: parameters of one transformer block of `dim` dimensions."""
    return Exercise(
        "Exercise 3",
        number("a number of parameters"),
        near(
            12 * dim**2 + 13 * dim,
            0,
            "Weights 12 d², biases 9 d, two LayerNorms 4 d; the number of tokens plays no part.",
        ),
        [
            "Linear layers: d → 3d (queries, keys, values), d → d, d → 4d, 4d → d.",
            "Each linear layer has a bias for each output, each of two LayerNorms 2 d numbers.",
        ],
        f"d = {dim}\n"
        "weights = d * 3 * d + d * d + d * 4 * d + 4 * d * d\n"
        "biases, norms = 3 * d + d + 4 * d + d, 2 * 2 * d\n"
        "weights + biases + norms",
    )


def error_from_bins(predictions: pd.DataFrame) -> Exercise:
    """4: expected calibration error of the test side, from the table of its bins."""
    right = calibration.expected_calibration_error(predictions)
    return Exercise(
        "Exercise 4",
        number("an error, 0 to 1"),
        near(
            right,
            5e-4,
            "Bins with many clips decide; a gap above and one below the line do not cancel.",
        ),
        [
            "For each bin take the gap |accuracy - confidence|.",
            "Not all bins count the same: weigh each gap by the bin's share of the clips.",
            "Empty bins have no gap; pandas leaves them out of a sum.",
        ],
        'gap = (bins["accuracy"] - bins["confidence"]).abs()\n'
        '(gap * bins["clips"]).sum() / bins["clips"].sum()',
    )
