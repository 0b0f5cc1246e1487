"""One of Snakemake's jobs as a Kubernetes job (profile: params/profiles/kubernetes).

    python -m asc_lib.kubernetes_job submit JOB_YAML THREADS MEM_MB GPUS SCRIPT   prints its name
    python -m asc_lib.kubernetes_job status NAME          prints running, success or failed

Snakemake's own Kubernetes executor gives a job nothing but its declared inputs, on an empty disk. A
study needs its folder (banks, checkpoints), so its jobs mount it. Exit codes: 0, 2 wrong input.
"""

import json
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from asc_lib.files import InputError


def manifest(template: Path, threads: int, mem_mb: int, gpus: int, script: str) -> dict[str, Any]:
    """A job that runs `script`: the template with name, command and resources filled in.

    Raises:
        InputError: the template is no job of one container.
    """
    job = yaml.safe_load(template.read_text())
    try:
        (container,) = job["spec"]["template"]["spec"]["containers"]
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{template}: not a Job with one container in it") from None
    job["metadata"]["name"] = f"study-{uuid.uuid4().hex[:12]}"
    container["command"] = ["/bin/sh", script]
    amounts = {"cpu": str(threads), "memory": f"{mem_mb}M"}
    # Kubernetes takes a GPU's request from its limit, and none where it is asked for 0
    gpu = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    container["resources"] = {"requests": amounts, "limits": {"memory": amounts["memory"], **gpu}}
    threads_told = {"name": "OMP_NUM_THREADS", "value": str(threads)}
    container["env"] = [*container.get("env", []), threads_told]
    return job


def state(status: dict[str, Any]) -> str:
    """What Snakemake wants to know of a job's `status`: running, success or failed."""
    if status.get("succeeded"):
        return "success"
    ended = {c["type"] for c in status.get("conditions", []) if c["status"] == "True"}
    return "failed" if "Failed" in ended else "running"


def submit(job: dict[str, Any]) -> str:
    """Create it on the cluster that `kubectl` speaks to; its name."""
    command = ["kubectl", "create", "-f", "-"]
    given = json.dumps(job)
    subprocess.run(command, input=given, text=True, check=True, stdout=subprocess.DEVNULL)
    return job["metadata"]["name"]


def ask(name: str) -> str:
    """`state` of a job; failed where somebody deleted it, running where no answer comes now."""
    command = ["kubectl", "get", "job", name, "-o", "json"]
    told = subprocess.run(command, text=True, capture_output=True)
    if told.returncode == 0:
        return state(json.loads(told.stdout).get("status", {}))
    print(told.stderr, file=sys.stderr)
    # an answer that does not come would end the whole study
    return "failed" if "(NotFound)" in told.stderr else "running"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    match list(sys.argv[1:] if arguments is None else arguments):
        case ["submit", template, threads, mem_mb, gpus, script]:
            try:
                job = manifest(Path(template), int(threads), int(mem_mb), int(gpus), script)
                print(submit(job))
            except (InputError, subprocess.CalledProcessError) as error:
                print(error, file=sys.stderr)
                return 2
        case ["status", name]:
            print(ask(name))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
