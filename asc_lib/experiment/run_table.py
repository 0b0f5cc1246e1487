"""The runs behind a study's numbers, as a table."""

from collections.abc import Mapping, Sequence

import pandas as pd

from asc_lib.experiment.runs import Run

_SAID = (
    "steps", "seconds", "windows_per_second", "threads", "git_commit", "git_changed",
    "data_fingerprint", "finished", "hardware",
)  # fmt: skip


def run_table(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """One row a run: which it is, which epochs were chosen, its cost, and where it comes from."""
    rows = []
    for method, of_method in runs.items():
        for run in of_method:
            said = run.provenance
            rows.append(
                {
                    "method": method,
                    "seed": said["seed"],
                    "run": run.folder.name,
                    **{f"epoch_{choice}": e for choice, e in said["chosen_epoch"].items()},
                    **{name: said[name] for name in _SAID},
                }
            )
    return pd.DataFrame(rows)
