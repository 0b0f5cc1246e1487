"""Runs that hear the same batches are trained side by side, each as it would be alone."""

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from threading import Event
from time import sleep

import pandas as pd
import pytest
import torch

from asc_lib.files import ROOT, InputError
from asc_lib.methods import BEYOND
from asc_lib.study import METHODS, RunConfig, load
from asc_lib.train import prepare, together, training
from asc_lib.train.batches import Batch, TrainingBatches
from asc_lib.train.runs import Run
from asc_lib.train.together import groups_of, hears
from asc_lib.train.training import TrainingState, fit, fit_together, losses
from tests.train import test_training

small, change = test_training.small, test_training.change  # a run of seconds on noise
WEIGHTS = "weights.safetensors"


def same(one: Run, other: Run) -> None:
    pd.testing.assert_frame_equal(one.predictions, other.predictions, check_exact=True)
    columns = [c for c in one.history if c != "seconds"]
    pd.testing.assert_frame_equal(one.history[columns], other.history[columns], check_exact=True)
    assert (one.folder / WEIGHTS).read_bytes() == (other.folder / WEIGHTS).read_bytes()


def alike(small: RunConfig, study: str, *methods: str) -> list[RunConfig]:
    return [change(small, method=method, study=study) for method in methods]


@pytest.mark.parametrize(
    "methods",
    [
        ("plain", "icl", "adversary", "mmd", "class_balanced", "icl_scene"),
        ("vintage", "icl_vintage"),
    ],
)
def test_each_run_is_the_run_by_itself(small: RunConfig, methods: tuple[str, ...]) -> None:
    beside = fit_together(alike(small, "together", *methods), progress=False)
    for run, config in zip(beside, alike(small, "alone", *methods), strict=True):
        same(run, fit(config, progress=False))
        assert run.provenance["trained_together"] == len(methods)
        assert not (run.folder / "checkpoint.pt").exists()
    different = {(run.folder / WEIGHTS).read_bytes() for run in beside}
    assert len(different) == len(set(methods) - {"class_balanced"})  # devices are even here


def test_runs_that_stopped_at_different_steps_go_on_together(small, monkeypatch) -> None:
    small = change(small, epochs=6)  # as many steps
    configs = alike(small, "together", "plain", "icl", "mmd")
    monkeypatch.setattr(training.Checkpoint, "save_now_and_then", test_training._save_always)
    step = training.train_step

    def stop_at(limit: int):
        def stopping(state: TrainingState, batch: Batch) -> None:
            if state.step == limit:
                raise KeyboardInterrupt
            step(state, batch)

        return stopping

    for limit, some in ((2, configs), (4, configs[1:2])):
        monkeypatch.setattr(training, "train_step", stop_at(limit))
        with pytest.raises(KeyboardInterrupt):
            fit_together(some, progress=False)
    taken = []
    monkeypatch.setattr(
        training, "train_step",
        lambda state, batch: taken.append((state.config.method, state.step)) or step(state, batch),
    )  # fmt: skip
    done = fit_together(configs, progress=False)
    assert taken[0] == ("plain", 2) and min(s for m, s in taken if m == "icl") == 4
    assert len(taken) == len(set(taken))
    for run, config in zip(done, alike(small, "alone", "plain", "icl", "mmd"), strict=True):
        same(run, fit(config, progress=False))


def test_a_complete_run_is_not_trained_again(small: RunConfig) -> None:
    plain, icl = alike(small, "together", "plain", "icl")
    before = fit(plain, progress=False).provenance
    runs = fit_together([plain, icl], progress=False)
    assert runs[0].provenance == before and runs[1].complete
    assert runs[1].provenance["trained_together"] == 1


