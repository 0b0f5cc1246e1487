"""The exercises of notebook 04: balance, a hidden direction, what a control proves, intervals."""

import numpy as np

from asc_lib.experiment.probe import probe_device
from asc_lib.report.exercises import Exercise, Judgement, near, number, one_of

_SHARE_A, _DEVICES = 0.73, 6
# of exercise 3: a world in which one probe is blind
_SCENES, _SMALL, _CLIPS = 30.0, 0.01, 900


def always_a() -> Exercise:
    """1: balanced accuracy of a probe that always answers "a", with 73 % of the clips from a."""
    return Exercise(
        "Exercise 1",
        number("a share, 0 to 1"),
        near(
            1 / _DEVICES,
            0.003,
            f"Plain accuracy would be {_SHARE_A:.0%} and look like knowledge; so Table 2 balances.",
        ),
        [
            "Balanced accuracy is the mean over the six devices of the share of a device's clips "
            "that were named.",
            "That share is 1 for a and 0 for the five others.",
        ],
        "np.mean([1, 0, 0, 0, 0, 0])",
    )


def weight_of_a_rare_clip() -> Exercise:
    """2: weight of one clip of b, among 2,000 clips of a and 200 of each of five others."""
    clips = 2000 + 5 * 200
    return Exercise(
        "Exercise 2",
        number("a weight"),
        near(clips / (_DEVICES * 200), 0.005, "A clip of a weighs a tenth of it, 0.25."),
        [
            "The weight of device c is N / (C N_c), see section 1.",
            "N is 2,000 + 5 times 200, C is 6, N_c is 200.",
        ],
        "(2000 + 5 * 200) / (6 * 200)",
    )


def hidden_world(small: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (clips, 16) with three devices in directions `small`, scenes in large ones."""
    rng = np.random.default_rng(seed)
    c = rng.integers(3, size=_CLIPS)
    z = rng.normal(size=(_CLIPS, 16))
    z[:, 3:] *= _SCENES
    z[np.arange(_CLIPS), c] += 6
    z[:, :3] *= small
    return z.astype(np.float32), np.array(["a", "b", "c"])[c]


def hide_the_device() -> Exercise:
    """3: how small device directions must be for the raw probe to go blind, not the other."""

    def judge(answer: float) -> Judgement:
        if answer <= 0:
            return Judgement(False, "A factor of 0 or less removes or mirrors the directions.")
        raw, scaled = (
            probe_device(
                *hidden_world(answer), *hidden_world(answer, 1), epochs=30, standardise=one
            ).balanced_accuracy
            for one in (False, True)
        )
        said = f"Raw {raw:.0%}, standardised {scaled:.0%}; guessing gives 33 %."
        return Judgement(raw < 0.5 and scaled > 0.9, said)

    return Exercise(
        "Exercise 3",
        number("a factor"),
        judge,
        [
            "Wanted: the raw probe below 50 %, the standardised one above 90 %.",
            "Scenes lie in directions thirty times as large already; go down in factors of ten.",
        ],
        f"{_SMALL}",
    )


_CONTROLS = ("untrained encoder", "shuffled devices", "log-mel statistics", "guessing")


def which_control() -> Exercise:
    """4: the control that tells whether training removed device that the input has."""

    def judge(answer: str) -> Judgement:
        why = {
            "untrained encoder": "Same network, same reader, no training: training took the rest.",
            "shuffled devices": "It tells whether the protocol leaks, not what training did.",
            "log-mel statistics": "It reads the sound in another way, not with this network.",
            "guessing": "A random network is far above it, and nobody trained that.",
        }
        return Judgement(answer == "untrained encoder", why[answer])

    return Exercise(
        "Exercise 4",
        one_of(_CONTROLS),
        judge,
        [
            "The comparison should differ from the trained encoder in one thing only.",
            "That one thing is the training.",
        ],
        '"untrained encoder"',
    )


def places_or_clips() -> Exercise:
    """5: how much wider an interval is when places, not clips, are redrawn."""
    # 10 places of 60 clips, accuracy by place between 40 and 90 %
    places = np.linspace(0.4, 0.9, 10)
    clips = np.sqrt(places.mean() * (1 - places.mean()) / 600)
    right = float(np.sqrt(places.var() / 10) / clips)
    return Exercise(
        "Exercise 5",
        number("a ratio"),
        near(
            right,
            0.05,
            "Sixty clips of one place are not sixty independent answers: intervals over clips "
            "promise too much.",
        ),
        [
            "Redrawing clips: sqrt(p (1 - p) / 600), p the mean accuracy, 0.65.",
            "Redrawing places: the deviation (np.std) of the ten places' accuracies, divided by "
            "sqrt(10).",
        ],
        "places = np.linspace(0.4, 0.9, 10)\n"
        "p = places.mean()\n"
        "places.std() / np.sqrt(10) / np.sqrt(p * (1 - p) / 600)",
    )
