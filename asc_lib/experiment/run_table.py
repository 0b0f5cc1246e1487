"""The runs behind a study's numbers, as a table."""

from collections.abc import Mapping, Sequence

import pandas as pd

from asc_lib.experiment.runs import Run


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
                    "steps": said["steps"],
                    "seconds": said["seconds"],
                    "windows_per_second": said["windows_per_second"],
                    "threads": said["threads"],
                    "git_commit": said["git_commit"],
                    "git_changed": said["git_changed"],
                    "data_fingerprint": said["data_fingerprint"],
                    "finished": said["finished"],
                    "hardware": said["hardware"],
                }
            )
    return pd.DataFrame(rows)
