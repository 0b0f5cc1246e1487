import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from asc_lib.data import own_recordings, published
from asc_lib.data.simulated import STAMP
from asc_lib.validation.findings import ERROR, NOTE, WARNING, Finding, Section
from asc_lib.validation.tau22 import check_tau22
from tests.conftest import write_tau22
from tests.validation.published_names import as_published

TRAIN = "audio/bus-paris-26-7-0-a.wav"
TEST = "audio/bus-paris-214-7-1-s1.wav"
NOISE = np.random.default_rng(1).normal(0, 0.05, 44_100)


@pytest.fixture
def tau22(tmp_path: Path) -> Path:
    """Thirty-six clips under names of TAU22's, two of its devices."""
    return as_published(write_tau22(tmp_path / "tau22"))


def check(root: Path, deep: bool = False) -> Section:
    return check_tau22(root, deep=deep, progress=False)


def beyond_a_subset(section: Section) -> list[Finding]:
    """Findings above a note, but for the one that says that the set is a subset."""
    return [f for f in section.findings if f.level > NOTE and "not listed" not in f.what]


def only(section: Section) -> Finding:
    (finding,) = beyond_a_subset(section)
    return finding


def drop_row(file: Path, name: str) -> None:
    rows = pd.read_csv(file, sep="\t")
    assert name in set(rows["filename"])
    rows[rows["filename"] != name].to_csv(file, sep="\t", index=False)


def add_rows(file: Path, *rows: tuple[str, ...]) -> None:
    with file.open("a") as out:
        out.writelines("\t".join(row) + "\n" for row in rows)


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:60_000])


def tell_more(file: Path) -> None:
    """A further chunk before the samples, as other programs write it: nothing is wrong with it."""
    content = file.read_bytes()
    file.write_bytes(content[:36] + b"LIST\x03\x00\x00\x00abc\x00" + content[36:])


def test_an_undamaged_subset_is_told_apart_from_damage(tau22: Path) -> None:
    section = check(tau22)
    assert section.level == WARNING
    assert not beyond_a_subset(section)
    assert section.state == "36 of 230,350 clips: a subset by its lists"
    table = section.tables[0].rows.set_index("device")
    assert table.loc["a", ["train", "train published", "test", "listed"]].tolist() == [
        *(12, 102_150, 6, 18)
    ]
    assert table.loc["all", "difference"] == 36 - 230_350
    assert section.files == 36


def test_a_wav_with_further_chunks_is_in_order(tau22: Path) -> None:
    tell_more(tau22 / TRAIN)
    assert not beyond_a_subset(check(tau22))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (Path.unlink, "without a wav"),
        (cut_off, "truncated"),
        (lambda file: file.write_bytes(b""), "empty"),
        (lambda file: file.write_bytes(file.read_bytes()[:30]), "not readable as wav"),
        (lambda file: file.write_text("<html>not found</html>"), "not readable as wav"),
        (lambda file: soundfile.write(file, NOISE, 48_000, "PCM_24"), "of 48,000 Hz"),
        (lambda file: soundfile.write(file, NOISE, 44_100, "PCM_16"), "of 16 bit PCM"),
        (lambda file: soundfile.write(file, NOISE, 44_100, "FLOAT"), "of 32 bit float"),
        (
            lambda file: soundfile.write(file, np.stack([NOISE, NOISE], 1), 44_100, "PCM_24"),
            "of 2 channels",
        ),
        (lambda file: soundfile.write(file, NOISE[:44_000], 44_100, "PCM_24"), "another length"),
    ],
)
def test_a_damaged_clip_is_named(tau22: Path, damage: Callable[[Path], object], said: str) -> None:
    damage(tau22 / TEST)
    finding = only(check(tau22))
    assert finding.level == ERROR
    assert finding.what.startswith("1 ") and said in finding.what
    assert finding.names == (TEST,)


