"""What the pictures of notebook 06 show, in words that follow from the numbers."""

from collections.abc import Mapping

import pandas as pd

from asc_lib.experiment.generator_diagnosis import TARGET
from asc_lib.experiment.generator_evaluation import GENERATOR, LABELS, SEEN
from asc_lib.experiment.generator_folds import WORDS
from asc_lib.report import paper
from asc_lib.report.claims import GENERAL_DB, LEARNT_SHARE


def error_scale(scores: pd.DataFrame, energies: dict[str, float]) -> str:
    """The paper's MSE beside the trivial ones.

    `scores`: as `generator_evaluation.summary`. `energies`: MSE of silence by the name of a
    scaling.
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


# where a distance that was held out lies among the seen ones
BETWEEN, BEYOND = "between seen ones", "beyond the seen ones"
_PLACES = {"distance-near": BEYOND, "distance-middle": BETWEEN, "distance-far": BEYOND}


def generalises(differences: pd.DataFrame, each: pd.DataFrame) -> str:
    """Held out against seen, a line a kind of hold-out; the paper's finding beside it.

    Distances are judged one by one, since a mean of what lies between seen distances and of what
    lies beyond them says nothing of either.

    `differences`: as `generator_evaluation.differences`. `each`: as `generator_evaluation.by_fold`.
    """
    printed = {
        "angles": "the paper sees good generalisation",
        "distances": "the paper sees none",
        "microphones": "the paper sees none",
    }
    rows = differences.query(f"measure == 'lsd_db' and right == '{SEEN}'").set_index("held_out")
    lines = []
    for what, row in rows.iterrows():
        if what != "distances":
            lines.append(
                f"- **{WORDS[what]}**: {_generalises(row, row['value'])} ({printed[what]})."
            )
            continue
        lines.append(f"- **{WORDS[what]}** ({printed[what]}):")
        for one in each[each["fold"].isin(_PLACES)].itertuples():
            said = _generalises({"low": one.low, "high": one.high}, one.gap)
            lines.append(f"    - {_PLACES[one.fold]} (`{one.fold}`): {said}.")
    share = rows["seen_share"].max()
    if share > LEARNT_SHARE:
        lines.append(
            f"- But its error where it was trained is up to {share:.0%} of silence's. A network "
            "that has learnt so little has little to lose elsewhere: the ledger leaves these "
            "claims untested."
        )
    return "\n".join(lines)


def _generalises(ends: Mapping[str, float], value: float) -> str:
    if ends["high"] < GENERAL_DB:
        said = f"at most {GENERAL_DB:g} dB more than on what it learnt from: it generalises"
    elif ends["low"] > GENERAL_DB:
        said = f"more than {GENERAL_DB:g} dB above what it learnt from: it does not generalise"
    else:
        said = f"undecided, the interval holds {GENERAL_DB:g} dB"
    return f"{value:+.2f} dB [{ends['low']:+.2f}, {ends['high']:+.2f}], {said}"


def beats(differences: pd.DataFrame, scores: pd.DataFrame) -> str:
    """The generator against what needs no network, a line a kind of hold-out.

    `differences`: as `generator_evaluation.differences`. `scores`: as
    `generator_evaluation.summary`.
    """
    lines, copied = [], []
    value = scores.query("measure == 'lsd_db'").set_index(["held_out", "method"])["value"]
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
            if right == "nearest" and row["low"] > 0:
                ours = f"{value[what, 'nearest']:.2f} against {value[what, GENERATOR]:.2f} dB"
                copied.append(f"{WORDS[what]} ({ours})")
        lines.append(f"- **{WORDS[what]}**: {'; '.join(said)}.")
    if copied:
        lines.append(
            "\nIt takes no interpolation to beat it: merely copying the nearest seen response is "
            f"nearer to the truth than the generator for {' and '.join(copied)}."
        )
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
    """How much of the last step towards the microphone the generator makes, and what it adds above.

    `levels`: as `generator_diagnosis.proximity_levels`. `below_hz`: where the bass ends.
    """
    distances = list(dict.fromkeys(levels.columns.get_level_values(1)))
    nearest, second, farthest = distances[0], distances[1], distances[-1]
    bass, above = levels.index < below_hz, levels.index >= below_hz
    lift = levels.loc[bass].mean()  # of each curve, dB re the farthest distance
    step = {who: lift[who, nearest] - lift[who, second] for who in (TARGET, GENERATOR)}
    spread = {
        who: float((levels.loc[above, (who, nearest)] ** 2).mean() ** 0.5)
        for who in (TARGET, GENERATOR)
    }
    text = (
        f"Below {below_hz:g} Hz the set's own level rises by {step[TARGET]:.1f} dB from {second:g} "
        f"to {nearest:g} m, the generated one by {step[GENERATOR]:.1f} dB. "
    )
    if second != farthest:
        means = {who: f"{lift[who, nearest]:.1f} and {lift[who, second]:.1f} dB" for who in step}
        text += (
            f"Re {farthest:g} m the two distances lie {means[TARGET]} higher (the set's own) and "
            f"{means[GENERATOR]} (generated)"
        )
        alike = abs(step[GENERATOR]) < 0.5 * abs(step[TARGET])
        text += (
            ": most of what is generated there is alike at both distances, so it is no proximity "
            "effect. "
            if alike
            else ". "
        )
    return text + (
        "Above, where the distance changes little, the curves of "
        f"{nearest:g} m stray by {spread[TARGET]:.1f} dB (the set's own) and "
        f"{spread[GENERATOR]:.1f} dB (generated), root mean square."
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
