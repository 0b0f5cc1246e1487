"""Is what lies on disk what the study expects, and is it the published data?

    python -m asc_lib.validate paper
    python -m asc_lib.validate --tau22 FOLDER --vintage FOLDER --multi FOLDER

The report is written to outputs/<study>/validation.md (outputs/validation.md for bare folders).
Headers of all wavs are read; `--deep` reads every sample. Exit codes: 0 as expected, 1 usable but
not in every respect the published sets, 2 of no use to the study, 130 stopped.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from asc_lib.files import ROOT, InputError, resolve, temporary_file
from asc_lib.study import StudyConfig, load
from asc_lib.validation.dirs import check_multi, check_vintage
from asc_lib.validation.findings import Section
from asc_lib.validation.markdown import footer, overall, report
from asc_lib.validation.tau22 import check_tau22

Check = Callable[[Path, str, bool, bool], Section]
CHECKS: dict[str, tuple[str, Check]] = {
    "tau22": ("TAU22", check_tau22),
    "vintage": ("Vintage DIRs", check_vintage),
    "multi": ("Multi DIRs", check_multi),
}
_STOPPED = 130


def folders_of(config: StudyConfig) -> list[tuple[str, str, Path]]:
    """What a study reads: kind, title and folder of each data set."""
    found = [(kind, CHECKS[kind][0], getattr(config, f"{kind}_root")) for kind in CHECKS]
    for kind in ("tau22", "vintage"):
        compared = getattr(config, f"compare_{kind}_root")
        found.append((kind, f"{CHECKS[kind][0]} to compare with", compared))
    return [(kind, title, resolve(root)) for kind, title, root in found if root]


def validate(
    folders: Sequence[tuple[str, str, Path]], deep: bool = False, progress: bool = True
) -> list[Section]:
    """Look at each of the folders (kind, title, folder)."""
    return [CHECKS[kind][1](root, title, deep, progress) for kind, title, root in folders]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m asc_lib.validate", description="Is what lies on disk what is expected?"
    )
    parser.add_argument("study", nargs="?", help="a file of params/, such as paper")
    for kind, (title, _) in CHECKS.items():
        parser.add_argument(f"--{kind}", type=Path, metavar="FOLDER", help=f"a folder of {title}")
    parser.add_argument("--deep", action="store_true", help="read every sample of every clip")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the report")
    asked = parser.parse_args(arguments)
    bare = [(kind, getattr(asked, kind)) for kind in CHECKS if getattr(asked, kind)]
    if bool(asked.study) == bool(bare):
        parser.error("name a study, or folders by --tau22, --vintage, --multi")
    began = time.perf_counter()
    try:
        if asked.study:
            config = load(asked.study)
            folders, what = folders_of(config), f"study {config.study}"
            file = config.output / "validation.md"
        else:
            folders = [(kind, CHECKS[kind][0], root.absolute()) for kind, root in bare]
            what, file = "folders", ROOT / "outputs" / "validation.md"
        sections = validate(folders, asked.deep, progress=sys.stderr.isatty())
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; no report written", file=sys.stderr)
        return _STOPPED
    seconds = time.perf_counter() - began
    file = asked.out or file
    file.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(file) as unfinished:
        unfinished.write_text(report(sections, what, seconds, asked.deep), encoding="utf-8")
    for section in sections:
        print(section.verdict)
    print(overall(sections), footer(sections, seconds, asked.deep), f"Report: {file}", sep="\n")
    return max(section.level for section in sections)


if __name__ == "__main__":
    sys.exit(main())
