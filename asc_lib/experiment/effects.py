"""Effects that decide claims: a number with its interval, found in the evidence of a study.

Log-loss is in nats, accuracy in percentage points; an effect is the first named less the second.
Each function gives a `Claim.find`, or is one: it raises `NotMadeError` where evidence is missing.
"""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from asc_lib.data.tau22 import FAMILIES
from asc_lib.experiment.dir_statements import Sentence
from asc_lib.experiment.ledger import (
    IDLE_NATS,
    LEARNT_SHARE,
    Evidence,
    Found,
    NotMadeError,
    drawn,
)

Find = Callable[[Evidence], Found]
Tables = Mapping[str, pd.DataFrame]
# the paper's device classifier in notebook 04's ladder of probes; one of more capacity; a linear
# one that reads the same: what it finds beyond the paper's own may be scale alone, not depth
PAPERS_PROBE, DEEPER_PROBE, LINEAR_PROBE = "linear_raw", "two_layer", "linear_standardised"
_PAPERS = ["real", "simulated", "unseen"]
OTHERS = tuple(device for family in _PAPERS for device in FAMILIES[family] if device != "a")
OTHERS_HEARD = tuple(device for device in OTHERS if device not in FAMILIES["unseen"])


def of_methods(of: Callable[[Tables], pd.Series], measure: str = "log_loss") -> Find:
    """A number of the methods' tables of draws (`measure`: log_loss or accuracy)."""

    def find(evidence: Evidence) -> Found:
        tables = getattr(evidence, measure)
        if not tables:
            raise NotMadeError("run notebook 05")
        return _drawn(of, tables, evidence)

    return find


def _drawn(of: Callable[[Tables], pd.Series], tables: Tables, evidence: Evidence) -> Found:
    try:
        return drawn(of(tables), evidence.measured_on)
    except KeyError:  # a user's own recordings may be of fewer devices
        raise NotMadeError("these recordings lack a device that it is about") from None


def difference(left: str, right: str, column: str, measure: str = "log_loss") -> Find:
    """Log-loss or accuracy of one method less another's, on a device family or overall."""
    unit = 100 if measure == "accuracy" else 1
    return of_methods(lambda t: unit * (t[left][column] - t[right][column]), measure)


def gap_to_unseen(method: str) -> Find:
    """Log-loss on unseen devices less that on real ones."""
    return of_methods(lambda t: t[method]["unseen"] - t[method]["real"])


def device_a_less(method: str, others: tuple[str, ...], how: str) -> Find:
    """Log-loss on the commonest device less the others' "min" or "mean"."""
    return of_methods(lambda t: t[method]["a"] - t[method][list(others)].agg(how, axis=1))


def unseen_gains_most(method: str) -> Find:
    """What unseen devices gain on plain training less what the better other family gains.

    Gains are differences of log-loss: below 0 the unseen devices gain more.
    """

    def of(t: Tables) -> pd.Series:
        gain = t[method][_PAPERS] - t["plain"][_PAPERS]
        return gain["unseen"] - gain.drop(columns="unseen").min(axis=1)

    return of_methods(of)


def of_search(search: str, measure: str, left: float | None, right: float) -> Find:
    """One value of a search less another; `left` None is the highest one above `right`."""

    def find(evidence: Evidence) -> Found:
        tables = getattr(evidence, search)
        if not tables:
            raise NotMadeError(f"run notebook 02: no run of the search of {search}")
        first = max(tables) if left is None else left
        lacking = [f"{value:g}" for value in (first, right) if value not in tables]
        if first <= right and left is None:
            lacking.append(f"a value above {right:g}")
        if lacking:
            taken = ", ".join(f"{value:g}" for value in tables)
            raise NotMadeError(
                f"this study's search of {search} ({taken}) lacks {' and '.join(lacking)}"
            )
        remark = f"{search} {first:g} less {right:g}"
        if min(tables[value]["log_loss"].iloc[0] for value in (first, right)) > IDLE_NATS:
            remark += "; both hardly better than guessing"
        values = tables[first][measure] - tables[right][measure]
        return drawn(values, evidence.measured_on, remark)

    return find


def span_of_lambda_less_alpha(evidence: Evidence) -> Found:
    """Highest less lowest log-loss over the search of lambda, less the same over alpha."""
    spans, taken = {}, []
    for search in ("alpha", "lambda_icl"):
        tables = getattr(evidence, search)
        if len(tables) < 2:
            raise NotMadeError(f"run notebook 02: it takes two values of {search} at least")
        losses = pd.DataFrame({value: table["log_loss"] for value, table in tables.items()})
        spans[search] = losses.max(axis=1, skipna=False) - losses.min(axis=1, skipna=False)
        taken.append(f"{search} {', '.join(f'{value:g}' for value in tables)}")
    return drawn(spans["lambda_icl"] - spans["alpha"], evidence.measured_on, "; ".join(taken))


def probed(left: str, right: str, probe: str = PAPERS_PROBE) -> Find:
    """Device accuracy from one method's embedding less another's, or "chance"."""
    return lambda evidence: _probed(evidence.probes, probe, left, right)


def strongest_probe(method: str) -> Find:
    """Device accuracy less guessing, by that probe of the ladder that reads most."""

    def find(evidence: Evidence) -> Found:
        if evidence.probes is None:
            raise NotMadeError("run notebook 04")
        of_method = evidence.probes.query("left == @method and right == 'chance'")
        if of_method.empty:
            raise NotMadeError(f"run notebook 04: no probe of {method} against chance")
        strongest = of_method.loc[of_method["difference"].idxmax(), "probe"]
        return _probed(of_method, strongest, method, "chance")

    return find