def test_what_the_study_does_not_use_is_a_warning(tau22: Path) -> None:
    drop_row(tau22 / "evaluation_setup/fold1_train.csv", TRAIN)
    (tau22 / TRAIN).unlink()
    other = TRAIN.replace("-0-a", "-1-a")
    drop_row(tau22 / "evaluation_setup/fold1_train.csv", other)
    cut_off(tau22 / other)
    findings = beyond_a_subset(check(tau22))
    assert [f.level for f in findings] == [WARNING, WARNING]
    assert "without a wav" in findings[0].what and findings[0].names == (TRAIN,)
    assert "truncated" in findings[1].what


def test_recordings_that_are_not_whole_are_counted(
    tau22: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "TAU22_SUBSEGMENTS", 3)
    assert not any("recording" in f.what for f in check(tau22).findings)
    (tau22 / TRAIN).unlink()
    for wav in (tau22 / "audio").glob("park-paris-98-*-a.wav"):  # all of another one
        wav.unlink()
    assert "2 recordings of 12 with fewer than 3 good clips" in {
        f.what for f in check(tau22).findings
    }


def test_surplus_wavs_and_other_files_are_named(tau22: Path) -> None:
    shutil.copy(tau22 / TRAIN, tau22 / "audio/bus-paris-26-8-0-a.wav")
    (tau22 / "audio/readme.txt").write_text("hello")
    section = check(tau22)
    finding = only(section)
    assert finding.level == WARNING
    assert (finding.what, finding.names) == (
        "1 wav that no csv lists",
        ("audio/bus-paris-26-8-0-a.wav",),
    )
    assert any(f.names == ("audio/readme.txt",) and f.level == NOTE for f in section.findings)


def test_of_many_names_the_first_few_stand_there(tau22: Path) -> None:
    for file in (tau22 / "audio").glob("bus-*"):
        file.unlink()
    finding = only(check(tau22))
    assert finding.what.startswith("18 clips")
    assert len(finding.names) == 5 and finding.names[2] == TEST.replace("s1", "a")


@pytest.mark.parametrize("name", ["meta.csv", "evaluation_setup/fold1_train.csv"])
def test_without_a_csv_the_rest_is_still_looked_at(tau22: Path, name: str) -> None:
    (tau22 / name).unlink()
    cut_off(tau22 / TEST)
    section = check(tau22)
    assert section.level == ERROR
    assert name in section.findings[0].what
    assert any("truncated" in f.what for f in section.findings)
    assert section.tables[0].rows.set_index("device").loc["all", "listed"] == 36


def test_without_any_csv_the_audio_is_described(tau22: Path) -> None:
    shutil.rmtree(tau22 / "evaluation_setup")
    (tau22 / "meta.csv").unlink()
    section = check(tau22)
    assert section.state == "36 wavs, no csv that can be read"
    assert section.tables[0].rows.set_index("device").loc["s1", "unlisted"] == 18
    assert section.level == ERROR


def test_leaks_are_counted_at_every_level(tau22: Path) -> None:
    add_rows(tau22 / "evaluation_setup/fold1_evaluate.csv", (TRAIN, "bus"))
    whats = [f.what for f in check(tau22).findings if f.level == ERROR]
    assert "on the training side, too" in whats[0]
    for what in ("clips", "recordings", "locations"):
        assert f"1 {what} on both sides" in whats


def test_a_location_on_both_sides_is_named_though_no_clip_is(tau22: Path) -> None:
    train = tau22 / "evaluation_setup/fold1_train.csv"
    drop_row(train, TRAIN)
    add_rows(tau22 / "evaluation_setup/fold1_evaluate.csv", (TRAIN, "bus"))
    named = {f.what: f.names for f in check(tau22).findings}
    assert named["1 locations on both sides"] == ("paris-26",)
    assert named["1 recordings on both sides"] == ("bus-paris-26-7-a",)
    assert not any("clips on both sides" in what for what in named)


