"""The paper's printed numbers, computed again: do they follow from what they should follow from?

asc_lib/reference/audit.csv has a row a check: what is `printed` and how far from it, `step`, the
same number may lie when computed again (twice what rounding does), or the bounds `above` and
`below` of a comparison; the `formula` to compute it by; and what it is where it does not agree,
`otherwise`: a "slip", or "open", where another reading of the words may make it right.
"""

import numpy as np
import pandas as pd

from asc_lib.data.tau22 import SCENES
from asc_lib.files import ROOT
from asc_lib.model.frontend import HOP, WINDOW
from asc_lib.results import claims
from asc_lib.show import paper

AGREES = "agrees"
_REFERENCE = ROOT / "asc_lib" / "reference"


def printed_numbers() -> pd.DataFrame:
    """One row of all that a formula may name.

    Of Table 3 `<method>.<column>` as printed, means of printed devices as `<method>.mean_<family>`,
    and `lowest.<column>`; `alpha.<value>`, `alpha_accuracy.<value>` and the like of Table 1;
    `probe.<method>` of Table 2, in percent; clips by device or in `total`, as `clips_train.a`, of
    the official lists, which are counted in asc_lib/reference; and `count.<thing>`.
    """
    table, devices = paper.table_3(), list(paper.DEVICES)
    for name, some in {**paper.FAMILIES, "overall": devices}.items():
        table[f"mean_{name}"] = [row[list(some)].mean() for _, row in table.iterrows()]
    table["best"] = table[devices].min(axis=1)
    table["best_other"] = table[devices[1:]].min(axis=1)
    clips = pd.read_csv(_REFERENCE / "tau22_devices.csv", index_col="device")
    clips.loc["total"] = clips.sum()
    clips["all"] = clips.sum(axis=1)
    places = pd.read_csv(_REFERENCE / "tau22_locations.csv")["location"]
    folders = pd.read_csv(_REFERENCE / "multi_folders.csv", index_col="configuration")
    count = {
        "scenes": len(SCENES), "methods": len(table), "devices": len(devices),
        "cities": places.str.split("-").str[0].nunique(), "folders": (folders > 0).sum(axis=None),
        "window": WINDOW, "hop": HOP,
    }  # fmt: skip
    parts = {**table.T, "lowest": table.round(3).min(), "probe": paper.table_2()}
    parts |= {f"clips_{side}": of_side for side, of_side in clips.items()}
    for search in paper.CHOSEN:
        table_1 = paper.table_1(search).rename(index="{:g}".format)
        parts |= {search: table_1["log_loss"], f"{search}_accuracy": table_1["accuracy_percent"]}
        count[f"{search}_rows"] = len(table_1.drop_duplicates())
        parts["lowest"].loc[search] = table_1["log_loss"].min()
    parts["lowest"].loc["probe"] = parts["probe"].min()
    parts["count"] = pd.Series(count)
    names = {f"{part}.{name}": v for part, of in parts.items() for name, v in of.items()}
    return pd.DataFrame(names, index=[0])


def audit(numbers: pd.DataFrame) -> pd.DataFrame:
    """The checks on `printed_numbers`: `where what printed recomputed difference verdict`, and why.

    A comparison has no printed number, but its bounds in words, `claimed`. What nothing can be
    computed for is missing and `otherwise`.
    """
    checks = pd.read_csv(_REFERENCE / "audit.csv")
    value = checks["formula"].map(
        lambda formula: float(np.squeeze(numbers.eval(formula, engine="python"))),
        na_action="ignore",
    )
    reach = checks["step"] / 2 + 1e-9  # floating point
    bounds = pd.DataFrame(
        {
            "above": checks["above"].fillna(checks["printed"] - reach).fillna(-np.inf),
            "below": checks["below"].fillna(checks["printed"] + reach).fillna(np.inf),
        }
    )
    agrees = claims.verdicts(bounds, value, value) == claims.SUPPORTED
    claimed = checks[["above", "below"]].where(checks["printed"].isna(), np.nan)
    return pd.DataFrame(
        {
            **checks[["where", "what"]],
            "claimed": [
                " and ".join(f"{side} {bound:g}" for side, bound in row.dropna().items())
                for _, row in claimed.iterrows()
            ],
            "printed": checks["printed"],
            "recomputed": value,
            "difference": checks["printed"] - value,
            "verdict": np.where(agrees, AGREES, checks["otherwise"]),
            "remark": checks["remark"].fillna(""),
            "formula": checks["formula"].fillna(""),
        }
    )
