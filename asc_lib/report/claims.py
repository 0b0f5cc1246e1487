"""The paper's claims as data: what each says, where it stands, and which number decides it.

Signs: log-loss in nats and device accuracy in percentage points are better (less device) where they
are lower, scene accuracy where it is higher. Differences are the first named less the second. What
"does not improve" is not better by more than a slight amount: two equal methods support it.
"""

import pandas as pd

from asc_lib.experiment import dir_statements, effects
from asc_lib.experiment.ledger import (
    ABOUT,
    AT_CHANCE_POINTS,
    GENERAL_DB,
    SLIGHT_NATS,
    SLIGHT_POINTS,
    Claim,
    Evidence,
)
from asc_lib.experiment.methods import GENERATED, METHODS
from asc_lib.report import paper

Row = tuple[str, str, str, str, effects.Find, float, float]
NO = float("inf")  # no bound
POINTS = "percentage points"


def _dir_claim(number: int, sentence: dir_statements.Sentence) -> Claim:
    measure = dir_statements.MEASURES[sentence.measure]
    words = f"Multi less Vintage: {measure.words}" if sentence.of == "difference" else measure.words
    return Claim(
        f"D{number}", "Two DIR sets", f"{sentence.said_of} DIRs: {sentence.text}", "Sec. 4, Fig. 1",
        words, measure.unit, effects.measured(sentence), sentence.low, sentence.high,
    )  # fmt: skip


def _claims(letter: str, group: str, rows: list[Row]) -> list[Claim]:
    return [
        Claim(f"{letter}{number}", group, sentence, source, test, unit, find, above, below)
        for number, (sentence, source, test, unit, find, above, below) in enumerate(rows, 1)
    ]


def _differ(left: str, right: str, where: str) -> str:
    return f"log-loss, {where}: {METHODS[left].label} less {METHODS[right].label}"


def _loss(
    sentence: str, source: str, left: str, right: str, where: str, above: float, below: float
) -> Row:
    test = _differ(left, right, where)
    return (sentence, source, test, "nats", effects.difference(left, right, where), above, below)


def _about(number: float) -> tuple[float, float]:
    return tuple(sorted((number * (1 - ABOUT), number * (1 + ABOUT))))


_GRID = [
    ("alpha up to 0.2 costs only slightly", "Sec. 5.2, Table 1",
     "log-loss, alpha 0.2 less 0", "nats", effects.of_search("alpha", "log_loss", 0.2, 0.0),
     -NO, SLIGHT_NATS),
    ("alpha above 0.2 costs drastically more", "Sec. 5.2, Table 1",
     "log-loss, highest alpha less 0.2", "nats", effects.of_search("alpha", "log_loss", None, 0.2),
     SLIGHT_NATS, NO),
    ("lambda has no effect as drastic as alpha", "Sec. 5.2, Table 1",
     "log-loss, highest less lowest: that of the lambda search less that of the alpha search",
     "nats", effects.span_of_lambda_less_alpha, -NO, 0),
    ("too high a lambda lowers accuracy", "Sec. 5.2, Table 1",
     "accuracy, highest lambda less 0.5", POINTS,
     effects.of_search("lambda_icl", "accuracy_percent", None, 0.5), -NO, 0),
    ("too high a lambda costs about 2 % accuracy", "Sec. 5.2, Table 1",
     "accuracy, highest lambda less 0.5", POINTS,
     effects.of_search("lambda_icl", "accuracy_percent", None, 0.5), *_about(-2)),
    ("lambda 0.5 improves accuracy on 0.1", "Sec. 5.2, Table 1",
     "accuracy, lambda 0.5 less 0.1", POINTS,
     effects.of_search("lambda_icl", "accuracy_percent", 0.5, 0.1), 0, NO),
]  # fmt: skip

