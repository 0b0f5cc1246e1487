"""Cores: all that the system gives, or a job's share of them."""

import pytest

from asc_lib.cores import usable_cores


@pytest.mark.parametrize(("share", "cores"), [("3", 3), ("2,1", 2), ("0", 1)])
def test_a_job_beside_others_uses_its_share(
    monkeypatch: pytest.MonkeyPatch, share: str, cores: int
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", share)
    assert usable_cores() == cores


def test_alone_a_process_uses_what_the_system_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert usable_cores() == 3
