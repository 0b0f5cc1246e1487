"""The exercises of notebook 07: balancing, many comparisons, a front of methods, power."""

import pandas as pd

from asc_lib.report.exercises import Exercise, Judgement, near, number, one_of
from asc_lib.show.style import method_label


def times_heard(clips: int = 1000, rare: int = 50, devices: int = 6) -> Exercise:
    """1: how often a rare device's clip comes in an epoch of balanced devices."""
    right = clips / devices / rare
    return Exercise(
        "Exercise 1",
        number("a number of times"),
        near(
            right, 0.05,
            f"Each device gets {clips / devices:.0f} of {clips:,} places, so a rare clip comes "
            f"{right:.1f} times: the network may learn it by heart. A common device's clips do not "
            "all come.",
        ),
        ["An epoch has as many windows as there are clips, and each device as many as any other.",
         f"{clips:,} windows over {devices} devices; they share {rare} clips."],
        f"{clips} / {devices} / {rare}",
    )  # fmt: skip


def false_alarms(comparisons: int = 12, level: float = 0.05) -> Exercise:
    """2: the chance that one of some independent comparisons leaves zero out by luck."""
    right = 1 - (1 - level) ** comparisons
    return Exercise(
        "Exercise 2",
        number("a probability"),
        near(
            right, 0.01,
            f"{right:.0%}: with twelve methods that do nothing, one nearly every second study "
            "'works'. Methods that share places err together, so that the true number is lower.",
        ),
        ["First the chance that none of them does.", "0.95 times 0.95 times ... twelve times."],
        f"1 - {1 - level} ** {comparisons}",
    )  # fmt: skip


def on_the_front(points: pd.DataFrame) -> Exercise:
    """3: a method that no other beats in both device accuracy and log-loss.

    `points`: as `beyond.trade_off`.
    """
    at = points[["device_accuracy", "overall"]]
    beaten_by = {
        method: at.index[(at <= row).all(axis=1) & (at < row).any(axis=1)]
        for method, row in at.iterrows()
    }
    front = [method for method, better in beaten_by.items() if not len(better)]
    by_label = {method_label(method): method for method in at.index}

    def judge(answer: str) -> Judgement:
        better = beaten_by[by_label[answer]]
        if len(better):
            return Judgement(False, f"{method_label(better[0])} is lower or equal in both.")
        others = ", ".join(method_label(m) for m in front if m != by_label[answer])
        return Judgement(True, f"No other is lower in both; also on the front: {others or 'none'}.")

    return Exercise(
        "Exercise 3",
        one_of(list(by_label)),
        judge,
        ["Look at the picture of the trade-off: what lies left of a point and below it beats it.",
         "The lowest point is always on the front, and so is the leftmost."],
        'points.sort_values(["overall", "device_accuracy"])["label"].iloc[0]',
    )  # fmt: skip


def half_the_difference() -> Exercise:
    """4: how many times as many places half the difference needs."""
    return Exercise(
        "Exercise 4",
        number("a factor"),
        near(
            4, 0.01,
            "The standard error falls with the root of the number of places: half the difference, "
            "a quarter of the variance.",
        ),
        ["The standard error of a mean over L places is their deviation / sqrt(L).",
         "Difference over standard error must stay as it was."],
        "2**2",
    )  # fmt: skip
