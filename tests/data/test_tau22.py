import csv
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asc_lib.data.simulated import is_simulated
from asc_lib.data.tau22 import check_audio, check_study, read_index, validation_split
from asc_lib.files import InputError
from asc_lib.simulate import benchmark
from tests.conftest import write_tau22


def test_index_says_what_the_names_say(tau22: Path) -> None:
    index = read_index(str(tau22)).set_index("filename")
    clip = index.loc["audio/park-paris-5-7-2-s1.wav"]
    assert clip.to_dict() == {
        "scene": "park",
        "city": "paris",
        "location": "paris-5",
        "recording": "park-paris-5-7-s1",
        "subsegment": 2,
        "device": "s1",
        "side": "test",
    }
    assert index["side"].value_counts().to_dict() == {"train": 24, "test": 12}


def test_byte_order_mark_and_line_ends_do_not_matter(tau22: Path) -> None:
    plain = read_index(tau22)
    meta = tau22 / "meta.csv"
    meta.write_bytes(b"\xef\xbb\xbf" + meta.read_bytes().replace(b"\r\n", b"\n"))
    pd.testing.assert_frame_equal(read_index(tau22), plain)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("filename", "audio/park-paris-0.wav", "meta.csv, line 2: 'audio/park-paris-0.wav' is not"),
        ("filename", "audio/beach-paris-0-7-0-a.wav", "'beach' is no known scene"),
        ("filename", "audio/bus-paris-0-7-0-x9.wav", "'x9' is no known device"),
        ("scene_label", "tram", "'tram' as scene_label contradicts the file name"),
        ("identifier", "paris-77", "'paris-77' as identifier contradicts"),
        ("source_label", "b", "'b' as source_label contradicts"),
        ("filename", "audio/bus-paris-0-7-1-a.wav", "line 3: 'audio/bus-paris-0-7-1-a.wav' stands"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, column: str, value: str, said: str) -> None:
    def change(meta: pd.DataFrame) -> pd.DataFrame:
        meta = meta.copy()
        meta.loc[0, column] = value
        return meta

    with pytest.raises(InputError, match=re.escape(said)):
        read_index(write_tau22(tmp_path / "bad", change))


def test_missing_csv_folder_and_column_are_named(tau22: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.meta.csv: no such file"):
        read_index(tmp_path / "nowhere")
    train = tau22 / "evaluation_setup" / "fold1_train.csv"
    train.write_text(train.read_text().replace("scene_label", "label"))
    with pytest.raises(InputError, match=r"fold1_train.csv: no column scene_label"):
        read_index(tau22)
    train.unlink()
    with pytest.raises(InputError, match=r"fold1_train.csv: no such file"):
        read_index(tau22)


def test_a_location_on_both_sides_is_refused(tau22: Path) -> None:
    train = tau22 / "evaluation_setup" / "fold1_train.csv"
    evaluate = tau22 / "evaluation_setup" / "fold1_evaluate.csv"
    lines = train.read_text().splitlines()
    train.write_text("\n".join(lines[:-1]))
    evaluate.write_text(evaluate.read_text() + lines[-1] + "\n")
    with pytest.raises(InputError, match=r"location paris-3 .* is on both sides"):
        read_index(tau22)


def test_a_row_without_wav_is_named(tau22: Path) -> None:
    index = read_index(tau22)
    check_audio(index, str(tau22))
    (tau22 / "audio" / "bus-paris-0-7-0-a.wav").unlink()
    with pytest.raises(InputError, match=r"bus-paris-0-7-0-a.wav: no such file.*1 of 36"):
        check_audio(index, tau22)


def test_validation_takes_whole_locations_of_each_scene(tau22: Path) -> None:
    split = validation_split(read_index(tau22), 0.5)
    sides = split.groupby("location")["side"].unique().map(list)
    assert (sides.map(len) == 1).all()
    kept = split[split["side"] == "validation"]
    assert kept.groupby("scene")["location"].nunique().to_dict() == {"bus": 1, "park": 1}
    assert (split["side"] == "test").sum() == 12
    assert set(validation_split(read_index(tau22), 0.0)["side"]) == {"train", "test"}


def unpack(real_data: Path, root: Path) -> None:
    """The official lists as they lie in a data set."""
    (root / "evaluation_setup").mkdir()
    for name in ("meta", "fold1_train", "fold1_evaluate"):
        packed = real_data / "tau22-metadata" / f"{name}.csv.gz"
        folder = root if name == "meta" else root / "evaluation_setup"
        (folder / f"{name}.csv").write_bytes(gzip.decompress(packed.read_bytes()))


def test_official_lists_have_the_published_counts(real_data: Path, tmp_path: Path) -> None:
    unpack(real_data, tmp_path)
    index = read_index(tmp_path)
    # https://doi.org/10.5281/zenodo.6337421
    assert index["side"].value_counts().to_dict() == {
        "train": 139_620,
        "unused": 61_050,
        "test": 29_680,
    }
    train = index[index["side"] == "train"]
    assert train["device"].value_counts()["a"] == 102_150
    assert train["location"].nunique() == 365
    assert index.loc[index["side"] == "test", "location"].nunique() == 146
    pd.testing.assert_frame_equal(index, read_plainly(tmp_path))


_PLAIN = re.compile(r"audio/([a-z_]+)-(([a-z_]+)-[0-9]+)-([0-9]+)-([0-9])-([a-z][0-9]*)\.wav")


def read_plainly(root: Path) -> pd.DataFrame:
    """What `read_index` finds in lists without mistakes, one name after the other."""

    def rows(name: str) -> list[dict[str, str]]:
        with (root / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))

    side_of = {}
    for side, name in {"train": "fold1_train.csv", "test": "fold1_evaluate.csv"}.items():
        side_of |= {row["filename"]: side for row in rows(f"evaluation_setup/{name}")}
    found = []
    for row in rows("meta.csv"):
        name = row["filename"]
        scene, location, city, segment, subsegment, device = _PLAIN.fullmatch(name).groups()
        recording = f"{scene}-{location}-{segment}-{device}"
        side = side_of.get(name, "unused")
        found.append((name, scene, city, location, recording, int(subsegment), device, side))
    columns = ["filename", "scene", "city", "location", "recording", "subsegment", "device", "side"]
    return pd.DataFrame(found, columns=columns).astype({"subsegment": "int8"})


