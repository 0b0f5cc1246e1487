"""What can be said of a study before anything of it is run."""

from pathlib import Path

from asc_lib.files import ROOT, SIMULATED, InputError, resolve
from asc_lib.simulate.worlds import World
from asc_lib.study import StudyConfig, load


def check(study: str) -> StudyConfig:
    """The study's parameters, after all that can be said without running anything.

    Raises:
        InputError: a parameter is wrong, a folder of recordings or responses is missing, or the
            file's name is not the study's name.
    """
    config = load(study)
    if resolve(study).suffix and resolve(study).parent != ROOT / "params":
        raise InputError(
            f"{study}: outside params/, where the notebooks look; copy it there and run "
            f"`make study STUDY={Path(study).stem}`"
        )
    if config.study != Path(study).stem:
        raise InputError(
            f"study: {config.study!r} in the parameter file {study}; its results would mix with "
            f"those of {config.study}: write `study: {Path(study).stem}`"
        )
    for name in ("tau22_root", "vintage_root", "multi_root"):
        root, part = resolve(getattr(config, name)), name.removesuffix("_root")
        if root.is_relative_to(SIMULATED):
            _check_simulated(name, root, part)
        elif not root.is_dir():
            raise InputError(
                f"{name}: no folder {root}; fetch the data (python -m asc_lib.get_data {part}), or "
                f"take the simulated ones: outputs/simulated/quick/{part}"
            )
    for name in ("compare_tau22_root", "compare_vintage_root"):
        root = resolve(getattr(config, name))
        if getattr(config, name) and not root.is_dir():
            raise InputError(
                f'{name}: no folder {root}; mend the path, or write `{name}: ""` to compare nothing'
            )
    checkpoint = resolve(config.checkpoint)
    if config.checkpoint and not checkpoint.is_file():
        raise InputError(
            f"checkpoint: no file {checkpoint}; fetch the released weights (python -m "
            'asc_lib.get_data passt), or write `checkpoint: ""` to start from random ones (no '
            "longer the paper's study)"
        )
    return config


def _check_simulated(name: str, root: Path, part: str) -> None:
    place = root.relative_to(SIMULATED).parts
    if len(place) != 2 or place[1] != part:
        raise InputError(
            f"{name}: {root} is no simulated {part}; write outputs/simulated/<world>/{part}"
        )
    try:
        World.named(place[0])
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def targets(config: StudyConfig, only: str = "") -> list[str]:
    """Files to ask Snakemake for: the notebook `only`, or none for the whole study.

    Raises:
        InputError: no notebook of this study is called so.
    """
    if not only:
        return []
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("0*.ipynb"))
    notebooks.remove("03_main_training")  # executed once a run
    if not config.simulated_world:
        notebooks = [name for name in notebooks if name != "00_simulated_benchmark"]
    name = only.removesuffix(".ipynb")
    if name not in notebooks:
        raise InputError(
            f"only {only!r}: not a notebook of study {config.study}; choose one of "
            + ", ".join(notebooks)
        )
    return [f"outputs/{config.study}/notebooks/{name}.ipynb"]
