"""The classical baseline learns what can be learnt; ten seconds are averaged as stated."""

import numpy as np
import pandas as pd
import torch

from asc_lib.data.tau22 import SCENES
from asc_lib.results import baseline, metrics


def clips(count: int, seed: int = 0) -> pd.DataFrame:
    scene = np.random.default_rng(seed).permutation(np.resize(SCENES, count))
    files = [f"audio/{s}-oslo-{n}-1-0-a.wav" for n, s in enumerate(scene)]
    return pd.DataFrame(
        {"side": "test", "filename": files, "scene": scene, "device": "a", "location": files}
    )


def features(some: pd.DataFrame, noise: float, seed: int = 0) -> np.ndarray:
    told = np.eye(len(SCENES))[[SCENES.index(scene) for scene in some["scene"]]]
    return 5 + told + np.random.default_rng(seed).normal(0, noise, told.shape)


def penalty(noise: float) -> float:
    train, validation = clips(100, 1), clips(100, 2)
    model = baseline.fit_baseline(
        features(train, noise, 3), train, features(validation, noise, 4), validation
    )
    return model[-1].C


def test_statistics_are_mean_and_deviation_over_time_of_each_band() -> None:
    log_mel = torch.randn(5, 8, 20, generator=torch.Generator().manual_seed(0))
    found = baseline.log_mel_statistics(log_mel.split(2))
    wanted = np.hstack([log_mel.numpy().mean(2), log_mel.numpy().std(2, ddof=1)])
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_it_names_scenes_that_can_be_told() -> None:
    train, test = clips(200, 1), clips(60, 2)
    model = baseline.fit_baseline(features(train, 0.1), train, features(test, 0.1, 1), test)
    predicted = baseline.predict(model, features(test, 0.1, 1), test)
    assert metrics.overall(predicted, "accuracy") == 1
    assert metrics.overall(predicted) < 0.5 * np.log(10)
    assert predicted["filename"].tolist() == test["filename"].tolist()


def test_the_penalty_is_chosen_on_the_validation_clips() -> None:
    assert penalty(0.1) == max(baseline.PENALTIES)
    assert penalty(100) == min(baseline.PENALTIES)


def test_ten_seconds_are_the_normalised_mean_of_log_probabilities() -> None:
    rng = np.random.default_rng(0)
    rows = [
        (f"audio/bus-oslo-12-{segment}-{second}-{device}.wav", "bus", device, "oslo-12")
        for segment in (3, 34)
        for device in ("a", "s1")
        for second in range(4)
    ]
    table = pd.DataFrame(rows, columns=["filename", "scene", "device", "location"])
    p = rng.dirichlet(np.ones(10), len(table))
    table[metrics.LOG_P] = np.log(p)
    found = baseline.average_recordings(table.sample(frac=1, random_state=0))
    metrics.validate(found)
    assert found["filename"].tolist() == [
        *("audio/bus-oslo-12-3-a", "audio/bus-oslo-12-3-s1"),
        *("audio/bus-oslo-12-34-a", "audio/bus-oslo-12-34-s1"),
    ]
    assert found["device"].tolist() == ["a", "s1"] * 2
    geometric = np.prod(p[4:8], axis=0) ** 0.25
    found_p = np.exp(found.loc[1, metrics.LOG_P].to_numpy(float))
    np.testing.assert_allclose(found_p, geometric / geometric.sum())
