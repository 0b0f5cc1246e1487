"""What notebook 07 finds, in sentences made from the numbers; they hold whatever the numbers are.

"Beyond its interval" is a 95 % interval that leaves zero out; differences are log-loss in nats,
the first named less the second, so that below 0 the first is better.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from asc_lib.experiment.beyond import BIAS, RARE
from asc_lib.experiment.power import MOST, POWER, Luck
from asc_lib.report.beyond_figures import TITLES
from asc_lib.report.run_figures import method_label


def of_seeds(seeds: int) -> str:
    """What the intervals hold and what they leave out."""
    if seeds == 1:
        return (
            "**One seed: there is no interval over seeds.** All intervals below hold the luck of "
            "places alone; a method trained again may land elsewhere."
        )
    return (
        f"{seeds} seeds, the same for every method. Intervals hold the luck of places and of "
        f"training; that of training is known from {seeds} seeds only, and drawn with replacement "
        f"it comes out at {(seeds - 1) / seeds:.0%} of its variance."
    )


def family_wise(table: pd.DataFrame, reference: str) -> str:
    """How many comparisons stand one by one, and how many all at once.

    `table`: as `beyond.simultaneous`.
    """
    alone = (table["low"] > 0) | (table["high"] < 0)
    at_once = (table["low_all"] > 0) | (table["high_all"] < 0)
    named = [
        f"{method_label(r.method)} {'below' if r.value < 0 else 'above'} in {TITLES[r.column]}"
        for r in table[at_once].itertuples()
    ]
    return (
        f"{len(table)} comparisons with {method_label(reference)}: {alone.sum()} leave zero out "
        f"one by one, where about {0.05 * len(table):.0f} would if nothing differed; "
        f"{at_once.sum()} do all at once ({'; '.join(named) or 'none'})."
    )


def difference(row: pd.Series, nats: str = " nats") -> str:
    """`+0.012 nats [-0.01, +0.03], open`."""
    said = {1: "higher", -1: "lower", 0: "open"}[_side(row)]
    return f"{row['value']:+.3f}{nats} [{row['low']:+.3f}, {row['high']:+.3f}], {said}"


def balancing(pairs: pd.DataFrame) -> str:
    """Would balancing the devices help? By bias, rare devices, device A and overall.

    `pairs`: as `beyond.pair_differences` of `beyond.BALANCING`.
    """
    return _lines(
        pairs,
        lambda of: {
            (-1, -1): "balancing helps: less bias, and a lower log-loss overall",
            (-1, 0): "less bias to A, with overall log-loss open",
            (-1, 1): "less bias to A, paid for overall",
            (0, -1): "no less bias that shows, yet a lower log-loss overall",
            (0, 0): "neither the bias nor the overall log-loss changes beyond its interval",
            (0, 1): "no less bias that shows, and a higher log-loss overall",
            (1, -1): "more bias to A, yet a lower log-loss overall",
            (1, 0): "more bias to A, with overall log-loss open",
            (1, 1): "more bias to A and a higher log-loss overall",
        }[_side_of(of, BIAS), _side_of(of, "overall")],
        ["a", RARE, BIAS, "overall"],
        "no method of this study balances devices",
    )


def icl_adds(pairs: pd.DataFrame, more: pd.DataFrame) -> str:
    """What ICL adds to no augmentation, to a poor one and to a good one.

    `pairs`: as `beyond.pair_differences` of `beyond.ICL_ADDS`. `more`: as `beyond.more_than`: the
    same less what it adds to Multi DIRs.
    """
    gain = {-1: "lowers the log-loss", 1: "raises it", 0: "makes no difference that shows"}
    where = {"overall": "overall", "unseen": "on unseen devices"}
    text = _lines(
        pairs,
        lambda of: (
            "ICL "
            + ", ".join(
                f"{gain[_side_of(of, column)]} {said}"
                for column, said in where.items()
                if column in set(of["column"])
            )
        ),
        ["overall", "unseen"],
        "no method of this study has ICL",
    )
    worth = {
        -1: "worth more without the good augmentation",
        1: "worth less without the good augmentation",
        0: "whether it is worth more without the good augmentation, these runs cannot tell",
    }
    for _, row in more.iterrows():
        text += (
            f"\n- What it adds to {method_label(row['right'])} less what it adds to "
            f"{method_label('multi')}: {difference(row)}: {worth[_side(row)]}."
        )
    return text


def rivals(pairs: pd.DataFrame, against: Sequence[str]) -> str:
    """How the rivals compare with ICL, with Multi DIRs and with plain training, overall.

    `pairs`: as `beyond.pair_differences`, each rival against each of `against`. `against`: methods.
    """
    said = []
    for method in dict.fromkeys(pairs["left"]):
        of = pairs[(pairs["left"] == method) & (pairs["column"] == "overall")]
        parts = [
            f"{difference(row, '')} against {method_label(row['right'])}"
            for other in against
            for _, row in of[of["right"] == other].iterrows()
        ]
        said.append(f"- **{method_label(method)}**: {'; '.join(parts)}.")
    return "\n".join(said) or "- no rival is trained in this study."


def trade_off(ranks: pd.DataFrame) -> str:
    """Does invariance buy log-loss? From `beyond.trade_off`'s second table."""
    said = []
    for row in ranks.itertuples():
        if not np.isfinite(row.rank_correlation):
            said.append(f"{TITLES[row.column]}: no ranks to correlate")
            continue
        side = int(row.low > 0) - int(row.high < 0)
        what = {
            1: "yes: what keeps less of the device has the lower log-loss",
            -1: "no, the opposite: what keeps less of the device has the higher log-loss",
            0: "these runs cannot tell",
        }[side]
        said.append(
            f"{TITLES[row.column]}: rank correlation of device accuracy and log-loss over "
            f"{row.methods} methods {row.rank_correlation:+.2f} [{row.low:+.2f}, {row.high:+.2f}]; "
            f"{what}"
        )
    return "Does invariance buy accuracy? " + ". ".join(said) + "."


