"""The plan command: what it shows before a study is started."""

import pytest

from asc_lib import plan
from asc_lib.study import load
from asc_lib.experiment.rates import Rates

HERE = Rates("this machine's 2 cores", 1, 10.0, 8.0, 12.0, 20.0, 1000.0, 0.1)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0.0, "0.0 s"),
        (89 / 3600, "89 s"),
        (0.05, "3.0 min"),
        (1.25, "75 min"),
        (1.6, "1.6 h"),
        (47, "47 h"),
        (48, "2.0 days"),
        (24 * 89, "89 days"),
        (24 * 365, "12 months"),
        (8766 * 15.4, "15.4 years"),
    ],
)
def test_durations_as_a_person_says_them(hours: float, said: str) -> None:
    assert plan.duration(hours) == said


def test_counts_come_from_csv_files_or_worlds_or_the_published_set(smoke) -> None:
    config = load("smoke", tau22_root=str(smoke / "tau22"))
    there = plan.count_clips(config)
    assert (there.train + there.validation, there.test, there.unused) == (550, 450, 0)
    assert "csv files" in there.known_from and there.validation > 0
    not_made = plan.count_clips(load("smoke", tau22_root="outputs/simulated/smoke_seed77/tau22"))
    assert (not_made.train + not_made.validation, not_made.test) == (550, 450)
    assert "smoke_seed77" in not_made.known_from
    paper = plan.count_clips(load("paper", tau22_root="nowhere"))
    assert (paper.train, paper.validation, paper.test, paper.unused) == (
        *(125_658, 13_962, 29_680, 61_050),
    )
    world = plan.count_clips(load("rehearsal", tau22_root="outputs/simulated/official_seed9/tau22"))
    assert world[:4] == paper[:4]


def test_the_report_says_what_is_missing_and_what_is_assumed() -> None:
    config = load("paper", bank_root="outputs/banks")
    clips = plan.count_clips(load("paper", tau22_root="nowhere"))
    text = plan.report(config, clips, HERE, 3400.0, "checkpoint: no file")
    assert "45 training runs" in text and "22,083,750 steps" in text
    assert (
        all(f"\n{gpus} (assumed)" in text for gpus in ("1 GPU", "4 GPUs", "8 GPUs"))
        and "100 to 300 TFLOP/s" in text
    )
    assert "before it can start: checkpoint: no file" in text
    text = plan.report(load("smoke"), clips, HERE, 500.0, "")
    assert (
        "make study STUDY=smoke" in text and "assumed" not in text
    )  # no GPU for so small a network


def test_the_command(capsys, smoke) -> None:
    assert plan.main(["smoke", "--seconds", "0.05"]) == 0
    told = capsys.readouterr()
    assert "study smoke" in told.out and "(measured)" in told.out
    assert plan.main(["smok"]) == 2
    assert "no such parameter file" in capsys.readouterr().err
