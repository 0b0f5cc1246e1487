"""Every kind of file that the project reads: good ones to spoil, and its reader.

A reader returns what goes on into tables; only `InputError` may leave it.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import safetensors.torch
import soundfile
import torch
from asc_lib.data.unpack import contents, unpack
from asc_lib.data.wav_header import read_headers
from asc_lib.parameters_cell import choose_parameters

from asc_lib import artefacts
from asc_lib import study as parameters
from asc_lib.data import bank, checksums, dirs, generated_dirs, own_recordings, simulated
from asc_lib.data.tau22 import CLIP_FORMAT, check_audio, read_index
from asc_lib.data.wav import plain_header, read_clip, read_wav
from asc_lib.experiment.checkpoint import Checkpoint
from asc_lib.experiment.runs import Run
from asc_lib.experiment.training_state import TrainingState
from asc_lib.files import ROOT
from asc_lib.model import passt
from asc_lib.model.released import load_released
from asc_lib.study import load
from tests.conftest import write_tau22
from tests.dir_sets import dir_set, noisy_responses
from tests.fuzz import words

TINY = {"dim": 8, "depth": 1, "heads": 1, "batch_size": 2, "stride": 16, "patchout_rows": 1}
FINGERPRINT = "0123456789abcdef"


@dataclass(frozen=True)
class Case:
    """`seeds`: contents that are good, `file`: where they go; `crafted`: bad ones."""

    file: Path
    seeds: Sequence[bytes]
    read: Callable[[Path], Any]
    words: Sequence[bytes]
    crafted: Sequence[bytes] = ()  # each is tried as it is
    cost: int = 1  # in about 2 ms


def _sound(samples: np.ndarray, rate: int = 44_100, form: str = "WAV", kind: str = "PCM_24"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, kind, format=form)
    return file.getvalue()


def _sounds() -> list[bytes]:
    noise = np.random.default_rng(0).normal(0, 0.1, 1200)
    click = np.exp(-np.arange(800) / 30) * np.cos(np.arange(800))
    return [
        _sound(noise),
        _sound(click, 48_000, kind="FLOAT"),
        _sound(click, 96_000, kind="DOUBLE"),
        _sound(click, 8_000, kind="PCM_16"),
        _sound(noise, kind="MS_ADPCM"),
        _sound(noise, form="FLAC"),
        _sound(noise, form="WAVEX"),
        _sound(noise, form="OGG", kind="VORBIS"),
        _sound(np.stack([noise, noise], 1)),
    ]


def _lying_sounds() -> list[bytes]:
    click, body = _sounds()[1], b"\1\2\3" * 400
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 44_100, 132_300, 3, 24)
    return [
        click.replace(struct.pack("<I", 48_000), struct.pack("<I", 1)),
        click.replace(struct.pack("<I", 48_000), struct.pack("<I", 0)),
        click.replace(struct.pack("<I", 48_000), struct.pack("<I", 2**31 - 1)),
        b"RIFF\xff\xff\xff\xffWAVE" + fmt + struct.pack("<4sI", b"data", 2**32 - 1) + body,
        b"RIFF\xff\xff\xff\xffWAVE" + struct.pack("<4sI", b"LIST", 2**32 - 1) + fmt + body,
        # a chunk of no size after the other: a reader must come to an end
        b"RIFF\xff\xff\xff\x7fWAVE" + b"junk\0\0\0\0" * 5000 + fmt,
        plain_header(44_100, 44_100),
        _sound(np.full(400, 3e38), 44_100, kind="FLOAT"),
        _sound(np.full(400, 1e300), 44_100, kind="DOUBLE"),
        _sound(np.zeros(0)),
        _sound(np.zeros(400)),
    ]


def wav(folder: Path) -> Case:
    def read(file: Path) -> object:
        read_headers(file.parent, [file.name])
        return read_wav(file)[0]

    crafted = _lying_sounds()
    return Case(folder / "one.wav", _sounds(), read, words.BINARY, crafted)


def clip(folder: Path) -> Case:
    noise = np.random.default_rng(0).normal(0, 0.1, CLIP_FORMAT["frames"])

    def read(file: Path) -> object:
        return read_clip(file, **CLIP_FORMAT)

    return Case(folder / "one.wav", [_sound(noise)], read, words.BINARY, _lying_sounds())


def response(folder: Path) -> Case:
    def read(file: Path) -> object:
        return dirs.read_vintage(file.parent).responses

    seeds = [_sounds()[kind] for kind in (0, 1, 2, 3, 5, 6)]
    return Case(folder / "one.wav", seeds, read, words.BINARY, _lying_sounds())


def _index_case(folder: Path, name: str) -> Case:
    root = write_tau22(folder / "tau22")

    def read(_: Path) -> object:
        index = read_index(root)
        check_audio(index, root)
        return index

    return Case(root / name, [(root / name).read_bytes()], read, words.TABLE)


def tau22_meta(folder: Path) -> Case:
    return _index_case(folder, "meta.csv")


def tau22_train(folder: Path) -> Case:
    return _index_case(folder, "evaluation_setup/fold1_train.csv")


def tau22_test(folder: Path) -> Case:
    return _index_case(folder, "evaluation_setup/fold1_evaluate.csv")


def own_table(folder: Path) -> Case:
    for name in ("one.wav", "two.wav"):
        (folder / name).write_bytes(_sound(np.random.default_rng(0).normal(0, 0.1, 44_100)))
    (folder / "three.raw").write_bytes(b"123")
    text = ",".join(own_recordings.COLUMNS)
    text += "\none.wav,bus,oslo-3,a,train\ntwo.wav,park,rome-1,s4,test\n"
    crafted = [text.replace("one.wav", "three.raw").encode(), text.replace("one", "").encode()]
    return Case(
        folder / "table.csv",
        [text.encode()],
        own_recordings.read_table,
        [word.replace(b"\t", b",") for word in words.TABLE],
        crafted,
    )


def own_sound(folder: Path) -> Case:
    table = folder / "table.csv"
    (folder / "two.wav").write_bytes(_sound(np.random.default_rng(0).normal(0, 0.1, 44_100)))
    text = ",".join(own_recordings.COLUMNS)
    table.write_text(text + "\none.wav,bus,oslo-3,a,train\ntwo.wav,park,rome-1,s4,test\n")
    tried = iter(range(10**9))

    def read(_: Path) -> object:
        root = folder / f"root-{next(tried)}"
        clips = own_recordings.write(own_recordings.read_table(table), root, progress=False)
        written = sorted((root / "audio").iterdir())
        assert len(written) == clips
        return [read_clip(file, **CLIP_FORMAT) for file in written[:2]]

    long = np.random.default_rng(0).normal(0, 0.1, 9000)
    kinds = [("WAV", "FLOAT"), ("WAV", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS")]
    seeds = [_sound(long, 8000, form, kind) for form, kind in kinds]
    return Case(folder / "one.wav", seeds, read, words.BINARY, _lying_sounds(), cost=4)


def study_file(folder: Path) -> Case:
    quick = (ROOT / "params" / "quick.yaml").read_bytes()
    bombs = [word.strip() for word in words.YAML if b"*i" in word]
    crafted = [*(quick + b"\n" + word for word in words.YAML), *words.YAML]
    crafted += [b"study: x\ngrid_alphas: " + word for word in words.YAML] + bombs
    crafted += [quick.replace(b"study: quick", b"study: " + word) for word in words.YAML]
    roots = [b"tau22_root", b"vintage_root", b"checkpoint", b"seeds", b"learning_rate"]
    crafted += [
        b"\n".join(line for line in quick.split(b"\n") if not line.startswith(name))
        + b"\n%s: %s\n" % (name, word)
        for name in roots
        for word in words.YAML
    ]

    def read(file: Path) -> object:
        from asc_lib.study_check import check

        study = load(file)
        runs = list(study.all_runs().values())[:3]
        values = [run.model_dump() for run in runs] + [study.model_dump()]
        numbers = [v for value in values for v in value.values() if isinstance(v, float)]
        try:
            check(str(file))
        except parameters.InputError as error:
            assert str(error)
        return np.array(numbers)

    return Case(folder / "quick.yaml", [quick], read, words.YAML, crafted, cost=4)


def notebook(folder: Path) -> Case:
    small = nbformat.v4.new_notebook()
    text = 'study: str = "quick"\nseed: int = 0  # of the run\nalpha: float = 0.2'
    small.cells = [
        nbformat.v4.new_code_cell(text, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("print(seed)"),
        nbformat.v4.new_markdown_cell("text"),
    ]
    seed = nbformat.writes(small).encode()
    line = json.dumps(text)[1:-1].split("\\n")[1].encode()
    crafted = [seed.replace(b'"seed: int = 0  # of the run\\n"', word) for word in words.NOTEBOOK]
    crafted += [seed.replace(line, word.strip(b'"')) for word in words.NOTEBOOK] + words.NOTEBOOK

    def read(file: Path) -> object:
        chosen = choose_parameters(file, "quick", {"seed": 3})
        return np.array([v for v in chosen.values() if isinstance(v, float)])

    return Case(folder / "small.ipynb", [seed], read, words.NOTEBOOK, crafted, cost=6)


def made_file(folder: Path) -> Case:
    """What a notebook is expected to make: looked at, whatever it is."""
    from matplotlib.figure import Figure

    figure, files = Figure(figsize=(1, 1)), {}
    for kind in ("png", "pdf"):
        content = io.BytesIO()
        figure.savefig(content, format=kind)
        files[kind] = content.getvalue()
    table = pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]})
    files |= {"csv": table.to_csv().encode(), "parquet": _parquet(table), "json": b'{"a": [1]}'}
    files["safetensors"] = safetensors.torch.save({"x": torch.ones(9)})
    files["ipynb"] = nbformat.writes(nbformat.v4.new_notebook()).encode()

    def read(file: Path) -> None:
        for kind in files:
            named = file.with_suffix(f".{kind}")
            named.write_bytes(file.read_bytes())
            for text in artefacts.complaints([named]):
                assert text.startswith(str(named)) and "\n" not in text

    return Case(folder / "made.x", list(files.values()), read, words.JSON + words.BINARY, cost=6)


def _parquet(table: pd.DataFrame) -> bytes:
    content = io.BytesIO()
    table.to_parquet(content)
    return content.getvalue()


def _run_config(folder: Path) -> Any:
    return load("quick").run(study="tiny", device="cpu", **TINY)


def _saved(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def checkpoint(folder: Path) -> Case:
    def state() -> TrainingState:
        return TrainingState(_run_config(folder), torch.device("cpu"))

    carried = {"fingerprint": FINGERPRINT} | state().carried()
    old = io.BytesIO()
    torch.save(carried, old, _use_new_zipfile_serialization=False)
    network = carried["model"]
    crafted = [
        words.evil_pickle(), old.getvalue(), _saved(words.evil()), _saved([1]), _saved(None),
        _saved({}), _saved(torch.ones(3)), _saved({"fingerprint": FINGERPRINT}),
        _saved({"fingerprint": 3}), _saved(carried | {"model": words.evil()}),
        _saved(carried | {"model": {}}), _saved(carried | {"model": 3}),
        _saved(carried | {"optimizer": {}}), _saved(carried | {"optimizer": {"state": {}}}),
        _saved(carried | {"plateau": None}), _saved(carried | {"step": "x"}),
        _saved(carried | {"step": -1}), _saved(carried | {"history": 3}),
        _saved(carried | {"sums": torch.ones(2, 2)}), _saved(carried | {"best": []}),
        _saved(carried | {"seconds": float("nan")}), _saved(carried | {"sums": None}),
        _saved(carried | {"model": {name: t[:0] for name, t in network.items()}}),
    ]  # fmt: skip

    def read(file: Path) -> object:
        into = state()
        Checkpoint(file, FINGERPRINT).restore(into)
        into.sums.sum().item(), into.step + 1, into.seconds + 1, into.best | {}
        return [tensor for tensor in into.model.state_dict().values()]

    return Case(folder / "checkpoint.pt", [_saved(carried)], read, words.BINARY, crafted, cost=4)


def _network() -> passt.PaSST:
    return passt.PaSST(dim=8, depth=1, heads=1, stride=16)


def _lying_safetensors() -> list[bytes]:
    def with_header(header: object, body: bytes = bytes(64)) -> bytes:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + body

    tensor = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
    return [
        with_header({}), with_header([]), with_header(b"["), with_header(b"[" * words.DEEP),
        with_header({"x": tensor | {"shape": [2**62, 4]}}),
        with_header({"x": tensor | {"shape": [2**40]}}),
        with_header({"x": tensor | {"data_offsets": [0, 2**62]}}),
        with_header({"x": tensor | {"data_offsets": [48, 16]}}),
        with_header({"x": tensor, "y": tensor}, bytes(16)),
        with_header({"x": tensor | {"dtype": "O"}}), struct.pack("<Q", 2**63) + b"{}",
        with_header({"__metadata__": {"x": "y"}}), with_header({"x": tensor}, bytes(16)),
    ]  # fmt: skip


def released_pt(folder: Path) -> Case:
    weights = _network().state_dict()
    nets = {f"net.{name}": tensor for name, tensor in weights.items()}
    seeds = [_saved(weights), _saved({"state_dict": nets})]
    crafted = [
        words.evil_pickle(), _saved(words.evil()), _saved({"state_dict": words.evil()}), _saved([]),
        _saved({"state_dict": {"model": {}}}), _saved({1: torch.ones(2)}), _saved({}),
        _saved(weights | {"head.1.weight": torch.tensor(1.0)}),
        _saved(weights | {"head.1.weight": torch.full((10, 8), torch.nan)}),
        _saved({"net.": torch.ones(1)}),
        _saved({name: tensor.to_sparse() for name, tensor in weights.items()}),
        _saved({name: tensor.to(torch.complex64) for name, tensor in weights.items()}),
    ]  # fmt: skip

    def read(file: Path) -> object:
        network = _network()
        load_released(network, file)
        return list(network.state_dict().values())

    return Case(folder / "released.pt", seeds, read, words.BINARY, crafted, cost=3)


def released_safetensors(folder: Path) -> Case:
    pt = released_pt(folder)
    seed = safetensors.torch.save(_network().state_dict())
    file = folder / "released.safetensors"
    return Case(file, [seed], pt.read, words.BINARY, _lying_safetensors(), cost=3)


def _predictions() -> pd.DataFrame:
    from tests.grid_runs import made_up_run

    return made_up_run(0, 0.2, 0.5, 1.0).predictions


def _run_case(folder: Path, name: str, seed: bytes, crafted: Sequence[bytes] = (), **more) -> Case:
    run = Run(folder)
    reader = {
        "config.json": lambda: run.config.run_name,
        "history.csv": lambda: run.history[["epoch", "test_log_loss"]],
        "predictions.parquet": lambda: run.predictions,
        "weights.safetensors": lambda: list(run.model().state_dict().values()),
        "provenance.json": lambda: (run.complete, run.provenance.get("data_fingerprint"))[1],
    }[name]
    kind = words.JSON if name.endswith("json") else words.TABLE if "csv" in name else words.BINARY
    return Case(folder / name, [seed], lambda _: reader(), kind, crafted, **more)


def run_config(folder: Path) -> Case:
    text = _run_config(folder).model_dump_json(indent=2).encode()
    return _run_case(folder, "config.json", text, words.JSON)


def run_history(folder: Path) -> Case:
    rows = {"epoch": [1, 2], "step": [5, 10], "test_log_loss": [2.0, 1.5]}
    return _run_case(folder, "history.csv", pd.DataFrame(rows).to_csv(index=False).encode())


def run_predictions(folder: Path) -> Case:
    table = _predictions()
    log_p = [name for name in table if name.startswith("log_p")]
    crafted = [
        _parquet(table.assign(**{log_p[0]: np.nan})),
        _parquet(table.assign(**{log_p[0]: "x"})),
        _parquet(table.drop(columns=log_p[0])),
        _parquet(table.drop(columns="scene")),
        _parquet(table.iloc[:0]),
    ]
    return _run_case(folder, "predictions.parquet", _parquet(table), crafted, cost=4)


def run_weights(folder: Path) -> Case:
    (folder / "config.json").write_text(_run_config(folder).model_dump_json())
    network = passt.from_config(_run_config(folder)).state_dict()
    wrong = {name: tensor * torch.nan for name, tensor in network.items()}
    crafted = [*_lying_safetensors(), safetensors.torch.save(wrong)]
    seed = safetensors.torch.save(network)
    return _run_case(folder, "weights.safetensors", seed, crafted, cost=5)


def run_provenance(folder: Path) -> Case:
    text = json.dumps({"data_fingerprint": FINGERPRINT, "seconds": 1.0}).encode()
    return _run_case(folder, "provenance.json", text, words.JSON)


def _bank_case(folder: Path, name: str) -> Case:
    root, kept = write_tau22(folder / "tau22"), folder / "banks"
    built = bank.open_bank(root, kept, progress=False)
    file = built.folder / name

    def read(_: Path) -> object:
        opened = bank.open_bank(root, kept, progress=False)
        heard = opened.heard(opened.clips)
        return [opened.clips, heard]

    crafted = []
    if name == "clips.parquet":
        clips = built.clips
        crafted = [
            _parquet(clips.assign(start=clips["start"] + 5_000_000)),
            _parquet(clips.assign(start=-5)), _parquet(clips.assign(scale=np.nan)),
            _parquet(clips.drop(columns="scale")), _parquet(clips.iloc[:3]),
            _parquet(clips.assign(start="x")), _parquet(clips.iloc[:0]),
        ]  # fmt: skip
    return Case(file, [file.read_bytes()], read, words.BINARY, crafted, cost=8)


def bank_clips(folder: Path) -> Case:
    return _bank_case(folder, "clips.parquet")


def bank_fingerprint(folder: Path) -> Case:
    return _bank_case(folder, "content.sha256")


def _dirs_case(folder: Path, name: str) -> Case:
    (folder / "set").mkdir()
    for number in range(3):
        (folder / "set" / f"m{number}.wav").write_bytes(_sounds()[1])
    dirs.load_dirs("vintage", folder / "set", folder / "kept", progress=False)
    (file,) = (folder / "kept").glob(f"*/{name}")
    crafted = []
    for array in (np.full((3, 1024), np.nan, "f4"), np.ones((2, 1024), "f4"), np.ones(3, "f4")):
        content = io.BytesIO()
        np.save(content, array)
        crafted.append(content.getvalue())
    content = io.BytesIO()
    np.save(content, np.array([words.evil()]), allow_pickle=True)
    crafted.append(content.getvalue())

    def read(_: Path) -> object:
        found = dirs.load_dirs("vintage", folder / "set", folder / "kept", progress=False)
        assert found.responses.shape == (len(found.table), 1024)
        return [found.responses, found.table[["name"]], found.table["microphone"].tolist()]

    return Case(file, [file.read_bytes()], read, words.BINARY, crafted, cost=3)


def dirs_responses(folder: Path) -> Case:
    return _dirs_case(folder, "responses.npy")


def dirs_table(folder: Path) -> Case:
    return _dirs_case(folder, "table.parquet")


def _generated_case(folder: Path, name: str) -> Case:
    place = folder / "tiny" / "generator" / "dirs"
    generated_dirs.write(place, dir_set(noisy_responses(3)), {"microphones": 3})
    file = place / name

    def read(_: Path) -> object:
        found = generated_dirs.read(place)
        return [found.responses, found.table[["name"]], found.simulated, found.label]

    return Case(file, [file.read_bytes()], read, words.BINARY + words.JSON, words.JSON, cost=2)


def generated_origin(folder: Path) -> Case:
    return _generated_case(folder, "origin.json")


def generated_responses(folder: Path) -> Case:
    return _generated_case(folder, "responses.npy")


def generated_table(folder: Path) -> Case:
    return _generated_case(folder, "table.parquet")


def simulated_stamp(folder: Path) -> Case:
    def read(file: Path) -> object:
        return simulated.is_simulated(file.parent)

    text = json.dumps({"version": simulated.VERSION}).encode()
    return Case(folder / simulated.STAMP, [text], read, words.JSON, words.JSON)


def fetch_record(folder: Path) -> Case:
    (folder / "a.zip").write_bytes(b"content")
    remote = checksums.Remote("https://example.org/a.zip", "a.zip")

    def read(_: Path) -> object:
        return checksums.verified(folder / "a.zip", remote, folder, "advice")

    text = json.dumps(
        {"a.zip": {"url": "u", "bytes": 7, "sha256": hashlib.sha256(b"content").hexdigest()}}
    ).encode()
    crafted = [*words.JSON, b'{"a.zip": 3}', b'{"a.zip": {"sha256": 3}}', b'{"a.zip": null}']
    return Case(folder / "record.json", [text], read, words.JSON, crafted)


def archive(folder: Path) -> Case:
    seeds = []
    for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", kind) as packed:
            for name in ("top/audio/a.wav", "top/audio/b.wav", "top/meta.csv"):
                packed.writestr(name, name.encode() * 50)
        seeds.append(content.getvalue())
    tried = iter(range(10**9))

    def read(file: Path) -> None:
        root = folder / f"here-{next(tried)}" / "root"
        try:
            unpack(file, root, contents(file, 10**6, "top"), progress=False)
        finally:
            outside = {path.name for path in root.parent.glob("*")} - {"root"}
            assert not outside, outside
            sizes = [path.lstat() for path in root.rglob("*")]
            assert sum(size.st_size for size in sizes) < 10**6
            assert not any(path.is_symlink() for path in root.rglob("*"))

    traps = [b"../../../", b"/tmp/", b"..", b"\x00", b"\\", b":", b"\xff", *words.BINARY]
    return Case(folder / "a.zip", seeds, read, traps, cost=2)


CASES: list[Callable[[Path], Case]] = [
    *(wav, clip, response, tau22_meta, tau22_train, tau22_test, own_table, own_sound, study_file),
    *(notebook, made_file, checkpoint, released_pt, released_safetensors, run_config, run_history),
    *(run_predictions, run_weights, run_provenance, bank_clips, bank_fingerprint, dirs_responses),
    *(dirs_table, generated_origin, generated_responses, generated_table, simulated_stamp),
    *(fetch_record, archive),
]
