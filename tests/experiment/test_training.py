import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from torch._dynamo.testing import CompileCounterWithBackend

from asc_lib import study as parameters
from asc_lib.data.tau22 import DEVICES
from asc_lib.experiment import evaluation, origin, prepare, runs, training, training_state
from asc_lib.experiment.batches import Batch, TrainingBatches
from asc_lib.experiment.evaluation import embed
from asc_lib.experiment.runs import Run
from asc_lib.experiment.training import fit
from asc_lib.experiment.training_state import TrainingState
from asc_lib.files import InputError
from asc_lib.model.passt import PaSST
from asc_lib.study import RunConfig, load
from asc_lib.study_file import validated

SMALL = {"dim": 16, "depth": 1, "heads": 2, "batch_size": 8, "epochs": 3, "learning_rate": 0.003}
PRECISIONS = ("float32", "bfloat16")


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


def test_a_complete_run_is_loaded_not_trained(small: RunConfig) -> None:
    run = fit(small, progress=False)
    written = (run.folder / "provenance.json").read_text()
    assert fit(small, progress=False).folder == run.folder
    assert (run.folder / "provenance.json").read_text() == written


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


def test_a_run_on_another_version_of_the_benchmark_is_not_taken_over(
    small: RunConfig, tau22: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = change(small, method="vintage")
    for version in (3, 4):
        monkeypatch.setattr("asc_lib.data.simulated.VERSION", version)
        for folder in (tau22, tmp_path / "vintage"):
            (folder / "simulated.json").write_text(json.dumps({"version": version}))
        told = fit(config, progress=False).provenance
        assert re.fullmatch(
            rf"simulated-v{version}-\w{{16}}\+simulated-v{version}-\w{{16}}",
            told["data_fingerprint"],
        )
        assert fit(config, progress=False).provenance == told
    assert len(list(config.run_folder.parent.glob("*.of-other-data-*"))) == 1


@pytest.mark.parametrize("method", ["plain", "vintage", "icl", "adversary", "mmd"])
def test_interrupted_and_resumed_equals_unbroken(small, monkeypatch, method) -> None:
    # so fast that it gets worse: the best epochs lie before the stop, the rate falls on both sides
    wild = {"method": method, "epochs": 6, "learning_rate": 0.05, "plateau_patience": 0}
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
    with pytest.raises(InputError, match=rf"{small.run_folder}: the disk is full: .* are needed"):
        fit(small, progress=False)
    assert [file.name for file in small.run_folder.iterdir()] == ["checkpoint.pt"]
    (small_disk.folder / "filler").unlink()
    taken = []
    monkeypatch.setattr(training, "train_step", lambda s, b: taken.append(s.step) or step(s, b))
    resumed = fit(small, progress=False)
    assert taken[0] == 1
    pd.testing.assert_frame_equal(resumed.predictions, unbroken.predictions)


def test_a_disk_too_full_for_the_results_keeps_the_run_unfinished(small, small_disk) -> None:
    run = Run(small_disk.folder / "run")
    run.folder.mkdir()
    (run.folder / "checkpoint.pt").write_bytes(b"there before")
    parts = pd.DataFrame({"epoch": [1]}), pd.DataFrame({"side": ["test"]})
    weights = {"x": torch.ones(300_000)}
    with pytest.raises(InputError, match=r"run: the disk is full: 1\.2 MB are needed"):
        runs.save(run, small, *parts, weights, {"seed": 0})
    assert not run.complete and not (run.folder / "weights.safetensors").exists()
    assert (run.folder / "checkpoint.pt").read_bytes() == b"there before"
    small_disk.grow(4000)
    runs.save(run, small, *parts, weights, {"seed": 0})
    assert run.complete and run.config == small


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
        tone = np.sin(np.arange(44_100) * 0.1) * 0.1
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


def test_the_network_learns_to_tell_what_can_be_told(small: RunConfig, tau22: Path) -> None:
    hear_tones(tau22, "bus-*")
    history = fit(change(small, epochs=30), progress=False).history
    assert history["test_accuracy"].iloc[-1] == 1
    assert history["train_ce"].iloc[-1] < 0.4 * history["train_ce"].iloc[0]


def test_embeddings_come_in_clip_order(small: RunConfig) -> None:
    run = fit(small, progress=False)
    vectors, clips = embed(run, "test")
    assert vectors.shape == (12, SMALL["dim"])
    assert (clips["side"] == "test").all()
    few, _ = embed(run, clips=clips.iloc[[5, 2]])
    np.testing.assert_allclose(few, vectors[[5, 2]], atol=1e-5)


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
        prepare.open_bank(small, progress=False), clips, torch.device("cpu")
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
        epoch += batches._order(0)[step * 8 :][:8].tolist()
    assert len(set(epoch)) == len(epoch)  # an epoch takes no clip twice
    first = TrainingBatches(config, bank, clips, dirs, cpu).batch(7)
    assert torch.equal(first.log_mel, batches.batch(7).log_mel)  # a batch depends on its step alone


@pytest.mark.parametrize("method", ["plain", "vintage"])
def test_a_batch_leaves_torchs_generator_alone(small: RunConfig, method: str) -> None:
    """The thread that makes batches runs beside patchout, which draws from it."""
    config = change(small, method=method)
    bank = prepare.open_bank(config, progress=False)
    clips = bank.clips[bank.clips["side"] == "train"]
    dirs = prepare.load_dirs(config, "vintage", progress=False) if method == "vintage" else None
    batches = TrainingBatches(config, bank, clips, dirs, torch.device("cpu"))
    torch.manual_seed(0)
    before, numpys = torch.get_rng_state(), np.random.get_state()[1].copy()
    first = batches.batch(3)
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpys)
    torch.manual_seed(1)
    assert torch.equal(batches.batch(3).log_mel, first.log_mel)