def deeper_probe_reads_more(method: str) -> Find:
    """Device accuracy by a probe of two layers less that by a linear one, on the same draws."""

    def find(evidence: Evidence) -> Found:
        if evidence.depth is None:
            raise NotMadeError("run notebook 04")
        rows = evidence.depth.query(
            "encoder == @method and deeper == @DEEPER_PROBE and linear == @LINEAR_PROBE"
        )
        if rows.empty:
            raise NotMadeError(f"run notebook 04: no {DEEPER_PROBE} probe of {method}")
        row = rows.iloc[0]
        ends = (100 * row[name] for name in ("difference", "low", "high"))
        return Found(*ends, row["measured_on"], f"{DEEPER_PROBE} less {LINEAR_PROBE}")

    return find


def measured(sentence: Sentence) -> Find:
    """The number of the DIR sets that a sentence of Section 4 is about; built in if simulated."""

    def find(evidence: Evidence) -> Found:
        if evidence.dirs is None:
            raise NotMadeError("run notebook 01")
        row = evidence.dirs.loc[(sentence.measure, sentence.of)]
        ends = (row["value"], row["low"], row["high"])
        return Found(*ends, evidence.dirs_measured_on, built_in=bool(row["simulated"]))

    return find


def of_generator(held_out: str, right: str) -> Find:
    """Log-spectral distance in dB of generated DIRs on what is held out, less that of `right`.

    `right`: a baseline on the same responses, or "seen", the generator on those it learnt from.
    """

    def find(evidence: Evidence) -> Found:
        if evidence.generator is None:
            raise NotMadeError("run notebook 06")
        rows = evidence.generator.query(
            "held_out == @held_out and measure == 'lsd_db' and right == @right"
        )
        if rows.empty:
            raise NotMadeError(f"run notebook 06: no generator with {held_out} held out")
        row = rows.iloc[0]
        if row["seen_share"] > LEARNT_SHARE:
            raise NotMadeError(
                f"too little learnt ({row['seen_share']:.0%} of the error left, "
                f"{LEARNT_SHARE:.0%} wanted): raise generator_steps"
            )
        remark = f"{row['microphones']:.0f} microphones; {right}"
        return Found(row["value"], row["low"], row["high"], row["measured_on"], remark)

    return find


def generated_less_plain(evidence: Evidence) -> Found:
    """Overall log-loss with generated DIRs less that of plain training."""
    if not evidence.log_loss:
        raise NotMadeError("run notebook 05")
    if "generated" not in evidence.log_loss:
        raise NotMadeError("not trained in this study: set generated_method to true")
    return difference("generated", "plain", "overall")(evidence)


def beyond(of: Callable[[Tables], pd.Series], *methods: str) -> Find:
    """A number of notebook 07's tables of draws; each of `methods` must be trained."""

    def find(evidence: Evidence) -> Found:
        _check_trained(evidence, methods)
        return _drawn(of, evidence.beyond, evidence)

    return find


def beyond_difference(left: str, right: str, column: str) -> Find:
    """Log-loss of one of notebook 07's methods less another's."""
    return beyond(lambda t: t[left][column] - t[right][column], left)


def less_bias(left: str, right: str) -> Find:
    """Log-loss of the other devices heard less that of A, of one method less another's."""

    def bias(table: pd.DataFrame) -> pd.Series:
        return table[list(OTHERS_HEARD)].mean(axis=1) - table["a"]

    return beyond(lambda t: bias(t[left]) - bias(t[right]), left)


def rare_devices(left: str, right: str) -> Find:
    """Log-loss on the devices heard but for A, of one method of Table 3 less another's."""
    rare = list(OTHERS_HEARD)
    return of_methods(lambda t: (t[left][rare] - t[right][rare]).mean(axis=1))


def beyond_probed(left: str, right: str) -> Find:
    """Device accuracy from the embedding of one of notebook 07's methods less another's."""

    def find(evidence: Evidence) -> Found:
        _check_trained(evidence, [left])
        if evidence.beyond_probes is None:
            raise NotMadeError("run notebook 07")
        return _probed(evidence.beyond_probes, PAPERS_PROBE, left, right)

    return find


def _check_trained(evidence: Evidence, methods: Sequence[str]) -> None:
    if not (evidence.log_loss or evidence.beyond):
        raise NotMadeError("run notebook 05")
    if lacking := [method for method in methods if method not in evidence.beyond]:
        raise NotMadeError(f"not trained in this study: add {', '.join(lacking)} to beyond_methods")


def _probed(probes: pd.DataFrame | None, probe: str, left: str, right: str) -> Found:
    """A difference of the table in percentage points, turned round where it stands so."""
    if probes is None:
        raise NotMadeError("run notebook 04")
    by_probe = probes[probes["probe"] == probe]
    for sign, (one, other) in ((1, (left, right)), (-1, (right, left))):
        rows = by_probe[(by_probe["left"] == one) & (by_probe["right"] == other)]
        if len(rows):
            row = rows.iloc[0]
            ends = sorted((sign * 100 * row["low"], sign * 100 * row["high"]))
            return Found(sign * 100 * row["difference"], *ends, row["measured_on"], probe)
    raise NotMadeError(f"run notebook 04: no {probe} probe of {left} against {right}")
