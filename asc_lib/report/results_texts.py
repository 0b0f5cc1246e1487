"""What there is to see in notebook 05, in sentences made from the numbers.

Each holds whatever the numbers are; "beyond its interval" is an interval that leaves zero out.
"""

from collections.abc import Sequence

import pandas as pd

from asc_lib.experiment.comparison import Ends
from asc_lib.experiment.temperature import HIGHEST, LOWEST
from asc_lib.show.style import FAMILY_TITLE, method_label


def against_plain(ends: Ends, lower_is_better: bool = True) -> str:
    """Which methods are better or worse than plain training, and where that is open.

    `ends`: differences to plain; rows are methods, columns families and overall. `lower_is_better`:
    as for log-loss; False as for accuracy.
    """
    better = -1 if lower_is_better else 1
    said = []
    for word, wanted in {"better": better, "worse": -better, "open": 0}.items():
        where = {
            method: [c for c in ends.value if ends.outside(method, c) == wanted]
            for method in ends.value.index
        }
        cases = [f"{method_label(m)} ({', '.join(found)})" for m, found in where.items() if found]
        said.append(f"{word}: {'; '.join(cases) or 'none'}")
    return f"Against plain, by intervals that leave zero out: {'. '.join(said)}."


def luck(levels: pd.DataFrame, differences: pd.DataFrame, seeds: int) -> str:
    """What is luck of training and what of places; tables as `comparison.luck` gives them."""
    if seeds < 2:
        return (
            "With one seed there is no telling how much is luck of training: the intervals hold "
            "the luck of places alone."
        )
    shares = [table["training_share"].dropna() for table in (levels, differences)]
    level, difference = (
        f"{share.min():.0%} to {share.max():.0%}" if len(share) else "an unknown part"
        for share in shares
    )
    return (
        f"Training makes up {level} of the variance of a method's overall log-loss, places the "
        f"rest; of its *difference* to plain, where hard places are hard for both, {difference}. "
        f"A spread from {seeds} seeds is itself known only roughly. The bootstrap draws {seeds} of "
        f"{seeds} seeds with replacement, which makes the seeds' part of the variance "
        f"({seeds} - 1)/{seeds} of what it should be: {(seeds - 1) / seeds:.0%}."
    )


def ranking(clean: pd.Series, papers: pd.Series) -> str:
    """Whether two protocols rank the methods alike, from their overall log-loss."""
    orders = [list(values.sort_values().index) for values in (clean, papers)]
    first, second = (" < ".join(map(method_label, order)) for order in orders)
    if orders[0] == orders[1]:
        return f"Both protocols rank the methods alike: {first}."
    swapped = [
        f"{method_label(a)} and {method_label(b)}"
        for i, a in enumerate(orders[0])
        for b in orders[0][i + 1 :]
        if orders[1].index(a) > orders[1].index(b)
    ]
    return (
        f"The ranking changes, from {first} (clean) to {second} (the paper's): "
        f"{', '.join(swapped)} change places."
    )


def flattery(epoch: Ends, seed: Ends, both: Ends, seeds: int, has_validation: bool) -> str:
    """By how much the paper's protocol flatters overall, and through which of its picks."""
    much, of_epoch, of_seed = (ends.value["overall"] for ends in (both, epoch, seed))
    clean = "the epoch that validation chose" if has_validation else "the last epoch"
    text = (
        f"The same runs look {much.min():.3f} to {much.max():.3f} nats better: "
        f"{of_epoch.mean():.3f} on average by picking the epoch on the reported clips instead of "
        f"{clean}, {of_seed.mean():.3f} by picking the best of {seeds} seed(s)."
    )
    if seeds == 1:
        text += " With one seed there is nothing to pick, so the second part is zero."
    if uneven := much.max() - much.min():
        most, least = method_label(much.idxmax()), method_label(much.idxmin())
        text += f" It does most for {most}, least for {least}: {uneven:.3f} nats apart."
    return text


def left_when_calibrated(before: Ends, after: Ends, column: str = "overall") -> str:
    """How much of each method's difference to plain is left when both are calibrated."""
    said = []
    for method in before.value.index:
        was, now = (
            f"{e.value.loc[method, column]:+.3f} [{e.low.loc[method, column]:+.3f}, "
            f"{e.high.loc[method, column]:+.3f}]"
            for e in (before, after)
        )
        numbers = f"{method_label(method)}: {was} as trained, {now} calibrated"
        sides = before.outside(method, column), after.outside(method, column)
        if not sides[0] and not sides[1]:
            what = "open before and after"
        elif not sides[0]:
            what = f"open before, {'better' if sides[1] < 0 else 'worse'} than plain after"
        elif sides[1] == -sides[0]:
            what = "calibration turns its sign"
        else:
            kind = "gain" if sides[0] < 0 else "loss"
            share = after.value.loc[method, column] / before.value.loc[method, column]
            what = (
                f"{share:.0%} of the {kind} is left" if share > 0 else f"none of the {kind} is left"
            )
            what += "" if sides[1] else ", and zero lies inside its interval"
        said.append(f"{numbers}: {what}")
    return ". ".join(said) + "."


def at_the_end(temperatures: pd.DataFrame) -> str:
    """Which runs got a temperature at the end of its range, and what that means; empty: none.

    `temperatures`: columns `method seed temperature`.
    """
    ends = {
        "the highest allowed": (
            temperatures["temperature"] > 0.99 * HIGHEST,
            "on validation places such a network knows nothing that holds; calibrated, it guesses, "
            "and what guesses differs in nothing",
        ),
        "the lowest allowed": (
            temperatures["temperature"] < LOWEST / 0.99,
            "on validation places such a network errs nowhere, and nothing bounds its confidence",
        ),
    }
    said = [
        ", ".join(f"{method_label(m)} (seed {s})" for m, s in found[["method", "seed"]].to_numpy())
        + f": {name}; {why}."
        for name, (at, why) in ends.items()
        if len(found := temperatures[at])
    ]
    return " ".join(said)


def temperature_helps(change: Ends, columns: Sequence[str]) -> str:
    """Where a temperature fitted on seen devices lowers the log-loss, family by family."""
    said = []
    for column in columns:
        sides = [change.outside(method, column) for method in change.value.index]
        mean = change.value[column].mean()
        said.append(
            f"{FAMILY_TITLE[column]} {mean:+.3f} nats on average (lower beyond its interval for "
            f"{sides.count(-1)}, higher for {sides.count(1)} of {len(sides)} methods)"
        )
    return "Log-loss by the temperature alone: " + "; ".join(said) + "."