def test_lists_are_read_in_any_order(tmp_path: Path) -> None:
    # digits of several lengths; names that are one another's beginning or end; every device
    names = [
        (scene, f"{city}-{number}", segment, sub, device)
        for scene, city in [
            ("metro", "st"),
            ("metro_station", "st"),
            ("bus", "lyon"),
            ("bus", "ly"),
        ]
        for number in ("0", "00", "10", "123456789")
        for segment in ("0", "1", "11", "007")
        for sub in (0, 1, 9)
        for device in ("a", "b", "s1", "s11", "s2")
    ]
    random = np.random.default_rng(3)
    rows = [names[i] for i in random.permutation(len(names))[:900]]
    test = {"123456789", "00"}
    sides = {"fold1_train": [], "fold1_evaluate": []}
    lines = ["filename\tscene_label\tidentifier\tsource_label"]
    for scene, location, segment, sub, device in rows:
        name = f"audio/{scene}-{location}-{segment}-{sub}-{device}.wav"
        lines.append(f"{name}\t{scene}\t{location}\t{device}")
        side = "fold1_evaluate" if location.split("-")[1] in test else "fold1_train"
        if random.random() < 0.8:
            sides[side].insert(random.integers(len(sides[side]) + 1), f"{name}\t{scene}")
    ends = ["\n", "\r\n"]
    mixed = "".join(line + ends[i % 3 == 0] for i, line in enumerate(lines))
    (tmp_path / "meta.csv").write_bytes(mixed.encode())
    (tmp_path / "evaluation_setup").mkdir()
    for name, listed in sides.items():
        text = "\n".join(["filename\tscene_label", *listed])
        (tmp_path / "evaluation_setup" / f"{name}.csv").write_bytes(text.encode("utf-8-sig"))
    index = read_index(tmp_path)
    pd.testing.assert_frame_equal(index, read_plainly(tmp_path))
    assert index["side"].nunique() == 3


@pytest.mark.parametrize(
    "name",
    [
        *("", "a", "-a.wav", "0-a.wav", "NA", "audio/", "audio/bus-paris-0-7-0-a", "é" * 9),
        *("audio/bus-paris-0-7-12-a.wav", "audio/bus-paris-0-7-x-a.wav"),
        *("audio/bus-paris-0-7--a.wav", "audio/bus-paris-0-7-0-a.wav.wav"),
        *("xaudio/bus-paris-0-7-0-a.wav", "audio/bus-paris-0-7-0-a.wavx", "audio/b-0-7-0-a.wav"),
        *("audio/bus-paris-0-7-\N{ARABIC-INDIC DIGIT THREE}-a.wav", "audio/büs-paris-0-7-0-a.wav"),
        *(
            "audio/bus-paris-0-7-0-s1x.wav",
            "audio/bus-paris-0-7-0-11.wav",
            "audio/Bus-p-0-7-0-a.wav",
        ),
        *(
            '"audio/bus-paris-0-7-0-a.wav',
            'audio/bus-"paris-0-7-0-a.wav',
            "audio/bus-a-b-0-7-0-a.wav",
        ),
    ],
)
def test_what_is_no_name_is_refused_where_it_stands(tmp_path: Path, name: str) -> None:
    assert not _PLAIN.fullmatch(name)
    root = write_tau22(tmp_path / "bad")
    lines = (root / "meta.csv").read_text(encoding="utf-8").splitlines()
    lines[3] = "\t".join([name, *lines[3].split("\t")[1:]])
    (root / "meta.csv").write_text("\n".join(lines), encoding="utf-8")
    said = f"meta.csv, line 4: {name!r} is not a TAU22 file name"
    with pytest.raises(InputError, match=re.escape(said) + "$"):
        read_index(root)


