"""What a study's parameters name is there: said before anything is run."""

from asc_lib.files import SIMULATED, InputError, resolve
from asc_lib.simulate.worlds import World
from asc_lib.study import StudyConfig, load


def check(study: str) -> StudyConfig:
    """The study of a file, once the folders and files that it names are there.

    Raises:
        InputError: a parameter is wrong, or a folder or checkpoint is missing.
    """
    config = load(study)
    for part in ("tau22", "vintage", "multi"):
        root = resolve(given := getattr(config, f"{part}_root"))
        if root.is_relative_to(SIMULATED):
            world, *rest = root.relative_to(SIMULATED).parts or [""]
            if rest != [part]:
                raise InputError(
                    f"{part}_root: {given} is no simulated {part}; write "
                    f"outputs/simulated/<world>/{part}"
                )
            try:
                World.named(world)
            except InputError as error:
                raise InputError(f"{part}_root: {error}") from None
        elif not root.is_dir():
            raise InputError(
                f"{part}_root: no folder {root}; fetch the data (python -m asc_lib.get_data "
                f"{part}), or take the simulated ones: outputs/simulated/quick/{part}"
            )
    for name in ("compare_tau22_root", "compare_vintage_root"):
        if (given := getattr(config, name)) and not resolve(given).is_dir():
            raise InputError(
                f'{name}: no folder {resolve(given)}; write `{name}: ""` to compare nothing'
            )
    if config.checkpoint and not resolve(config.checkpoint).is_file():
        raise InputError(
            f"checkpoint: no file {resolve(config.checkpoint)}; fetch the released weights (python "
            '-m asc_lib.get_data passt), or write `checkpoint: ""` to start from random ones (no '
            "longer the paper's study)"
        )
    return config
