"""Which simulated worlds there are, and how large they are.

A world is named `<size>[_s11][_seed<N>]`, like `quick` or `standard_s11_seed1001`. The seed draws
places and recordings; devices and responses are the same in all worlds. With `_s11` five further
devices, s7 to s11, record the test side, too. At 200 times real time a core, on two cores:

    size      training clips  test clips (_s11)   places       GB (_s11)    minutes (_s11)
    smoke                550         450 (700)    40 + 10      0.1 (0.2)    seconds
    quick              9,300     5,400 (8,400)    340 + 60     1.9 (2.3)    1
    standard          37,000   21,600 (33,600)    370 + 120    7.8 (9.3)    3
    official         139,620   29,680 (46,180)    365 + 146    31 (33)      11 (not timed)

A bank takes half as much again, of the clips on either side. `official` has TAU22's counts to the
clip, 230,350 in all: 61,050 are on neither side (by a at test places, by s4-s6 at training places),
and of b and c a few recordings are lost on purpose. But for these the test side is balanced: every
device records every moment, every scene has as many.
"""

import re
from typing import NamedTuple, Self

from asc_lib.files import InputError


class Size(NamedTuple):
    """How much of everything; locations and recordings are per scene, 0.3: in three of ten."""

    train_locations: float
    train_recordings: float  # by device a; the other training devices hear some of these moments
    other_recordings: float  # by each of the other training devices
    test_locations: float
    test_recordings: int  # each by all devices
    test_clips: int  # clips of a test recording that are there
    angle_step_deg: int
    unused_recordings: float = 0  # by device a at test places, on neither side
    unused_others: int = 0  # by each of s4-s6 at training places, on neither side
    lost: tuple[tuple[str, str, int], ...] = ()  # side, device, recordings that came to nothing

    def in_scene(self, what: str, scene_number: int, shift: int = 0) -> int:
        """How many of `what` there are in one scene."""
        each: float = getattr(self, what)
        whole, part = int(each), round(each % 1, 9)
        return whole + ((scene_number + shift) * part % 1 + part > 1 - 1e-9)


SIZES = {
    "smoke": Size(4, 4, 0.3, 1, 1, 5, 45),
    "quick": Size(34, 68, 5, 6, 6, 10, 10),
    "standard": Size(37, 270, 20, 12, 24, 10, 5),
    "official": Size(
        *(36.5, 1021.5, 75, 14.6, 33, 10, 5, 385.5, 75),
        lost=(("train", "b", 1), ("train", "c", 2), ("test", "b", 1), ("test", "c", 1)),
    ),
}


class World(NamedTuple):
    """One simulated world; `further`: s7 to s11 record the test side, too."""

    size: str
    seed: int = 0
    further: bool = False

    @classmethod
    def named(cls, name: str) -> Self:
        """The world of this name.

        Raises:
            InputError: not a world's name; says what is wrong with it and what is allowed.
        """
        grammar = "a world is <size>[_s11][_seed<N>], like quick or quick_s11_seed1"
        size = name.partition("_")[0]
        if size not in SIZES:
            raise InputError(
                f"world {name!r}: size {size!r} is none of {', '.join(SIZES)}; {grammar}"
            )
        parts = re.fullmatch(r"(_s11)?(?:_seed([0-9]+))?", name.removeprefix(size))
        if parts is None:
            raise InputError(
                f"world {name!r}: {name.removeprefix(size)!r} not understood; {grammar}"
            )
        world = cls(size, int(parts[2] or 0), bool(parts[1]))
        if world.seed >= 2**31:
            raise InputError(f"world {name!r}: seed out of range; choose one from 0 to {2**31 - 1}")
        if world.name != name:  # one name a world, or it would be made twice
            raise InputError(f"world {name!r}: write it {world.name}")
        return world

    @property
    def name(self) -> str:
        """As in paths."""
        return f"{self.size}{'_s11' * self.further}{f'_seed{self.seed}' if self.seed else ''}"
