"""The exercises of notebook 02: distances, balance, notation, weights, and the sandbox.

What can be computed is computed, so that a right answer is right whatever was typed elsewhere.
"""

from collections.abc import Callable

import numpy as np

from asc_lib.experiment.icl_theory import balance_distance, crossing_distance, weight_shares
from asc_lib.experiment.sandbox import Settings, Trained, train
from asc_lib.files import InputError
from asc_lib.report.exercises import Exercise, Judgement, near, number

_KEEP, _PROBE = 0.03, 0.42  # of exercise 5: what scenes may lose, what the device must fall to


def equal_cost() -> Exercise:
    """1: the distance at which f = g, for alpha = 0.2 and beta = 1."""
    right = crossing_distance(0.2, 1.0)
    return Exercise(
        "Exercise 1",
        number("a distance"),
        near(right, 0.01, f"exp(0.2 - {right:.2f}) and {right:.2f}^2 are both {right**2:.2f}."),
        [
            "At distance 0 f is exp(0.2) and g is 0; at 1 f is exp(-0.8) = 0.45 and g is 1.",
            "Halve the interval in which f - g changes its sign, or let scipy's brentq do it.",
        ],
        "from scipy.optimize import brentq\nbrentq(lambda d: np.exp(0.2 - d) - d**2, 0, 1)",
    )


def share_for_balance() -> Exercise:
    """2: the share of same-device pairs that balances alpha = 0.2, beta = 1 at distance 1."""

    def judge(answer: float) -> Judgement:
        if not 0 <= answer < 1:
            return Judgement(False, "A share is from 0 to 1.")
        found = balance_distance(answer, 0.2, 1.0)
        good = abs(found - 1) <= 0.01
        said = f"With a share of {answer:.3g} push and pull cancel at distance {found:.2f}."
        return Judgement(good, said)

    return Exercise(
        "Exercise 2",
        number("a share, 0 to 1"),
        judge,
        [
            "Move the third slider of the panel until the balance stands at 1.",
            "At d = 1 push is p exp(-0.8), pull is 2 (1 - p): set them equal and solve for p.",
        ],
        "2 / (2 + np.exp(0.2 - 1))",
    )


def papers_alpha() -> Exercise:
    """3: the paper's alpha of an original loss exp(2 - 4 d)."""
    return Exercise(
        "Exercise 3",
        number("the paper's alpha"),
        near(0.5, 0.005, "beta = 1/4, and alpha / beta must be 2."),
        [
            "The paper writes (alpha - d) / beta. What stands in front of d is 1 / beta.",
            "alpha' = alpha / beta.",
        ],
        "2 / 4",
    )


def balanced_share() -> Exercise:
    """4: same-device share of the weight, 64 windows: 46 of a, 4, 4, 4, 3, 3; balanced."""
    c = np.repeat(np.arange(6), [46, 4, 4, 4, 3, 3])
    right = 1 - weight_shares(c, "balanced")["different"]
    pairs = 1 - weight_shares(c, "pairs")["different"]
    return Exercise(
        "Exercise 4",
        number("a share, 0 to 1"),
        near(right, 0.005, f"Counted pair by pair it would be {pairs:.0%}, nearly all of it a's."),
        [
            "A class of n windows has n (n - 1) pairs, each of weight (C - 1) / n^2, C = 6.",
            "Between two classes the weights sum to 1, and there are C (C - 1) ordered pairs of "
            "classes.",
        ],
        "n = np.array([46, 4, 4, 4, 3, 3])\n"
        "within, between = 5 * ((n - 1) / n).sum(), 6 * 5\n"
        "within / (within + between)",
    )


def lambda_of_the_sandbox(
    trained: Callable[[Settings], Trained] = train, seeds: range = range(5)
) -> Exercise:
    """5: a lambda that takes most of the device out of three scenes of the sandbox and leaves them.

    Three: with two, the lambda that the sandbox begins with would do, and nothing is to be found.
    """

    def mean(weight: float) -> np.ndarray:
        runs = [trained(Settings(lambda_icl=weight, seed=seed, scenes=3)) for seed in seeds]
        return np.mean([(run.seen, run.probe) for run in runs], axis=0)

    def read(answer: object) -> float:
        weight = number("a lambda")(answer)
        if not 0 <= weight <= 100:
            raise InputError(f"{weight:g} is outside the slider; give 0 to 100")
        return weight

    def judge(answer: float) -> Judgement:
        (before, _), (seen, probe) = mean(0.0), mean(answer)
        said = (
            f"Over {len(seeds)} worlds the probe names {probe:.0%} of the devices, scenes on seen "
            f"devices go from {before:.0%} to {seen:.0%}."
        )
        return Judgement(probe <= _PROBE and before - seen <= _KEEP, said)

    return Exercise(
        "Exercise 5",
        read,
        judge,
        [
            f"Wanted: the probe at most {_PROBE:.0%}, scenes down by at most {100 * _KEEP:.0f} "
            "points. Guessing a device gives 33 %.",
            "Try it in the sandbox in factors of three; too much lambda costs scenes.",
        ],
        "10",
    )
