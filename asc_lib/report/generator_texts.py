"""What the pictures of notebook 06 show, in words that follow from the numbers."""

import pandas as pd

from asc_lib.experiment.generator_evaluation import GENERATOR, LABELS, SEEN
from asc_lib.experiment.generator_folds import WORDS
from asc_lib.experiment.ledger import GENERAL_DB, LEARNT_SHARE
from asc_lib.report import paper


def error_scale(scores: pd.DataFrame, energies: dict[str, float]) -> str:
    """The paper's MSE beside the trivial ones.

    Args:
        scores: as `generator_evaluation.summary`.
        energies: MSE of silence by the name of a scaling.
    """
    above = [name for name, energy in energies.items() if energy < paper.GENERATOR_MSE]
    lines = [
        f"- {name}: silence has an MSE of {energy:.5f}, "
        + (
            "**less** than the paper's finished generator"
            if name in above
            else f"of which the paper's {paper.GENERATOR_MSE:g} would be "
            f"{paper.GENERATOR_MSE / energy:.0%}"
        )
        for name, energy in energies.items()
    ]
    own = scores.query("held_out == 'angles' and measure == 'mse'").set_index("method")["value"]
    lines.append(
        f"- this generator (angles held out, scaling of the set): {own[GENERATOR]:.6f}, silence "
        f"{own['silence']:.6f}, the mean response {own['mean']:.6f}"
    )
    return "\n".join(lines)


def generalises(differences: pd.DataFrame) -> str:
    """Held out against seen, a line a kind of hold-out; the paper's finding beside it."""
    printed = {
        "angles": "the paper sees good generalisation",
        "distances": "the paper sees none",
        "microphones": "the paper sees none",
    }
    rows = differences.query(f"measure == 'lsd_db' and right == '{SEEN}'").set_index("held_out")
    lines = []
    for what, row in rows.iterrows():
        if row["high"] < GENERAL_DB:
            said = f"at most {GENERAL_DB:g} dB more than on what it learnt from: it generalises"
        elif row["low"] > GENERAL_DB:
            said = f"more than {GENERAL_DB:g} dB above what it learnt from: it does not generalise"
        else:
            said = f"undecided, the interval holds {GENERAL_DB:g} dB"
        number = f"{row['value']:+.2f} dB [{row['low']:+.2f}, {row['high']:+.2f}]"
        lines.append(f"- **{WORDS[what]}**: {number}, {said} ({printed[what]}).")
    share = rows["seen_share"].max()
    if share > LEARNT_SHARE:
        lines.append(
            f"- But its error where it was trained is up to {share:.0%} of silence's. A network "
            "that has learnt so little has little to lose elsewhere: the ledger leaves these "
            "claims untested."
        )
    return "\n".join(lines)


def beats(differences: pd.DataFrame) -> str:
    """The generator against what needs no network, a line a kind of hold-out."""
    lines = []
    for what, part in differences.query("measure == 'lsd_db'").groupby("held_out", sort=False):
        part = part.set_index("right")
        said = []
        for right in ("interpolation", "nearest", "formula"):
            if what == "microphones" and right == "interpolation":
                continue  # the same as the nearest neighbour
            row = part.loc[right]
            word = "beaten" if row["high"] < 0 else "not beaten" if row["low"] > 0 else "undecided"
            number = f"{row['value']:+.2f} dB [{row['low']:+.2f}, {row['high']:+.2f}]"
            said.append(f"{LABELS[right]} {word} ({number})")
        lines.append(f"- **{WORDS[what]}**: {'; '.join(said)}.")
    return "\n".join(lines)


def on_simulated(simulated: bool) -> str:
    """What must be thought of where the microphones are this project's own."""
    if not simulated:
        return ""
    return (
        "\n\n**These microphones are simulated:** each is its kind's common curve with what is "
        "drawn at random on top, in a free field, and the distance does what the formula says. "
        "Real ones may be more unlike, and so are rooms. What is said here of distances and new "
        "microphones holds for such microphones; the paper's sentences are about measured ones."
    )


def where_it_fails(regions: pd.DataFrame, phase_share: dict[str, float]) -> str:
    """The region of the largest error by hold-out, and what part of the MSE is phase."""
    lines = []
    for what, part in regions[regions["method"] == GENERATOR].groupby("held_out", sort=False):
        worst, best = part.loc[part["value"].idxmax()], part.loc[part["value"].idxmin()]
        lines.append(
            f"- **{WORDS[what]}**: farthest off at {worst['region']} kHz "
            f"({worst['value']:.1f} dB), nearest at {best['region']} kHz "
            f"({best['value']:.1f} dB); {phase_share[what]:.0%} of the MSE is wrong "
            "phase, the rest wrong magnitude."
        )
    return "\n".join(lines)


def proximity(levels: pd.DataFrame, below_hz: float = 200.0) -> str:
    """How much of the nearest distance's bass the generator makes, and what it adds above."""
    nearest = levels.columns.get_level_values(1)[0]
    bass, above = levels.index < below_hz, levels.index >= below_hz
    lift = {who: float(levels.loc[bass, (who, nearest)].mean()) for who in ("real", GENERATOR)}
    spread = {
        who: float((levels.loc[above, (who, nearest)] ** 2).mean() ** 0.5)
        for who in ("real", GENERATOR)
    }
    return (
        f"Below {below_hz:g} Hz the real one is lifted by {lift['real']:.1f} dB at {nearest:g} m, "
        f"the generated one by {lift[GENERATOR]:.1f} dB. Above, where the distance changes little, "
        f"the curves stray by {spread['real']:.1f} dB (real) and {spread[GENERATOR]:.1f} dB "
        "(generated), root mean square."
    )


def twins(table: pd.DataFrame, seen_lsd_db: float) -> str:
    """What the pairs that the conditions cannot tell apart mean for any network."""
    if table.empty:
        return "In this set no two microphones share all their traits."
    mean = table["lsd_db"].mean()
    return (
        f"{len(table)} pairs of microphones have the same twelve variables at every place and are "
        f"{mean:.1f} dB apart all the same. Whatever a network makes of such a condition, it is "
        f"wrong by {mean / 2:.1f} dB or more on the average of the two. Where it was trained, this "
        f"generator is {seen_lsd_db:.1f} dB off."
    )
