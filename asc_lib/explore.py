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
from functools import partial
from pathlib import Path

from asc_lib.files import ROOT, exit_code
from asc_lib.run import own_settings
from asc_lib.study import load

NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
TEMPLATES = Path(__file__).parent / "report" / "classroom"


def make_data(study: str) -> int:
    """Make recordings, responses and bank where they are missing; Snakemake's exit code."""
    call = [sys.executable, "-m", "snakemake", "--profile", "params/profiles/local"]
    call += ["--config", f"study={study}", "only=bank"]
    with subprocess.Popen(call, cwd=ROOT) as made:
        try:
            return made.wait()
        except KeyboardInterrupt:  # Ctrl-C has reached it, too
            made.wait()
            raise


def page(study: str, folder: Path) -> Path:
    """A copy of the page's notebook in `folder`, for this study: all that Voila gets to see."""
    from papermill.iorw import load_notebook_node, write_ipynb
    from papermill.parameterize import parameterize_notebook

    notebook = parameterize_notebook(load_notebook_node(str(NOTEBOOK)), {"study": study})
    write_ipynb(notebook, str(folder / NOTEBOOK.name))
    return folder / NOTEBOOK.name


def command(notebook: Path, port: int) -> list[str]:
    """Voila for one notebook, on 127.0.0.1, for who has the token of `environment`."""
    return [
        *(sys.executable, "-m", "voila", str(notebook), "--Voila.ip=127.0.0.1", f"--port={port}"),
        *("--strip_sources=True", "--show_tracebacks=True", "--Voila.port_retries=0"),
        *("--preheat_kernel=True", "--pool_size=1", "--Voila.log_level=ERROR"),
        *("--template=classroom", "--token", "--no-browser"),
    ]


def environment(token: str) -> dict[str, str]:
    """This process's without the user's own settings, with the page's template and its token.

    A command line can be read by everybody on this machine, an environment cannot.
    """
    own_settings()
    profile = Path(os.environ["IPYTHONDIR"]) / "profile_default"
    profile.mkdir(exist_ok=True)
    # a kernel's warning that this machine's other users can listen to it would alarm a class
    (profile / "ipython_kernel_config.json").write_text('{"IPKernelApp": {"log_level": 50}}')
    return os.environ | {"JUPYTER_PATH": str(TEMPLATES), "JUPYTER_TOKEN": token}


def free_port(wished: int) -> int:
    """`wished`, or any other where it is taken (0: any)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wished))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def open_browser(at: str, port: int, folder: Path) -> None:
    """Show an address in the user's browser once something answers there.

    By way of a file that only this user may read: a browser's command line would tell the token.
    """
    file = folder / "open.html"
    file.touch(0o600)
    file.write_text(f'<meta http-equiv="refresh" content="0; url={at}">')
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                webbrowser.open(file.as_uri())
                return
        time.sleep(0.1)


def serve(study: str, port: int, browser: bool) -> int:
    """Serve the page until Ctrl-C; Voila's exit code."""
    new_folder = partial(tempfile.TemporaryDirectory, prefix="explore-")
    with new_folder() as served, new_folder() as own:
        token = secrets.token_hex(24)
        at = f"http://127.0.0.1:{port}/?token={token}"
        call = command(page(study, Path(served)), port)
        print(f"\nclassroom page of study {study}: {at}", flush=True)
        print("(on this machine only; the first visitor waits some seconds; Ctrl-C ends it)")
        # a group of its own: the terminal's Ctrl-C reaches us alone, and we end it once
        voila = subprocess.Popen(call, cwd=served, env=environment(token), start_new_session=True)
        if browser:
            threading.Thread(target=open_browser, args=(at, port, Path(own)), daemon=True).start()
        try:
            return voila.wait()
        except KeyboardInterrupt:
            stop(voila)
            return 0


def stop(voila: subprocess.Popen[bytes]) -> None:
    """End a server of notebooks and its kernels, kindly first."""
    voila.send_signal(signal.SIGINT)  # it then ends its kernels
    try:
        voila.wait(5)
    except subprocess.TimeoutExpired:
        voila.kill()  # a kernel that lost it ends by itself
        voila.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.explore", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("study", help="name of a file in params/")
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument("--no-browser", action="store_true", help="only say the address")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def work() -> int:
        load(given.study)  # a mistake in it is told before anything starts
        code = make_data(given.study)
        return code or serve(given.study, free_port(given.port), not given.no_browser)

    return exit_code(work)


if __name__ == "__main__":
    sys.exit(main())
