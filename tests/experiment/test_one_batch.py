"""The batch that is shown is the batch that is trained on."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.signal import fftconvolve

from asc_lib.experiment.batches import TrainingBatches
from asc_lib.experiment.one_batch import one_batch
from asc_lib.model.augment import MASK_VALUE
from asc_lib.model.frontend import LogMel
from asc_lib.study import RunConfig, load
from tests.report import small_world


@pytest.fixture
def config() -> RunConfig:
    return load("quick").run(method="multi", batch_size=8)


def heard(bank: small_world.Bank) -> pd.DataFrame:
    return bank.clips[bank.clips["side"] == "train"]


def test_it_is_the_batch_that_training_gets(config: RunConfig) -> None:
    bank, dirs, cpu = small_world.bank(), small_world.multi(), torch.device("cpu")
    for step in (0, 3):
        seen = one_batch(config, bank, heard(bank), dirs, step)
        trained = TrainingBatches(config, bank, heard(bank), dirs, cpu).batch(step)
        assert all(torch.equal(*pair) for pair in zip(seen.batch, trained, strict=True))
        np.testing.assert_array_equal(seen.after, trained.log_mel)
        assert seen.windows["device_class"].tolist() == trained.device_class.tolist()


def test_heard_is_dry_through_the_impulse_response_that_is_named(config: RunConfig) -> None:
    bank, dirs = small_world.bank(), small_world.multi()
    seen = one_batch(config, bank, heard(bank), dirs)
    convolved = seen.windows["dir"].notna()
    assert 0 < convolved.sum() < len(seen.windows)
    named = dirs.table.reset_index().set_index("name")["index"]
    for row, window in seen.windows.iterrows():
        if pd.isna(window["dir"]):
            np.testing.assert_array_equal(seen.heard[row], seen.dry[row])
            assert window["device_class"] >= 0
        else:
            response = dirs.responses[named[window["dir"]]].astype(float)
            wet = fftconvolve(seen.dry[row], response / np.linalg.norm(response))[:32_000]
            np.testing.assert_allclose(seen.heard[row], wet, atol=1e-5)
            assert window["device_class"] < 0


def test_before_is_dry_without_masks(config: RunConfig) -> None:
    bank = small_world.bank()
    seen = one_batch(config, bank, heard(bank), None)
    expected = LogMel().eval()(torch.from_numpy(seen.dry))
    np.testing.assert_allclose(seen.before, expected, atol=1e-5)
    assert (seen.after == MASK_VALUE).any()
    assert seen.windows["dir"].isna().all()
    np.testing.assert_array_equal(seen.heard, seen.dry)
