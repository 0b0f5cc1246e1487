"""Run one notebook honestly: check its parameters, execute it, verify what it made, publish it.

    python -m asc_lib.notebook NOTEBOOK OUTPUT -f params/quick.yaml -p seed 1 --expect history.csv

Exit code 0: OUTPUT is a completely executed notebook and every expected file is there. 1: it failed
and lies in `failed/` beside OUTPUT, the error first. 2: the input is wrong, the message says what.
"""

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from asc_lib.artefacts import complaints
from asc_lib.garbage import seldom_search
from asc_lib.inputs import ROOT, InputError, room_in, seconds
from asc_lib.memory import KILLED
from asc_lib.notebook_format import nbformat
from asc_lib.parameters_cell import (
    check_parameters,
    choose_parameters,
    parsed_change,
    read_notebook,
)

if TYPE_CHECKING:
    from asc_lib.kernel import Kernel

_KERNEL_START_S = 180  # the first import of torch from a cold disk
_IOPUB_S = 120  # nbclient's 4 s call a busy machine a failure
_LIVE = "application/vnd.jupyter.widget-view+json"
_KERNEL_ARGUMENTS = [
    "--log-level=50",  # the kernel's own log; its errors come to us
    "--IPKernelApp.exec_lines=__import__('asc_lib.garbage').garbage.seldom_search()",
]


class RunFailedError(RuntimeError):
    """A notebook did not do what it should; the message says where it stopped and where it lies."""


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    expect: Sequence[Path] = (),
    cell_timeout: int | None = None,
    kernel: "Kernel | None" = None,
) -> None:
    """Execute `notebook` with `parameters`; `output` appears only when all of it is well.

    Success is: papermill returned, every code cell was executed and shows no error, and each file
    of `expect` is there and readable. `cell_timeout` is in seconds, None for no limit. `kernel`:
    one that also executes others (see `kernel.one_kernel`), None for one of its own.

    Raises:
        InputError: the parameters do not fit the notebook, the notebook met bad input, or the disk
            is full.
        RunFailedError: anything else; what was executed lies in `failed/` beside `output`.
    """
    notebook, output = notebook.resolve(), output.resolve()
    if notebook == output:
        raise InputError(f"{output}: would overwrite the notebook itself; name another output")
    check_parameters(notebook, parameters)
    partial = output.with_name(f".{output.stem}.partial.ipynb")
    failed = output.parent / "failed" / output.name
    output.parent.mkdir(parents=True, exist_ok=True)
    with _alone(partial), room_in(output.parent):
        error = _papermill(notebook, partial, parameters, cell_timeout, kernel)
        error = error or _incomplete(partial, expect)
        if error is None:
            _make_it_last(partial, notebook, output)
            partial.replace(output)
            failed.unlink(missing_ok=True)
            return
        failed.parent.mkdir(exist_ok=True)
        _put_first(partial, error)
        partial.replace(failed)
    if error.kind == "InputError":
        raise InputError(error.message)
    raise RunFailedError(
        f"{notebook.name}: {error.place}: {error.text}\n"
        f"the notebook, the error first: {_shown(failed)}"
    )


class _Failure(NamedTuple):
    place: str  # "cell [5]"
    kind: str  # the exception's name
    message: str

    @property
    def text(self) -> str:
        return f"{self.kind}: {self.message}" if self.kind else self.message


def _papermill(
    notebook: Path,
    partial: Path,
    parameters: Mapping[str, Any],
    cell_timeout: int | None,
    kernel: "Kernel | None",
) -> _Failure | None:
    if kernel is None:
        from asc_lib.kernel import one_kernel  # all this takes 2 s: wrong input is told before

        with one_kernel() as kernel:
            return _papermill(notebook, partial, parameters, cell_timeout, kernel)
    import papermill
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    from asc_lib import papermill_engine

    braces = str.maketrans({"{": "{{", "}": "}}"})  # papermill takes a path as a format string
    kernel.forget()
    try:
        papermill.execute_notebook(
            str(notebook).translate(braces),
            str(partial).translate(braces),
            parameters=dict(parameters),
            kernel_name=kernel.kernel_name,
            engine_name=papermill_engine.NAME,
            cwd=ROOT,
            progress_bar=sys.stderr.isatty(),
            stdout_file=sys.stdout,
            stderr_file=sys.stderr,
            start_timeout=_KERNEL_START_S,
            execution_timeout=cell_timeout,
            iopub_timeout=_IOPUB_S,
            coalesce_streams=False,  # takes hours for a line of megabytes: `_join_streams`
            extra_arguments=_KERNEL_ARGUMENTS,
            store_widget_state=False,  # see `_make_it_last`
            km=kernel,
        )
    except papermill.PapermillExecutionError as error:
        return _Failure(f"cell [{error.exec_count}]", error.ename, error.evalue)
    except (papermill.exceptions.PapermillException, CellControlSignal, RuntimeError) as error:
        # not an error in a cell: the kernel died, or a cell took too long
        what = str(error).strip()
        if isinstance(error, DeadKernelError):
            what = f"{what}; {KILLED}"
        return _Failure(_last_started(partial), type(error).__name__, what)
    finally:
        kernel.let_go()
    return None


