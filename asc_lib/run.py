"""Run one notebook through papermill; it counts as done only if its last cell was executed.

    python -m asc_lib.run notebooks/01_dir_analysis.ipynb out.ipynb -p study quick

Exit codes: 0 done; 1 failed, what was executed lies in `failed/` beside the output, the error
first; 2 wrong input; 130 stopped.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asc_lib.files import ROOT, InputError, alone_on, exit_code, reading, temporary_file
from asc_lib.study import load

_READ = {"str": str, "int": int, "float": float, "bool": {"true": True, "false": False}.__getitem__}
_DIED = "; the system ends what takes too much memory: run fewer jobs at once (CORES=1)"
_LIVE = "application/vnd.jupyter.widget-view+json"


def own_settings() -> None:
    """Keep what a user has set at home (Jupyter, IPython, matplotlib) out of the notebooks."""
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "MATPLOTLIBRC", "MPLBACKEND"):
        os.environ.pop(name, None)
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        folder = ROOT / "outputs" / ".cache" / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(folder)
    os.environ |= {"JUPYTER_PREFER_ENV_PATH": "1", "PAPERMILL_DISABLE_TELEMETRY": "1"}
    os.environ.setdefault("USER", f"user{os.getuid()}")  # in a container it may have no name


def checked(notebook: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """Values for a notebook's parameters, held against its parameters cell and its study."""
    from papermill import inspect_notebook

    with reading(notebook, "a notebook", "take one of notebooks/"):
        declared = inspect_notebook(str(notebook))
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in declared:
            has = ", ".join(declared) or "none"
            raise InputError(f"{name}: {notebook.name} has no such parameter; it has: {has}")
        kind = declared[name]["inferred_type_name"]
        try:
            values[name] = _READ[kind](text)
        except (KeyError, ValueError):
            raise InputError(f"{name}: {text!r} given; {notebook.name} wants {kind[:80]}") from None
    if "study" in declared:
        load(values.get("study") or declared["study"]["default"].strip("\"'"))
    return values


def execute(notebook: Path, output: Path, values: Mapping[str, Any], timeout: int | None) -> str:
    """Execute a notebook; `output` appears when all is well. Returns what went wrong, if anything.

    `timeout`: most seconds for a cell; None: no limit. `InputError`: the notebook met wrong input.
    """
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    failed = output.parent / "failed" / output.name
    begun: list[Any] = []  # the cells so far: of a kernel that dies papermill keeps none
    content, place, kind, text = None, "not executed to its end", "", ""
    # Sockets are files of our own: of ports that look free, a kernel beside takes one before ours.
    # Their names have a limit of a hundred signs, which a cluster's TMPDIR may use up.
    short = tempfile.gettempdir() if len(tempfile.gettempdir()) < 60 else "/tmp"
    with alone_on(output), tempfile.TemporaryDirectory(dir=short, prefix="k") as sockets:
        try:
            content = papermill.execute_notebook(
                str(notebook), None, dict(values),
                request_save_on_cell_execute=False, progress_bar=False, cwd=ROOT,
                kernel_name="python3", start_timeout=180, execution_timeout=timeout,
                config=Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/s"}),
                extra_arguments=["--log-level=50"], iopub_timeout=120, coalesce_streams=True,
                stdout_file=sys.stdout, stderr_file=sys.stderr, store_widget_state=False,
                on_cell_start=lambda cell, cell_index: begun.append(cell),
            )  # fmt: skip
        except papermill.PapermillExecutionError as error:
            place, kind, text = f"cell [{error.exec_count}]", error.ename, error.evalue
        except (papermill.exceptions.PapermillException, CellTimeoutError, RuntimeError) as error:
            place = f"cell [{sum(cell.cell_type == 'code' for cell in begun)}]"
            kind, text = type(error).__name__, str(error).strip()
            text += _DIED if isinstance(error, DeadKernelError) else ""
        code = [c for c in content.cells if c.cell_type == "code" and c.source] if content else []
        if content and all(cell.execution_count for cell in code):
            _write(content, output)
            failed.unlink(missing_ok=True)
            return ""
        content = content or nbformat.v4.new_notebook(cells=begun, metadata={"papermill": {}})
        what = ": ".join(filter(None, (place, kind, text)))
        content.cells.insert(0, nbformat.v4.new_markdown_cell(f"**Failed: {place}**\n\n`{what}`"))
        _write(content, failed)
    if kind == "InputError":
        raise InputError(text)
    return f"{notebook.name}: {what}\nthe notebook, the error first: {failed}"


def _write(content: Any, file: Path) -> None:
    import nbformat

    for data in (out.get("data", {}) for cell in content.cells for out in cell.get("outputs", [])):
        if "image/png" in data:  # no kernel stands behind a panel any more
            data.pop(_LIVE, None)
    content.metadata.papermill["output_path"] = str(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(file) as unfinished:
        nbformat.write(content, unfinished)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebook", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    parser.add_argument("--cell-timeout", type=int, metavar="SECONDS", help="most for a cell")
    given = parser.parse_args()
    own_settings()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop is a Ctrl-C
    os.environ.setdefault("TQDM_MININTERVAL", "5")  # a log is no terminal

    if given.notebook.resolve() == given.output.resolve():
        raise InputError(f"{given.output}: is the notebook itself; name another output")
    values = checked(given.notebook, dict(given.p))
    if wrong := execute(given.notebook, given.output, values, given.cell_timeout):
        print(wrong, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
