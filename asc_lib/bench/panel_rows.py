"""How soon the explorer of DIRs answers to a moved slider."""

import time
from collections.abc import Iterator
from statistics import median

from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row
from asc_lib.report.dir_choice import Choice
from asc_lib.report.dir_explorer import VIEWS, Explorer, explorer_controls
from asc_lib.report.panels import Panel
from asc_lib.report.style import use_style

LIMIT_MS = 200.0


def explorer(setting: Setting) -> Iterator[Row]:
    """From a turned microphone to the picture as PNG, in the view that takes longest."""
    use_style()
    sets = [setting.dirs, setting.multi_dirs]
    turned = sets[1].table.dropna(subset=["distance_m", "angle_deg"]).fillna({"pattern": ""})
    first = Choice("multi", *turned[["microphone", "pattern", "distance_m", "angle_deg"]].iloc[0])
    ready = Explorer(sets)
    controls = explorer_controls(ready, first)
    _panel = Panel(ready.draw, alt="The explorer.", **controls)  # it follows its controls
    angle = controls["choice"].angle
    angles = [value for _, value in angle.options]
    times: dict[str, list[float]] = {}
    for view in VIEWS:
        controls["view"].value = view
        times[view] = [
            _ms_to_turn(angle, angles[turn % len(angles)]) for turn in range(1, setting.repeats + 2)
        ][1:]
    slowest = max(times, key=lambda view: median(times[view]))
    yield Row(
        "explorer's answer to a turned microphone, slowest view", "ms", times[slowest],
        "limit", [LIMIT_MS] * setting.repeats, reach=1, at_most=True,
        note=f"view: {slowest}; {sum(len(one.table) for one in sets):,} DIRs",
    )  # fmt: skip


def _ms_to_turn(angle: object, value: float) -> float:
    began = time.perf_counter()
    angle.value = value
    return 1000 * (time.perf_counter() - began)
