"""A folder in the TAU22 layout, held against its csv files and against the published set."""

import os
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from asc_lib.cores import machine_cores
from asc_lib.data import published
from asc_lib.data.tau22 import CLIP_FORMAT, check_study
from asc_lib.data.wav import read_clip
from asc_lib.data.wav_header import Header, read_headers
from asc_lib.files import InputError
from asc_lib.validation.findings import ERROR, NOTE, WARNING, Section, Table, compared, number
from asc_lib.validation.origin import compare_with_world, simulated_world
from asc_lib.validation.samples import describe, in_threads, same_sound
from asc_lib.validation.tau22_lists import (
    check_completeness,
    clips_of_names,
    kind_of,
    read_lists,
    strange_locations,
)

_UNPACK = "unpack the audio archives again (`unzip -n` keeps what is there)"
_OVERWRITE = (
    "get the files again (`unzip -o` overwrites; `unzip -t` tells an archive that is broken itself)"
)
_UNUSED = "the study does not use them, its results stay the same"


def check_tau22(
    root: Path, title: str = "TAU22", deep: bool = False, progress: bool = True
) -> Section:
    """Lists, wavs and their headers; with `deep` also every sample of every clip."""
    section = Section(title, root)
    if not root.is_dir():
        section.add(ERROR, f"{root}: no such folder", "mend the path, or get the data set")
        return section
    if not (root / "audio").is_dir() and (inner := _layout_below(root)):
        what = f"the data set begins in a folder below: {inner}"
        section.add(ERROR, what, f"write `tau22_root: {inner}`")
    world = simulated_world(root, section)
    clips = read_lists(root, section)
    listed = len(clips) > 0
    headers = _headers(root, section, progress)
    if not listed:
        clips = clips_of_names(headers).assign(side="unlisted")
    clips = _check_files(clips, headers, section, listed)
    if section.simulated:
        kind = "simulated"
        if world is not None:
            compare_with_world(world, "tau22", headers, section)
    else:
        kind = kind_of(clips) if listed else "unlisted"
        _name_kind(kind, clips, headers, section)
    check_completeness(clips, kind, section)
    if kind in {"subset", "other"} and section.level < ERROR:
        _check_study(clips, section)
    section.tables[:0] = _tables(clips, kind)
    if deep:
        _check_samples(clips, section, progress)
    return section


def _check_study(clips: pd.DataFrame, section: Section) -> None:
    try:
        check_study(clips, section.root)
    except InputError as error:
        what, _, remedy = str(error).removeprefix(f"{section.root}: ").partition("; ")
        section.add(ERROR, what, remedy)


def complaint(header: Header) -> str:
    """What is wrong with a clip's header, as a sentence's end; empty if nothing."""
    rate, frames = CLIP_FORMAT["rate"], CLIP_FORMAT["frames"]
    if header.problem:
        return f"that are {header.problem}" if header.problem == "empty" else header.problem
    if header.rate != rate:
        return f"of {header.rate:,} Hz in place of {rate:,}"
    if (header.coding, header.bits) != ("PCM", 24):
        return f"of {header.bits} bit {header.coding} in place of 24 bit PCM"
    if header.channels != 1:
        return f"of {header.channels} channels in place of 1"
    if header.frames < header.stated and header.frames < frames:
        return "that are truncated: shorter than their header says"
    if header.frames != frames:
        return f"of another length than {frames:,} samples"
    return ""


def _layout_below(root: Path) -> Path | None:
    found = [folder.parent for folder in root.glob("*/meta.csv")]
    return found[0] if found else None


def _headers(root: Path, section: Section, progress: bool) -> dict[str, Header]:
    """The header of every wav in the folder, by its name; says what else is there."""
    folder = root / "audio"
    if not folder.is_dir():
        means = "unpack the audio archives there; nothing can be trained"
        section.add(ERROR, f"{folder}: no such folder", means)
        return {}
    with os.scandir(folder) as entries:
        # in the order of the disk, which a disk that turns is grateful for
        found = sorted((e.inode(), e.name, e.is_dir()) for e in entries)
    found = [(f"audio/{name}", is_folder) for _, name, is_folder in found]
    names = [name for name, is_folder in found if name.endswith(".wav") and not is_folder]
    if others := {name for name, _ in found} - set(names):
        what = f"{number(len(others), 'entry', 'entries')} in audio/ that are no .wav files"
        section.add(NOTE, what, "the study does not look at them", others)
    headers = read_headers(root, names, "reading headers" if progress else "")
    section.files += len(headers)
    section.bytes += sum(header.read for header in headers)
    return dict(zip(names, headers, strict=True))


