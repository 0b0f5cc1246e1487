"""What notebook 00's yardsticks say, in words that follow from its table.

`benchmark_yardsticks.csv`: rows `classifier clip measure`, columns device families and `overall`;
log-loss in nats, accuracy 0 to 1.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from asc_lib.files import reading

NETWORK, BASELINE = "plain PaSST", "classical baseline"
KEYS = ["classifier", "clip", "measure"]


def read_yardsticks(file: Path) -> pd.DataFrame | None:
    """Notebook 00's table, indexed by `KEYS`; None where this study has not made it.

    Raises:
        InputError: it is not as notebook 00 writes it.
    """
    if not file.is_file():
        return None
    with reading(file, "csv", "run notebook 00 again"):
        return pd.read_csv(file).set_index(KEYS)


def against_baseline(yardsticks: pd.DataFrame, less: tuple[float, float, float]) -> str:
    """Whether a classical classifier does better than plain training on single seconds.

    `yardsticks`: as in `benchmark_yardsticks.csv`. `less`: overall log-loss of the network less
    that of the baseline in nats, and its 95 % ends.
    """
    loss, right = (
        yardsticks.xs(("one second", measure), level=["clip", "measure"])["overall"]
        for measure in ("log_loss", "accuracy")
    )
    value, low, high = less
    if low > 0:
        said = "**A classical classifier beats plain training here**"
        then = (
            "So plain training is no strong starting point: what a remedy gains, it gains on a "
            "network that has learned less than means and deviations of mel bands tell."
        )
    elif high < 0:
        said = "Plain training beats the classical classifier"
        then = "So the network has learned what means and deviations of mel bands do not tell."
    else:
        said = "Plain training and the classical classifier cannot be told apart"
        then = (
            "So the network is not shown to have learned more than what means and deviations of "
            "mel bands tell."
        )
    return (
        f"{said}: on one second the logistic regression has {loss[BASELINE]:.2f} nats overall "
        f"({right[BASELINE]:.1%} right), plain PaSST {loss[NETWORK]:.2f} ({right[NETWORK]:.1%}); "
        f"the network's log-loss less the regression's is {value:+.2f} [{low:+.2f}, {high:+.2f}]. "
        f"{then}"
    )


def beside_table_3(yardsticks: pd.DataFrame | None, overall: pd.Series) -> str:
    """Table 3 beside the classical baseline, and where to see it; empty where it was not made.

    `yardsticks`: result of `read_yardsticks`. `overall`: log-loss in nats by the methods' labels,
    `plain` PaSST among them or not.
    """
    if yardsticks is None:
        return ""
    loss = float(yardsticks.loc[(BASELINE, "one second", "log_loss"), "overall"])
    below = [label for label, value in overall.items() if value < loss]
    return (
        f" A yardstick without a network, notebook 00's logistic regression (its section 7), has "
        f"{loss:.3f} nats overall; below that: {', '.join(below) or 'no method'}."
    )


def penalty(chosen: float, tried: Sequence[float]) -> str:
    """The penalty C that was chosen, and whether it lies at an end of those tried."""
    said = f"penalty C = {chosen:g} of {min(tried):g} to {max(tried):g}"
    if chosen in (min(tried), max(tried)):
        said += ", at the end of the range, so that a better one may lie beyond it"
    return said
