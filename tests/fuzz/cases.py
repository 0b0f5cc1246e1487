"""Every kind of file that the project reads: a good one to spoil, bad ones, and its reader.

A reader returns the arrays, tables and numbers that go on; only `InputError` may leave it.
"""

import io
import json
import pickle
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import safetensors.torch
import soundfile
import torch

from asc_lib import run as notebooks
from asc_lib.data import bank, generated_dirs, own_recordings, simulated, tau22
from asc_lib.data import dir_sets as dirs
from asc_lib.data.wav import read_clip, read_wav
from asc_lib.model import passt
from asc_lib.study import load
from asc_lib.train.runs import Checkpoint, Run
from asc_lib.train.training import TrainingState
from tests.conftest import write_tau22
from tests.dir_sets import dir_set, noisy_responses
from tests.grid_runs import made_up_run

MARK = b"executed-by-a-file"  # appears only if something is executed that must not be
TINY = {"dim": 8, "depth": 1, "heads": 1, "batch_size": 2, "stride": 16, "patchout_rows": 1}
TINY |= {"study": "tiny", "device": "cpu"}
DIGITS, DEEP = b"9" * 5000, 5000
JSON = [
    *(b"null", b"NaN", b"-Infinity", b"1e999", DIGITS, b"[" * DEEP, b'{"a":' * DEEP, b"{}", b"[]"),
    *(b'"\\ud800"', b'"\\u0000"', b"true", b"-1", b'"x"', b"\0", b'"../../etc/passwd"', b"\xff"),
    *(b'{"version": 3', b"3", b'["parameters", 3]', b'"code"', b'"raw"'),
]
TABLE = [
    *(b"../../../etc/passwd", b"audio/../../x.wav", b"audio/" + b"x" * 5000 + b".wav", b"~", b'"'),
    *(b"\t\t\t\t", b"\r", b"\n", b"\0", b"\xff\xfe", b"NaN", b"inf", b"", b"1e999", DIGITS, b"s99"),
    *(b"filename", b"source_label", b"\xef\xbb\xbf", "ä-ö".encode(), b",", b"|", b"two.wav"),
]
YAML = [
    b'!!python/object/apply:os.system ["touch ' + MARK + b'"]', b"!!python/name:os.system",
    *(b"!!int x", b"!!timestamp x", b"!!binary x", b"!!set {a}", b"2001-99-99", b"0x_", b"010"),
    *(DIGITS, b"1e999", b".nan", b"-.inf", b"~", b"yes", b"~nobody-here/x", b'"a\\0b"', b"1:99"),
    *(b'"\\ud800"', b"/" + b"x" * 5000, b"[" * DEEP, b"{a: " * DEEP, b"- " * DEEP, b"[]", b"{}"),
    *(b"&k [*k]", b"<<: *k", b"? {a: b}\n: c", b"---\n", b"%YAML 9.9\n", b"\t", b"\x00", b"\xff"),
    b"\nk: &k [x]\n" + b"\n".join(b"%c: &%c [%s]" % (c, c, b",".join([b"*%c" % b] * 9))
                                  for b, c in zip(b"kabcdefgh", b"abcdefghi", strict=True)),
]  # fmt: skip
BINARY = [
    *(b"RIFF", b"WAVE", b"fmt ", b"data", b"LIST", b"RF64", b"fLaC", b"PK\x03\x04", b"PK\x05\x06"),
    *(
        b"PAR1",
        b"\x93NUMPY",
        b"\x80\x04",
        b"\xff" * 8,
        b"\0" * 8,
        b"(99999999999, 99999999)",
        b"|O",
    ),
]


@dataclass(frozen=True)
class Case:
    """`good` contents of `file`, and `bad` ones, each tried as it is; `words` to trip over."""

    file: Path
    good: Sequence[bytes]
    read: Callable[[Path], Any]
    words: Sequence[bytes]
    bad: Sequence[bytes] = ()