def _check_files(
    clips: pd.DataFrame, headers: dict[str, Header], section: Section, listed: bool
) -> pd.DataFrame:
    """`clips` with `there`, a wav by this name, and `fits`, one in the format that is read."""
    names = clips["filename"].to_numpy(object)
    there = np.fromiter((name in headers for name in names), bool, len(names))
    used = (clips["side"] != "unused").to_numpy()
    if headers or (section.root / "audio").is_dir():
        for which, level, means in (
            (used, ERROR, f"the study stops at the first; {_UNPACK}, or list only what is there"),
            (~used, WARNING, f"they are on neither side: {_UNUSED}; {_UNPACK}"),
        ):
            if count := int((lost := which & ~there).sum()):
                of = "the train and test side" if level == ERROR else "no side"
                what = f"{number(count, 'clip')} of {of} in the csv without a wav"
                section.add(level, what, means, names[lost])
    known = set(names)
    if listed and (surplus := headers.keys() - known):
        means = f"without a row in meta.csv {_UNUSED}; remove them, or get the csv files that fit"
        section.add(WARNING, f"{number(len(surplus), 'wav')} that no csv lists", means, surplus)
    said = {header: complaint(header) for header in set(headers.values())}
    bad = defaultdict(list)
    for name, header in headers.items():
        if said[header]:
            bad[said[header]].append(name)
    needed = set(names[used])
    for what, of_what in sorted(bad.items(), key=lambda item: -len(item[1])):
        harmful = [name for name in of_what if name in needed]
        level = ERROR if harmful else WARNING
        means = f"the study stops at the first; {_OVERWRITE}"
        if not harmful:
            means = f"none is on the train or test side: {_UNUSED}; {_OVERWRITE}"
        section.add(level, f"{number(len(of_what), 'wav')} {what}", means, of_what)
    if headers:
        section.tables.append(Table("Formats of the wavs", _formats(headers)))
    fits = np.fromiter((n in headers and not said[headers[n]] for n in names), bool, len(names))
    return clips.assign(there=there, fits=fits)


def _formats(headers: dict[str, Header]) -> pd.DataFrame:
    rows = [
        (h.rate, f"{h.bits} bit {h.coding}", h.channels, h.frames, h.size, n)
        if not h.problem
        else ("?", h.problem, "?", "?", h.size, n)
        for h, n in Counter(headers.values()).most_common(12)
    ]
    return pd.DataFrame(rows, columns=["Hz", "coding", "channels", "samples", "bytes", "wavs"])


def _name_kind(
    kind: str, clips: pd.DataFrame, headers: dict[str, Header], section: Section
) -> None:
    total = published.TAU22_CLIPS
    match kind:
        case "published":
            section.state = f"the published set by its lists, {number(total, 'clip')}"
        case "subset":
            section.state = f"{len(clips):,} of {number(total, 'clip')}: a subset by its lists"
            means = "its results are not the published set's"
            if len(clips) > total / 2:
                means += "; if nobody made a subset, unpack the meta archive again"
            what = f"{number(total - len(clips), 'published clip')} not listed"
            section.add(WARNING, what, means)
        case "other":
            section.state = f"{number(len(clips), 'clip')}: other recordings in TAU22's layout"
            strange = strange_locations(clips)
            what = f"{number(len(strange), 'location')} that TAU22 does not have like this"
            means = (
                "another name, scene or side, or more clips there: compare results with no "
                "published number; if they should be TAU22's, unpack the meta archive again"
            )
            section.add(WARNING, what if strange else "more clips than TAU22", means, strange)
        case "unlisted":
            section.state = f"{number(len(headers), 'wav')}, no csv that can be read"
            what = f"{number(int(clips['fits'].sum()), 'wav')} named and coded like TAU22's"
            section.add(NOTE, what, "without csv files, sides are not known")


