"""The exercises of notebook 06: sizes, what an error means, baselines, twins."""

import pandas as pd

from asc_lib.experiment.generator_evaluation import LABELS
from asc_lib.report.exercises import Exercise, Impossible, Judgement, near, number, one_of

_NAMES = {LABELS[name]: name for name in ("silence", "mean", "nearest", "interpolation", "formula")}


def longer_response() -> Exercise:
    """1: how many transposed convolutions of stride 4 lead from 16 to 16,384 samples."""
    return Exercise(
        "Exercise 1",
        number("a number of layers"),
        near(5, 0.01, "16 times 4 to the 5th is 16,384, the length of FAST-RIR's room responses."),
        ["Each layer makes it four times as long.", "16,384 / 16 = 1,024: which power of 4?"],
        "np.log(16_384 / 16) / np.log(4)",
    )  # fmt: skip


def silent_error() -> Exercise:
    """2: the MSE of silence, for 1024-sample responses whose squares sum to 0.5."""
    right = 0.5 / 1024
    return Exercise(
        "Exercise 2",
        number("a mean square error"),
        near(
            right, 0.02 * right,
            "0.00049: a tenth of the 0.00527 that the paper reports of a finished training. "
            "Without the scaling of the responses such a number says nothing.",
        ),
        ["Silence predicts 0 everywhere: the error of a tap is the tap.",
         "The mean over 1024 taps of squares that sum to 0.5."],
        "0.5 / 1024",
    )  # fmt: skip


def baseline_to_beat(lsd_db: pd.Series) -> Exercise:
    """3: the baseline that a generator must beat to be of use between seen angles.

    `lsd_db`: log-spectral distance on held-out angles by method.
    """
    ranked = lsd_db[list(_NAMES.values())].sort_values()
    right = ranked.index[0]

    def judge(answer: str) -> Judgement:
        of = lsd_db[_NAMES[answer]]
        words = f"{answer.capitalize()} is {of:.2f} dB off"
        if _NAMES[answer] != right:
            return Judgement(False, f"{words}; another one is nearer.")
        return Judgement(True, f"{words}, less than any other, without a network.")

    return Exercise(
        "Exercise 3",
        one_of(list(_NAMES)),
        judge,
        ["Which of them needs no network and is hardest to beat?",
         "Look at the left column of the picture of scores: which mark lies farthest left?"],
        f'"{LABELS[right]}"',
    )  # fmt: skip


def find_the_twin(twins: pd.DataFrame, all_names: list[str]) -> Exercise | Impossible:
    """4: a microphone with the same nine traits as another.

    `twins`: as `generator_diagnosis.twins`. `all_names`: every configuration of the set.
    """
    if twins.empty:
        return Impossible("Exercise 4", "In this set no two microphones share all their traits.")
    asked = twins["one"].iloc[-1]
    right = set(twins.loc[twins["one"] == asked, "other"])
    right |= set(twins.loc[twins["other"] == asked, "one"])

    def judge(answer: str) -> Judgement:
        good = answer in right
        pair = twins[(twins["one"] == answer) | (twins["other"] == answer)]
        pair = pair[(pair["one"] == asked) | (pair["other"] == asked)]
        words = f"{asked} and {answer} have the same twelve variables at each place"
        return Judgement(
            good, f"{words}, and differ by {pair['lsd_db'].iloc[0]:.1f} dB." if good else ""
        )

    return Exercise(
        f"Exercise 4 (a twin of {asked})",
        one_of(all_names),
        judge,
        ["The table of twins lists pairs.", f"Look for {asked} in either column."],
        f'"{sorted(right)[0]}"',
    )
