"""A job for Kubernetes: what is asked of the cluster, and what its answers mean."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from asc_lib import kubernetes_job
from asc_lib.files import ROOT, InputError

PROFILE = ROOT / "params" / "profiles" / "kubernetes"
JOB = PROFILE / "job.yaml"
KUBECTL = """#!{python}
import sys
from pathlib import Path
here = Path(__file__).parent
(here / "asked").write_text("\\0".join(sys.argv[1:]))
if "create" in sys.argv:
    (here / "given").write_text(sys.stdin.read())
print((here / "answer").read_text())
print((here / "error").read_text(), file=sys.stderr)
sys.exit(int((here / "code").read_text()))
"""


@pytest.fixture
def kubectl(tmp_path, monkeypatch):
    """A `kubectl` that answers what it is told to."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "kubectl").write_text(KUBECTL.format(python=sys.executable))
    (folder / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def answer(code: int = 0, answer: str = "", error: str = "") -> Path:
        for name, text in {"code": str(code), "answer": answer, "error": error}.items():
            (folder / name).write_text(text)
        return folder

    return answer


def container(job):
    (found,) = job["spec"]["template"]["spec"]["containers"]
    return found


def test_a_job_asks_for_what_the_rule_says():
    found = container(job := kubernetes_job.manifest(JOB, 4, 8400, 1, "/study/script.sh"))
    assert found["command"] == ["/bin/sh", "/study/script.sh"]
    assert found["resources"]["requests"] == {"cpu": "4", "memory": "8400M"}
    assert found["resources"]["limits"] == {"memory": "8400M", "nvidia.com/gpu": "1"}
    assert {"name": "OMP_NUM_THREADS", "value": "4"} in found["env"]
    without = container(kubernetes_job.manifest(JOB, 1, 4000, 0, "/study/script.sh"))
    assert "nvidia.com/gpu" not in json.dumps(without)
    assert job["spec"]["backoffLimit"] >= 1  # a dead node's job is run again


def test_all_jobs_mount_the_claim_where_the_study_runs():
    claim = yaml.safe_load((PROFILE / "claim.yaml").read_text())
    assert claim["kind"] == "PersistentVolumeClaim"
    pieces = list(yaml.safe_load_all((PROFILE / "study.yaml").read_text()))
    assert "PersistentVolumeClaim" not in [piece["kind"] for piece in pieces]  # it is filled before
    (study,) = [piece for piece in pieces if piece["kind"] == "Job"]
    for job in (study, yaml.safe_load(JOB.read_text())):
        pod = job["spec"]["template"]["spec"]
        (volume,) = pod["volumes"]
        (mounted,) = container(job)["volumeMounts"]
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        assert mounted == {"name": volume["name"], "mountPath": container(job)["workingDir"]}
    assert container(study)["image"] == container(yaml.safe_load(JOB.read_text()))["image"]


@pytest.mark.parametrize("text", ["kind: Pod", "spec: {template: {spec: {containers: []}}}", "1"])
def test_another_template_is_refused(tmp_path, text):
    (tmp_path / "job.yaml").write_text(text)
    with pytest.raises(InputError, match="not a Job with one container"):
        kubernetes_job.manifest(tmp_path / "job.yaml", 1, 1, 0, "x")


# statuses as the API documents them (batch/v1 JobStatus)
@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, "running"),
        ({"active": 1, "failed": 1}, "running"),  # a pod failed, the next one runs
        ({"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}, "success"),
        ({"failed": 4, "conditions": [{"type": "Failed", "status": "True"}]}, "failed"),
        ({"conditions": [{"type": "Failed", "status": "False"}]}, "running"),
    ],
)
def test_status_in_one_word(kubectl, capsys, status, said):
    kubectl(answer=json.dumps({"kind": "Job", "status": status}))
    assert kubernetes_job.main(["status", "study-1"]) == 0
    assert capsys.readouterr().out == f"{said}\n"


def test_a_deleted_job_failed_and_a_silent_cluster_is_asked_again(kubectl, capsys):
    kubectl(1, error='Error from server (NotFound): jobs.batch "study-1" not found')
    assert kubernetes_job.main(["status", "study-1"]) == 0
    assert capsys.readouterr().out == "failed\n"
    kubectl(1, error="The connection to the server was refused")
    assert kubernetes_job.main(["status", "study-1"]) == 0
    said = capsys.readouterr()
    assert said.out == "running\n" and "refused" in said.err


def test_submit_prints_only_the_name_that_it_gave(kubectl, capsys):
    folder = kubectl(answer="job.batch/whatever created")
    command = ["submit", str(JOB), "4", "8400", "1", "/study/script.sh"]
    assert kubernetes_job.main(command) == 0
    given = json.loads((folder / "given").read_text())
    assert capsys.readouterr().out == given["metadata"]["name"] + "\n"
    assert (folder / "asked").read_text().split("\0") == ["create", "-f", "-"]
    kubectl(1)
    assert kubernetes_job.main(command) == 2
    assert kubernetes_job.main(["sumbit"]) == 2
