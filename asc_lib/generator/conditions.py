"""The twelve variables that condition the DIR generator, and the scales they are counted in.

Paper Sec. 5.3: "(1) directivity (2) transducer (3) diaphragm properties and angle/distance in
cartesian coordinates in total of 12 variables". Which twelve it does not say; these are this
study's. Every variable is physical value / fixed scale: nothing is learned from the data, so a
condition means the same in every fold.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from asc_lib.data.microphone_table import traits
from asc_lib.files import InputError

NEAR_M = 0.25  # of the radius' logarithm; half the nearest distance of the set


class Variable(NamedTuple):
    """One of the twelve: its name, what it is, and what it is divided by."""

    name: str
    group: str  # of the paper's four
    words: str
    unit: str
    scale: float


VARIABLES = (
    Variable("omni_share", "directivity", "a of a + (1 - a) cos(angle)", "", 1.0),
    Variable("tube_m", "directivity", "length of the interference tube, 0: none", "m", 0.45),
    Variable("moving_coil", "transducer", "1: a moving coil", "", 1.0),
    Variable("ribbon", "transducer", "1: a ribbon", "", 1.0),
    Variable("condenser", "transducer", "1: a condenser", "", 1.0),
    Variable("diaphragm_mm", "diaphragm", "across the moving part", "mm", 30.0),
    Variable("body_mm", "diaphragm", "across what casts the shadow", "mm", 50.0),
    Variable("dual", "diaphragm", "1: two diaphragms back to back", "", 1.0),
    Variable("side_address", "diaphragm", "1: it listens across its body", "", 1.0),
    Variable("x", "place", "cos(angle) ln(1 + r / 0.25 m)", "", 3.0),
    Variable("y", "place", "sin(angle) ln(1 + r / 0.25 m)", "", 3.0),
    Variable("log_distance", "place", "ln(1 + r / 0.25 m)", "", 3.0),
)
NAMES = [variable.name for variable in VARIABLES]
TRAIT_NAMES = [variable.name for variable in VARIABLES if variable.group != "place"]
TRANSDUCERS = ("moving coil", "ribbon", "condenser")
_SCALES = np.array([variable.scale for variable in VARIABLES])


def physical(table: pd.DataFrame) -> pd.DataFrame:
    """The twelve variables of each response of a DIR set's table, not yet scaled, by `NAMES`.

    Raises:
        InputError: the microphone table does not know a microphone or a pattern, or a row has no
            distance or angle: what is unknown is no zero.
    """
    missing = table[["distance_m", "angle_deg"]].isna().any(axis=1)
    if missing.any():
        raise InputError(
            f"response {table.loc[missing, 'name'].iloc[0]}: no distance or no angle; the "
            "generator's conditions need both (take the Multi set)"
        )
    pattern = table["pattern"].astype(object).where(table["pattern"].notna(), None)
    rows = [traits(*key) for key in zip(table["microphone"], pattern, strict=True)]
    found = pd.DataFrame(rows, index=table.index)
    for kind in TRANSDUCERS:
        found[kind.replace(" ", "_")] = found["transducer"].eq(kind)
    found = found.assign(**place(table["distance_m"], table["angle_deg"]))
    return found[NAMES].astype(float)


def place(distance_m: np.ndarray | float, angle_deg: np.ndarray | float) -> dict[str, np.ndarray]:
    """The source's Cartesian coordinates in the turntable's plane, and its distance.

    On a logarithmic radius: in metres, a turn at 0.5 m would be a tenth of a turn at 5 m.
    """
    radius = np.log1p(np.asarray(distance_m, float) / NEAR_M)
    angle = np.deg2rad(np.asarray(angle_deg, float))
    return {"x": np.cos(angle) * radius, "y": np.sin(angle) * radius, "log_distance": radius}


def scaled(variables: pd.DataFrame) -> np.ndarray:
    """Conditions as the network takes them, float32 (responses, 12), about -1 to 1."""
    return (variables[NAMES].to_numpy(float) / _SCALES).astype(np.float32)


def conditions(table: pd.DataFrame) -> np.ndarray:
    """`scaled(physical(table))`: float32 (responses, 12)."""
    return scaled(physical(table))


def outside(variables: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Whether each variable lies outside the range of the seen ones: bool, the same shape."""
    low, high = seen[NAMES].min() - 1e-9, seen[NAMES].max() + 1e-9
    return variables[NAMES].lt(low) | variables[NAMES].gt(high)
