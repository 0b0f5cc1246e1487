import gzip
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from conftest import write_tau22

from asc_lib.data.simulated import is_simulated
from asc_lib.data.tau22 import check_audio, read_index, validation_split
from asc_lib.inputs import InputError
from asc_lib.simulate import benchmark


def test_index_says_what_the_names_say(tau22: Path) -> None:
    index = read_index(tau22).set_index("filename")
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
        ("filename", "audio/bus-paris-0-7-1-a.wav", "stands twice"),
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
    check_audio(index, tau22)
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


def test_official_lists_have_the_published_counts(real_data: Path, tmp_path: Path) -> None:
    (tmp_path / "evaluation_setup").mkdir()
    for name in ("meta", "fold1_train", "fold1_evaluate"):
        packed = real_data / "tau22-metadata" / f"{name}.csv.gz"
        folder = tmp_path if name == "meta" else tmp_path / "evaluation_setup"
        (folder / f"{name}.csv").write_bytes(gzip.decompress(packed.read_bytes()))
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
    with pytest.raises(InputError, match=f"{said}; delete the folder .*, and the study makes it"):
        is_simulated(tmp_path)
