"""Yardsticks for a network: a classical classifier, and ten seconds instead of one."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from asc_lib.data.tau22 import SCENES
from asc_lib.files import InputError
from asc_lib.results import metrics
from asc_lib.train.evaluation import prediction_table

# inverse strengths of the L2 penalty that are tried; thousands of clips want a weak one
PENALTIES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def log_mel_statistics(batches: Iterable[torch.Tensor]) -> np.ndarray:
    """Mean and standard deviation over time of each mel band: (clips, 2 x bands).

    `batches` of log-mels (batch, bands, frames), as `evaluation.ClipFeatures` gives them.
    """
    rows = [torch.cat([log_mel.mean(2), log_mel.std(2)], dim=1).cpu() for log_mel in batches]
    return torch.cat(rows).numpy()


def fit_baseline(
    features: np.ndarray,
    clips: pd.DataFrame,
    validation_features: np.ndarray,
    validation_clips: pd.DataFrame,
) -> Pipeline:
    """Logistic regression from standardised features (clips, dim) to the ten scenes.

    Of `PENALTIES` the one with the lowest log-loss on the validation clips is taken. `InputError`:
    a scene has no training clip, or there are no validation clips.
    """
    missing = set(SCENES) - set(clips["scene"])
    if missing:
        raise InputError(f"training clips: none of {', '.join(sorted(missing))}; take more")
    if validation_clips.empty:
        raise InputError("no validation clips to choose the penalty on; raise validation_share")

    def loss(model: Pipeline) -> float:
        predicted = predict(model, validation_features, validation_clips)
        return float(metrics.clip_scores(predicted)["log_loss"].mean())

    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000)).fit(
            features, clips["scene"]
        )
        for c in PENALTIES
    ]
    return min(models, key=loss)


def predict(model: Pipeline, features: np.ndarray, clips: pd.DataFrame) -> pd.DataFrame:
    """Predictions of `clips` by a fitted baseline, in the conventions of `metrics`."""
    log_p = pd.DataFrame(model.predict_log_proba(features), columns=model.classes_)[SCENES]
    return prediction_table(clips, torch.tensor(log_p.to_numpy()), "clean")


def average_recordings(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions of whole recordings: mean of their seconds' log-probabilities, normalised.

    One row a recording (`filename` without subsegment), in the conventions of `metrics`.
    """
    parts = predictions["filename"].str.extract(r"^(.*)-\d+(-[^-]+)\.wav$")
    recording = (parts[0] + parts[1]).to_numpy()
    about = predictions.groupby(recording)[["scene", "device", "location"]].first()
    log_p = predictions.groupby(recording)[metrics.LOG_P].mean()
    log_p = log_p.sub(np.log(np.exp(log_p).sum(axis=1)), axis=0)
    return pd.concat([about, log_p], axis=1).rename_axis("filename").reset_index()
