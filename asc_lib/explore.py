"""The classroom page: a study's panels as a page without code, on this machine only.

    python -m asc_lib.explore quick [--port 8866] [--no-browser]

What the panels need is made first. Voila then runs `notebooks/explore.ipynb` for each visitor who
has the address with its token; one kernel is kept ready, since its first imports take seconds.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path

from papermill.iorw import load_notebook_node, write_ipynb
from papermill.parameterize import parameterize_notebook
from voila.app import Voila

from asc_lib.files import ROOT, exit_code
from asc_lib.run import own_settings
from asc_lib.study import load

NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
_MAKE = [sys.executable, "-m", "snakemake", "--profile", "params/profiles/local", "--config"]
_VOILA = ["--token", "--Voila.ip=127.0.0.1", "--Voila.port_retries=4", "--template=classroom"]
_VOILA += ["--strip_sources=True", "--show_tracebacks=True"]
_VOILA += ["--preheat_kernel=True", "--pool_size=1"]


class Classroom(Voila):
    """Voila, which itself would open the page without its token."""

    def launch_browser(self) -> None:
        """By a file in a folder of this user alone: a command line would tell others the token."""
        file = Path(self.connection_dir) / "open.html"
        file.write_text(f'<meta http-equiv="refresh" content="0; url={self.display_url}">')
        threading.Thread(target=webbrowser.open, args=[file.as_uri()], daemon=True).start()


def serve(study: str, *options: str, source: Path = NOTEBOOK) -> None:
    """Serve a copy of the page until Ctrl-C, from a folder that holds nothing else."""
    own_settings()
    os.environ["JUPYTER_PATH"] = str(Path(__file__).parent / "show" / "classroom")
    profile = Path(os.environ["IPYTHONDIR"]) / "profile_default"
    profile.mkdir(exist_ok=True)
    # a kernel's warning that this machine's other users can listen to it would alarm a class
    (profile / "ipython_kernel_config.json").write_text('{"IPKernelApp": {"log_level": 50}}')
    notebook = parameterize_notebook(load_notebook_node(str(source)), {"study": study})
    with tempfile.TemporaryDirectory(prefix="explore-") as folder:
        write_ipynb(notebook, page := f"{folder}/{source.name}")
        os.chdir(folder)
        Classroom.launch_instance([page, *_VOILA, *options])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.explore", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("study", help="name of a file in params/")
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument("--no-browser", action="store_true", help="only say the address")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    load(given.study)  # a mistake in it is told before anything starts
    made = subprocess.run([*_MAKE, f"study={given.study}", "only=bank"], cwd=ROOT).returncode
    if not made:
        serve(given.study, f"--port={given.port}", *["--no-browser"] * given.no_browser)
    return made


if __name__ == "__main__":
    sys.exit(exit_code(main))
