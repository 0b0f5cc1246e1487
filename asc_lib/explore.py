"""The classroom page: a study's panels as a page without code, on this machine only.

    python -m asc_lib.explore quick [--port 8866] [--no-browser]

What the panels need is made first. Voila then runs `notebooks/explore.ipynb` for each visitor; one
kernel is kept ready, since its first imports take seconds.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from asc_lib import study
from asc_lib.cores import machine_cores
from asc_lib.inputs import ROOT, InputError, held
from asc_lib.notebook import check_kernel

NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
TEMPLATES = Path(__file__).parent / "report" / "classroom"
_PORT = 8866
_PATIENCE_S = 5


def make_data(name: str) -> int:
    """Make the study's recordings, responses and bank where they are missing; the exit code.

    Raises:
        InputError: a parameter is wrong, or the study is being run elsewhere.
    """
    config = study.check(name)
    with held(config.output, study.BUSY.format(config.output.name)) as lock:
        wanted = [f"outputs/{config.study}/bank.json"]
        return study.run(name, config, wanted, machine_cores(), False, lock)


def page(name: str, folder: Path) -> Path:
    """A copy of the page's notebook in `folder`, for this study: all that Voila gets to see."""
    os.environ["PAPERMILL_DISABLE_TELEMETRY"] = "1"
    from papermill.iorw import load_notebook_node, write_ipynb
    from papermill.parameterize import parameterize_notebook

    notebook = parameterize_notebook(load_notebook_node(str(NOTEBOOK)), {"study": name})
    copy = folder / NOTEBOOK.name
    write_ipynb(notebook, str(copy))
    return copy


def command(notebook: Path, port: int, browser: bool) -> list[str]:
    """The call of Voila that serves a notebook, and nothing else, on 127.0.0.1."""
    return [
        *(sys.executable, "-m", "voila", str(notebook), "--Voila.ip=127.0.0.1", f"--port={port}"),
        *("--strip_sources=True", "--show_tracebacks=True", "--Voila.port_retries=0"),
        *("--preheat_kernel=True", "--pool_size=1", "--Voila.log_level=ERROR"),
        "--template=classroom",
        *(() if browser else ("--no-browser",)),
    ]


def environment(folder: Path) -> dict[str, str]:
    """This process's, where Voila finds the page's template, and quiet kernels.

    A kernel warns at its start that it can be listened to on this machine: that is meant for
    machines with other users, and would alarm a class.
    """
    paths = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.json").write_text('{"IPKernelApp": {"log_level": 50}}')
    of_kernels = {"IPYTHONDIR": str(profile.parent)}
    return os.environ | of_kernels | {"JUPYTER_PATH": os.pathsep.join(paths)}


def free_port(wished: int) -> int:
    """`wished`, or any other where it is taken (0: any)."""
    for port in (wished, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise InputError("no port of 127.0.0.1 is free; end what else is served")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m asc_lib.explore", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("study", help="name of a file in params/")
    parser.add_argument("--port", type=int, default=_PORT)
    parser.add_argument("--no-browser", action="store_true", help="only say the address")
    given = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        check_kernel()
        code = make_data(given.study)
        port = free_port(given.port)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    if code:
        return code
    with (
        tempfile.TemporaryDirectory(prefix="explore-") as folder,
        tempfile.TemporaryDirectory(prefix="explore-settings-") as settings,
    ):
        notebook = page(given.study, Path(folder))
        print(
            f"\nclassroom page of study {given.study}: http://127.0.0.1:{port}/\n"
            "(on this machine only; the first visitor waits some seconds; Ctrl-C ends it)",
            flush=True,
        )
        call = command(notebook, port, not given.no_browser)
        # a group of its own: the terminal's Ctrl-C reaches us alone, and we end it once
        served = subprocess.Popen(
            call, cwd=folder, env=environment(Path(settings)), start_new_session=True
        )
        try:
            return served.wait()
        except KeyboardInterrupt:
            stop(served)
            return 0


def stop(served: subprocess.Popen[bytes]) -> None:
    """End a server of notebooks and its kernels, kindly first."""
    served.send_signal(signal.SIGINT)  # it then ends its kernels
    try:
        served.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        served.kill()  # a kernel that lost it ends by itself
        served.wait()


if __name__ == "__main__":
    sys.exit(main())
