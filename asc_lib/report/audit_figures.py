"""Pictures of the audit: printed against recomputed, and the verdicts by place."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from asc_lib.experiment.config import METHODS
from asc_lib.report.audit import VERDICTS
from asc_lib.report.style import PALETTE, WIDE

# colour and hatch, so that a grey print tells them apart
_LOOK = dict(zip(VERDICTS, (("0.82", ""), (PALETTE[0], "//"), (PALETTE[3], "")), strict=True))


def draw_audit(checks: pd.DataFrame) -> tuple[Figure, np.ndarray]:
    """Left: Table 3's "Overall" as printed and as it follows; right: checks by place and verdict.

    Args:
        checks: as `audit.audit` gives them.
    """
    fig, axes = plt.subplots(1, 2, figsize=(WIDE, 3.6), width_ratios=[1, 1.25])
    overall = checks[checks["what"].str.startswith("Overall, ")]
    rows = np.arange(len(overall))
    printed, true = (overall[name].astype(float) for name in ("printed", "recomputed"))
    axes[0].hlines(rows, printed, true, color="0.7", zorder=0)
    axes[0].plot(printed, rows, "s", color="0.25", label="printed")
    axes[0].plot(true, rows, "o", color=PALETTE[3], label="mean of the nine devices")
    names = overall["what"].str.removeprefix("Overall, ").map(lambda name: METHODS[name].label)
    axes[0].set_yticks(rows, names)
    axes[0].set(xlabel="log-loss in nats", title='Table 3, "Overall"')
    axes[0].margins(y=0.12)
    axes[0].invert_yaxis()

    counts = pd.crosstab(checks["where"], checks["verdict"]).reindex(
        index=checks["where"].unique(), columns=list(VERDICTS), fill_value=0
    )
    places, left = np.arange(len(counts)), np.zeros(len(counts))
    for verdict, (colour, hatch) in _LOOK.items():
        bars = axes[1].barh(
            places, counts[verdict], left=left, color=colour, hatch=hatch, edgecolor="0.2",
            linewidth=0.5, label=verdict,
        )  # fmt: skip
        axes[1].bar_label(bars, [n or "" for n in counts[verdict]], label_type="center", fontsize=7)
        left += counts[verdict].to_numpy()
    axes[1].set_yticks(places, counts.index)
    axes[1].set(xlabel="checks", title="All checks, by place in the paper")
    axes[1].invert_yaxis()
    axes[1].grid(False, axis="y")
    for ax in axes:
        ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.18), ncols=3)
    fig.suptitle("The paper's printed numbers (TAU22), recomputed", fontsize=10)
    return fig, axes
