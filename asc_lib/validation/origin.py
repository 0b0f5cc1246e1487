"""Whether a folder was simulated, and if so, by which world and whether it is complete."""

import json
from collections.abc import Iterable
from pathlib import Path

from asc_lib.data.simulated import STAMP, is_simulated
from asc_lib.files import InputError
from asc_lib.simulate import benchmark
from asc_lib.simulate.worlds import World
from asc_lib.validation.findings import ERROR, Section, number


def simulated_world(root: Path, section: Section) -> World | None:
    """The world that the folder's stamp names; None for real data, or if the stamp is of no use.

    The section says which.
    """
    try:
        section.simulated = True
        if not is_simulated(root):
            section.simulated = False
            return None
        stamp = json.loads((root / STAMP).read_text(encoding="utf-8"))
        world = World(stamp["size"], stamp["seed"], stamp["further"])
    except InputError as error:
        section.state = "SIMULATED"
        section.add(ERROR, str(error), "the study refuses it")
        return None
    except (KeyError, TypeError):
        section.add(
            ERROR, f"{root / STAMP} names no world", "delete the folder; the study makes it anew"
        )
        return None
    section.state = f"SIMULATED, world {world.name}, and compared with that world only"
    return world


def compare_with_world(world: World, part: str, there: Iterable[str], section: Section) -> None:
    """Every file that the world writes is there, and no other; names are relative to the root."""
    made, there = set(benchmark.files(world, part)), set(there)
    if lost := made - there:
        section.add(
            ERROR,
            f"{number(len(lost), 'file')} of {len(made):,} of the simulated world missing",
            f"delete the folder {section.root}, and the study makes it anew",
            lost,
        )
    if surplus := there - made:
        section.add(
            ERROR,
            f"{number(len(surplus), 'wav')} that the simulated world does not hold",
            "simulated and other recordings would mix; move them elsewhere",
            surplus,
        )
