"""The exercises of notebook 01: patterns, levels, distance, and the DIR that sounds like a device.

Each takes the numbers of the run, so that a right answer is right for the data at hand.
"""

import numpy as np
import pandas as pd

from asc_lib.files import InputError
from asc_lib.report.exercises import Exercise, Judgement, near, number, one_of

_PATTERNS = {
    "omni": "equally loud from everywhere: a = 1",
    "cardioid": "one null, at the rear: a = 0.5",
    "hyper": "nulls near 110 degrees and a small lobe behind them: a = 0.25",
    "bidirect": "two equal lobes and nulls at the sides: a = 0",
}
BEST_SHARE = 0.05  # of a set's DIRs, that count as "most like"


def which_pattern(true_pattern: str) -> Exercise:
    """1: name the pattern of a polar plot that does not name it.

    Raises:
        InputError: it is not a pattern that has a name here.
    """
    true_pattern = true_pattern.lower()
    if true_pattern not in _PATTERNS:
        raise InputError(f"true_pattern: {true_pattern!r} is none of {', '.join(_PATTERNS)}")

    def judge(answer: str) -> Judgement:
        good = answer == true_pattern
        return Judgement(good, _PATTERNS[answer].capitalize() + "." if good else "")

    return Exercise(
        "Exercise 1",
        one_of(list(_PATTERNS)),
        judge,
        [
            "Where is the sound weakest: behind, at the sides, in between, or nowhere?",
            "Read the levels at 90° and at 180°: -6 dB and a null, two nulls, or hardly less?",
            "a + (1 - a) cos 180° is 2a - 1: what is the rear's level for each a?",
        ],
        f'"{true_pattern}"',
    )


def hypercardioid_level() -> Exercise:
    """2: how many dB below the front a sound from 120 degrees is, for an ideal hypercardioid."""
    loss_db = -20 * np.log10(abs(0.25 + 0.75 * np.cos(np.deg2rad(120))))
    return Exercise(
        "Exercise 2",
        number("a level in dB, positive where it is below the front"),
        near(loss_db, 0.2, "|0.25 - 0.375| = 0.125, an eighth: 3 times 6 dB."),
        [
            "Put a = 0.25 and cos 120° = -0.5 into G = a + (1 - a) cos(angle).",
            "A level is 20 log10 of the gain's size; behind the null the sign is minus.",
        ],
        "-20 * np.log10(abs(0.25 + (1 - 0.25) * np.cos(np.deg2rad(120))))",
    )


def most_like(distances_db: pd.Series, device: str) -> Exercise:
    """3: the DIR that makes device a's sound most like another device's.

    `distances_db`: spectral distance to the device with each DIR, by the DIR's name. `device`: its
    name.
    """
    ranked = distances_db.sort_values()
    enough = max(1, int(BEST_SHARE * len(ranked)))

    def judge(answer: str) -> Judgement:
        rank = int(ranked.index.get_loc(answer)) + 1
        remark = (
            f"With {answer} device a is {ranked[answer]:.1f} dB from {device}: number {rank} of "
            f"{len(ranked)}; the best has {ranked.iloc[0]:.1f} dB, the best 5 % end at "
            f"{ranked.iloc[enough - 1]:.1f} dB."
        )
        return Judgement(rank <= enough, remark)

    return Exercise(
        "Exercise 3",
        one_of(list(distances_db.index)),
        judge,
        [
            f"Which way does {device} bend a's spectrum: less bass, less treble, a hump?",
            "Look for a response of that shape in the explorer; the angle turns the treble down.",
            "No need to listen to all: the distances can be sorted.",
        ],
        "distances_db.idxmin()",
    )


def far_level(
    near_db: float, change_db: float, found_db: float, tolerance: float = 0.5
) -> Exercise:
    """4: the level at 100 Hz at 5 m, from the level at 50 cm and the proximity formula.

    `near_db`: level at 50 cm in dB re 1 kHz. `change_db`: what the formula says it changes by.
    `found_db`: level at 5 m that the set has.
    """
    return Exercise(
        "Exercise 4",
        number("a level in dB re 1 kHz"),
        near(
            near_db + change_db,
            tolerance,
            f"The formula takes {-change_db:.1f} dB of {near_db:.1f} dB away; the set itself has "
            f"{found_db:.1f} dB at 5 m.",
        ),
        [
            "For a figure of eight in front, H = 1 + 1/(jkr) with k = 2 pi f / c, c = 343 m/s.",
            "At 5 m the microphone is in the far field: |H| is nearly 1. How large is it at 50 cm?",
            "Subtract 20 log10 of the two sizes from the level at 50 cm.",
        ],
        "kr = 2 * np.pi * 100 / 343 * np.array([0.5, 5.0])\n"
        "boost_db = 20 * np.log10(np.abs(1 + 1 / (1j * kr)))\n"
        "near_db + boost_db[1] - boost_db[0]",
    )


def width_ratio(vintage_db: float, multi_db: float) -> Exercise:
    """5: the ratio of the 80 % bands' widths, Multi over Vintage, 1 to 10 kHz."""
    return Exercise(
        "Exercise 5",
        number("a ratio"),
        near(multi_db / vintage_db, 0.05, f"{multi_db:.1f} dB against {vintage_db:.1f} dB."),
        [
            "The column width_80_db of the table of regions holds both widths.",
            "Multi over Vintage, not the other way round.",
        ],
        "multi_width_db / vintage_width_db",
    )
