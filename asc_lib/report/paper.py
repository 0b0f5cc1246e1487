"""What the paper prints: Tables 1, 2 and 3 as data, slips included, and the official counts.

Schmidt and Peters, "Device Generalization with Inverse Contrastive Loss and Impulse Response
Augmentation". All numbers are on TAU22. Methods carry the names of `config.METHODS`.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

DATA_LABEL = "paper, TAU22, printed"

SOURCES = {
    "table_1_alpha": "Table 1, left half (Sec. 5.2): search of alpha at lambda_icl = 10, beta = 1",
    "table_1_lambda_icl": "Table 1, right half (Sec. 5.2): search of lambda_icl at alpha = 0.2",
    "table_2": "Table 2 (Sec. 5.4): device classification accuracy, six devices of the training",
    "table_3": "Table 3 (Sec. 5.5): log-loss by device, best of three seeds",
}

# the choices that Sec. 5.2 draws from Table 1
CHOSEN_ALPHA, CHOSEN_LAMBDA, GRID_FIXED_LAMBDA, CHANCE_OF_SIX = 0.2, 0.5, 10.0, 1 / 6
CHOSEN = {"alpha": CHOSEN_ALPHA, "lambda_icl": CHOSEN_LAMBDA}  # by search

DEVICES = ("a", "b", "c", "s1", "s2", "s3", "s4", "s5", "s6")
FAMILIES = {"real": DEVICES[:3], "simulated": DEVICES[3:6], "unseen": DEVICES[6:]}


class GridPoint(NamedTuple):
    """One row of Table 1: the value searched, log-loss in nats, accuracy in percent."""

    value: float
    log_loss: float
    accuracy_percent: float


_ALPHA = (
    GridPoint(0.0, 1.265, 51.72),
    GridPoint(0.2, 1.270, 51.28),
    GridPoint(0.4, 1.313, 50.34),
    GridPoint(0.8, 1.331, 49.02),
    GridPoint(1.5, 2.166, 21.60),
)
_LAMBDA = (
    GridPoint(0.1, 1.139, 56.87),
    GridPoint(0.5, 1.100, 58.32),
    GridPoint(1.0, 1.113, 58.52),
    GridPoint(3.0, 1.139, 56.87),
    GridPoint(6.0, 1.183, 56.30),
)
_DEVICE_ACCURACY = {"plain": 82.04, "icl": 65.65, "multi": 41.08, "icl_multi": 17.53}

# Sec. 5.3: the generator's final MSE, of a scaling that is not stated, and what its DIRs gave
GENERATOR_MSE, GENERATED_LOG_LOSS = 0.00527, 1.56

# in the printed order: three devices and their average, three times, then "Overall"
_TABLE_3_COLUMNS = (
    *DEVICES[:3], "real", *DEVICES[3:6], "simulated", *DEVICES[6:], "unseen", "overall",
)  # fmt: skip
_TABLE_3 = {
    "plain": (1.012, 1.266, 1.070, 1.116, 1.371, 1.492, 1.326, 1.396,
              1.401, 1.360, 1.509, 1.423, 1.181),
    "vintage": (1.082, 1.360, 1.212, 1.218, 1.462, 1.449, 1.361, 1.424,
                1.343, 1.289, 1.557, 1.396, 1.212),
    "multi": (0.979, 1.221, 1.090, 1.097, 1.347, 1.427, 1.318, 1.364,
              1.277, 1.302, 1.425, 1.334, 1.139),
    "icl": (1.021, 1.297, 1.074, 1.131, 1.375, 1.465, 1.325, 1.388,
            1.284, 1.364, 1.467, 1.372, 1.167),
    "icl_multi": (1.030, 1.190, 1.139, 1.096, 1.372, 1.412, 1.318, 1.367,
                  1.302, 1.327, 1.474, 1.368, 1.156),
}  # fmt: skip

# what is set in bold: Table 1 (log-loss; values searched), Table 2 and Table 3 (methods by column)
BOLD_TABLE_1 = {"alpha": (0.2,), "lambda_icl": (0.5,)}
BOLD_TABLE_2 = ("icl_multi",)
BOLD_TABLE_3 = {
    **dict.fromkeys(("a", "s1", "simulated", "s4", "s5", "s6", "unseen", "overall"), ("multi",)),
    **dict.fromkeys(("b", "real", "s2"), ("icl_multi",)),
    "c": ("icl",),
    "s3": ("multi", "icl_multi"),
}

# clips by device in the whole set, in fold1_train.csv and in fold1_test.csv; the set's third list,
# fold1_evaluate.csv, is fold1_test.csv with labels: https://zenodo.org/records/6337421
_TAU22_CLIPS = {
    "a": (144_000, 102_150, 3_300),
    "b": (10_780, 7_490, 3_290),
    "c": (10_770, 7_480, 3_290),
    **dict.fromkeys(("s1", "s2", "s3"), (10_800, 7_500, 3_300)),
    **dict.fromkeys(("s4", "s5", "s6"), (10_800, 0, 3_300)),
}
TAU22_CITIES = 10
# microphones with their patterns at a distance, one folder each, every 5 degrees:
# https://zenodo.org/records/4633508
MULTI_FOLDERS, MULTI_ANGLES = 115, 72


def table_1(search: str) -> pd.DataFrame:
    """Table 1 as printed; `search` is "alpha" or "lambda_icl".

    Indexed by the value searched; columns log_loss (nats) and accuracy_percent.
    """
    points = {"alpha": _ALPHA, "lambda_icl": _LAMBDA}[search]
    return pd.DataFrame(points).set_index("value").rename_axis(search)


def table_2() -> pd.Series:
    """Table 2 as printed: accuracy of the device probe in percent, by method; chance is 1/6."""
    return pd.Series(_DEVICE_ACCURACY, name="device_accuracy").rename_axis("method")


def table_3() -> pd.DataFrame:
    """Table 3 as printed: log-loss in nats; methods x devices, family averages and "overall"."""
    table = pd.DataFrame.from_dict(_TABLE_3, orient="index", columns=list(_TABLE_3_COLUMNS))
    return table.rename_axis("method")


def true_overall() -> pd.Series:
    """Mean log-loss over the nine devices of Table 3, by method.

    The printed "Overall" is the sum of the nine divided by ten; the order of methods is the same.
    """
    return table_3()[list(DEVICES)].mean(axis=1).rename("overall")


def true_families() -> pd.DataFrame:
    """Mean log-loss by device family, recomputed from the devices of Table 3."""
    table = table_3()
    means = {family: table[list(devices)].mean(axis=1) for family, devices in FAMILIES.items()}
    return pd.DataFrame(means)


def official_clips() -> pd.DataFrame:
    """Clips of TAU22 by device: `all`, official `train` and `test` side."""
    columns = ["all", "train", "test"]
    return pd.DataFrame.from_dict(_TAU22_CLIPS, orient="index", columns=columns)


@dataclass(frozen=True)
class Printed:
    """Tables 1, 2 and 3 with what is bold in them: the paper's, or others in their place."""

    alpha: pd.DataFrame = field(default_factory=lambda: table_1("alpha"))
    lambda_icl: pd.DataFrame = field(default_factory=lambda: table_1("lambda_icl"))
    table_2: pd.Series = field(default_factory=table_2)
    table_3: pd.DataFrame = field(default_factory=table_3)
    bold_1: dict[str, tuple[float, ...]] = field(default_factory=lambda: BOLD_TABLE_1)
    bold_2: tuple[str, ...] = BOLD_TABLE_2
    bold_3: dict[str, tuple[str, ...]] = field(default_factory=lambda: BOLD_TABLE_3)

    def mean(self, method: str, column: str) -> float:
        """Log-loss of a device, or the mean over the devices of a family or of all ("overall")."""
        devices = {**FAMILIES, "overall": DEVICES}.get(column, (column,))
        return float(self.table_3.loc[method, list(devices)].mean())
