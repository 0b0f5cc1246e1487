"""Is what lies on disk what a study expects, and is it the published data?

    python -m asc_lib.check_data paper
    python -m asc_lib.check_data --tau22 FOLDER --vintage FOLDER --multi FOLDER

Every wav is read; a page goes to outputs/<study>/data_check.md (outputs/data_check.md for bare
folders). Exit codes: 0 as expected, 1 usable but not the published set, 2 of no use, 130 stopped.
"""

import argparse
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from asc_lib.data import content, tau22
from asc_lib.data.dir_sets import chosen_multi, multi_key, wav_files
from asc_lib.data.simulated import is_simulated
from asc_lib.data.wav import is_debris, plain_name
from asc_lib.files import ROOT, InputError, exit_code, resolve, temporary_file, writing
from asc_lib.study import load

NOTE, OTHER, WRONG = range(3)  # also the exit codes
_VERDICTS = ("as expected", "usable, but not the published set", "OF NO USE TO A STUDY")
_KINDS = {"tau22": "TAU22", "vintage": "Vintage DIRs", "multi": "Multi DIRs"}
_CLIP = (tau22.CLIP_FORMAT["rate"], 1, tau22.CLIP_FORMAT["subtype"], tau22.CLIP_FORMAT["frames"])
SIDES = ["train", "test", "unused"]
_LISTED = "94c19afe4da5f4d42fcdd021d96479c8f2943b63ef8921a2ba7dbc42be156bff"  # names and sides


class Section:
    """What was found in one folder: sentences with their level, tables by their title."""

    def __init__(self, kind: str, root: str | Path, progress: bool = True) -> None:
        self.title, self.root, self.progress = _KINDS[kind], Path(root), progress
        self.findings: list[tuple[int, str]] = []
        self.tables: dict[str, pd.DataFrame] = {}
        self.simulated = False
        with self.refused():
            self.simulated = is_simulated(root)
            {"tau22": check_tau22, "vintage": check_vintage, "multi": check_multi}[kind](self)

    def add(self, level: int, what: str, names: Collection[str] | None = None) -> None:
        """Another finding; with `names`, how many, and which, and none where there are none."""
        if names is None:
            self.findings.append((level, what))
        elif shown := [f"`{plain_name(name)}`" for name in sorted(names)]:
            self.findings.append((level, f"{len(shown):,} {what}: {content.shown(shown)}"))

    @contextmanager
    def refused(self) -> Iterator[None]:
        """A block whose `InputError` a study would end with, too."""
        try:
            yield
        except InputError as error:
            self.add(WRONG, str(error))

    @property
    def level(self) -> int:
        """Of the worst finding."""
        return max((level for level, _ in self.findings), default=NOTE)

    def compare(self, title: str, found: pd.DataFrame, most: pd.DataFrame) -> None:
        """A table of counts; of real data the official ones stand beside those that differ."""
        if not self.simulated:
            found, most = (table.fillna(0).astype(int) for table in found.align(most))
            found = found.map(str) + (" of " + most.map(str)).where(found != most, "")
        self.tables[title] = found.fillna(0)


def official(name: str) -> pd.DataFrame:
    """A list of asc_lib/reference, by its first column."""
    return pd.read_csv(ROOT / "asc_lib" / "reference" / f"{name}.csv", index_col=0)


def check_tau22(section: Section) -> None:
    """Lists, wavs and their content (https://doi.org/10.5281/zenodo.6337421)."""
    root, known = section.root, official("tau22_locations")
    clips = tau22.read_index(root)
    listed = "\n".join(sorted(clips["filename"] + " " + clips["side"])).encode()
    if not section.simulated and hashlib.sha256(listed).hexdigest() != _LISTED:
        section.add(OTHER, f"{len(clips):,} clips, in other lists than the 230,350 published ones")
        strange = clips["scene"] != clips["location"].map(known["scene"])
        places = clips.loc[strange, "location"].unique()
        section.add(OTHER, "places that TAU22 does not have, or not in this scene", places)
    for wanted in (tau22.check_study, tau22.check_audio):
        with section.refused():
            wanted(clips, root)
    found = os.listdir(root / "audio") if (root / "audio").is_dir() else []
    there = {f"audio/{name}" for name in found if name.endswith(".wav") and not is_debris(name)}
    spare = clips.loc[clips["side"] == "unused", "filename"]
    section.add(OTHER, "clips of neither side without a wav", set(spare) - there)
    section.add(OTHER, "wavs that no list names", there - set(clips["filename"]))
    good = _heard(section, clips[clips["filename"].isin(there)].set_index("filename"), _CLIP)
    scenes = known.groupby("scene")[SIDES].sum()
    for column, most in (("device", official("tau22_devices")), ("scene", scenes)):
        counts = good.groupby([column, "side"]).size().unstack(fill_value=0)
        section.compare(f"Good clips by {column}", counts.reindex(columns=SIDES), most)
    places = good[good["side"] != "unused"].groupby("side")["location"].nunique().to_frame("places")
    most = (known[["train", "test"]] > 0).sum().to_frame("places")
    section.compare("Places, none of them on both sides", places, most)