def _incomplete(partial: Path, expect: Sequence[Path]) -> _Failure | None:
    # papermill marks the cells of a dead kernel as completed, hence the cells themselves
    for cell in read_notebook(partial).cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            return _Failure("not executed to its end", "", f"skipped:\n{cell.source}")
        for out in cell.outputs:
            if out.output_type == "error":
                return _Failure(f"cell [{cell.execution_count}]", out.ename, out.evalue)
    missing = complaints(expect)
    return _Failure("what it should have made", "", "\n".join(missing)) if missing else None


def _make_it_last(partial: Path, source: Path, output: Path) -> None:
    """Take from an executed notebook what holds only now and here.

    The live half of each panel: no kernel stands behind it any more; viewers prefer it to the
    picture, and then show nothing, or fetch scripts from elsewhere. This machine's folders.
    """
    notebook = read_notebook(partial)
    _join_streams(notebook)
    for cell in notebook.cells:
        for out in cell.get("outputs", []):
            if "image/png" in out.get("data", {}):
                out.data.pop(_LIVE, None)
    for name, path in {"input_path": source, "output_path": output}.items():
        short = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
        notebook.metadata.papermill[name] = short.as_posix()
    nbformat.write(notebook, partial)


def _join_streams(notebook: nbformat.NotebookNode) -> None:
    """What a cell printed in pieces as one output, each line as a terminal shows it in the end."""
    for cell in notebook.cells:
        joined = []
        for kind, some in groupby(cell.get("outputs", []), lambda out: out.output_type):
            if kind != "stream":
                joined += some
                continue
            pieces: dict[str, list[str]] = {}
            for out in some:
                pieces.setdefault(out.name, []).append(out.text)
            for name, texts in pieces.items():
                lines = "".join(texts).split("\n")
                # a progress bar returns to the start of its line and writes over what was there
                text = "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines)
                joined.append(nbformat.v4.new_output("stream", name=name, text=text))
        if joined:
            cell.outputs = joined


def _put_first(partial: Path, error: _Failure) -> None:
    notebook = read_notebook(partial)
    _join_streams(notebook)
    marked = notebook.cells and "papermill-error-cell-tag" in notebook.cells[0].metadata.get(
        "tags", []
    )
    link = " ([go there](#papermill-error-cell))" if marked else ""
    text = f"**This run failed: {error.place}**{link}\n\n```\n{error.text}\n```"
    notebook.cells[: int(bool(marked))] = [nbformat.v4.new_markdown_cell(text)]
    nbformat.write(notebook, partial)


def _last_started(partial: Path) -> str:
    count = 0
    for cell in read_notebook(partial).cells:
        if cell.metadata.get("papermill", {}).get("start_time") and cell.cell_type == "code":
            count += 1
    return f"cell [{count}]"


@contextmanager
def _alone(partial: Path) -> Iterator[None]:
    """Hold `partial` against a second process, and leave none behind, whatever happens."""
    with partial.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunFailedError(f"{partial}: another process is executing it; wait") from None
        try:
            yield
        finally:
            partial.unlink(missing_ok=True)


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def exit_code(work: Callable[[], None], notebook: Path) -> int:
    """Do a command's work on `notebook`; 0, or what its failure, told on stderr, is worth."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a scheduler's "stop" is a Ctrl-C
        signal.signal(number, signal.default_int_handler)
    os.environ.setdefault("TQDM_MININTERVAL", "5")  # a log is no terminal
    try:
        work()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except RunFailedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{notebook.name}: stopped", file=sys.stderr)
        return 130
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m asc_lib.notebook", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebook", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("-f", metavar="STUDY", dest="study", help="params/*.yaml, or its name")
    parser.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), dest="changes"
    )
    parser.add_argument("--expect", nargs="+", type=Path, default=[], metavar="FILE")
    parser.add_argument(
        "--cell-timeout", type=seconds, metavar="SECONDS", help="most for a cell; default: no limit"
    )
    given = parser.parse_args(arguments)

    def work() -> None:
        changes = dict(parsed_change(name, text) for name, text in given.changes)
        parameters = choose_parameters(given.notebook, given.study, changes)
        execute(given.notebook, given.output, parameters, given.expect, given.cell_timeout)

    return exit_code(work, given.notebook)


if __name__ == "__main__":
    seldom_search()
    sys.exit(main())
