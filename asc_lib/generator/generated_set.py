"""The generated DIRs of a scene classifier's training: the set's conditions, and new microphones.

`python -m asc_lib.generator.generated_set STUDY` makes `outputs/<study>/generator/dirs/`.
"""

import sys

import numpy as np
import pandas as pd

from asc_lib.data import generated_dirs
from asc_lib.data.dir_sets import DirSet
from asc_lib.files import InputError, exit_code
from asc_lib.generator.conditions import NAMES, TRANSDUCERS, physical, place, scaled
from asc_lib.generator.config import ALL, config_of
from asc_lib.generator.training import Trained, fit, load_multi
from asc_lib.study import StudyConfig, load

_SEED = 53
_KINDS = [name.replace(" ", "_") for name in TRANSDUCERS]


def synthetic_microphones(seen: pd.DataFrame, count: int, seed: int = _SEED) -> pd.DataFrame:
    """Traits of microphones that never were: random points within the range of the seen ones.

    Shares and sizes uniform between the least and the most seen, each kind as likely as it is among
    the seen microphones. Not every such point could be built.
    """
    rng = np.random.default_rng(seed)
    once = seen.drop(columns=["x", "y", "log_distance"]).drop_duplicates()
    drawn = pd.DataFrame(
        {
            name: rng.uniform(once[name].min(), once[name].max(), count)
            for name in ("omni_share", "diaphragm_mm", "body_mm")
        }
    )
    kind = rng.choice(once[_KINDS].to_numpy().argmax(1), count)
    for number, name in enumerate(_KINDS):
        drawn[name] = (kind == number).astype(float)
    for name in ("dual", "side_address", "tube_m"):
        drawn[name] = rng.choice(once[name].to_numpy(), count)
    return drawn


def generated_set(dirs: DirSet, trained: Trained) -> DirSet:
    """What a generator makes of every condition of a set, and of as many new configurations.

    The new ones stand at the distances and angles of the set; their names begin with "synthetic".
    """
    seen = physical(dirs.table)
    count = len(dirs.table[["microphone", "pattern"]].drop_duplicates())
    traits = synthetic_microphones(seen, count)
    traits["microphone"] = [f"synthetic{n:02d}" for n in range(1, count + 1)]
    places = dirs.table[["distance_m", "angle_deg"]].drop_duplicates().reset_index(drop=True)
    new = traits.merge(places, how="cross")
    new = new.assign(**place(new["distance_m"], new["angle_deg"]))
    new["name"] = new["microphone"] + new["distance_m"].map("_{:g}m_".format)
    new["name"] += new["angle_deg"].map("{:g}Deg".format)
    new["pattern"] = pd.array([pd.NA] * len(new), dtype="string")
    table = pd.concat([dirs.table, new[list(dirs.table.columns)]], ignore_index=True)
    asked = pd.concat([seen, new[NAMES]], ignore_index=True)
    return DirSet("generated", trained.generate(scaled(asked)), table, dirs.simulated)


def make(study: StudyConfig, progress: bool = True) -> DirSet:
    """The study's generated set, written below `outputs/<study>/generator`; read if it is there."""
    dirs = load_multi(study, progress)
    trained = fit(config_of(study, ALL), dirs, progress)
    folder = generated_dirs.folder_of(study.study)
    of = {"trained": trained.config.name, "learnt_from_fingerprint": dirs.fingerprint}
    if (folder / "origin.json").is_file() and of.items() <= generated_dirs.origin(folder).items():
        return generated_dirs.read(folder)
    made = generated_set(dirs, trained)
    new = made.table["microphone"].str.startswith("synthetic")
    origin = of | {
        "learnt_from": dirs.label,
        "real_conditions": int((~new).sum()),
        "synthetic_conditions": int(new.sum()),
        "synthetic_microphones": int(made.table.loc[new, "microphone"].nunique()),
    }
    generated_dirs.write(folder, made, origin)
    return made


def main() -> None:
    """Make a study's generated set."""
    if len(sys.argv) != 2:
        raise InputError("usage: python -m asc_lib.generator.generated_set STUDY")
    make(load(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(exit_code(main))
