"""What the joint grid and the warm-up of notebook 02 show, in words that follow from the numbers.

Log-loss in nats; tables come from `asc_lib.experiment.grid`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from asc_lib.experiment.metrics import value_and_interval


def joint(scores: pd.DataFrame, fixed_lambda: float) -> str:
    """Where the joint grid is lowest, and whether the best alpha depends on lambda.

    `scores`: as `grid.joint_scores`. `fixed_lambda`: that of the search of alpha.
    """
    table = scores.pivot(index="alpha", columns="lambda_icl", values="log_loss")
    lowest = scores.loc[scores["log_loss"].idxmin()]
    best = table.idxmin()
    spans = [float(np.ptp(table.mean(axis=axis))) for axis in (0, 1)]
    if best.nunique() == 1:
        said = f"At every lambda the best alpha is {best.iloc[0]:g}"
    else:
        where = ", ".join(f"{alpha:g} at lambda {weight:g}" for weight, alpha in best.items())
        said = f"Which alpha is best hangs on lambda: {where}"
    seeds = int(scores["seeds"].min())
    return (
        f"Log-loss is lowest at alpha {lowest['alpha']:g} and lambda {lowest['lambda_icl']:g} "
        f"({lowest['log_loss']:.2f} nats). From lambda to lambda its mean over the alphas changes "
        f"by up to {spans[0]:.2f} nats, from alpha to alpha that over the lambdas by up to "
        f"{spans[1]:.2f}. {said}. The search of alpha was made at lambda {fixed_lambda:g} alone. A "
        f"point is a mean over {seeds} seed(s), without an interval: neighbours may change places."
    )


def warmup(
    either: Mapping[float, pd.DataFrame],
    searched: Mapping[float, pd.DataFrame],
    point: tuple[float, float],
    is_alphas: bool,
) -> str:
    """Whether a warm-up of the highest lambda pays, and what that means for the searches.

    Args:
        either: `grid.scores_and_draws` of the same point by warm-up steps, 0 among them.
        searched: the same by lambda, of the search at the same alpha.
        point: alpha and lambda.
        is_alphas: the search of alpha was made at this lambda, without warm-up.
    """
    steps = max(either)
    cold, warm = (either[count]["log_loss"] for count in (0, steps))
    value, low, high = value_and_interval((warm - cold).to_numpy())
    others = {weight: float(t["log_loss"].iloc[0]) for weight, t in searched.items()}
    near = min(others, key=lambda weight: abs(others[weight] - warm.iloc[0]))
    alpha, weight = point
    text = (
        f"At lambda {weight:g} and alpha {alpha:g} the test log-loss (epoch as in Table 1) is "
        f"{cold.iloc[0]:.2f} nats without warm-up and {warm.iloc[0]:.2f} with {steps:g} steps of "
        f"it, a difference of {value:+.2f} [{low:+.2f}, {high:+.2f}]. Of the lambdas searched, "
        f"{near:g} comes nearest to that ({others[near]:.2f}). "
    )
    if high < 0:
        text += "So part of what a high lambda costs is due to its first steps, not to its size. "
        end = "they hold for trainings that begin so, and a warm-up might move them."
    elif low > 0:
        text += "So the warm-up makes it worse: the first steps are not what a high lambda costs. "
        end = "a warm-up would not have made that lambda cheaper."
    else:
        text += "So these runs do not show that the warm-up pays. "
        end = "whether a warm-up would move them stays open."
    if is_alphas:
        text += f"The conclusions about alpha come from this lambda without warm-up: {end}"
    return text.rstrip()
