"""What a study will take, before it is begun: work, hours, disk.

The work follows from the parameters and the number of clips; the hours from `rates`.
"""

from typing import NamedTuple

from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.experiment.evaluation import FRAMES, KEPT_BYTES
from asc_lib.experiment.generator_config import folds_of
from asc_lib.experiment.rates import Rates
from asc_lib.experiment.together import groups_of
from asc_lib.model import passt
from asc_lib.model.frontend import MELS
from asc_lib.study import ALL_METHODS, StudyConfig

# Seconds of one core beside training, measured on two cores: a run's report; the notebooks that
# read the runs, at the quick study's and at TAU22's number of test clips.
_REPORT_S = 9.0
_NOTEBOOKS_S = {5_400: 280.0, 29_680: 550.0}


class Clips(NamedTuple):
    """Clips of each side, and how they are known."""

    train: int
    validation: int
    test: int
    unused: int
    known_from: str


class Work(NamedTuple):
    """What one or all runs of a study compute."""

    runs: int
    steps: int
    windows: int  # that training hears
    shared: int  # of them in batches that another run made
    through_dirs: int  # of the others in runs with DIRs
    judged: int  # clips classified after epochs
    embedded: int  # clips that device probes are given
    generators: int  # trainings of the DIR generator
    generator_steps: int  # of them all


def work(config: StudyConfig, clips: Clips) -> Work:
    """Steps, windows and clips of all runs of a study together."""
    total = Work(*[0] * len(Work._fields))
    makes = {some[0].run_name for some in groups_of(config)}
    # notebook 02 probes its grid, as many clips of each of the six devices: about a third of all
    probed = {run.run_name for run in config.grid_runs()}
    for run in config.all_runs().values():
        batch = min(run.batch_size, clips.train)
        per_epoch = clips.train // batch
        steps = min(run.epochs * per_epoch, run.max_steps or run.epochs * per_epoch)
        judged = -(-steps // per_epoch) * (clips.validation + clips.test)
        windows, made = steps * batch, run.run_name in makes
        through = windows if made and ALL_METHODS[run.method].dirs else 0
        embedded = (clips.train // 3 + clips.test * 2 // 3) * (run.run_name in probed)
        shared = 0 if made else windows
        of_run = Work(1, steps, windows, shared, through, judged, embedded, 0, 0)
        total = Work(*(a + b for a, b in zip(total, of_run, strict=True)))
    folds = len(folds_of(config))
    return total._replace(generators=folds, generator_steps=folds * config.generator_steps)


def hours(of: Work, clips: Clips, rates: Rates) -> dict[str, float]:
    """Hours of each stage at these rates; runs go side by side where they can."""
    clean = of.windows - of.shared - of.through_dirs
    training = clean / rates.clean + of.through_dirs / rates.with_dirs + of.shared / rates.stepped
    runs, generators = min(rates.at_once, max(of.runs, 1)), min(rates.at_once, of.generators)
    return {
        "bank": (clips.train + clips.validation + clips.test) / rates.banked / 3600,
        "training": training / runs / 3600,
        "DIR generator": of.generator_steps / rates.generated / generators / 3600,
        "judging": (of.judged / runs + of.embedded) / rates.judged / 3600,
        "notebooks": (of.runs * _REPORT_S + _notebooks(clips.test)) / runs / 3600,
    }


def _notebooks(test_clips: int) -> float:
    (few, at_few), (many, at_many) = _NOTEBOOKS_S.items()
    return at_few + (at_many - at_few) * (test_clips - few) / (many - few)


def disk(config: StudyConfig, clips: Clips) -> dict[str, float]:
    """GB that the study itself writes, by what it is; the data sets are not among them."""
    judged = clips.validation + clips.test
    pictures = 4 * judged * MELS * FRAMES
    model = passt.from_config(config.run(checkpoint=""))
    weights = 4 * sum(p.numel() for p in model.parameters())
    runs = len(config.all_runs())
    return {
        "bank": 2 * SAMPLE_RATE * (judged + clips.train) / 1e9,
        "log-mel pictures of judged clips": pictures / 1e9 if pictures < KEPT_BYTES else 0.0,
        "weights and predictions of runs": runs * (weights + 120 * judged + 3e6) / 1e9,
        "checkpoints of unfinished runs": 4 * weights / 1e9,  # weights, two moments, the best
    }
