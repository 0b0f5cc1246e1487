"""The Slurm profile on a real Slurm: a study runs through it, and a dead node does it no harm."""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from asc_lib.study import load
from tests.cluster.small_slurm import Slurm, missing, small_slurm
from tests.projects import command, copied_project, write_parameters

PROFILE = "params/profiles/slurm"
# of so small a cluster; there is no accounting in it to ask
HERE = {
    "set-threads": {"simulate": 1, "bank": 1},
    "slurm-no-account": True,
    "slurm-status-command": "squeue",
    "slurm-init-seconds-before-status-checks": 3,
}

# six runs, long enough to be killed in their midst
STUDY = {
    "epochs": 12,
    "grid_alphas": [0.2],
    "generated_method": False,
    "beyond_methods": [],
    "runs_together": 1,
}

pytestmark = [
    pytest.mark.study,
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.skipif(
        find_spec("snakemake_executor_plugin_slurm") is None,
        reason="no snakemake-executor-plugin-slurm here: docs/from_laptop_to_cluster.md",
    ),
]


def node_that_trains(slurm: Slurm, run: str) -> str:
    """Where a run is trained: the node's name is in the environment of its process."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if {run, "asc_lib.train.together"} <= set(file.read_text().split("\0")):
                told = dict(
                    line.split("=", 1)
                    for line in file.with_name("environ").read_text().split("\0")
                    if "=" in line
                )
                if "SLURMD_NODENAME" in told:
                    return told["SLURMD_NODENAME"]
        except OSError:
            continue
    return ""


def jobs_of(slurm: Slurm) -> dict[str, dict[str, str]]:
    """What Slurm says of each job: by the rule and run that it is for."""
    lines = slurm("scontrol", "show", "job", "--oneliner").splitlines()
    found = (dict(w.split("=", 1) for w in line.split() if "=" in w) for line in lines)
    return {fields["Comment"]: fields for fields in found if "Comment" in fields}


def asked(fields: dict[str, str]) -> tuple[str, ...]:
    """Memory, GPUs, time limit and cores of a job."""
    names = ("MinMemoryNode", "TresPerJob", "TimeLimit", "NumCPUs")
    return tuple(fields.get(name, "") for name in names)


def copied(root: Path) -> Path:
    """A project whose profile is for this cluster, and whose trainings save every second."""
    copied_project(root, saves_every_s=1)
    write_parameters(root, "cluster", STUDY)
    file = root / PROFILE / "config.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | HERE))
    return root


def test_a_study_runs_through_slurm_and_a_dead_nodes_run_goes_on_elsewhere(tmp_path):
    root = copied(tmp_path / "project")
    (tmp_path / "slurm").mkdir()
    with small_slurm(tmp_path / "slurm") as slurm:
        study = subprocess.Popen(
            command("cluster", profile=PROFILE), cwd=root, text=True,
            env=slurm.environment | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        follow(study, slurm, root)


def follow(study: subprocess.Popen[str], slurm: Slurm, root: Path) -> None:
    """The study, one of whose nodes dies, to its end."""
    try:
        saved = lambda: list(root.glob("outputs/cluster/runs/*/checkpoint.pt"))  # noqa: E731
        slurm.wait(lambda: bool(saved()) or study.poll() is not None, 1800)
        assert study.poll() is None, study.communicate()[0]
        run = saved()[0].parent.name
        dead = node_that_trains(slurm, run)
        assert dead
        jobs = jobs_of(slurm)
        training = next(name for name in jobs if f"train_{run}_and_0_more" in name)
        assert asked(jobs[training]) == ("3600M", "gres:gpu:1", "1-00:00:00", "1")
        bank = next(fields for name, fields in jobs.items() if name.startswith("rule_bank"))
        assert asked(bank) == ("4000M", "", "02:00:00", "1")
        slurm.kill_node(dead)
        slurm.wait(lambda: slurm.states()[dead] == "down", 60)
        # the job itself comes back, before Snakemake has anything to try again
        slurm.wait(lambda: jobs_of(slurm)[training]["Restarts"] == "1", 60)
        log = root / f"outputs/cluster/logs/train-{run}-and-0-more.log"
        # the other node takes it, as the dead one stays so
        said, _ = study.communicate(timeout=3600)
    finally:
        if study.poll() is None:
            study.terminate()
            study.wait(120)
    assert study.returncode == 0, said
    assert "Error in rule" not in said
    assert slurm.states()[dead].startswith("down")
    steps = [int(n) for n in re.findall(r"\| (\d+)/\d+ \[", log.read_text())]
    assert min(steps) > 0, "began anew"
    assert len(list(root.glob("outputs/cluster/runs/*/provenance.json"))) == len(
        load(root / "params/cluster.yaml").all_runs()
    )
