import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asc_lib.data import published
from asc_lib.data.dirs import read_multi, read_vintage
from asc_lib.files import InputError
from asc_lib.simulate import benchmark
from asc_lib.simulate.worlds import World
from asc_lib.validation.dirs import check_multi, check_vintage
from asc_lib.validation.findings import ERROR, NOTE, WARNING, Finding, Section

FOLDERS = [("Coles4038", 0.5), ("Coles4038", 5.0), ("SchoepsCMC6_MK2H", 1.25)]
ANGLES = (0, 90, 180, 270)


def response(seed: int, rate: int = 44_100, peak_ms: float = 2.0) -> np.ndarray:
    """Noise that dies away within two milliseconds after a click."""
    samples = np.zeros(rate // 4)
    at = round(rate * peak_ms / 1000)
    tail = np.random.default_rng(seed).normal(0, 0.1, rate // 100)
    samples[at : at + len(tail)] = tail * np.exp(-np.arange(len(tail)) / (rate / 2000))
    samples[at] = 0.9
    return samples


def ringing() -> np.ndarray:
    """A resonance at 500 Hz that dies away, its peak about 1."""
    time = np.arange(4000) / 44_100
    return np.sin(2 * np.pi * 500 * time) * np.exp(-time / 0.004)


@pytest.fixture
def vintage(tmp_path: Path) -> Path:
    """Sixty-six responses of the published names and rates."""
    root = tmp_path / "vintage"
    root.mkdir()
    for number, name in enumerate(published.VINTAGE_NAMES):
        rate = 48_000 if number < 5 else 44_100
        soundfile.write(root / f"{name}.wav", response(number, rate), rate, "PCM_24")
    return root


@pytest.fixture
def multi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve responses; the published set is made to hold just these."""
    monkeypatch.setattr(published, "MULTI_FOLDERS", FOLDERS)
    monkeypatch.setattr(published, "MULTI_ANGLES", ANGLES)
    root = tmp_path / "multi"
    for number, (name, distance) in enumerate(FOLDERS):
        folder = f"{name}_{'5m' if distance == 5 else f'{100 * distance:.0f}cm'}"
        for angle in ANGLES:
            file = root / "Normalised_IRs" / folder / "24bit" / f"{folder}_{angle}Deg.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            sound = response(1000 * number + angle, 48_000, 20.0)
            soundfile.write(file, sound, 48_000, "PCM_24")
    return root


def vintage_of(root: Path) -> Section:
    return check_vintage(root, progress=False)


def multi_of(root: Path, deep: bool = False) -> Section:
    return check_multi(root, deep=deep, progress=False)


def only(section: Section) -> Finding:
    (finding,) = section.findings
    return finding


def test_undamaged_sets_have_no_findings(vintage: Path, multi: Path) -> None:
    for section in (vintage_of(vintage), multi_of(multi)):
        assert section.findings == [] and section.verdict.endswith("all as expected.")


def test_vintage_tables(vintage: Path) -> None:
    tables = {table.title: table.rows for table in vintage_of(vintage).tables}
    rates = tables["Responses by sample rate"].set_index("Hz")
    assert rates["wavs"].to_dict() == {44_100: 61, 48_000: 5}
    assert (rates["difference"] == 0).all()
    samples = tables["Samples"].set_index("of a response")
    assert samples.loc["peak, ms from the start"].tolist() == ["2.00", "2.00", "2.00"]


def test_energy_kept_is_that_of_the_window(vintage: Path) -> None:
    sound = np.zeros(44_100)
    sound[1000] = 0.8
    sound[1000 + 44 * 33] = 0.4  # 33 ms later, behind the cut; 0.16 of 0.8 is a fifth
    file = vintage / "Doremi_.wav"
    soundfile.write(file, sound, 44_100, "PCM_24")
    finding = only(vintage_of(vintage))
    assert finding.level == WARNING and "99.88% of the energy" in finding.what
    assert finding.names == ("Doremi_.wav (80.0%)",)


def overwrite(sound: np.ndarray, rate: int = 44_100, subtype: str = "PCM_24") -> Callable:
    return lambda file: soundfile.write(file, sound, rate, subtype)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.write_bytes(b""), "empty"),
        (lambda file: file.write_text("no sound at all"), "not readable as wav"),
        (overwrite(np.zeros(0)), "empty"),
        (overwrite(np.zeros(4000)), "silent response"),
        (overwrite(np.zeros((4000, 2))), "of 2 channels"),
        (overwrite(np.full(4000, np.nan), subtype="FLOAT"), "NaN"),
    ],
)
def test_what_the_study_refuses_is_an_error(vintage: Path, damage: Callable, said: str) -> None:
    damage(vintage / "Doremi_.wav")
    section = vintage_of(vintage)
    errors = [f for f in section.findings if f.level == ERROR]
    assert any(said in f.what and f.names == ("Doremi_.wav",) for f in errors)
    with pytest.raises(InputError):  # the other way round: only what the study refuses
        read_vintage(vintage)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:9000]), "truncated"),
        (overwrite(np.clip(5 * ringing(), -1, 1)), "cut off at full scale"),
    ],
)
def test_what_the_study_takes_though_it_is_damaged(
    vintage: Path, damage: Callable, said: str
) -> None:
    damage(vintage / "Doremi_.wav")
    finding = only(vintage_of(vintage))
    assert finding.level == WARNING and said in finding.what
    assert finding.names == ("Doremi_.wav",)
    read_vintage(vintage)


def test_missing_surplus_and_doubled_responses(vintage: Path) -> None:
    (vintage / "Doremi_.wav").rename(vintage / "Mine_1.wav")
    shutil.copy(vintage / "Mine_1.wav", vintage / "Mine_2.wav")
    found = {f.what: f.names for f in vintage_of(vintage).findings}
    assert found == {
        "1 response of the set missing": ("Doremi_",),
        "2 responses that the published set does not hold": ("Mine_1", "Mine_2"),
        "1 response under several names": ("Mine_1.wav = Mine_2.wav",),
    }


def test_missing_folders_and_angles(multi: Path) -> None:
    shutil.rmtree(multi / "Normalised_IRs" / "Coles4038_5m")
    (multi / "Normalised_IRs/Coles4038_50cm/24bit/Coles4038_50cm_90Deg.wav").unlink()
    section = multi_of(multi)
    assert section.level == WARNING
    assert {f.what: f.names for f in section.findings} == {
        "1 folder missing": ("Coles4038_5m",),
        "1 response missing from folders that are there": ("Coles4038_50cm_90Deg",),
    }
    grid = next(t.rows for t in section.tables if t.title.startswith("Angles"))
    grid = grid.set_index("microphone and pattern").astype(str)
    assert grid.loc["Coles4038"].tolist() == ["3", "-", "missing"]
    assert grid.loc["SchoepsCMC6_MK2H"].tolist() == ["-", "4", "-"]


def test_surplus_responses_and_names_not_understood(multi: Path) -> None:
    for name in ("Toy_5m_0Deg", "calibration"):
        soundfile.write(multi / f"{name}.wav", response(7, 48_000), 48_000, "PCM_24")
    found = {f.what: f.names for f in multi_of(multi).findings}
    assert found.pop("1 response that the published set does not hold") == ("Toy_5m_0Deg",)
    ((what, names),) = found.items()
    assert what.startswith("1 wav not named") and names == ("calibration.wav",)


def test_variants_are_counted_and_a_broken_spare_copy_is_no_error(multi: Path) -> None:
    file = multi / "Normalised_IRs/Coles4038_50cm/24bit/Coles4038_50cm_90Deg.wav"
    raw = multi / "Raw_IRs" / "Coles4038_50cm" / file.name
    raw.parent.mkdir(parents=True)
    soundfile.write(raw, response(1, 48_000), 48_000, "PCM_32")
    section = multi_of(multi)
    assert section.findings == []
    variants = next(t.rows for t in section.tables if t.title == "Variants")
    assert sorted(map(tuple, variants.to_numpy().tolist())) == [
        ("normalised", "24 bit PCM", "yes", 12),
        ("not said to be", "32 bit PCM", "no", 1),
    ]
    raw.write_bytes(b"")
    assert only(multi_of(multi)).level == NOTE
    assert len(read_multi(multi).table) == 12


def test_a_tree_without_responses(multi: Path, vintage: Path, tmp_path: Path) -> None:
    assert "no wav is named like" in multi_of(vintage).verdict
    assert "no such folder" in multi_of(tmp_path / "none").verdict
    (tmp_path / "bare").mkdir()
    assert "holds no wav" in vintage_of(tmp_path / "bare").verdict


def test_not_every_sample_of_a_large_set_is_read(
    multi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asc_lib.validation.dirs._MOST_READ", 5)
    notes = [multi_of(multi, deep).tables[-1].note for deep in (False, True)]
    assert notes == [
        "Samples of 4 of 12 responses were read; --deep reads all.",
        "Samples of 12 of 12 responses were read.",
    ]


def test_simulated_responses_are_held_against_their_world(tmp_path: Path) -> None:
    root = tmp_path / "vintage"
    benchmark.write(World("smoke"), "vintage", root, workers=1, progress=False)
    section = vintage_of(root)
    assert section.level == NOTE and section.state.startswith("SIMULATED, world smoke")
    lost = min(root.glob("*.wav"))
    lost.unlink()
    finding = next(f for f in vintage_of(root).findings if f.level == ERROR)
    assert finding.names == (lost.name,)


def test_published_numbers_agree_with_each_other() -> None:
    assert len(set(published.VINTAGE_NAMES)) == sum(published.VINTAGE_RATES.values()) == 66
    assert len(published.MULTI_CONFIGURATIONS) == 39
    assert len(published.MULTI_FOLDERS) * len(published.MULTI_ANGLES) == 8_280


def test_real_responses(real_data: Path) -> None:
    section = vintage_of(real_data / "micirp")
    assert section.findings == [], section.findings
