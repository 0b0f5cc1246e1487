"""An executed study made fit to be shown in a repository: no sound, no machine's paths, not large.

    python tools/showcase.py standard

In `outputs/<study>/notebooks` sounds give way to a line of text; pictures, those in `figures/` too,
keep 256 colours. What is shown is notebooks, figures and tables; no weights, no recordings.
"""

import argparse
import base64
import io
import re
import sys
from pathlib import Path

import nbformat
import PIL.Image

from asc_lib.files import ROOT, InputError, exit_code, reading, temporary_file
from asc_lib.methods import METHODS
from asc_lib.study import load

LIMIT_MB = 20


def light(png: bytes) -> bytes:
    """The picture in the 256 colours that fit it best, where that is smaller."""
    picture, buffer = PIL.Image.open(io.BytesIO(png)), io.BytesIO()
    few = picture.convert("RGB").quantize(256, dither=PIL.Image.Dither.NONE)
    few.save(buffer, "PNG", dpi=picture.info.get("dpi", (150, 150)))
    return png if picture.mode == "P" else min(png, buffer.getvalue(), key=len)


def lighten(file: Path) -> None:
    """Rewrite an executed notebook or a picture."""
    if file.suffix == ".png":
        content = light(file.read_bytes())
    else:
        with reading(file, "a notebook", "run the study again"):
            notebook = nbformat.read(file, as_version=4)
        outs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
        for data in (out.data for out in outs if "data" in out):
            if "text/html" in data:
                silent = "<em>sound: run the notebook to hear it</em>"
                data["text/html"] = re.sub(r"(?s)<audio\b.*?</audio>", silent, data["text/html"])
            if "image/png" in data:
                png = light(base64.b64decode(data["image/png"]))
                data["image/png"] = base64.b64encode(png).decode()
        content = (nbformat.writes(notebook) + "\n").encode()
    with temporary_file(file) as unfinished:
        unfinished.write_bytes(content)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Make a study that has run fit to be shown.")
    parser.add_argument("study", help="name of a file in params/")
    config = load(parser.parse_args().study)
    names = {path.stem for path in (ROOT / "notebooks").glob("0*.ipynb")} - {"03_main_training"}
    names -= set() if config.simulated_world else {"00_simulated_benchmark"}
    names -= set() if config.beyond_methods else {"07_beyond_the_paper"}
    names |= {f"03_{config.run(method=method, seed=0).run_name}" for method in METHODS}
    notebooks = [config.output / "notebooks" / f"{name}.ipynb" for name in sorted(names)]
    for path in notebooks:
        if not path.is_file():
            raise InputError(f"{path}: no such file; first run `make study STUDY={config.study}`")
    for path in [*notebooks, *(config.output / "figures").glob("*.png")]:
        lighten(path)
    others = [path for part in ("figures", "tables") for path in (config.output / part).glob("*.*")]
    for path in (shown := [*notebooks, *others]):
        if str(ROOT).encode() in path.read_bytes():
            raise InputError(f"{path}: names {ROOT}, a folder of this machine; mend its source")
    size = sum(path.stat().st_size for path in shown) / 1e6
    if size > LIMIT_MB:
        raise InputError(f"{config.output}: {size:.1f} MB, a repository takes {LIMIT_MB}")
    print(f"outputs/{config.study}: {size:.1f} MB to be shown")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
