"""An executed study made fit to be shown in a repository: no sound, no machine's paths, not large.

    python -m asc_lib.showcase standard

Works on `outputs/<study>/notebooks`: sounds give way to a line that says where to hear them,
pictures, those in `figures/` too, keep 256 colours, and one training run of each method (seed 0)
lies beside the other notebooks. Tables stay as they are; weights, predictions and recordings are no
part.
"""

import argparse
import base64
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from asc_lib.files import ROOT, InputError, temporary_file
from asc_lib.notebook_format import nbformat
from asc_lib.parameters_cell import read_notebook
from asc_lib.report.style import with_few_colours
from asc_lib.study import METHODS, StudyConfig, load

LIMIT_MB = 20
PARTS = ("notebooks", "figures", "tables")
_PLAYER = re.compile(r"<audio\b.*?</audio>", re.DOTALL)
_SILENT = "<em>sound: run the notebook to hear it</em>"


def lightened(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy whose players are a line of text each and whose pictures have fewer colours."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        for out in cell.get("outputs", []):
            data = out.get("data", {})
            if "<audio" in data.get("text/html", ""):
                data["text/html"] = _PLAYER.sub(_SILENT, data["text/html"])
            if "image/png" in data:
                given = base64.b64decode(data["image/png"])
                data["image/png"] = base64.b64encode(
                    min(given, with_few_colours(given), key=len)
                ).decode()
    return copy


def make(config: StudyConfig) -> float:
    """Make `outputs/<study>` fit to be shown; returns the size of what is shown, in MB.

    Raises:
        InputError: a notebook is missing, a file names a folder of this machine, or it is too
            large.
    """
    folder = config.output / "notebooks"
    examples = {
        folder / f"03_main_training_{method}.ipynb": config.run(method=method, seed=0).run_folder
        / "03_main_training.ipynb"
        for method in METHODS
    }
    names = [path.name for path in sorted((ROOT / "notebooks").glob("0*.ipynb"))]
    names.remove("03_main_training.ipynb")
    if not config.simulated_world:
        names.remove("00_simulated_benchmark.ipynb")
    sources = {folder / name: folder / name for name in names} | examples
    if missing := [str(path) for path in sources.values() if not path.is_file()]:
        raise InputError(
            f"{missing[0]}: no such file ({len(missing)} are missing); first run "
            f"`make study STUDY={config.study}`"
        )
    for target, source in sources.items():
        with temporary_file(target) as unfinished:
            nbformat.write(lightened(read_notebook(source)), unfinished)
    for picture in sorted((config.output / "figures").glob("*.png")):
        lighter = with_few_colours(given := picture.read_bytes())
        if len(lighter) < len(given):
            with temporary_file(picture) as unfinished:
                unfinished.write_bytes(lighter)
    shown = [
        path
        for part in PARTS
        for path in sorted((config.output / part).iterdir())
        if path.is_file() and not path.name.startswith(".")
    ]
    here = str(ROOT).encode()
    for path in shown:
        if here in path.read_bytes():
            raise InputError(f"{path}: names {ROOT}, a folder of this machine; mend its source")
    size = sum(path.stat().st_size for path in shown) / 1e6
    if size > LIMIT_MB:
        raise InputError(f"{config.output}: {size:.1f} MB, a repository takes {LIMIT_MB}")
    return size


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; a mistake of the user's ends as one message and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.showcase", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("study", help="name of a file in params/")
    given = parser.parse_args(arguments)
    try:
        config = load(given.study)
        size = make(config)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{Path(config.output).relative_to(ROOT)}: {size:.1f} MB to be shown")
    return 0


if __name__ == "__main__":
    sys.exit(main())
