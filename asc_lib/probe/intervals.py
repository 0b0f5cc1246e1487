"""Accuracies of device probes with intervals, and paired differences: the tables of notebook 04.

A bootstrap over whole test locations and training seeds, as `intervals.redraw` does it
for scenes: probes judged on the same clips get the same draws, so their differences are paired.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from asc_lib.data.tau22 import TRAINING_DEVICES
from asc_lib.probe.ladder import UNTRAINED
from asc_lib.probe.probe import ProbeResult
from asc_lib.results.intervals import redraw_devices, value_and_interval

CHANCE = "chance"
# left and right of the differences between methods; each is also held against these two
PAIRS = (
    ("icl", "plain"), ("multi", "plain"), ("vintage", "plain"), ("icl_multi", "plain"),
    ("multi", "icl"), ("icl_multi", "multi"), ("icl_multi", "icl"),
)  # fmt: skip
DEPTHS = (
    ("two_layer", "linear_raw"), ("nearest", "linear_raw"),
    ("two_layer", "linear_standardised"), ("nearest", "linear_standardised"),
)  # fmt: skip

Results = Mapping[tuple[str, str, int], ProbeResult]
Drawn = Mapping[tuple[str, str], np.ndarray]


def ladder_draws(
    results: Results, clips: pd.DataFrame, draws: int
) -> dict[tuple[str, str], np.ndarray]:
    """Balanced accuracy by (encoder, rung), over seeds: (1 + draws,)."""
    keys = dict.fromkeys((encoder, rung) for encoder, rung, _ in results)
    return {
        key: _balanced([r for (*of, _), r in results.items() if tuple(of) == key], clips, draws)
        for key in keys
    }


def ladder_table(
    results: Results, clips: pd.DataFrame, labels: Mapping[str, str], draws: int, data: str
) -> pd.DataFrame:
    """`probe_ladder.csv`: one row an encoder, probe and seed, and one with seed "mean".

    `low` and `high` bound the 95 % interval: of a seed over locations, of the mean over seeds, too.
    The mean has converged where all seeds did, its `epochs` are the most of them; a
    nearest-neighbour probe counts as converged.
    """
    rows = []
    for (encoder, rung), drawn in ladder_draws(results, clips, draws).items():
        of_seed = {s: r for (e, p, s), r in results.items() if (e, p) == (encoder, rung)}
        parts = {"mean": (list(of_seed.values()), drawn)}
        parts |= {str(s): ([r], _balanced([r], clips, draws)) for s, r in of_seed.items()}
        rows += [
            (encoder, labels[encoder], rung, name, *value_and_interval(values), some[0].chance,
             all(r.converged for r in some), max(r.epochs for r in some), data)
            for name, (some, values) in parts.items()
        ]  # fmt: skip
    columns = ["encoder", "label", "probe", "seed", "balanced_accuracy", "low", "high", "chance",
               "converged", "epochs", "measured_on"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def differences(
    drawn: Drawn,
    methods: Sequence[str],
    chance: float,
    data: str,
    pairs: Sequence[tuple[str, str]] = PAIRS,
) -> pd.DataFrame:
    """`probe_differences.csv`: balanced accuracy of `left` minus that of `right`, by probe.

    Pairs are those of `pairs` whose methods are there, and each method against "chance" and
    "untrained"; below 0 means less device.
    """
    pairs = [p for p in pairs if set(p) <= set(methods)]
    pairs += [(method, right) for method in methods for right in (CHANCE, UNTRAINED)]
    rows = []
    for rung in dict.fromkeys(rung for _, rung in drawn):
        for left, right in pairs:
            other = chance if right == CHANCE else drawn[right, rung]
            rows.append((rung, left, right, *value_and_interval(drawn[left, rung] - other), data))
    columns = ["probe", "left", "right", "difference", "low", "high", "measured_on"]
    return pd.DataFrame(rows, columns=columns)


def depth_differences(drawn: Drawn, encoders: Sequence[str], data: str) -> pd.DataFrame:
    """`probe_depth.csv`: what a deeper probe reads minus a linear one, for each pair of `DEPTHS`.

    Columns: `encoder deeper linear difference low high measured_on`.
    """
    rows = [
        (encoder, deep, linear, *value_and_interval(drawn[encoder, deep] - drawn[encoder, linear]))
        for encoder in encoders
        for deep, linear in DEPTHS
    ]
    columns = ["encoder", "deeper", "linear", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns).assign(measured_on=data)


def recall_table(
    named: Mapping[tuple[str, int], np.ndarray], clips: pd.DataFrame, draws: int, data: str
) -> pd.DataFrame:
    """`probe_unseen.csv`: how often each device was named, by encoder, and both families' means.

    One row an encoder and device, then "seen", "unseen", "unseen less seen" and, since devices
    differ in how special they are, the same minus that of the untrained encoder (if there is one).
    Columns: `encoder device recall low high measured_on`; recalls 0 to 1, means over seeds.
    """
    device = clips["device"].to_numpy(dtype=str)
    order = list(dict.fromkeys(encoder for encoder, _ in named))
    gaps, rows = {}, []
    for encoder in sorted(order, key=lambda e: e != UNTRAINED):
        right = np.stack([n == device for (e, _), n in named.items() if e == encoder])
        drawn = redraw_devices(list(right), clips, draws)
        heard = [d for d in drawn if d in TRAINING_DEVICES]
        new = [d for d in drawn if d not in TRAINING_DEVICES]
        if heard and new:
            seen, unseen = drawn[heard].mean(axis=1), drawn[new].mean(axis=1)
            gaps[encoder] = unseen - seen
            drawn = drawn.assign(**{"seen": seen, "unseen": unseen})
            drawn["unseen less seen"] = gaps[encoder]
            if UNTRAINED in gaps and encoder != UNTRAINED:
                drawn["gap less untrained's"] = gaps[encoder] - gaps[UNTRAINED]
        rows += [
            (encoder, name, *value_and_interval(drawn[name].to_numpy()), data) for name in drawn
        ]
    columns = ["encoder", "device", "recall", "low", "high", "measured_on"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(
        "encoder", key=lambda e: e.map(order.index), kind="stable", ignore_index=True
    )


def _balanced(results: Sequence[ProbeResult], clips: pd.DataFrame, draws: int) -> np.ndarray:
    """Mean over devices of the share of clips that were recognised, redrawn: (1 + draws,)."""
    true = clips["device"].to_numpy(dtype=str)
    right = np.stack([result.predicted == true for result in results])
    return redraw_devices(list(right), clips, draws).mean(axis=1).to_numpy()
