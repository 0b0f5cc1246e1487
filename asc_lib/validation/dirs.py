"""A folder of device impulse responses, held against the published set."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from asc_lib.cores import machine_cores
from asc_lib.data import published
from asc_lib.data.dirs import (
    BEFORE_PEAK,
    TAPS,
    MultiKey,
    chosen_multi,
    multi_key,
    multi_variant,
    wav_files,
)
from asc_lib.data.wav import SAMPLE_RATE, read_wav
from asc_lib.data.wav_header import Header, read_headers
from asc_lib.files import InputError
from asc_lib.validation.findings import ERROR, NOTE, WARNING, Section, Table, compared, number
from asc_lib.validation.origin import compare_with_world, simulated_world
from asc_lib.validation.samples import Sound, describe, in_threads, same_sound

_MOST_READ = 1_000  # responses whose samples are read without `deep`: a Surrey file is 10 s long
_LEAST_ENERGY = 0.99  # below it a response is named, ...
_POOR_ENERGY = 0.9  # ... and here it is a warning: behind a microphone little but noise is left
_AGAIN = "get the file again from its source"


class Response(NamedTuple):
    """What the samples of one response say."""

    sound: Sound
    peak_ms: float  # from the file's start
    energy: float  # share of it in the window of 1,024 taps


def check_vintage(
    root: Path, title: str = "Vintage DIRs", deep: bool = False, progress: bool = True
) -> Section:
    """The flat set, one wav a microphone; all samples are read, with or without `deep`."""
    section = Section(title, root)
    files = _files(section)
    if not files:
        return section
    world = simulated_world(root, section)
    headers = _check_headers(files, section, progress)
    if world is not None:
        compare_with_world(world, "vintage", _relative(files, root), section)
    if not section.simulated:
        names = Counter(file.stem for file in files)
        _check_vintage_names(names, section)
        rates = pd.Series(Counter(h.rate for h in headers.values() if not h.problem), dtype=int)
        table = compared(rates.sort_index(), published.VINTAGE_RATES, "Hz", "wavs")
        section.tables.append(Table("Responses by sample rate", table))
    least = _LEAST_ENERGY if section.simulated else published.VINTAGE_ENERGY
    _check_samples([f for f in files if headers[f].frames], section, least, True, progress)
    return section


def check_multi(
    root: Path, title: str = "Multi DIRs", deep: bool = False, progress: bool = True
) -> Section:
    """The Surrey tree; without `deep` the samples of at most 1,000 responses are read."""
    section = Section(title, root)
    files = _files(section)
    if not files:
        return section
    world = simulated_world(root, section)
    if odd := [file for file in files if multi_key(file) is None]:
        what = f"{number(len(odd), 'wav')} not named <microphone>_<50cm|125cm|5m>_<angle>Deg.wav"
        section.add(WARNING, what, "the study leaves them out", _relative(odd, root))
    chosen = chosen_multi(root)
    if not chosen:
        what = "no wav is named like a response of the Surrey set"
        section.add(ERROR, what, "give the folder into which the set was unpacked")
        return section
    headers = _check_headers(files, section, progress, set(chosen.values()))
    section.tables.append(_variants(files, chosen, headers, root))
    if world is not None:
        compare_with_world(world, "multi", _relative(files, root), section)
    if not section.simulated:
        _compare_multi(chosen, section)
    section.tables.append(_grid(chosen, not section.simulated))
    rates = Counter(headers[file].rate for file in chosen.values() if not headers[file].problem)
    if not section.simulated and set(rates) - {published.MULTI_RATE}:
        found = ", ".join(f"{count:,} at {rate:,} Hz" for rate, count in sorted(rates.items()))
        means = f"published at {published.MULTI_RATE:,} Hz; each file is resampled by its own rate"
        section.add(NOTE, found, means)
    readable = [file for file in chosen.values() if headers[file].frames]
    _check_samples(readable, section, _LEAST_ENERGY, deep, progress)
    return section


def _files(section: Section) -> list[Path]:
    try:
        return wav_files(section.root)
    except InputError as error:
        section.add(ERROR, str(error), "nothing can be read")
        return []


def _relative(files: list[Path], root: Path) -> list[str]:
    return [file.relative_to(root).as_posix() for file in files]


def _check_headers(
    files: list[Path], section: Section, progress: bool, read: set[Path] | None = None
) -> dict[Path, Header]:
    """`read`: those of the files that the study reads; None for all."""
    names = _relative(files, section.root)
    found = read_headers(section.root, names, f"{section.title}: headers" if progress else "")
    section.files += len(found)
    section.bytes += sum(header.read for header in found)
    bad: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for file, name, header in zip(files, names, found, strict=True):
        level, what, means = _complaint(header)
        if what:
            if read is not None and file not in read:
                level, means = NOTE, "another copy of the response is read; the study misses none"
            bad[level, what, means].append(name)
    for (level, what, means), of_what in bad.items():
        section.add(level, f"{number(len(of_what), 'wav')} {what}", means, of_what)
    rows = Counter((h.rate, f"{h.bits} bit {h.coding}", h.channels) for h in found if not h.problem)
    table = [(*form, count) for form, count in rows.most_common(12)]
    columns = ["Hz", "coding", "channels", "wavs"]
    seconds = [header.frames / header.rate for header in found if header.rate]
    note = f"{min(seconds):.3f} to {max(seconds):.3f} s long." if seconds else ""
    section.tables.append(Table("Formats of the wavs", pd.DataFrame(table, columns=columns), note))
    return dict(zip(files, found, strict=True))


def _complaint(header: Header) -> tuple[int, str, str]:
    stops = f"the study stops there; {_AGAIN}"
    if header.problem == "empty" or (not header.problem and not header.frames):
        return ERROR, "that are empty", stops
    if header.problem:
        return ERROR, header.problem, stops
    if header.channels != 1:
        return ERROR, f"of {header.channels} channels", "the study stops there; mix them down"
    if header.frames < header.stated:
        means = f"the study would take what is there for the whole; {_AGAIN}"
        return WARNING, "that are truncated: shorter than their header says", means
    return NOTE, "", ""


def _check_vintage_names(names: Counter[str], section: Section) -> None:
    wanted = set(published.VINTAGE_NAMES)
    section.state = f"{number(names.total(), 'response')}, published are {len(wanted)}"
    if lost := wanted - names.keys():
        means = "a smaller set than the published one; get them from http://micirp.blogspot.com"
        section.add(WARNING, f"{number(len(lost), 'response')} of the set missing", means, lost)
    if surplus := names.keys() - wanted:
        means = "they augment like all others; remove them to have the published set"
        what = f"{number(len(surplus), 'response')} that the published set does not hold"
        section.add(WARNING, what, means, surplus)
    if twice := [name for name, count in names.items() if count > 1]:
        what = f"{number(len(twice), 'name')} more than once below the folder"
        section.add(WARNING, what, "each copy is drawn as often as any other response", twice)


def _compare_multi(chosen: dict[MultiKey, Path], section: Section) -> None:
    wanted = {
        (*folder, angle) for folder in published.MULTI_FOLDERS for angle in published.MULTI_ANGLES
    }
    section.state = (
        f"{number(len(chosen), 'response')}; the folders of the published set hold "
        f"{len(wanted):,}, the paper counts {published.MULTI_PAPER:,}"
    )
    lost, surplus = wanted - chosen.keys(), chosen.keys() - wanted
    whole = [
        f
        for f in published.MULTI_FOLDERS
        if all((*f, angle) in lost for angle in published.MULTI_ANGLES)
    ]
    if whole:
        means = "the study draws from fewer microphones or distances; unpack the archive again"
        section.add(WARNING, f"{number(len(whole), 'folder')} missing", means, map(_named, whole))
    if single := [key for key in lost if key[:2] not in whole]:
        means = "the study goes on without these angles; unpack the archive again"
        what = f"{number(len(single), 'response')} missing from folders that are there"
        section.add(WARNING, what, means, map(_named, single))
    if surplus:
        what = f"{number(len(surplus), 'response')} that the published set does not hold"
        means = "another microphone, distance or angle; they augment like all others"
        section.add(WARNING, what, means, map(_named, surplus))


def _named(key: tuple) -> str:
    metres = f"{key[1]:g}m" if key[1] >= 2 else f"{100 * key[1]:g}cm"
    return f"{key[0]}_{metres}" + (f"_{key[2]}Deg" if len(key) > 2 else "")


def _variants(
    files: list[Path], chosen: dict[MultiKey, Path], headers: dict[Path, Header], root: Path
) -> Table:
    taken = set(chosen.values())
    counts: Counter[tuple[str, str, bool]] = Counter()
    for file in files:
        if multi_key(file) is not None:
            normalised = "normalised" if multi_variant(file, root)[0] else "not said to be"
            coding = f"{headers[file].bits} bit {headers[file].coding}"
            counts[normalised, coding, file in taken] += 1
    rows = [(a, b, "yes" if c else "no", n) for (a, b, c), n in sorted(counts.items())]
    columns = ["normalised", "coding", "read by the study", "wavs"]
    note = "Of several copies of a response the normalised, then the 24-bit one is read."
    return Table("Variants", pd.DataFrame(rows, columns=columns), note)


def _grid(chosen: dict[MultiKey, Path], with_published: bool) -> Table:
    """Angles found for each configuration and distance."""
    angles = Counter(key[:2] for key in chosen)
    folders = set(angles) | (set(published.MULTI_FOLDERS) if with_published else set())
    distances = sorted({distance for _, distance in folders})
    rows = []
    for name in sorted({name for name, _ in folders}):
        row = {"microphone and pattern": name}
        for distance in distances:
            there = angles[name, distance] or ("missing" if (name, distance) in folders else "-")
            row[f"{distance:g} m"] = there
        rows.append(row)
    note = "`-`: not in the published set." if with_published else ""
    return Table("Angles by microphone and distance", pd.DataFrame(rows), note)


def _check_samples(
    files: list[Path], section: Section, least: float, every: bool, progress: bool
) -> None:
    step = 1 if every else -(-len(files) // _MOST_READ)
    some = files[::step] if files else []
    names = _relative(some, section.root)
    title = f"{section.title}: samples" if progress else ""
    read = list(in_threads(_read, some, machine_cores(), title))
    section.bytes += sum(file.stat().st_size for file in some)
    if bad := [name for name, found in zip(names, read, strict=True) if isinstance(found, str)]:
        first = next(found for found in read if isinstance(found, str))
        means = f"the study stops there; {_AGAIN}"
        section.add(ERROR, f"{number(len(bad), 'wav')} refused: {first}", means, bad)
    pairs = zip(names, read, strict=True)
    found = {name: it for name, it in pairs if not isinstance(it, str)}
    loud = {name: response for name, response in found.items() if not response.sound.silent}
    if silent := found.keys() - loud.keys():
        means = "the study stops there; remove them"
        section.add(ERROR, f"{number(len(silent), 'silent response')}", means, silent)
    if clipped := [name for name, response in loud.items() if response.sound.clipped]:
        means = "no longer the response of a filter; leave them out, or get them again"
        what = f"{number(len(clipped), 'response')} cut off at full scale"
        section.add(WARNING, what, means, clipped)
    if lossy := {n: r.energy for n, r in loud.items() if r.energy < least}:
        what = f"{number(len(lossy), 'response')} with less than {least:.2%} of the energy kept"
        means = (
            f"the study cuts {TAPS:,} taps (32 ms) about the peak; echoes or noise lie outside, "
            "or the peak is not the direct sound"
        )
        names = [f"{name} ({energy:.1%})" for name, energy in lossy.items()]
        level = WARNING if min(lossy.values()) < _POOR_ENERGY else NOTE
        section.add(level, what, means, names)
    if groups := same_sound({name: response.sound for name, response in loud.items()}):
        what = f"{number(len(groups), 'response')} under several names"
        means = "each copy is drawn as often as any other response; remove all but one"
        section.add(WARNING, what, means, [" = ".join(group) for group in groups])
    if loud:
        section.tables.append(_quantiles(list(loud.values()), len(files), step))


def _quantiles(responses: list[Response], total: int, step: int) -> Table:
    rows = [
        (what, *(form.format(q) for q in np.quantile(values, [0, 0.5, 1])))
        for what, form, values in (
            ("peak, ms from the start", "{:.2f}", [r.peak_ms for r in responses]),
            ("energy in the 1,024 taps", "{:.3%}", [r.energy for r in responses]),
        )
    ]
    note = f"Samples of {len(responses):,} of {total:,} responses were read"
    note += "; --deep reads all." if step > 1 else "."
    columns = ["of a response", "least", "median", "most"]
    return Table("Samples", pd.DataFrame(rows, columns=columns), note)


def _read(file: Path) -> Response | str:
    try:
        samples, header = read_wav(file)
    except InputError as error:
        return str(error)
    rate, peak = header.samplerate, int(np.abs(samples).argmax())
    before, after = (rate * taps // SAMPLE_RATE for taps in (BEFORE_PEAK, TAPS - BEFORE_PEAK))
    near = samples[max(0, peak - before) : peak + after].astype(float)
    total = float(np.square(samples, dtype=float).sum())
    energy = float(near @ near) / total if total else 0.0
    return Response(describe(samples), 1000 * peak / rate, energy)