class Evil:
    """Its pickle creates MARK where it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path(MARK.decode()),)


def _made(write: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def _sound(samples: np.ndarray, rate: int = 44_100, kind: str = "PCM_24", form: str = "WAV"):
    return _made(lambda file: soundfile.write(file, samples, rate, kind, format=form))


def _saved(content: object) -> bytes:
    return _made(lambda file: torch.save(content, file))


def _parquet(table: pd.DataFrame) -> bytes:
    return _made(table.to_parquet)


NOISE = np.random.default_rng(0).normal(0, 0.1, 44_100)
CLICK = np.exp(-np.arange(800) / 30) * np.cos(np.arange(800))
SOUNDS = [
    *(_sound(NOISE[:1200]), _sound(CLICK, 48_000, "FLOAT"), _sound(CLICK, 96_000, "DOUBLE")),
    *(_sound(NOISE[:900], 8000, "MS_ADPCM"), _sound(NOISE[:900], form="FLAC")),
    *(_sound(NOISE[:900], 44_100, "VORBIS", "OGG"), _sound(np.stack([CLICK, CLICK], 1))),
]
_FMT = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 44_100, 132_300, 3, 24)
LYING_SOUNDS = [
    *(
        SOUNDS[1].replace(struct.pack("<I", 48_000), struct.pack("<I", n))
        for n in (0, 1, 2**31 - 1)
    ),
    b"RIFF\xff\xff\xff\xffWAVE" + _FMT + struct.pack("<4sI", b"data", 2**32 - 1) + b"\1\2\3" * 400,
    b"RIFF\xff\xff\xff\xffWAVE" + struct.pack("<4sI", b"LIST", 2**32 - 1) + _FMT,
    b"RIFF\xff\xff\xff\x7fWAVE" + b"junk\0\0\0\0" * 5000 + _FMT,  # chunks of no size: it must end
    *(_sound(NOISE)[:44], _sound(np.zeros(0)), _sound(np.zeros(400))),
    *(_sound(np.full(400, 3e38), kind="FLOAT"), _sound(np.full(400, 1e300), kind="DOUBLE")),
]


def sounds(folder: Path) -> Iterator[Case]:
    file = folder / "one.wav"
    yield Case(file, SOUNDS[:-1], lambda at: read_wav(at)[0], BINARY, LYING_SOUNDS)
    form = tau22.CLIP_FORMAT
    yield Case(file, [_sound(NOISE)], lambda at: read_clip(at, **form), BINARY, LYING_SOUNDS)
    response = SOUNDS[:3]
    yield Case(
        file, response, lambda at: dirs.read_vintage(at.parent).responses, BINARY, LYING_SOUNDS
    )


def tables(folder: Path) -> Iterator[Case]:
    root = write_tau22(folder / "tau22")

    def read(_: Path) -> object:
        index = tau22.read_index(root)
        tau22.check_audio(index, root)
        return index

    for name in ("meta", "evaluation_setup/fold1_train", "evaluation_setup/fold1_evaluate"):
        yield Case(root / f"{name}.csv", [(root / f"{name}.csv").read_bytes()], read, TABLE)


def own(folder: Path) -> Iterator[Case]:
    rows = b"\none.wav,bus,oslo-3,a,train\ntwo.wav,park,rome-1,s4,test\n"
    table, text = folder / "table.csv", ",".join(own_recordings.COLUMNS).encode() + rows
    (folder / "one.wav").write_bytes(_sound(NOISE))
    (folder / "two.wav").write_bytes(_sound(NOISE[::-1]))
    number = count()

    def read(_: Path) -> object:
        root = folder / f"root-{next(number)}"
        own_recordings.write(own_recordings.read_table(table, False), root, progress=False)
        return [read_clip(at, **tau22.CLIP_FORMAT) for at in (root / "audio").iterdir()]

    yield Case(table, [text], read, TABLE, [text.replace(b"one.wav", b""), b"", rows])
    table.write_bytes(text)
    long = [_sound(NOISE[:9000], 8000, k, f) for k, f in (("FLOAT", "WAV"), ("VORBIS", "OGG"))]
    yield Case(folder / "one.wav", [_sound(NOISE), *long], read, BINARY, LYING_SOUNDS)


def study(folder: Path) -> Iterator[Case]:
    quick = (
        b"seeds: 2\ntau22_root: x\nlearning_rate: 0.001\ngrid_alphas: [0.0, 0.2]\ncheckpoint: ''\n"
    )
    bad = [quick.replace(value, b" " + word) for word in YAML
           for value in (b" 2", b" x", b" 0.001", b" [0.0, 0.2]", b" ''")]  # fmt: skip

    def read(file: Path) -> object:
        config = load(file)
        runs = [config.model_dump(), *(run.model_dump() for run in config.all_runs().values())]
        return np.array([v for values in runs for v in values.values() if isinstance(v, float)])

    yield Case(folder / "some.yaml", [quick], read, YAML, [*YAML, *bad])


def notebook(folder: Path) -> Iterator[Case]:
    small = nbformat.v4.new_notebook()
    small.metadata.kernelspec = {"name": "python3", "display_name": "x", "language": "python"}
    small.cells = [nbformat.v4.new_code_cell('study: str = "quick"\nalpha: float = 0.2')]
    small.cells[0].metadata.tags = ["parameters"]

    def read(file: Path) -> object:
        return list(notebooks.checked(file, {"study": "quick"}).values())

    yield Case(folder / "small.ipynb", [nbformat.writes(small).encode()], read, JSON, JSON)


def lying_safetensors() -> list[bytes]:
    one = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
    lies = [{"shape": [2**62, 4]}, {"shape": [2**40]}, {"data_offsets": [0, 2**62]}]
    lies += [{"data_offsets": [48, 16]}, {"dtype": "O"}, {}]
    heads = [json.dumps({"x": one | lie}).encode() for lie in lies] + [b"{}", b"[" * DEEP]
    return [struct.pack("<Q", 2**63) + b"{}"] + [
        struct.pack("<Q", len(head)) + head + bytes(16) for head in heads
    ]


def weights(folder: Path) -> Iterator[Case]:
    config = load("quick").run(**TINY)

    def state() -> TrainingState:
        return TrainingState(config, torch.device("cpu"))

    def resume(file: Path) -> object:
        into = state()
        Checkpoint(file, "0123").restore(into)
        into.sums.sum().item(), into.step + 1, into.seconds + 1, into.best | {}
        return list(into.model.state_dict().values())

    def released(file: Path) -> object:
        network = passt.PaSST(dim=8, depth=1, heads=1, stride=16)
        passt.load_released(network, file)
        return list(network.state_dict().values())

    whole = {"fingerprint": "0123"} | state().carried()
    old = _made(lambda file: torch.save(whole, file, _use_new_zipfile_serialization=False))
    evil = [pickle.dumps({"state_dict": Evil()}), _saved({"state_dict": Evil()}), _saved(Evil())]
    evil += [old, _saved([1]), _saved(None), _saved({}), _saved({"fingerprint": "0123"})]
    others = (None, Evil(), 3, -1, "x", {}, [], float("nan"), torch.ones(2, 2))
    parts = [_saved(whole | {name: other}) for name in whole for other in others]
    yield Case(folder / "checkpoint.pt", [_saved(whole)], resume, BINARY, [*evil, *parts])
    net = passt.PaSST(dim=8, depth=1, heads=1, stride=16).state_dict()
    head = "head.1.weight"
    evil += [_saved(net | {head: x}) for x in (torch.tensor(1.0), net[head] * torch.nan, 3)]
    evil += [_saved({k: v.to_sparse() for k, v in net.items()}), _saved({1: torch.ones(2)})]
    good = [_saved(net), _saved({"state_dict": {f"net.{name}": net[name] for name in net}})]
    yield Case(folder / "released.pt", good, released, BINARY, evil)
    packed = [safetensors.torch.save(net)]
    yield Case(folder / "x.safetensors", packed, released, BINARY, lying_safetensors())


def run(folder: Path) -> Iterator[Case]:
    done, config = Run(folder), load("quick").run(**TINY)
    table, net = made_up_run(0, 0.2, 0.5, 1.0).predictions, passt.from_config(config).state_dict()
    first = table.columns[table.columns.str.startswith("log_p")][0]
    tables = [table.assign(**{first: x}) for x in (np.nan, "x")] + [table.drop(columns=first)]
    packed, nan = (safetensors.torch.save({k: v * x for k, v in net.items()}) for x in (1, np.nan))

    def case(name: str, good: bytes, read: Callable[[], Any], *more: Sequence[bytes]) -> Case:
        return Case(folder / name, [good], lambda _: read(), *more)

    text = config.model_dump_json().encode()
    yield case("config.json", text, lambda: done.config.alpha, JSON, JSON)
    rows = b"epoch,test_log_loss\n1,2.0\n2,1.5\n"
    yield case("history.csv", rows, lambda: done.history, TABLE, TABLE)
    good, *bad = map(_parquet, (table, *tables))
    yield case("predictions.parquet", good, lambda: done.predictions, BINARY, bad)
    bad, read = [nan, *lying_safetensors()], lambda: [*done.model().state_dict().values()]
    yield case("weights.safetensors", packed, read, BINARY, bad)
    yield case("provenance.json", b'{"seconds": 1.0}', lambda: [*done.provenance], JSON, JSON)


def kept(folder: Path) -> Iterator[Case]:
    """What the project keeps of data: banks, sets of DIRs, a simulation's stamp."""
    root = write_tau22(folder / "tau22")
    built = bank.open_bank(root, folder / "banks", progress=False)

    def heard(_: Path) -> object:
        opened = bank.open_bank(root, folder / "banks", progress=False)
        return [opened.clips, opened.heard(opened.clips)]

    clips = built.clips
    changes = (
        {"start": -5},
        {"start": "x"},
        {"start": clips["start"] + 5_000_000},
        {"scale": np.nan},
    )
    bad = [*(clips.assign(**change) for change in changes), clips.iloc[:3], clips.iloc[:0]]
    for name, more in (("clips.parquet", map(_parquet, bad)), ("content.sha256", JSON)):
        file = built.folder / name
        yield Case(file, [file.read_bytes()], heard, BINARY, list(more))
    place = folder / "tiny" / "generator" / "dirs"
    generated_dirs.write(place, dir_set(noisy_responses(3)), {"microphones": 3})
    (folder / "set").mkdir()
    (folder / "set" / "m.wav").write_bytes(SOUNDS[1])
    dirs.load_dirs("vintage", folder / "set", folder / "kept", progress=False)
    (vintage,) = (folder / "kept").glob("vintage-*")
    arrays = np.full((3, 1024), np.nan, "f4"), np.ones((2, 1024), "f4"), np.array([Evil()])
    bad = [_made(lambda file, a=array: np.save(file, a, allow_pickle=True)) for array in arrays]
    for at in (place, vintage):

        def responses(_: Path, at: Path = at) -> object:
            if at == place:
                found = generated_dirs.read(at)
            else:
                found = dirs.load_dirs("vintage", folder / "set", folder / "kept", progress=False)
            return [found.responses, found.table[["name", "microphone"]]]

        for name in ("responses.npy", "table.parquet", "origin.json"):
            if (at / name).exists():
                yield Case(
                    at / name, [(at / name).read_bytes()], responses, BINARY + JSON, bad + JSON
                )
    stamp = json.dumps({"version": simulated.VERSION}).encode()
    file = folder / simulated.STAMP
    yield Case(file, [stamp], lambda at: simulated.is_simulated(at.parent), JSON, JSON)


CASES = [sounds, tables, own, study, notebook, weights, run, kept]