_PROBES = [
    ("ICL lowers device accuracy", "Sec. 5.4, Table 2",
     "paper's probe: + ICL less PaSST", POINTS, effects.probed("icl", "plain"), -NO, 0),
    ("Multi DIRs lower device accuracy more than ICL", "Sec. 5.4, Table 2",
     "paper's probe: + Multi DIRs less + ICL", POINTS, effects.probed("multi", "icl"), -NO, 0),
    ("ICL + Multi lower it further than Multi", "Abstract, Sec. 5.4, Table 2",
     "paper's probe: + ICL + Multi DIRs less + Multi DIRs", POINTS,
     effects.probed("icl_multi", "multi"), -NO, 0),
    ("ICL + Multi: device accuracy at random guess", "Sec. 5.4, Table 2",
     "paper's probe: + ICL + Multi DIRs less guessing", POINTS,
     effects.probed("icl_multi", "chance"), -AT_CHANCE_POINTS, AT_CHANCE_POINTS),
    ("ICL + Multi: no device information is left", "Sec. 5.4",
     "strongest probe: + ICL + Multi DIRs less guessing", POINTS,
     effects.strongest_probe("icl_multi"), -NO, AT_CHANCE_POINTS),
    ("the device classifier may be too shallow", "Sec. 5.4",
     "+ ICL + Multi DIRs: a probe of two layers less a linear one, both standardised", POINTS,
     effects.deeper_probe_reads_more("icl_multi"), 0, NO),
    ("ICL makes latent space invariant to the device", "Sec. 6",
     "paper's probe: + ICL less guessing", POINTS, effects.probed("icl", "chance"),
     -NO, AT_CHANCE_POINTS),
]  # fmt: skip

_RESULTS = [
    ("plain: a gap of 0.3 from real to unseen devices", "Sec. 5.5, Table 3",
     "log-loss, PaSST: unseen less real devices", "nats",
     effects.gap_to_unseen("plain"), *_about(0.3)),
    ("plain: device A is best", "Sec. 5.5, Table 3",
     "log-loss, PaSST: A less the best of the eight others", "nats",
     effects.device_a_less("plain", effects.OTHERS, "min"), -NO, 0),
    _loss("Vintage DIRs improve unseen devices", "Sec. 5.5, Table 3",
          "vintage", "plain", "unseen", -NO, 0),
    _loss("Vintage DIRs degrade real devices", "Sec. 5.5, Table 3",
          "vintage", "plain", "real", 0, NO),
    _loss("Vintage DIRs are worse overall", "Sec. 5.5, Table 3",
          "vintage", "plain", "overall", 0, NO),
    _loss("Multi DIRs improve real devices", "Sec. 5.5, Table 3",
          "multi", "plain", "real", -NO, 0),
    _loss("Multi DIRs improve simulated devices", "Sec. 5.5, Table 3",
          "multi", "plain", "simulated", -NO, 0),
    _loss("Multi DIRs improve unseen devices", "Abstract, Sec. 5.5, Table 3",
          "multi", "plain", "unseen", -NO, 0),
    _loss("Multi DIRs improve unseen devices by about 0.1", "Sec. 5.5, Table 3",
          "multi", "plain", "unseen", *_about(-0.1)),
    ("Multi DIRs improve unseen devices the most", "Sec. 5.5, Table 3",
     "log-loss, + Multi DIRs less PaSST: unseen devices less the lower of the other two families",
     "nats", effects.unseen_gains_most("multi"), -NO, 0),
    _loss("ICL improves unseen devices", "Abstract, Sec. 5.5, Table 3",
          "icl", "plain", "unseen", -NO, 0),
    _loss("ICL makes real devices worse", "Sec. 5.5, Table 3",
          "icl", "plain", "real", 0, NO),
    _loss("ICL makes real devices worse only slightly", "Sec. 5.5, Table 3",
          "icl", "plain", "real", -SLIGHT_NATS, SLIGHT_NATS),
    _loss("ICL improves log-loss", "Sec. 6, Table 3",
          "icl", "plain", "overall", -NO, 0),
    _loss("ICL is outperformed by Multi DIRs", "Secs. 5.5, 6, Table 3",
          "icl", "multi", "overall", 0, NO),
    _loss("Multi DIRs work better than Vintage DIRs", "Sec. 6, Table 3",
          "multi", "vintage", "overall", -NO, 0),
    _loss("ICL + Multi improve on ICL alone", "Sec. 5.5, Table 3",
          "icl_multi", "icl", "overall", -NO, 0),
    _loss("ICL + Multi improve on ICL only slightly", "Sec. 5.5, Table 3",
          "icl_multi", "icl", "overall", -SLIGHT_NATS, SLIGHT_NATS),
    _loss("ICL + Multi do not improve on Multi DIRs", "Sec. 5.5, Table 3",
          "icl_multi", "multi", "overall", -SLIGHT_NATS, NO),
    ("ICL + Multi: no better accuracy than Multi DIRs", "Abstract",
     "scene accuracy, overall: + ICL + Multi DIRs less + Multi DIRs", POINTS,
     effects.difference("icl_multi", "multi", "overall", "accuracy"), -NO, SLIGHT_POINTS),
    ("ICL + Multi: still biased to device A", "Sec. 5.4, Table 3",
     "log-loss, + ICL + Multi DIRs: A less the mean of the other devices heard in training",
     "nats", effects.device_a_less("icl_multi", effects.OTHERS_HEARD, "mean"), -NO, 0),
]  # fmt: skip