def test_a_second_process_waits_for_a_run_in_training(small: RunConfig, monkeypatch) -> None:
    plain, icl = alike(small, "together", "plain", "icl")
    step, taken, in_training, go_on = training.train_step, [], Event(), Event()

    def slow(state: TrainingState, batch: Batch) -> None:
        taken.append((state.config.method, state.step))
        in_training.set()
        assert go_on.wait(60)
        step(state, batch)

    monkeypatch.setattr(training, "train_step", slow)
    with ThreadPoolExecutor(2) as both:
        first = both.submit(fit_together, [plain, icl], progress=False)
        assert in_training.wait(60)
        second = both.submit(fit_together, [icl, plain], progress=False)
        sleep(1)
        assert not second.done()
        go_on.set()
        trained, found = first.result(60), second.result(60)
    assert len(taken) == len(set(taken)) == 2 * 3
    assert [run.provenance for run in found] == [run.provenance for run in reversed(trained)]


def test_a_run_that_is_no_longer_finite_ends_alone(small, monkeypatch) -> None:
    def sick(state, batch):
        total, addends = losses(state, batch)
        return total, [addends[0] * torch.nan, *addends[1:]] if state.method.icl else addends

    monkeypatch.setattr(training, "losses", sick)
    configs = alike(small, "together", "plain", "icl", "mmd")
    with pytest.raises(
        InputError, match=r"lambda_icl 0\.5: the loss was no longer finite in epoch 1"
    ):
        fit_together(configs, progress=False)
    assert [Run(config.run_folder).complete for config in configs] == [True, False, True]
    with pytest.raises(InputError, match="no longer finite"):  # nor does it stop at the next start
        fit_together(configs[1:2], progress=False)


def test_what_hears_the_same_gets_the_same_batches_and_nothing_else_does(small: RunConfig) -> None:
    bank = prepare.open_bank(small, progress=False)
    clips = bank.clips[bank.clips["side"] == "train"]
    dirs = prepare.load_dirs(small, "vintage", progress=False)
    on = torch.device("cpu")
    methods = [m for m, row in (METHODS | BEYOND).items() if row.dirs in (None, "vintage")]
    runs = [change(small, method=method) for method in methods]
    runs += [change(small, seed=1), change(small, method="icl", alpha=1.0, icl_warmup_steps=9)]
    runs += [change(small, freq_mask_bins=2), change(small, method="vintage", dir_probability=1.0)]
    heard = {}
    for number, run in enumerate(runs):
        drawn = dirs if together.ALL_METHODS[run.method].dirs else None
        batches = TrainingBatches(run, bank, clips, drawn, on)
        heard[number] = torch.cat(
            [torch.cat([b.log_mel.flatten(), b.device_class]) for b in map(batches.batch, range(6))]
        )
    for one, other in combinations(range(len(runs)), 2):
        equal = heard[one].shape == heard[other].shape and torch.equal(heard[one], heard[other])
        assert equal == (hears(runs[one]) == hears(runs[other])), (runs[one], runs[other])


@pytest.mark.parametrize("study", ["quick", "standard", "smoke", "paper"])
def test_every_run_of_a_study_is_in_one_group(study: str) -> None:
    config = load(study)
    found = groups_of(config)
    names = [run.run_name for some in found for run in some]
    assert sorted(names) == sorted(config.all_runs())
    assert max(map(len, found)) <= config.runs_together
    assert all(len({hears(run) for run in some}) == 1 for some in found)
    # the methods of Table 3 and notebook 07 do not wait for the search of notebook 02
    compared = {r.run_name for r in [*config.method_runs(), *config.beyond_runs()]}
    for some in found:
        assert len({run.run_name in compared for run in some}) == 1 or config.generated_method


def test_a_run_that_the_study_does_not_have_is_told(monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["together", "quick", "nobody"])
    with pytest.raises(InputError, match="'nobody': study quick has no such run"):
        together.main()


def test_the_command_trains(small: RunConfig, tmp_path: Path, monkeypatch) -> None:
    given = change(small, study="smoke").model_dump(exclude={"study"})
    study = load(ROOT / "params" / "smoke.yaml", **given)
    monkeypatch.setattr(together, "load", lambda file: study)
    names = [run.run_name for run in groups_of(study)[0]]
    monkeypatch.setattr(sys, "argv", ["together", "tiny", *names])
    together.main()
    assert len(names) > 1
    assert all(Run(tmp_path / "outputs" / "smoke" / "runs" / name).complete for name in names)
