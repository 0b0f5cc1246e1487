"""How soon the explorer of DIRs answers to a moved slider."""

from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from statistics import median

from asc_lib.bench.measure import seconds
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row
from asc_lib.report.dir_explorer import VIEWS, Explorer, explorer_panel
from asc_lib.report.style import use_style

LIMIT_MS = 200.0


def explorer(setting: Setting) -> Iterator[Row]:
    """From a turned microphone to the picture as PNG, in the view that takes longest."""
    use_style()
    sets = [setting.multi_dirs, setting.dirs]
    ready = Explorer(sets)
    first = ready.first()
    angles = sorted(ready.group(first)["angle_deg"])
    panel = explorer_panel(ready, first)
    times: dict[str, list[float]] = {}
    for view in VIEWS:
        panel.set(view=view)
        moves = islice(cycle(angles), 1, 2 + setting.repeats)
        turned = [first._replace(angle_deg=degrees) for degrees in moves]
        times[view] = [1000 * seconds(partial(panel.set, choice=one), 0) for one in turned][1:]
    slowest = max(times, key=lambda view: median(times[view]))
    yield Row(
        "explorer's answer to a turned microphone, slowest view", "ms", times[slowest],
        "limit", [LIMIT_MS] * setting.repeats, reach=1, at_most=True,
        note=f"view: {slowest}; {sum(len(one.table) for one in sets):,} DIRs",
    )  # fmt: skip