def check_vintage(section: Section) -> None:
    """A flat set, one wav a microphone (http://micirp.blogspot.com)."""
    files = wav_files(section.root)
    published = official("archives").loc["vintage", "file"]
    names, known = {plain_name(file.name) for file in files}, set(published)
    if not section.simulated:
        section.add(OTHER, f"of the {len(known)} published responses missing", known - names)
        section.add(OTHER, "responses that are not of the published set", names - known)
    _heard(section, _responses(section, files))


def check_multi(section: Section) -> None:
    """A Surrey tree (https://zenodo.org/records/4633508): the copies that a study reads."""
    files, chosen = wav_files(section.root), chosen_multi(section.root)
    if not chosen:
        raise InputError(f"{section.root}: no wav is named <microphone>_<50cm|125cm|5m>_<angle>Deg")
    odd = _responses(section, [file for file in files if multi_key(file) is None])
    section.add(OTHER, "wavs of other names, which a study leaves out", odd.index)
    known = official("multi_folders").rename(columns=float)
    published = {(*at, 5 * n) for at, count in known.stack().items() for n in range(count)}
    if not section.simulated:
        for what, keys in (("missing", published - set(chosen)), ("new", set(chosen) - published)):
            names = ["{}, {:g} m, {} degrees".format(*key) for key in keys]
            section.add(OTHER, f"responses {what}, against {len(published):,} published", names)
    grid = pd.Series(Counter(key[:2] for key in chosen)).unstack()
    section.compare("Angles by configuration and distance in m", grid, known)
    _heard(section, _responses(section, list(chosen.values())))


def _responses(section: Section, files: list[Path]) -> pd.DataFrame:
    names = [os.path.relpath(file, section.root) for file in files]
    return pd.DataFrame({"side": "train"}, pd.Index(names, dtype=object))


def _heard(section: Section, wavs: pd.DataFrame, form: tuple = ()) -> pd.DataFrame:
    """Those of the `wavs` (side, by name) that are right; every one is read."""
    seen = content.listen(section.root, wavs.index, form, section.title, section.progress)
    forms = seen.groupby(["Hz", "channels", "coding"])["samples"].agg(["size", "min", "max"])
    section.tables["Wavs by form; least and most samples"] = forms
    section.add(OTHER, "wavs cut short: they state more than there is", seen.index[seen["cut"]])
    seen = seen.join(wavs)
    for side, bad in seen[seen["problem"] != ""].groupby("side"):
        what = f"wavs wrong ({bad['problem'].iloc[0]})"
        section.add(OTHER if side == "unused" else WRONG, what, bad.index)
    good = seen[seen["problem"] == ""]
    with section.refused():
        heard = good.assign(name=[plain_name(name) for name in good.index]).reset_index(drop=True)
        for remark in content.judge(section.root, heard[heard["side"] != "unused"]):
            section.add(NOTE if "full scale" in remark else OTHER, remark)
    return good


def page(sections: list[Section], tables: bool = True) -> str:
    """All of it as Markdown, the verdicts first."""
    lines = ["# Data check", "", *(f"- {s.title}: **{_VERDICTS[s.level]}**" for s in sections)]
    for section in sections:
        about = ", simulated, compared with no published count" * section.simulated
        lines += ["", f"## {section.title}", "", f"`{plain_name(str(section.root))}`{about}", ""]
        for level, what in sorted(section.findings, reverse=True):
            lines.append(f"- {('', 'Not as published: ', 'WRONG: ')[level]}{what}")
        for title, table in section.tables.items() if tables else ():
            lines += ["", f"### {title}", "", "```", table.to_string(), "```"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m asc_lib.check_data")
    parser.add_argument("study", nargs="?", help="a file of params/, such as paper")
    for kind, title in _KINDS.items():
        parser.add_argument(f"--{kind}", metavar="FOLDER", help=f"a folder of {title}")
    asked = vars(parser.parse_args())
    folders = [(kind, Path(asked[kind]).absolute()) for kind in _KINDS if asked[kind]]
    if bool(asked["study"]) == bool(folders):
        parser.error("name a study, or folders by --tau22, --vintage, --multi")
    file = ROOT / "outputs" / "data_check.md"
    if asked["study"]:
        config = load(asked["study"])
        file = config.output / file.name
        names = [*_KINDS, "compare_tau22", "compare_vintage"]
        roots = [(name.split("_")[-1], getattr(config, f"{name}_root")) for name in names]
        folders = [(kind, resolve(root)) for kind, root in roots if root]
    sections = [Section(kind, root, sys.stderr.isatty()) for kind, root in folders]
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(file) as unfinished:
        unfinished.write_text(page(sections), encoding="utf-8")
    print(page(sections, tables=False) + f"\nTables: {file}")
    return max(section.level for section in sections)


if __name__ == "__main__":
    sys.exit(exit_code(main))