def test_mistakes_of_the_lists_are_named(tau22: Path) -> None:
    evaluate = tau22 / "evaluation_setup" / "fold1_evaluate.csv"
    train = tau22 / "evaluation_setup" / "fold1_train.csv"
    right = evaluate.read_text()
    for wrong, said in {
        right.replace("paris-4-7-1-a", "paris-4-7-8-a"): "line 3: 'audio/bus-paris-4-7-8-a.wav' is "
        "not in meta.csv",
        right.replace("paris-4-7-1-a.wav", "x"): "line 3: 'audio/bus-x' is not in meta.csv",
        right.replace(
            "-s1.wav\tbus", "-s1.wav\ttram"
        ): "line 5: 'tram' contradicts the file name (3",
        right + train.read_text().splitlines()[1]: "line 14: 'audio/bus-paris-0-7-0-a.wav' is on "
        "the training side, too",
        "\n" + right.replace("wav\tpark", "wav"): "not readable as .*: line 9: Expected 2",
        "\r\n\n" + right.replace("-s1.wav\tbus", "-s1.wav\ttram"): "line 7: 'tram' contradicts",
        right.replace("bus", "b\udcff"): "not readable as tab-separated text",
        "": "not readable as tab-separated text: Empty",
        right.splitlines()[0] + "\n": "lists no clips",
    }.items():
        evaluate.write_bytes(wrong.encode(errors="surrogateescape"))
        pattern = said if ".*" in said else re.escape(said)
        with pytest.raises(InputError, match=rf"fold1_evaluate.csv.*{pattern}"):
            read_index(tau22)


def test_simulated_data_are_told_from_real_ones(tmp_path: Path) -> None:
    assert not is_simulated(tmp_path)
    (tmp_path / "simulated.json").write_text(json.dumps({"version": benchmark.VERSION}))
    assert is_simulated(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("simulated.json", '{"version": 2}', "of version 2 of the benchmark, this is version 3"),
        ("simulated.json", '{"size": "quick"}', "names no version of the benchmark"),
        ("simulated.json", "", "names no version of the benchmark"),
        (".simulation.json", "{}", "a simulation that was not completed"),
    ],
)
def test_simulated_data_of_another_version_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str, said: str
) -> None:
    monkeypatch.setattr("asc_lib.data.simulated.VERSION", 3)
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=f"{said}.*delete the folder .*, and the study makes it"):
        is_simulated(tmp_path)


def index_of(*rows: str) -> pd.DataFrame:
    """Clips from "scene place device side"."""
    return pd.DataFrame(
        [row.split() for row in rows], columns=["scene", "location", "device", "side"]
    )


ENOUGH = (
    *("bus x-1 a train", "bus x-1 b train", "bus x-2 a test", "bus x-2 b test"),
    "bus x-5 a test",
)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((*ENOUGH, "tram x-3 s4 unused", "bus x-2 s9 test"), ""),
        ((*ENOUGH, "bus x-1 s4 train"), "fold1_train.csv: device s4 on the training side"),
        (("bus x-1 b train", "bus x-1 c train", *ENOUGH[2:]), "no clip of device a on the train"),
        ((*ENOUGH[:2], ENOUGH[3]), "no clip of device a on the test side"),
        (ENOUGH[:3], "only device a is on both sides"),
        ((*ENOUGH[:3], "bus x-2 c test"), "only device a is on both sides"),
        ((*ENOUGH, "tram x-4 b train"), "no clip of device a in scene tram"),
        ((*ENOUGH[:4], "bus x-5 s7 test"), "the test side is one place"),
        ((*ENOUGH, "tram x-1 a train"), "place x-1 stands in 2 scenes"),
    ],
)
def test_what_a_study_needs_of_own_recordings_is_named(rows: tuple[str, ...], said: str) -> None:
    if not said:
        check_study(index_of(*rows), Path("mine"))
        return
    with pytest.raises(InputError, match=f"^mine.*{said}.*"):
        check_study(index_of(*rows), Path("mine"))


def test_real_clips_are_enough_for_a_study(real_data: Path) -> None:
    check_study(read_index(real_data / "tau22-mini"), real_data / "tau22-mini")
