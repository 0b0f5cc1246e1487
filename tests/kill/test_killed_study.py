"""A whole small study killed again and again, stopped, and run twice at once: the same tables.

    ASC_KILLS=20 pytest tests/kill -s          so many kills, said with where each fell
    ASC_WHOLE=1                                of a study with all notebooks, not only 02
    ASC_SEED=1 ASC_UNBROKEN=FOLDER             other moments; the project of an unbroken run

Half an hour of two cores, twice that with ASC_WHOLE: left out without ASC_KILLS.
`test_killed_training.py` always runs.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kill.small_study import (
    WHOLE,
    Study,
    add_study,
    assert_same,
    copied_project,
    left,
    results,
    running,
    wait_for,
)

KILLS = int(os.environ.get("ASC_KILLS", "0"))
SEED = int(os.environ.get("ASC_SEED", "0"))
# data, bank, two trainings, a notebook
ONLY = () if WHOLE else ("--only", "02_icl_grid_search")
_LATEST_S = 900  # until a moment comes
pytestmark = [
    pytest.mark.skipif(not KILLS, reason="half an hour; ASC_KILLS=20 says how many kills"),
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds processes by /proc"),
]


def _wrote(pattern: str) -> Callable[[Study], bool]:
    return lambda study: study.wrote(pattern)


def _at_work(what: str) -> Callable[[Study], bool]:
    return lambda study: any(job.startswith(what) for job in study.at_work)


# where a kill is to fall, in a study's order: what must be seen, most seconds until the kill
MOMENTS: dict[str, tuple[Callable[[Study], bool], float]] = {
    "data being simulated": (_at_work("simulate"), 10),
    "data being simulated, on": (_at_work("simulate"), 20),
    "data being simulated, further": (_at_work("simulate"), 30),
    "a DIR set being kept": (_wrote("banks/.multi-*"), 0.1),
    "bank being built": (_wrote("banks/.bank-*.unfinished"), 0.3),
    "before a checkpoint": (_at_work("train"), 20),
    "log-mels being kept": (_wrote("banks/bank-*/.log_mel*.unfinished"), 0.3),
    "a DIR generator being trained": (_at_work("train DIR generator"), 10),
    "checkpoint being written": (_wrote("small/runs/*/.checkpoint.pt.unfinished"), 0.005),
    "after a checkpoint": (_wrote("small/runs/*/checkpoint.pt"), 2),
    "checkpoint being written, again": (_wrote("small/runs/*/.checkpoint.pt.unfinished"), 0.01),
    "a run's results being written": (_wrote("small/runs/*/.[hpw]*.unfinished"), 0.02),
    "the other run": (_wrote("small/runs/*/checkpoint.pt"), 4),
    "notebook 04 at work": (_at_work("notebook 04"), 60),
    "notebook 06 at work": (_at_work("notebook 06"), 30),
    "notebook 02 at work": (_wrote("small/notebooks/.*.partial.ipynb"), 10),
    "notebook 02 further": (_at_work("notebook 02"), 30),
    "figure or table being written": (_wrote("small/[ft]*/.*.unfinished"), 0.02),
    "notebook 01 at work": (_at_work("notebook 01"), 30),
    "a run's report at work": (_at_work("report"), 10),
    "notebook 07 at work": (_at_work("notebook 07"), 30),
    "notebook 05 at work": (_at_work("notebook 05"), 30),
}
_OF_THE_WHOLE = {
    "a DIR generator being trained",
    "a run's report at work",
    *(f"notebook {number} at work" for number in ("01", "04", "05", "06", "07")),
}
if not WHOLE:
    MOMENTS = {name: moment for name, moment in MOMENTS.items() if name not in _OF_THE_WHOLE}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the study makes when nobody disturbs it."""
    if given := os.environ.get("ASC_UNBROKEN"):
        return results(Path(given))
    root = copied_project(tmp_path_factory.mktemp("unbroken") / "project")
    with running(root, "small", *ONLY) as study:
        assert study.end() == 0, study.text
    return results(root)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _moments() -> Iterator[str]:
    """As many as kills, in a study's order."""
    names = list(MOMENTS)
    for number in range(KILLS):
        yield names[number * len(names) // KILLS]


def _stage(study: Study, moment: str) -> str:
    """The moment that has come, or a later one; empty: none yet."""
    if study.process.poll() is not None:
        return "at its end"
    names = list(MOMENTS)
    return next((n for n in names[names.index(moment) :] if MOMENTS[n][0](study)), "")


def _wait_for_moment(study: Study, moment: str, draw: random.Random) -> str:
    """Wait until it has come and a random while longer; the stage that came."""
    assert wait_for(lambda: _stage(study, moment), _LATEST_S), study.text
    stage = _stage(study, moment)
    time.sleep(draw.uniform(0, MOMENTS[moment][1] if stage == moment else 1))
    return stage


def test_killed_study_ends_as_an_unbroken_one(unbroken: dict[str, object], tmp_path: Path) -> None:
    root = copied_project(tmp_path / "project")
    draw = random.Random(SEED)
    for number, moment in enumerate(_moments(), 1):
        with running(root, "small", *ONLY) as study:
            stage = _wait_for_moment(study, moment, draw)
            ended, at_work = study.process.poll(), study.at_work
            study.kill()
        seconds, found = time.time() - study.began, left(root)
        _say(f"kill {number}: {stage}, {seconds:.0f} s; at work: {at_work}; half-written: {found}")
        assert ended in (None, 0), study.text
    with running(root, "small", *ONLY) as study:
        assert study.end() == 0, study.text
    assert_same(results(root), unbroken)
    assert not left(root)
    with running(root, "small", *ONLY) as again:
        assert again.end() == 0 and "nothing to do" in again.text


def test_stopped_and_then_orphaned_a_study_ends_the_same(
    unbroken: dict[str, object], tmp_path: Path
) -> None:
    """Ctrl-C is clean and says how to go on; jobs of a killed main process do not work on."""
    root = copied_project(tmp_path / "project")
    draw = random.Random(SEED)
    for moment in ("data being simulated", "before a checkpoint", "after a checkpoint"):
        with running(root, "small", *ONLY) as study:
            _wait_for_moment(study, moment, draw)
            at_work, began = study.at_work, time.monotonic()
            os.killpg(study.process.pid, signal.SIGINT)  # what a terminal does
            assert study.end(60) == 130, study.text
            _say(f"Ctrl-C: {at_work}: ended after {time.monotonic() - began:.1f} s")
            assert "the same command goes on from here" in study.text
            assert "Traceback" not in study.text
            assert wait_for(lambda study=study: not study.processes(), 60)
        assert {Path(file).suffix for file in left(root)} <= {".pt"}
    with running(root, "small", *ONLY) as study:
        _wait_for_moment(study, "after a checkpoint", draw)
        study.process.kill()
        study.process.wait()
        with running(root, "small", *ONLY) as second:
            assert second.end() in (0, 2), second.text
            assert "another process" in second.text or "] notebook" in second.text
        assert wait_for(lambda: not study.processes(), 60), "jobs outlive their study"
    with running(root, "small", *ONLY) as study:
        assert study.end() == 0, study.text
    assert_same(results(root), unbroken)
    assert not left(root)


def test_two_studies_and_one_twice_side_by_side(
    unbroken: dict[str, object], tmp_path: Path
) -> None:
    root = copied_project(tmp_path / "project")
    add_study(root, "other")
    with running(root, "small", *ONLY) as one, running(root, "other", *ONLY) as other:
        assert wait_for(lambda: one.at_work)
        with running(root, "small", *ONLY) as same:
            assert same.end() == 2
            assert "small: this study is being run by another process" in same.text
        assert one.end() == 0, one.text
        assert other.end() == 0, other.text
    assert_same(results(root), unbroken)
    assert_same(results(root, "other"), unbroken)
    assert not left(root)
    assert len(list(root.glob("outputs/banks/bank-*"))) == 1