@pytest.mark.parametrize(
    ("file", "row", "said"),
    [
        ("meta.csv", ("audio/hello.wav", "bus", "paris-26", "a"), "1 names that are not TAU22's"),
        ("meta.csv", ("audio/zoo-paris-26-7-0-a.wav", "zoo", "paris-26", "a"), "no known scene"),
        ("meta.csv", ("audio/bus-paris-26-7-0-x.wav", "bus", "paris-26", "x"), "no known device"),
        ("meta.csv", ("audio/bus-paris-26-9-0-a.wav", "park", "paris-26", "a"), "contradicts"),
        (
            "evaluation_setup/fold1_train.csv",
            ("audio/bus-paris-26-9-0-a.wav", "bus"),
            "not in meta",
        ),
    ],
)
def test_a_wrong_row_is_named(tau22: Path, file: str, row: tuple[str, ...], said: str) -> None:
    add_rows(tau22 / file, row)
    section = check(tau22)
    assert section.level == ERROR
    assert any(said in f.what for f in section.findings if f.level == ERROR)


def test_another_list_for_the_test_side_is_a_warning(tau22: Path) -> None:
    setup = tau22 / "evaluation_setup"
    shutil.copy(setup / "fold1_evaluate.csv", setup / "fold1_test.csv")
    assert not beyond_a_subset(check(tau22))
    drop_row(setup / "fold1_test.csv", TEST)
    finding = only(check(tau22))
    assert finding.level == WARNING and finding.names == (TEST,)


def test_a_folder_too_high_up_is_told(tau22: Path) -> None:
    finding = check(tau22.parent).findings[0]
    assert finding.level == ERROR and str(tau22) in finding.what


def test_no_folder(tmp_path: Path) -> None:
    section = check(tmp_path / "none")
    assert section.level == ERROR and "no such folder" in section.verdict


def test_a_simulated_set_is_held_against_its_world(smoke: Path, tmp_path: Path) -> None:
    section = check(smoke / "tau22")
    assert section.level == NOTE and section.verdict.startswith("TAU22: SIMULATED, world smoke")
    assert "published" not in section.tables[0].rows.columns[2]
    root = tmp_path / "tau22"
    shutil.copytree(smoke / "tau22", root, copy_function=shutil.os.link)
    lost = min((root / "audio").iterdir())
    lost.rename(root / "audio" / "bus-oslo-1-1-1-a.wav")
    found = {f.what: f for f in check(root).findings}
    assert found["1 file of 1,000 of the simulated world missing"].names == (f"audio/{lost.name}",)
    (surplus,) = found["1 wav that the simulated world does not hold"].names
    assert surplus == "audio/bus-oslo-1-1-1-a.wav"


def test_a_simulation_of_another_version_is_refused(tau22: Path) -> None:
    (tau22 / STAMP).write_text(json.dumps({"version": 1}))
    section = check(tau22)
    assert section.level == ERROR and section.simulated and "version 1" in section.verdict


def test_own_recordings_get_a_short_report(tmp_path: Path) -> None:
    rows = []
    for number, side in enumerate(["train", "test"]):
        for device in ("a", "b"):
            file = tmp_path / f"{side}{device}.wav"
            sound = np.random.default_rng(len(rows)).normal(0, 0.1, 12 * 44_100)
            soundfile.write(file, sound, 44_100)
            rows.append((str(file), "bus", f"oslo-{number}", device, side))
    table = tmp_path / "table.csv"
    pd.DataFrame(rows, columns=own_recordings.COLUMNS).to_csv(table, index=False)
    root = tmp_path / "own"
    own_recordings.write(own_recordings.read_table(table), root, progress=False)
    section = check(root, deep=True)
    assert section.state == "48 clips: other recordings in TAU22's layout"
    assert [f.what for f in section.findings if f.level] == [
        "2 locations that TAU22 does not have like this"
    ]
    assert list(section.tables[0].rows) == ["device", "train", "test", "listed"]


def test_samples_tell_silence_clipping_and_doubles(tau22: Path) -> None:
    shutil.copy(tau22 / TRAIN, tau22 / TEST)
    same = [TRAIN.replace("-0-a", f"-{sub}-a") for sub in (1, 2)]
    shutil.copy(tau22 / same[0], tau22 / same[1])
    silent, clipped = (f"audio/park-paris-98-7-{sub}-s1.wav" for sub in (0, 1))
    soundfile.write(tau22 / silent, 0 * NOISE, 44_100, "PCM_24")
    soundfile.write(tau22 / clipped, 30 * NOISE, 44_100, "PCM_24")
    assert not beyond_a_subset(check(tau22))
    found = {f.what: f.names for f in check(tau22, deep=True).findings}
    both_sides = "1 sound under several names on the train and the test side"
    assert found[both_sides] == (f"{TEST} = {TRAIN}",)
    assert found["1 sound under several names on one side"] == (" = ".join(same),)
    assert found["1 clip of silence"] == (silent,)
    (what,) = (what for what in found if "cut off at full scale" in what)
    assert found[what] == (clipped,) and "1 by s1" in what


