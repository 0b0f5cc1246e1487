"""A Slurm of two nodes on this one machine: munge, a controller, two node daemons, made-up GPUs."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
NODES = ("node1", "node2")

CONF = """
ClusterName=study
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/controller
SlurmctldPidFile={folder}/controller.pid
SlurmctldLogFile={folder}/controller.log
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/%n
SlurmdLogFile={folder}/%n.log
# containers seldom have cgroups to give away
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
GresTypes=gpu
# a silent node is down after so many seconds
SlurmdTimeout=10
MinJobAge=600
ReturnToService=2
MpiDefault=none
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 RealMemory=8000 Gres=gpu:1
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory=8000 Gres=gpu:1
PartitionName=all Nodes=node1,node2 Default=YES State=UP
"""  # noqa: E501


def missing() -> str:
    """What is not installed here, and how to get it; empty: nothing."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    absent = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    get = "apt-get install --no-install-recommends slurm-wlm munge"
    return f"no {', '.join(absent)} here: {get}" if absent else ""


class Slurm:
    """A running one; `environment` is what its commands need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.conf = folder / "slurm.conf"
        # Snakemake's plugin takes SLURM_CONF from what it starts
        tools = folder / "bin"
        tools.mkdir()
        srun = shutil.which("srun")
        (tools / "srun").write_text(f'#!/bin/sh\nSLURM_CONF={self.conf} exec {srun} "$@"\n')
        (tools / "srun").chmod(0o755)
        path = f"{tools}:{os.environ['PATH']}:/usr/sbin:/sbin"
        self.environment = os.environ | {"SLURM_CONF": str(self.conf), "PATH": path}

    def __call__(self, *command: str) -> str:
        """What a command says."""
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True, timeout=60
        ).stdout.strip()

    def start(self) -> None:
        """Write its files and start its daemons."""
        for name in ("controller", *NODES):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        ports = [s.getsockname()[1] for s in sockets]
        for s in sockets:
            s.close()
        self.conf.write_text(
            CONF.format(
                host=socket.gethostname(), user=getpass.getuser(), folder=self.folder, ports=ports
            )
        )
        (self.folder / "gres.conf").write_text("NodeName=node[1-2] Name=gpu File=/dev/null\n")
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        named = {"socket": "munge.sock", "key-file": key.name, "pid-file": "munged.pid"}
        named |= {"log-file": "munged.log", "seed-file": "munge.seed"}
        files = [f"--{option}={self.folder / name}" for option, name in named.items()]
        self("munged", *files, "--force", "--num-threads=1")
        self("slurmctld", "-f", str(self.conf))
        for node in NODES:
            self.start_node(node)
        self.wait(lambda: self.states() == dict.fromkeys(NODES, "idle"), 60)

    def start_node(self, node: str) -> None:
        (self.folder / f"{node}.pid").unlink(missing_ok=True)
        self("slurmd", "-f", str(self.conf), "-N", node)

    def states(self) -> dict[str, str]:
        """idle, allocated, down, ... of each node; a trailing sign says that it does not answer."""
        rows = self("sinfo", "-N", "-h", "-o", "%N %T").splitlines()
        return {node: state.rstrip("*~#") for node, state in map(str.split, rows)}

    def kill_node(self, node: str) -> None:
        """As a power cut would: its daemon and everything that runs on it, at once."""
        daemon = int((self.folder / f"{node}.pid").read_text())
        jobs = set(self("squeue", "-h", "-w", node, "-o", "%i").split())
        # those that would report an end first
        for pid in [daemon, *self._keepers(jobs), *self._processes(node)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End all of it."""
        for node in NODES:
            with suppress(OSError, ValueError, subprocess.SubprocessError):
                self.kill_node(node)
        for name in ("controller", "munged"):
            with suppress(OSError, ValueError):
                os.kill(int((self.folder / f"{name}.pid").read_text()), signal.SIGTERM)

    def _processes(self, node: str) -> list[int]:
        """What this Slurm's jobs started there: the name of the node is in their environment."""
        marks = {f"SLURMD_NODENAME={node}".encode(), f"SLURM_CONF={self.conf}".encode()}
        found = []
        for file in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if marks <= set(file.read_bytes().split(b"\0")):
                    found.append(int(file.parent.name))
        return found

    @staticmethod
    def _keepers(jobs: set[str]) -> list[int]:
        """The `slurmstepd: [<job>.<step>]` of these jobs."""
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                name = file.read_bytes().rstrip(b"\0").decode(errors="replace")
                if name.startswith("slurmstepd: [") and name[13:].split(".")[0] in jobs:
                    found.append(int(file.parent.name))
        return found

    @staticmethod
    def wait(done: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"not within {seconds:g} s"
            time.sleep(0.3)


@contextmanager
def small_slurm(folder: Path) -> Iterator[Slurm]:
    """A Slurm that is there for the block; its files lie in `folder`."""
    slurm = Slurm(folder)
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.stop()
