"""How soon the sandbox answers: from a moved slider to the picture of a network trained anew."""

from collections.abc import Iterator
from functools import partial

from asc_lib.bench.measure import seconds, threads
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row
from asc_lib.experiment.sandbox import train
from asc_lib.report.icl_sandbox import Sandbox
from asc_lib.report.style import use_style

LIMIT_S = 1.0


def sandbox(setting: Setting) -> Iterator[Row]:
    """A step of the slider that takes longest: training with ICL and without, and both drawn."""
    use_style()
    train.cache_clear()
    with threads(1):
        panel = Sandbox()
        times = []
        for share in range(40, 43 + 3 * setting.repeats, 3):
            times.append(seconds(partial(panel.set, share_a_percent=share), 0))
    yield Row(
        "sandbox's answer to a moved slider, two trainings", "s", times[1:],
        "limit", [LIMIT_S] * setting.repeats, reach=1, at_most=True,
    )  # fmt: skip