def luck(found: Luck, seeds: int) -> str:
    """The observed spread of a paired difference, as standard deviations."""
    if np.isnan(found.seeds):
        return (
            f"From place to place a difference scatters by {np.sqrt(found.places):.3f} nats. With "
            "one seed the luck of training is unknown: what follows speaks of these trainings."
        )
    return (
        f"A paired difference scatters by {np.sqrt(found.seeds):.3f} nats from training to "
        f"training, {np.sqrt(found.places):.3f} from place to place, and "
        f"{np.sqrt(found.rest):.3f} beyond both (from {seeds} seeds, all pairs pooled; 0.000: no "
        "more than the rest explains)."
    )


def power(effects: pd.DataFrame, seeds: int, places: int) -> str:
    """What the observed differences would take to be found with 80 % power.

    `effects`: indexed by method, columns of `power.needed_table`. `seeds`, `places`: of the study.
    """
    enough = effects["places"] <= places
    lines = [
        f"At {seeds} seed(s) and {places} places {enough.sum()} of {len(effects)} observed "
        f"differences to plain are large enough to be found in {POWER:.0%} of such studies "
        f"({', '.join(map(method_label, effects.index[enough])) or 'none'}), if the true ones are "
        "as large as those observed."
    ]
    small = effects[~enough].sort_values("delta", ascending=False)
    for method, row in small.iterrows():
        of_seeds = "" if np.isnan(row["seeds"]) else f"{_many(row['seeds'])} seeds, or "
        clips = f" ({row['clips']:,.0f} clips)" if np.isfinite(row["clips"]) else ""
        lines.append(
            f"- {method_label(method)}, {row['delta']:.3f} nats: {of_seeds}"
            f"{_many(row['places'])} places{clips}."
        )
    return "\n".join(lines)


def _many(number: float) -> str:
    return f"{number:,.0f}" if np.isfinite(number) else f"more than {MOST:,}"


def _side(row: pd.Series) -> int:
    return int(row["low"] > 0) - int(row["high"] < 0)


def _side_of(of: pd.DataFrame, column: str) -> int:
    rows = of[of["column"] == column]
    return _side(rows.iloc[0]) if len(rows) else 0


def _lines(
    pairs: pd.DataFrame, verdict: Callable[[pd.DataFrame], str], columns: Sequence[str], none: str
) -> str:
    """A line a pair: its numbers, and what they mean."""
    said = []
    for (left, right), of in pairs.groupby(["left", "right"], sort=False):
        rows = of.set_index("column")
        numbers = "; ".join(
            f"{TITLES[c]} {difference(rows.loc[c], '')}" for c in columns if c in rows.index
        )
        said.append(
            f"- **{method_label(left)} less {method_label(right)}**: {numbers}: {verdict(of)}."
        )
    return "\n".join(said) or f"- {none}."
