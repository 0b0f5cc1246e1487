"""The Kubernetes profile with a made-up `kubectl` that runs each job here."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cluster.projects import copied_project, start

PROFILE = "params/profiles/kubernetes"
KUBECTL = """#!{python}
import json, os, subprocess, sys
from pathlib import Path
here = Path(__file__).parent
match sys.argv[1:]:
    case ["create", "-f", "-"]:
        job = json.load(sys.stdin)
        name = job["metadata"]["name"]
        (here / f"{{name}}.json").write_text(json.dumps(job))
        (container,) = job["spec"]["template"]["spec"]["containers"]
        program, script = container["command"]
        # as a container would: whatever is told to it, from its own folder
        environment = os.environ | {{e["name"]: e["value"] for e in container["env"]}}
        kept = here / name
        run = f"{{program}} {{script}} > {{kept}}.log 2>&1; echo $? > {{kept}}.code"
        subprocess.Popen(["sh", "-c", run], cwd="/", env=environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    case ["get", "job", name, "-o", "json"]:
        code = here / f"{{name}}.code"
        status = {{"active": 1}}
        if code.is_file() and (told := code.read_text().strip()):
            end = {{"conditions": [{{"type": "Failed", "status": "True"}}]}}
            status = {{"succeeded": 1}} if told == "0" else end
        print(json.dumps({{"status": status}}))
    case _:
        sys.exit(f"not asked for: {{sys.argv[1:]}}")
"""

pytestmark = [
    pytest.mark.study,
    pytest.mark.skipif(
        find_spec("snakemake_executor_plugin_cluster_generic") is None,
        reason="no snakemake-executor-plugin-cluster-generic here: docs/from_laptop_to_cluster.md",
    ),
]


def test_a_study_runs_through_kubectl(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "kubectl").write_text(KUBECTL.format(python=sys.executable))
    (tools / "kubectl").chmod(0o755)
    root = copied_project(
        tmp_path / "project", PROFILE, {"jobs": 2, "set-threads": {"simulate": 1, "bank": 1}}
    )
    path = f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    study = start(
        root, os.environ | {"PATH": path}, "--profile", PROFILE, "--only", "01_dir_analysis"
    )
    said, _ = study.communicate(timeout=3600)
    assert study.returncode == 0, said + "".join(f.read_text() for f in tools.glob("*.log"))
    assert (root / "outputs/cluster/notebooks/01_dir_analysis.ipynb").is_file()
    assert len(list(tools.glob("*.json"))) == 5  # three data sets, the bank, the notebook