def _tables(clips: pd.DataFrame, kind: str) -> list[Table]:
    """Clips with a good wav, against the published counts where that makes sense."""
    if clips.empty:
        return []
    beside = kind in {"published", "subset", "unlisted"}
    note = "Clips with a good wav; `listed`: with or without."
    if kind == "subset":
        note += " The csv files list a subset: a difference is no damage."
    tables = []
    for column in ("device", "scene", "city"):
        counts = published.tau22_counts(column) if beside else None
        tables.append(Table(f"Clips by {column} and side", _counts(clips, column, counts), note))
    places = clips.groupby("side")["location"].nunique()
    most = published.TAU22_LOCATIONS if beside else None
    places = places.reindex([s for s in ("train", "test", "both") if s in places.index])
    if len(places):
        tables.append(Table("Locations by side", compared(places, most, "side")))
    return tables


def _counts(
    clips: pd.DataFrame, column: str, most: dict[str, tuple[int, int, int]] | None
) -> pd.DataFrame:
    """A row a value of the column: good clips of each side, beside the published ones."""
    good = clips[clips["fits"]].groupby([column, "side"]).size().unstack(fill_value=0)
    listed = clips.groupby(column).size()
    rows = [*(most or ()), *(value for value in listed.index if value not in (most or ()))]
    good = good.reindex(rows, fill_value=0)
    sides = [s for s in (*published.TAU22_SIDES, "both", "unlisted") if s in set(clips["side"])]
    if most is not None and "unlisted" not in sides:
        sides = [*published.TAU22_SIDES, *sides[len(set(sides) & set(published.TAU22_SIDES)) :]]
    table = pd.DataFrame(index=pd.Index(rows, name=column))
    for side in sides:
        table[side] = good.get(side, 0)
        if most is not None and side in published.TAU22_SIDES:
            at = list(published.TAU22_SIDES).index(side)
            table[f"{side} published"] = [most.get(value, (0, 0, 0))[at] for value in rows]
    table["listed"] = listed.reindex(rows, fill_value=0)
    if most is not None:
        wanted = np.array([sum(most.get(value, ())) for value in rows])
        table["difference"] = table[sides].sum(axis=1) - wanted
    table.loc["all"] = table.sum()
    return table.reset_index()


def _check_samples(clips: pd.DataFrame, section: Section, progress: bool) -> None:
    names = clips.loc[clips["fits"], "filename"].tolist()

    def one(name: str) -> object:
        try:
            return describe(read_clip(section.root / name, **CLIP_FORMAT))
        except InputError as error:
            return str(error)

    title = "reading samples" if progress else ""
    sounds = dict(zip(names, in_threads(one, names, machine_cores(), title), strict=True))
    if failed := [name for name, sound in sounds.items() if isinstance(sound, str)]:
        what = f"{number(len(failed), 'clip')} whose samples cannot be read: {sounds[failed[0]]}"
        section.add(ERROR, what, _OVERWRITE, failed)
    sounds = {name: sound for name, sound in sounds.items() if not isinstance(sound, str)}
    section.bytes += 3 * CLIP_FORMAT["frames"] * len(sounds)
    if silent := [name for name, sound in sounds.items() if sound.silent]:
        what = f"{number(len(silent), 'clip')} of silence"
        section.add(WARNING, what, "they have a label but nothing to learn from", silent)
    if clipped := [name for name, sound in sounds.items() if sound.clipped]:
        device = Counter(name.rpartition("-")[2].removesuffix(".wav") for name in clipped)
        by = ", ".join(f"{device[d]:,} by {d}" for d in sorted(device))
        what = f"{number(len(clipped), 'clip')} with samples cut off at full scale ({by})"
        section.add(NOTE, what, "such is the recording; a DIR cannot undo it", clipped)
    groups = same_sound(sounds)
    side = dict(zip(clips["filename"], clips["side"], strict=True))
    across = [group for group in groups if {"train", "test"} <= {side[name] for name in group}]
    for found, what, means in (
        (across, "on the train and the test side", "the score counts what training has heard"),
        ([g for g in groups if g not in across], "on one side", "they weigh more than others"),
    ):
        if found:
            what = f"{number(len(found), 'sound')} under several names {what}"
            section.add(WARNING, what, f"{means}; remove all but one", map_names(found))


def map_names(groups: list[list[str]]) -> list[str]:
    """Each group as one text."""
    return [" = ".join(group) for group in groups]