_GENERATOR = [
    ("good generalization for varying incident angles", "Sec. 5.3",
     "log-spectral distance, angles never seen less responses seen", "dB",
     effects.of_generator("angles", "seen"), -NO, GENERAL_DB),
    ("no good generalization for source distance", "Sec. 5.3",
     "log-spectral distance, distances never seen (pooled) less responses seen", "dB",
     effects.of_generator("distances", "seen"), GENERAL_DB, NO),
    ("no good generalization for new device classes", "Sec. 5.3",
     "log-spectral distance, microphones never seen less responses seen", "dB",
     effects.of_generator("microphones", "seen"), GENERAL_DB, NO),
    ("about 8,000 responses are not sufficient for a model of microphones", "Sec. 5.3",
     "log-spectral distance, microphones never seen: generated less nearest neighbour", "dB",
     effects.of_generator("microphones", "nearest"), 0, NO),
    ("generated DIRs give only a log-loss of 1.56, worse than plain training", "Sec. 5.3",
     f"log-loss, overall: {GENERATED.label} less {METHODS['plain'].label}", "nats",
     effects.generated_less_plain, 0, NO),
]  # fmt: skip

_BEYOND = [
    ("resampling to even class distribution mitigates the bias to device A", "Sec. 5.4",
     "log-loss of the other devices heard less that of A: + balanced devices less PaSST", "nats",
     effects.less_bias("balanced", "plain"), -NO, 0),
    ("ICL is advantageous where no effective augmentation is available", "Sec. 6",
     "log-loss, overall: + ICL + Vintage DIRs less + Vintage DIRs", "nats",
     effects.beyond_difference("icl_vintage", "vintage", "overall"), -NO, 0),
    ("ICL can be advantageous compared to domain specific augmentation", "Sec. 6",
     "log-loss, overall: + ICL less + Vintage DIRs, the augmentation that works less", "nats",
     effects.difference("icl", "vintage", "overall"), -NO, 0),
    ("ICL is advantageous where only imbalance matters, not unseen classes", "Sec. 6",
     "log-loss, devices heard but for A: + ICL less + Multi DIRs", "nats",
     effects.rare_devices("icl", "multi"), -NO, 0),
    ("Freq-MixStyle shows a good generalization performance", "Sec. 2.1",
     "log-loss, unseen: + Freq-MixStyle less PaSST", "nats",
     effects.beyond_difference("freq_mixstyle", "plain", "unseen"), -NO, 0),
    ("an adversary that infers the device promotes invariant embeddings", "Sec. 2.2",
     "paper's probe: + adversary less PaSST", POINTS,
     effects.beyond_probed("adversary", "plain"), -NO, 0),
]  # fmt: skip

CLAIMS = (
    *(_dir_claim(number, one) for number, one in enumerate(dir_statements.SENTENCES, 1)),
    *_claims("G", "Search of alpha and lambda", _GRID),
    *_claims("P", "Device in the embedding", _PROBES),
    *_claims("R", "Scenes by device", _RESULTS),
    *_claims("N", "The network that makes DIRs", _GENERATOR),
    *_claims("B", "What the paper leaves open", _BEYOND),
)


def printed_evidence() -> Evidence:
    """The paper's own tables (TAU22) as evidence: no intervals, family means recomputed."""
    devices = paper.table_3()[list(paper.DEVICES)]
    table = devices.join(paper.true_families()).join(paper.true_overall())
    accuracy = paper.table_2() / 100
    pairs = [("icl", "plain"), ("multi", "icl"), ("icl_multi", "multi")]
    rows = [(*pair, accuracy[pair[0]] - accuracy[pair[1]]) for pair in pairs]
    rows += [(m, "chance", accuracy[m] - paper.CHANCE_OF_SIX) for m in accuracy.index]
    probes = pd.DataFrame(rows, columns=["left", "right", "difference"])
    probes[["probe", "measured_on"]] = effects.PAPERS_PROBE, paper.DATA_LABEL
    return Evidence(
        log_loss=_one_row_each(table)
        | {"generated": pd.DataFrame({"overall": [paper.GENERATED_LOG_LOSS]})},
        alpha=_one_row_each(paper.table_1("alpha")),
        lambda_icl=_one_row_each(paper.table_1("lambda_icl")),
        probes=probes.assign(low=float("nan"), high=float("nan")),
        measured_on=paper.DATA_LABEL,
    )


def _one_row_each(table: pd.DataFrame) -> dict:
    return {name: table.loc[[name]].reset_index(drop=True) for name in table.index}
