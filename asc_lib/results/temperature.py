"""Temperature scaling: the one number that a network's confidence is off by.

C. Guo et al., "On calibration of modern neural networks", ICML 2017, Sec. 4.2,
<https://arxiv.org/abs/1706.04599>: all logits are divided by one temperature T, fitted on clips
that the network was not trained on. T above one takes confidence away, below one adds some; the
most probable scene stays, and with it the accuracy.
"""

import numpy as np
import pandas as pd
import scipy

from asc_lib.data.tau22 import SCENES
from asc_lib.files import InputError
from asc_lib.results.metrics import LOG_P, validate

LOWEST, HIGHEST = 0.05, 20.0


def fit_temperature(predictions: pd.DataFrame) -> float:
    """The temperature with the lowest mean log-loss, between `LOWEST` and `HIGHEST`.

    Each device counts the same, as in the reported measure. Mean log-loss is convex in 1 / T, so
    that along log T there is one valley.

    Raises:
        InputError: there is no clip, or see `metrics.validate`.
    """
    if predictions.empty:
        raise InputError(
            "temperature: no validation clip to fit it on; train with validation_share above 0"
        )
    validate(predictions)
    log_p = predictions[LOG_P].to_numpy(float)
    true = pd.Categorical(predictions["scene"], categories=SCENES).codes
    device = predictions["device"]
    weight = 1 / device.map(device.value_counts()).to_numpy(float) / device.nunique()
    rows = np.arange(len(log_p))

    def loss(log_t: float) -> float:
        return float(-weight @ scipy.special.log_softmax(log_p / np.exp(log_t), axis=1)[rows, true])

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    found = scipy.optimize.minimize_scalar(
        loss, bounds=bounds, method="bounded", options={"xatol": 1e-6}
    )
    return float(np.exp(found.x))


def scaled(predictions: pd.DataFrame, temperature: float) -> pd.DataFrame:
    """The same clips with their logits divided by the temperature, above 0."""
    # log-probabilities are logits, too: what they differ by cancels in the softmax
    log_p = scipy.special.log_softmax(predictions[LOG_P].to_numpy(float) / temperature, axis=1)
    table = predictions.copy()
    table[LOG_P] = log_p
    return table


def calibrated(predictions: pd.DataFrame) -> tuple[float, pd.DataFrame]:
    """A run's temperature, fitted on its validation side, and its test side scaled by it.

    Of predictions with every side and choice of epoch the clean choice is taken.
    """
    clean = predictions[predictions["choice"] == "clean"]
    temperature = fit_temperature(clean[clean["side"] == "validation"])
    return temperature, scaled(clean[clean["side"] == "test"], temperature)
