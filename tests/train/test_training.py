import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from asc_lib import study as parameters
from asc_lib.data.tau22 import DEVICES
from asc_lib.files import InputError
from asc_lib.model.passt import PaSST
from asc_lib.results import metrics
from asc_lib.study import RunConfig, load
from asc_lib.study_file import validated
from asc_lib.train import evaluation, prepare, training
from asc_lib.train.batches import Batch, TrainingBatches
from asc_lib.train.evaluation import embed
from asc_lib.train.training import TrainingState, fit

SMALL = {"dim": 16, "depth": 1, "heads": 2, "batch_size": 8, "epochs": 3, "learning_rate": 0.003}


@pytest.fixture
def small(tau22: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    """A run of seconds on noise, with a few made-up impulse responses."""
    quick = load("quick").run().model_dump()
    monkeypatch.setattr(parameters, "ROOT", tmp_path)
    random = np.random.default_rng(3)
    (tmp_path / "vintage").mkdir()
    for number in range(3):
        response = random.normal(size=400) * np.exp(-np.arange(400) / 20)
        soundfile.write(tmp_path / "vintage" / f"m{number}.wav", response / 5, 44_100, "PCM_24")
    roots = {
        "study": "tiny",
        "tau22_root": str(tau22),
        "vintage_root": str(tmp_path / "vintage"),
        "bank_root": str(tmp_path / "banks"),
        "validation_share": 0.5,
        "device": "cpu",
    }
    return validated(RunConfig, quick | roots | SMALL, "test")


def change(config: RunConfig, **values: object) -> RunConfig:
    return validated(RunConfig, config.model_dump() | values, "test")


def test_a_run_leaves_what_is_promised(small: RunConfig) -> None:
    run = fit(small, progress=False)
    names = {file.name for file in run.folder.iterdir()}
    assert names == {
        *("config.json", "history.csv", "predictions.parquet"),
        *("weights.safetensors", "provenance.json"),
    }
    assert run.config == small
    assert run.history["epoch"].tolist() == [1, 2, 3]
    predictions = run.predictions
    assert predictions.groupby(["choice", "side"]).size().to_dict() == {
        ("clean", "test"): 12,
        ("clean", "validation"): 12,
        ("paper", "test"): 12,
        ("paper", "validation"): 12,
    }
    log_p = predictions.filter(like="log_p_").to_numpy()
    np.testing.assert_allclose(np.exp(log_p).sum(1), 1, atol=1e-5)
    assert run.provenance["steps"] == 3 * (12 // 8)
    judged = predictions.query("choice == 'clean' and side == 'test'")
    of_epoch = run.history.set_index("epoch").loc[run.provenance["chosen_epoch"]["clean"]]
    assert metrics.overall(judged) == pytest.approx(of_epoch["test_log_loss"], abs=1e-6)


def test_other_data_is_another_run_and_the_old_one_is_kept(small: RunConfig, tau22: Path) -> None:
    run = fit(small, progress=False)
    before = run.provenance["data_fingerprint"]
    clip = next((tau22 / "audio").glob("bus-paris-0-*"))
    clip.write_bytes(clip.read_bytes())
    assert fit(small, progress=False).provenance["finished"] == run.provenance["finished"]
    soundfile.write(clip, np.sin(np.arange(44_100)) / 9, 44_100, "PCM_24")
    again = fit(small, progress=False)
    assert again.provenance["data_fingerprint"] != before
    assert len(list(run.folder.parent.glob("*.of-other-data-*"))) == 1


@pytest.mark.parametrize("method", ["plain", "vintage", "icl", "adversary", "mmd"])
def test_interrupted_and_resumed_equals_unbroken(small, monkeypatch, method) -> None:
    # so fast that it gets worse: the best epochs lie before the stop, the rate falls on both sides
    wild = {"method": method, "epochs": 6, "learning_rate": 0.1, "plateau_patience": 0}
    unbroken = fit(change(small, **wild, study="unbroken"), progress=False)
    assert min(unbroken.provenance["chosen_epoch"].values()) < 4
    assert unbroken.history["learning_rate"].nunique() > 2
    config = change(small, **wild)
    monkeypatch.setattr(training.Checkpoint, "save_now_and_then", _save_always)
    batch = TrainingBatches.batch

    def stop_at_step_4(self: TrainingBatches, step: int) -> Batch:
        if step == 4:
            raise KeyboardInterrupt
        return batch(self, step)

    monkeypatch.setattr(TrainingBatches, "batch", stop_at_step_4)
    with pytest.raises(KeyboardInterrupt):
        fit(config, progress=False)
    assert (config.run_folder / "checkpoint.pt").is_file()
    taken = []
    monkeypatch.setattr(
        TrainingBatches, "batch", lambda s, step: taken.append(step) or batch(s, step)
    )
    resumed = fit(config, progress=False)
    assert taken[0] == 4
    assert not (config.run_folder / "checkpoint.pt").exists()
    pd.testing.assert_frame_equal(resumed.predictions, unbroken.predictions)
    columns = [c for c in resumed.history if c != "seconds"]
    pd.testing.assert_frame_equal(resumed.history[columns], unbroken.history[columns])


def test_a_full_disk_stops_a_run_that_then_goes_on(small, small_disk, monkeypatch) -> None:
    unbroken = fit(small, progress=False)
    monkeypatch.setattr(parameters, "ROOT", small_disk.folder)
    monkeypatch.setattr(training.Checkpoint, "save_now_and_then", _save_always)
    step = training.train_step

    def filled_after_a_step(state: TrainingState, batch: Batch) -> None:
        step(state, batch)
        if state.step == 2:
            small_disk.fill(leave=40)

    monkeypatch.setattr(training, "train_step", filled_after_a_step)
    with pytest.raises(InputError, match=rf"{small.run_folder}: the disk is full"):
        fit(small, progress=False)
    assert [file.name for file in small.run_folder.iterdir()] == ["checkpoint.pt"]
    (small_disk.folder / "filler").unlink()
    taken = []
    monkeypatch.setattr(training, "train_step", lambda s, b: taken.append(s.step) or step(s, b))
    resumed = fit(small, progress=False)
    assert taken[0] == 1
    pd.testing.assert_frame_equal(resumed.predictions, unbroken.predictions)


def _save_always(self: training.Checkpoint, state: object) -> None:
    self._next = 0.0
    _SAVE(self, state)


_SAVE = training.Checkpoint.save_now_and_then


def test_same_seed_same_run_other_seed_another(small: RunConfig) -> None:
    one = fit(small, progress=False).predictions
    two = fit(change(small, study="again"), progress=False).predictions
    other = fit(change(small, seed=1), progress=False).predictions
    pd.testing.assert_frame_equal(one, two)
    assert not np.allclose(one["log_p_bus"], other["log_p_bus"])


def hear_tones(root: Path, names: str) -> None:
    """Put a tone in place of the noise of some recordings."""
    for file in (root / "audio").glob(names):
        phase = zlib.crc32(file.name.encode())  # no two clips are the same
        tone = np.sin(np.arange(44_100) * 0.1 + phase) * 0.1
        soundfile.write(file, tone, 44_100, "PCM_24")


def test_choices_of_epoch(small: RunConfig, tau22: Path) -> None:
    # a bus hums, but on the test side the park does: what validation calls learning is a loss there
    for names in ("bus-paris-[02]-*", "park-paris-5-*"):
        hear_tones(tau22, names)
    run = fit(change(small, epochs=30), progress=False)
    history, chosen = run.history.set_index("epoch"), run.provenance["chosen_epoch"]
    assert chosen["clean"] > chosen["paper"]
    assert history["validation_log_loss"].idxmin() == chosen["clean"]
    assert history["test_log_loss"].idxmin() == chosen["paper"]
    # without validation nothing may be picked on the test side: the last epoch is the clean choice
    blind = fit(change(small, validation_share=0.0, epochs=30), progress=False)
    assert (
        blind.provenance["chosen_epoch"]["clean"] == 30 > blind.provenance["chosen_epoch"]["paper"]
    )


def test_clips_are_judged_alike_in_batches_of_any_size(small: RunConfig, monkeypatch) -> None:
    run = fit(small, progress=False)
    vectors, clips = embed(run, "test")
    shapes = []
    forward = PaSST.forward
    monkeypatch.setattr(
        PaSST, "forward", lambda self, x, *rest: shapes.append(x.shape) or forward(self, x, *rest)
    )
    monkeypatch.setattr(evaluation, "_BATCH", 5)  # the last batch holds two of the twelve
    again, _ = embed(run, "test")
    np.testing.assert_allclose(again, vectors, atol=1e-5)
    features = evaluation.ClipFeatures(
        prepare.open_bank(small, progress=False), clips, torch.device("cpu"), small
    )
    log_p = evaluation.log_probabilities(run.model(), features).numpy()
    kept = run.predictions.query("choice == 'clean' and side == 'test'").filter(like="log_p_")
    np.testing.assert_allclose(log_p, kept, atol=1e-5)
    assert set(shapes) == {(5, 128, 100)}


def test_batches_draw_inside_stretches_and_name_device_classes(small: RunConfig) -> None:
    config = change(small, method="vintage", dir_probability=0.5)
    bank = prepare.open_bank(config, progress=False)
    clips = bank.clips[bank.clips["side"] == "train"]
    dirs = prepare.load_dirs(config, "vintage", progress=False)
    cpu = torch.device("cpu")
    batches = TrainingBatches(config, bank, clips, dirs, cpu)
    classes, epoch = [], []
    for step in range(40):
        batch = batches.batch(step)
        assert batch.log_mel.shape == (8, 128, 100)
        classes += batch.device_class.tolist()
    devices = {DEVICES.index("a"), DEVICES.index("s1")}
    clean = [c for c in classes if c in devices]
    assert set(clean) == devices
    assert len(set(classes) - devices) == 2 * 3  # two devices through three responses
    assert 0.35 < len(clean) / len(classes) < 0.65
    for step in range(batches.steps_per_epoch):
        epoch += batches.order(0)[step * 8 :][:8].tolist()
    assert len(set(epoch)) == len(epoch)  # an epoch takes no clip twice
    first = TrainingBatches(config, bank, clips, dirs, cpu).batch(7)
    assert torch.equal(first.log_mel, batches.batch(7).log_mel)  # a batch depends on its step alone


def test_a_diverged_run_names_the_parameters(small: RunConfig, monkeypatch) -> None:
    nothing = lambda logits, scene: logits.sum() * float("nan")  # noqa: E731
    monkeypatch.setattr("asc_lib.train.training.cross_entropy", nothing)
    with pytest.raises(InputError, match=r"learning_rate .* no longer finite in epoch 1"):
        fit(small, progress=False)


def test_a_device_that_is_not_there_is_named(small: RunConfig) -> None:
    with pytest.raises(InputError, match="device: cuda:7 is not available"):
        fit(change(small, device="cuda:7"), progress=False)


def test_lambda_icl_weighs_and_warms_up(small: RunConfig) -> None:
    def log_p(**values: object) -> np.ndarray:
        run = fit(change(small, **values), progress=False)
        return run.predictions.filter(like="log_p_").to_numpy()

    plain = log_p(method="plain")
    np.testing.assert_array_equal(log_p(method="icl", lambda_icl=0.0), plain)
    not_yet_warm = log_p(method="icl", lambda_icl=10.0, icl_warmup_steps=10**7)
    np.testing.assert_allclose(not_yet_warm, plain, atol=1e-3)
    assert np.abs(log_p(method="icl", lambda_icl=10.0) - plain).max() > 0.05


def some_of_s1(clips: pd.DataFrame) -> pd.DataFrame:
    """The clips, of device s1's training clips only two."""
    rare = clips.index[(clips["side"] == "train") & (clips["device"] == "s1")]
    return clips.drop(rare[2:])


@pytest.mark.parametrize("method", ["balanced", "class_balanced", "freq_mixstyle", "compressor"])
def test_a_method_of_inputs_and_weights_trains(small: RunConfig, monkeypatch, method: str) -> None:
    split = prepare.split_clips
    monkeypatch.setattr(prepare, "split_clips", lambda *given: some_of_s1(split(*given)))
    plain, changed, again = (
        fit(change(small, epochs=6, method=name, study=study), progress=False)
        for name, study in (("plain", "tiny"), (method, "tiny"), (method, "again"))
    )
    assert np.isfinite(changed.history.drop(columns="epoch").select_dtypes("number")).all(axis=None)
    pd.testing.assert_frame_equal(changed.predictions, again.predictions)
    log_p = [each.predictions.filter(like="log_p_").to_numpy() for each in (plain, changed)]
    assert np.abs(log_p[0] - log_p[1]).max() > 1e-4


def test_a_complete_run_is_read_where_its_device_is_not(small) -> None:
    run = fit(small, progress=False)
    file = run.folder / "config.json"
    file.write_text(file.read_text().replace('"device": "cpu"', '"device": "cuda:7"'))
    elsewhere = change(small, device="cuda:7")
    assert elsewhere.run_folder == run.folder
    assert fit(elsewhere, progress=False).provenance == run.provenance
    z, clips = embed(run)
    assert z.shape == (len(clips), small.dim)
    with pytest.raises(InputError, match="device: cuda:7 is not available here"):
        fit(change(elsewhere, seed=1), progress=False)


def test_a_validation_side_that_comes_out_empty_is_told(small, tau22) -> None:
    bank = prepare.open_bank(small, progress=False)
    one = bank.clips["location"].isin(["paris-0", "paris-1", "paris-4", "paris-5"])
    few = replace(bank, clips=bank.clips[one].reset_index(drop=True))
    with pytest.raises(InputError, match=r"validation_share 0.5: no scene has a second training"):
        prepare.split_clips(few, small)
    sides = prepare.split_clips(few, change(small, validation_share=0.0))["side"]
    assert set(sides) == {"train", "test"}


def test_a_validation_side_that_takes_a_device_away_is_told(small, tau22) -> None:
    bank = prepare.open_bank(small, progress=False)
    kept = prepare.split_clips(bank, small).eval("side != 'train' or device == 'a'")
    few = replace(bank, clips=bank.clips[kept].reset_index(drop=True))
    with pytest.raises(InputError, match=r"validation_share 0.5: .* place of device s1, and two"):
        prepare.split_clips(few, small)
    assert len(prepare.split_clips(few, change(small, validation_share=0.0)))


def test_simulated_data_that_were_not_made_say_who_makes_them(small) -> None:
    world = "outputs/simulated/smoke_seed77"
    config = change(small, **{f"{n}_root": f"{world}/{n}" for n in ("tau22", "vintage", "multi")})
    said = r"make study STUDY=tiny` simulates it, .*simulate.benchmark smoke_seed77 {0} {1}/{0}$"
    with pytest.raises(InputError, match="tau22_root: no folder .*" + said.format("tau22", world)):
        prepare.open_bank(config)
    for name in ("vintage", "multi"):
        with pytest.raises(InputError, match=f"^{name}_root.*" + said.format(name, world)):
            prepare.load_dirs(config, name)