def test_batches_made_ahead_change_nothing(small: RunConfig, monkeypatch) -> None:
    runs = []
    for cores in (1, 8):  # without and with a thread for them
        monkeypatch.setattr("asc_lib.experiment.batches._cores", lambda cores=cores: cores)
        config = change(small, method="vintage", study=f"on-{cores}")
        runs.append(fit(config, progress=False))
    pd.testing.assert_frame_equal(runs[0].predictions, runs[1].predictions)


def test_half_precision_learns_as_single_does(small: RunConfig) -> None:
    runs = [fit(change(small, precision=p, method="icl"), progress=False) for p in PRECISIONS]
    assert runs[0].folder != runs[1].folder
    single, half = (run.history[["train_ce", "train_icl"]].to_numpy() for run in runs)
    np.testing.assert_allclose(half, single, rtol=0.02)
    assert not np.array_equal(half, single)
    assert runs[1].provenance["precision"] == "bfloat16"
    assert runs[1].model().precision == "bfloat16"


def test_a_compiled_run_is_the_same_run(small: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced and run by torch's own operations: what a compiler makes of it is the compiler's."""
    plain = fit(change(small, method="vintage"), progress=False)
    counts = []

    def traced(network: torch.nn.Module, on: torch.device) -> None:
        counts.append(CompileCounterWithBackend("aot_eager"))
        network.compile(dynamic=False, backend=counts[-1], fullgraph=True)

    monkeypatch.setattr(training_state, "compile_network", traced)
    again = fit(change(small, method="vintage", compile=True, study="compiled"), progress=False)
    assert again.folder.name == plain.folder.name
    assert counts[0].frame_count == 2  # training and evaluation
    columns = [c for c in plain.history if c != "seconds"]
    pd.testing.assert_frame_equal(again.history[columns], plain.history[columns], rtol=1e-4)
    assert again.provenance["compile"] is True
    again.model()


def test_a_missing_compiler_is_told_before_any_work(small: RunConfig, monkeypatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setattr(prepare, "open_bank", None)
    with pytest.raises(InputError, match="no-such-compiler"):
        fit(change(small, compile=True), progress=False)


def test_a_diverged_run_names_the_parameters(small: RunConfig, monkeypatch) -> None:
    nothing = lambda logits, scene: logits.sum() * float("nan")  # noqa: E731
    monkeypatch.setattr("asc_lib.experiment.losses.cross_entropy", nothing)
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
    not_yet_warm = log_p(method="icl", lambda_icl=10.0, icl_warmup_steps=10**9)
    np.testing.assert_allclose(not_yet_warm, plain, atol=1e-3)
    assert np.abs(log_p(method="icl", lambda_icl=10.0) - plain).max() > 0.05


def some_of_s1(clips: pd.DataFrame) -> pd.DataFrame:
    """The clips, of device s1's training clips only two."""
    rare = clips.index[(clips["side"] == "train") & (clips["device"] == "s1")]
    return clips.drop(rare[2:])


@pytest.mark.parametrize("method", ["plain", "balanced"])
def test_balanced_batches_hold_devices_alike_and_plain_ones_a_permutation(
    small: RunConfig, method: str
) -> None:
    bank = prepare.open_bank(small, progress=False)
    clips = some_of_s1(bank.clips)
    clips = clips[clips["side"] == "train"]
    clips = pd.concat([clips[clips["device"] == "a"]] * 15 + [clips[clips["device"] == "s1"]])
    config = change(small, method=method, batch_size=26, seed=11)
    batches = TrainingBatches(config, bank, clips, None, torch.device("cpu"))
    device = pd.Categorical(clips["device"], DEVICES).codes
    assert len(clips) == 15 * 12 + 2 and batches.steps_per_epoch == 7
    for epoch in range(2):
        rare = []
        order = np.random.default_rng([11, epoch]).permutation(len(clips))
        for position in range(7):
            given = batches.batch(epoch * 7 + position).device
            rare.append(int((given == DEVICES.index("s1")).sum()))
            if method == "plain":
                assert given.tolist() == device[order[position * 26 :][:26]].tolist()
        assert sum(rare) == (2 if method == "plain" else 91)
        if method == "balanced":
            assert min(rare) >= 5 and max(rare) <= 21  # 3 sigma about 13


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


@pytest.mark.filterwarnings("ignore:for .* copying from a non-meta")
def test_a_training_elsewhere_takes_a_checkpoint_over(small) -> None:
    on = torch.device("meta")  # as a GPU, another place than the checkpoint's
    state = TrainingState(small, on)
    content = TrainingState(small, torch.device("cpu")).carried()
    content["best"] = {"clean": {"log_p": torch.zeros(2, 10)}}
    state.take(content)
    assert state.sums.device == on and {p.device for p in state.model.parameters()} == {on}
    assert state.best["clean"]["log_p"].device.type == "cpu"


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


def test_clips_are_cut_where_the_bank_lies_and_then_sent(small, monkeypatch) -> None:
    monkeypatch.setattr(evaluation, "KEPT_BYTES", 0)
    bank, cut = prepare.open_bank(small, progress=False), []
    windows = type(bank).windows

    def noted(self, starts: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
        cut.append({starts.device, scales.device, self.samples.device})
        return windows(self, starts, scales)

    monkeypatch.setattr(type(bank), "windows", noted)
    monkeypatch.setattr(evaluation, "LogMel", torch.nn.Identity)  # it knows no such place
    pictures = list(evaluation.ClipFeatures(bank, bank.clips, torch.device("meta")))
    assert cut == [{torch.device("cpu")}]
    assert pictures[0].device.type == "meta" and pictures[0].shape == (36, 32_000)


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


def test_a_library_that_is_run_from_its_folder_is_no_fault(monkeypatch) -> None:
    version = origin.metadata.version

    def not_installed(name: str) -> str:
        if name == "asc_lib":
            raise origin.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(origin.metadata, "version", not_installed)
    told = origin.origin(torch.device("cpu"))["packages"]
    assert told["asc_lib"] == "not installed" and told["torch"] == version("torch")


def test_simulated_data_that_were_not_made_say_who_makes_them(small) -> None:
    world = "outputs/simulated/smoke_seed77"
    config = change(small, **{f"{n}_root": f"{world}/{n}" for n in ("tau22", "vintage", "multi")})
    said = r"make study STUDY=tiny` simulates it, .*simulate.benchmark smoke_seed77 {0} {1}/{0}$"
    with pytest.raises(InputError, match="tau22_root: no folder .*" + said.format("tau22", world)):
        prepare.open_bank(config)
    for name in ("vintage", "multi"):
        with pytest.raises(InputError, match=f"^{name}_root.*" + said.format(name, world)):
            prepare.load_dirs(config, name)
