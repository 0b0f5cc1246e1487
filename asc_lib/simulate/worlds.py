"""Which simulated worlds there are, how large they are, and who records what where in them.

A world is named `<size>[_s11][_seed<N>]`, like `quick` or `standard_s11_seed1001`. The seed draws
places and recordings; devices and responses are the same in all worlds. With `_s11` five further
devices, s7 to s11, record the test side, too. On two cores:

    size      training clips  test clips (_s11)   places       GB (_s11)    minutes (_s11)
    smoke                550         450 (700)    40 + 10      0.1 (0.2)    seconds
    quick              9,300     5,400 (8,400)    340 + 60     1.9 (2.3)    1
    standard          37,000   21,600 (33,600)    370 + 120    7.8 (9.3)    3
    official         139,620   29,680 (46,180)    365 + 146    31 (33)      11 (not timed)

A bank takes half as much again. `official` has TAU22's counts to the clip, 230,350 in all: 61,050
are on neither side, and of b and c a few recordings are lost on purpose. But for these every device
records every moment of the test side, and every scene has as many.
"""

import re
from typing import NamedTuple, Self

import numpy as np

from asc_lib.data.tau22 import DEVICES, FAMILIES, SCENES, TRAINING_DEVICES
from asc_lib.files import InputError
from asc_lib.simulate.filters import generator
from asc_lib.simulate.scene_tables import CITIES

FURTHER = FAMILIES["further"]
TEST_DEVICES = DEVICES[: -len(FURTHER)]  # in every world
CLIPS = 10  # a recording is ten clips of a second
SEED = 40  # names the random numbers of recordings, here and in benchmark.py


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
        """The world of this name; `InputError` where it is none, with what is allowed."""
        grammar = "a world is <size>[_s11][_seed<N>], like quick or quick_s11_seed1"
        size = name.partition("_")[0]
        if size not in SIZES:
            known = ", ".join(SIZES)
            raise InputError(f"world {name!r}: size {size!r} is none of {known}; {grammar}")
        rest = name.removeprefix(size)
        parts = re.fullmatch(r"(_s11)?(?:_seed([0-9]+))?", rest)
        if parts is None:
            raise InputError(f"world {name!r}: {rest!r} not understood; {grammar}")
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


class Moment(NamedTuple):
    """Ten seconds at a location, and which devices recorded them."""

    scene: str
    city: str
    location: int
    segment: int
    side: str
    devices: tuple[str, ...]
    clips: int

    def files(self, device: str) -> list[str]:
        """The device's files of this moment, relative to the folder."""
        stem = f"audio/{self.scene}-{self.city}-{self.location}-{self.segment}"
        return [f"{stem}-{clip}-{device}.wav" for clip in range(self.clips)]

    def listed(self, device: str) -> str:
        """The side whose list the device's clips are on; "unused": on neither, as in TAU22."""
        unheard = self.side == "train" and device not in TRAINING_DEVICES
        return "unused" if unheard else self.side


def moments(world: World) -> list[Moment]:
    """All moments of a world, training side first."""
    size = SIZES[world.size]
    rng = generator(world.seed, SEED)
    out: list[Moment] = []
    location = 0
    for side in ("train", "test"):
        for number, scene in enumerate(SCENES):
            places = size.in_scene(f"{side}_locations", number)
            for whose, heard in _heard(world, side, number, rng).items():
                clips = size.test_clips if whose == "test" else CLIPS
                for recording, by in enumerate(heard):
                    place = recording * places // len(heard)
                    city = CITIES[(3 * number + place) % len(CITIES)]  # in turn
                    there = (scene, city, location + place)
                    out.append(Moment(*there, len(out), whose, by, clips))
            location += places
    for side, device, count in size.lost:
        having = [n for n, m in enumerate(out) if m.side == side and device in m.devices]
        for index in having[-count:]:
            left = tuple(name for name in out[index].devices if name != device)
            out[index] = out[index]._replace(devices=left)
    return out


def _heard(
    world: World, side: str, scene_number: int, rng: np.random.Generator
) -> dict[str, list[tuple[str, ...]]]:
    """The devices of each recording of a scene at the places of one side, by the list they are on.

    Training: a is always there, the others seldom. Test places have recordings that are on neither
    list, too, where the world has any.
    """
    size = SIZES[world.size]
    if side == "test":
        everybody = (*TEST_DEVICES, *(FURTHER if world.further else ()))
        unused = size.in_scene("unused_recordings", scene_number)
        return {side: [everybody] * size.test_recordings, "unused": [("a",)] * unused}
    recordings = size.in_scene("train_recordings", scene_number)
    heard = [["a"] for _ in range(recordings)]
    for number, device in enumerate(TRAINING_DEVICES[1:]):
        count = size.in_scene("other_recordings", scene_number, number)
        for index in rng.permutation(recordings)[:count]:
            heard[index].append(device)
    for device in FAMILIES["unseen"] if size.unused_others else ():
        for index in rng.permutation(recordings)[: size.unused_others]:
            heard[index].append(device)
    return {side: [tuple(names) for names in heard]}
