"""Sentences about device probes that follow from their numbers, whatever these are."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

# What Sec. 5.4 says of Table 2, as (left has less device than right)
CLAIMS = {
    "ICL lowers device accuracy": ("icl", "plain"),
    "Multi DIRs lower it": ("multi", "plain"),
    "Multi DIRs lower it further than ICL": ("multi", "icl"),
    "both together lower it further than Multi DIRs": ("icl_multi", "multi"),
    "both together come to random guess": ("icl_multi", "chance"),
}
NEAR_CHANCE = 0.05  # of accuracy: "to the points of random guess", as the printed 17.53 % are


def sure(difference: pd.Series) -> int:
    """1 or -1 where the interval lies above or below 0, otherwise 0 (or there is no interval)."""
    return int(difference["low"] > 0) - int(difference["high"] < 0)


def in_points(row: pd.Series) -> str:
    """A difference of accuracies with its interval, in percentage points."""
    value = f"{100 * row['difference']:+.1f} percentage points"
    if np.isnan(row["low"]):
        return f"{value}, without an interval"
    return f"{value}, 95 % interval {100 * row['low']:+.1f} to {100 * row['high']:+.1f}"


def claim(row: pd.Series) -> str:
    """Whether `left` has less device than `right`; against "chance", whether it has none."""
    if row["right"] == "chance":
        if row["low"] > NEAR_CHANCE:
            return f"not seen ({in_points(row)} above guessing)"
        if row["high"] <= NEAR_CHANCE:
            return f"seen ({in_points(row)} above guessing)"
        return f"left open ({in_points(row)} above guessing)"
    word = {-1: "seen", 0: "left open", 1: "the opposite is seen"}[sure(row)]
    return f"{word} ({in_points(row)})"


def claims(differences: pd.DataFrame, probe: str) -> dict[str, str]:
    """Each claim of Section 5.4 held against one probe of `probe_differences.csv`."""
    rows = differences[differences["probe"] == probe].set_index(["left", "right"], drop=False)
    return {text: claim(rows.loc[pair]) for text, pair in CLAIMS.items()}


def removed(differences: pd.DataFrame, probe: str, labels: Mapping[str, str]) -> str:
    """Which methods pass on less device than a network that was never trained."""
    rows = differences[(differences["probe"] == probe) & (differences["right"] == "untrained")]
    groups: dict[int, list[str]] = {-1: [], 0: [], 1: []}
    for _, row in rows.iterrows():
        groups[sure(row)].append(labels[row["left"]])
    said = {-1: "less than", 0: "not to be told from", 1: "more than"}
    parts = [f"{said[s]} the untrained encoder: {', '.join(g)}" for s, g in groups.items() if g]
    return "; ".join(parts)


def too_shallow(depth: pd.DataFrame, encoder: str) -> str:
    """Whether the paper's probe was too shallow for an encoder, from `depth_differences`."""
    rows = depth[depth["encoder"] == encoder].set_index(["deeper", "linear"])
    deeper = ("two_layer", "nearest")
    more = {
        linear: any(sure(rows.loc[deep, linear]) > 0 for deep in deeper)
        for linear in ("linear_raw", "linear_standardised")
    }
    if more["linear_raw"] and more["linear_standardised"]:
        verdict = "yes: a deeper probe reads device that no linear one finds, however it is scaled"
    elif more["linear_raw"]:
        verdict = (
            "not too shallow, but too short-sighted: a deeper probe beats the raw linear one, not "
            "the standardised linear one; what was missing is scale, not depth"
        )
    elif more["linear_standardised"]:
        verdict = (
            "no: no deeper probe is sure to beat the paper's, although one beats the standardised "
            "linear probe, which reads less here"
        )
    else:
        verdict = "no: no deeper probe is sure to find more than a linear one"
    best = rows.loc["two_layer"]
    return (
        f"{verdict} (two layers less linear raw: {in_points(best.loc['linear_raw'])}; less linear "
        f"standardised: {in_points(best.loc['linear_standardised'])})"
    )


def leaks(row: pd.Series) -> str:
    """Whether shuffled devices stay at chance, from a row of `probe_ladder.csv`."""
    said = f"{row['balanced_accuracy']:.1%}, interval {row['low']:.1%} to {row['high']:.1%}"
    if row["low"] > row["chance"]:
        return (
            f"**above** guessing ({said}): the protocol leaks, and no number here is to be trusted"
        )
    if row["high"] < row["chance"]:
        return f"below guessing ({said}): an accident of these shuffles, but no leak"
    return f"at guessing ({said}): no leak is seen"


def gap(table: pd.DataFrame, encoder: str) -> str:
    """Unseen devices against seen ones, from `unseen_devices.recall_table`."""
    rows = table[table["encoder"] == encoder].set_index("device")
    if "unseen" not in rows.index:
        return "there are no unseen devices in these clips"
    row = rows.loc["unseen less seen"].rename({"recall": "difference"})
    word = {-1: "harder to name than", 0: "not to be told, in difficulty, from",
            1: "easier to name than"}[sure(row)]  # fmt: skip
    said = f"unseen devices are {word} seen ones ({in_points(row)})"
    if "gap less untrained's" in rows.index:
        row = rows.loc["gap less untrained's"].rename({"recall": "difference"})
        word = {-1: "training makes them relatively harder",
                0: "training changes that by no more than its interval",
                1: "training makes them relatively easier"}[sure(row)]  # fmt: skip
        said += f"; against the untrained encoder {word} ({in_points(row)})"
    return said
