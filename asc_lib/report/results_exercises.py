"""The exercises of notebook 05: pairing, the best of several seeds, temperature.

The first takes the numbers of the runs, so that a right answer is right for the data at hand.
"""

import pandas as pd

from asc_lib.experiment.protocol import expected_best
from asc_lib.report.exercises import Exercise, near, number


def paired_ratio(method: pd.Series, plain: pd.Series, other_places: pd.Series) -> Exercise:
    """1: how many times wider the interval of a difference is if its pairs are torn apart.

    `method`, `plain`: overall log-loss of both methods on the same redrawn places. `other_places`:
    plain on other redrawn places.
    """

    def width(values: pd.Series) -> float:
        return float(values.quantile([0.025, 0.975]).diff().iloc[1])

    unpaired, paired = width(method - other_places), width(method - plain)
    paired = max(paired, 1e-9)  # places that are all alike
    return Exercise(
        "Exercise 1",
        number("a ratio"),
        near(
            unpaired / paired,
            0.02 * unpaired / paired,
            f"{unpaired:.3f} nats wide unpaired, {paired:.3f} paired.",
        ),
        [
            "The width of an interval is its upper end less its lower end: quantiles 0.025, 0.975.",
            "Both differences begin with multi_draws; one takes plain_draws off, the other "
            "elsewhere_draws.",
            "Unpaired over paired, not the other way round.",
        ],
        "import numpy as np\n\nends = [0.025, 0.975]\n"
        "unpaired = np.diff((multi_draws - elsewhere_draws).quantile(ends))[0]\n"
        "paired = np.diff((multi_draws - plain_draws).quantile(ends))[0]\n"
        "unpaired / paired",
    )


def best_of_three(spread: float = 0.02) -> Exercise:
    """2: how far below the mean the best of three equal seeds is expected."""
    right = spread * expected_best(3)
    return Exercise(
        "Exercise 2",
        number("nats, above zero"),
        near(
            right,
            0.03 * right,
            f"3 / (2 sqrt(pi)) = {expected_best(3):.3f} standard deviations, for no better method.",
        ),
        [
            "Draw three normal numbers many times and take the lowest of each three.",
            "np.random.default_rng(0).normal(0, 0.02, (100_000, 3)).min(axis=1): what is its mean?",
            "A gain is asked for: give it without its minus.",
        ],
        "import numpy as np\n\nrng = np.random.default_rng(0)\n"
        "-rng.normal(0, 0.02, (1_000_000, 3)).min(axis=1).mean()",
    )


def cooled(sure: float = 0.9, temperature: float = 2.0) -> Exercise:
    """3: what a probability of 0.9 between two scenes becomes at temperature 2."""
    left, right = sure ** (1 / temperature), (1 - sure) ** (1 / temperature)
    return Exercise(
        "Exercise 3",
        number("a probability"),
        near(
            left / (left + right),
            0.005,
            "The odds of 9 to 1 become 3 to 1, the square root; the more probable scene stays.",
        ),
        [
            "Divide ln 0.9 and ln 0.1 by 2. Then make them probabilities again.",
            "exp(ln(p) / 2) is the square root of p; the two roots do not sum to one yet.",
        ],
        "import numpy as np\n\nroot = np.sqrt([0.9, 0.1])\nroot[0] / root.sum()",
    )