@pytest.fixture(scope="module")
def official(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published csv files, without a wav."""
    root = tmp_path_factory.mktemp("official")
    (root / "evaluation_setup").mkdir()
    for name in ("meta", "fold1_train", "fold1_evaluate"):
        packed = (real_data / "tau22-metadata" / f"{name}.csv.gz").read_bytes()
        folder = root if name == "meta" else root / "evaluation_setup"
        (folder / f"{name}.csv").write_bytes(gzip.decompress(packed))
    return root


def test_published_counts_are_those_of_the_official_lists(official: Path) -> None:
    meta = pd.read_csv(official / "meta.csv", sep="\t")
    side = pd.Series("unused", index=meta["filename"])
    for name, file in {"train": "fold1_train", "test": "fold1_evaluate"}.items():
        listed = pd.read_csv(official / "evaluation_setup" / f"{file}.csv", sep="\t")
        side[listed["filename"]] = name
    meta["side"] = side.to_numpy()
    meta["city"] = meta["identifier"].str.split("-").str[0]
    assert meta["side"].value_counts().to_dict() == published.TAU22_SIDES
    for column, ours in (("source_label", "device"), ("scene_label", "scene"), ("city", "city")):
        found = pd.crosstab(meta[column], meta["side"])[list(published.TAU22_SIDES)]
        found = {value: tuple(row) for value, row in found.iterrows()}
        assert found == published.tau22_counts(ours)
    found = pd.crosstab(meta["identifier"], meta["side"])[list(published.TAU22_SIDES)]
    ours = published.tau22_locations()[list(published.TAU22_SIDES)]
    pd.testing.assert_frame_equal(found.sort_index(), ours.sort_index(), check_names=False)
    places = meta.groupby("side")["identifier"].nunique()
    assert places[["train", "test"]].to_dict() == published.TAU22_LOCATIONS


def test_the_official_lists_are_known(official: Path) -> None:
    section = check(official)
    assert section.state == "the published set by its lists, 230,350 clips"
    assert [f.level for f in section.findings] == [ERROR]
    assert "no such folder" in section.findings[0].what
    assert section.tables[0].rows.set_index("device").loc["all", "difference"] == -230_350


def test_published_numbers_agree_with_each_other() -> None:
    assert sum(published.TAU22_SIDES.values()) == published.TAU22_CLIPS
    for column in ("device", "scene", "city"):
        sums = np.sum(list(published.tau22_counts(column).values()), axis=0)
        assert sums.tolist() == list(published.TAU22_SIDES.values())
    places = (published.tau22_locations()[["train", "test"]] > 0).sum()
    assert places.to_dict() == published.TAU22_LOCATIONS


def test_a_location_on_another_side_than_published_is_no_subset(tau22: Path) -> None:
    setup = tau22 / "evaluation_setup"
    train, test = (pd.read_csv(setup / f"fold1_{s}.csv", sep="\t") for s in ("train", "evaluate"))
    moved = train["filename"].str.contains("-paris-26-")
    train[~moved].to_csv(setup / "fold1_train.csv", sep="\t", index=False)
    pd.concat([test, train[moved]]).to_csv(setup / "fold1_evaluate.csv", sep="\t", index=False)
    section = check(tau22)
    assert section.state.endswith("other recordings in TAU22's layout")
    finding = only(section)
    assert finding.level == WARNING and finding.names == ("paris-26",)


def test_real_clips(real_data: Path) -> None:
    section = check(real_data / "tau22-mini", deep=True)
    assert not beyond_a_subset(section)
    assert section.state.startswith("535 of 230,350 clips: a subset")
