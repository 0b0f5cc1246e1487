"""The classroom page: a study's panels as a page without code, on this machine only.

    python -m asc_lib.explore quick [--port 8866] [--no-browser]

What the panels need is made first. Voila then runs `notebooks/explore.ipynb` for each visitor who
has the address with its token; one kernel is kept ready, since its first imports take seconds.
"""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from asc_lib import study, study_check
from asc_lib.cores import machine_cores
from asc_lib.files import ROOT, InputError, held
from asc_lib.kernel import check_kernel

NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
TEMPLATES = Path(__file__).parent / "report" / "classroom"
_PORT = 8866
_PATIENCE_S = 5
_START_S = 60  # most that a server takes to answer


def make_data(name: str) -> int:
    """Make the study's recordings, responses and bank where they are missing; the exit code.

    Raises:
        InputError: a parameter is wrong, or the study is being run elsewhere.
    """
    config = study_check.check(name)
    with held(config.output, study.BUSY.format(config.output.name)) as lock:
        wanted = [f"outputs/{config.study}/bank.json"]
        return study.run(name, config, wanted, study.here(machine_cores()), False, lock)


def page(name: str, folder: Path) -> Path:
    """A copy of the page's notebook in `folder`, for this study: all that Voila gets to see."""
    os.environ["PAPERMILL_DISABLE_TELEMETRY"] = "1"
    from papermill.iorw import load_notebook_node, write_ipynb
    from papermill.parameterize import parameterize_notebook

    notebook = parameterize_notebook(load_notebook_node(str(NOTEBOOK)), {"study": name})
    copy = folder / NOTEBOOK.name
    write_ipynb(notebook, str(copy))
    return copy


def command(notebook: Path, port: int) -> list[str]:
    """The call of Voila that serves a notebook, and nothing else, on 127.0.0.1.

    Who has not the token of `environment` is not let in.
    """
    return [
        *(sys.executable, "-m", "voila", str(notebook), "--Voila.ip=127.0.0.1", f"--port={port}"),
        *("--strip_sources=True", "--show_tracebacks=True", "--Voila.port_retries=0"),
        *("--preheat_kernel=True", "--pool_size=1", "--Voila.log_level=ERROR"),
        *("--template=classroom", "--token", "--no-browser"),
    ]


def address(port: int, token: str) -> str:
    """Where the page is, for who may see it."""
    return f"http://127.0.0.1:{port}/?token={token}"


def environment(folder: Path, token: str) -> dict[str, str]:
    """This process's, where Voila finds the page's template, its token, and quiet kernels.

    A command line can be read by everybody on this machine, an environment cannot.

    A kernel warns at its start that it can be listened to on this machine: that is meant for
    machines with other users, and would alarm a class.
    """
    paths = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.json").write_text('{"IPKernelApp": {"log_level": 50}}')
    of_kernels = {"IPYTHONDIR": str(profile.parent)}
    of_server = {"JUPYTER_TOKEN": token}
    return os.environ | of_kernels | of_server | {"JUPYTER_PATH": os.pathsep.join(paths)}


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


def open_browser(at: str, port: int, folder: Path) -> threading.Thread:
    """Show an address in the user's browser once something answers there.

    By way of a file that only this user may read: a browser's command line would tell the token.
    """
    file = folder / "open.html"
    file.write_text(f'<meta http-equiv="refresh" content="0; url={at}">')
    file.chmod(0o600)

    def open_it() -> None:
        for _ in range(10 * _START_S):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    webbrowser.open(file.as_uri())
                    return
            time.sleep(0.1)

    thread = threading.Thread(target=open_it, daemon=True)
    thread.start()
    return thread


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
        notebook, token = page(given.study, Path(folder)), secrets.token_hex(24)
        at = address(port, token)
        print(
            f"\nclassroom page of study {given.study}: {at}\n"
            "(on this machine only; the first visitor waits some seconds; Ctrl-C ends it)",
            flush=True,
        )
        if not given.no_browser:
            open_browser(at, port, Path(settings))
        call = command(notebook, port)
        # a group of its own: the terminal's Ctrl-C reaches us alone, and we end it once
        served = subprocess.Popen(
            call, cwd=folder, env=environment(Path(settings), token), start_new_session=True
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
