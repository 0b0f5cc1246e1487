"""Which simulated world, and who records what where in it.

A world is named `<size>[_s11][_seed<N>]`, like `quick` or `standard_s11_seed1001`. The seed draws
places and recordings; devices and responses are the same in all worlds. With `_s11` five further
devices, s7 to s11, record the test side, too. At 200 times real time a core, on two cores:

    size      training clips  test clips (_s11)   places       GB (_s11)    minutes (_s11)
    smoke                550         450 (700)    40 + 10      0.1 (0.2)    seconds
    quick              9,300     5,400 (8,400)    340 + 60     1.9 (2.3)    1
    standard          37,000   21,600 (33,600)    370 + 120    7.8 (9.3)    3
    full             139,600   29,700 (46,200)    370 + 150    22.4 (24.6)  7 (8)

A bank takes half as much again. `full` has TAU22's counts (139,620 and 29,680 clips, 365 + 146
places) in round numbers: as many places a scene, as many recordings by each of b, c, s1-s3. The
test side is balanced: every device records every moment, every scene has as many.
"""

import re
from typing import NamedTuple, Self

import numpy as np

from asc_lib.inputs import InputError
from asc_lib.simulate import devices, scenes
from asc_lib.simulate.filters import generator

TRAIN_DEVICES = (*devices.REAL, *devices.SEEN)
TEST_DEVICES = (*TRAIN_DEVICES, *devices.UNSEEN)  # in every world
CLIPS = 10  # a recording is ten clips of a second
SEED = 40  # names the random numbers of recordings, here and in benchmark.py


class Size(NamedTuple):
    """How much of everything; locations and recordings are per scene."""

    train_locations: int
    train_recordings: int  # by device a; the other training devices hear some of the same moments
    other_recordings: int  # by each of the other training devices
    test_locations: int
    test_recordings: int  # each by all devices
    test_clips: int  # clips of a test recording that are there
    angle_step_deg: int


SIZES = {
    "smoke": Size(4, 4, 0.3, 1, 1, 5, 45),
    "quick": Size(34, 68, 5, 6, 6, 10, 10),
    "standard": Size(37, 270, 20, 12, 24, 10, 5),
    "full": Size(37, 1021, 75, 15, 33, 10, 5),
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

    @property
    def test_devices(self) -> tuple[str, ...]:
        """Those that record each moment of the test side."""
        return (*TEST_DEVICES, *devices.FURTHER) if self.further else TEST_DEVICES


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


def moments(world: World) -> list[Moment]:
    """All moments of a world, training side first."""
    counts = SIZES[world.size]
    rng = generator(world.seed, SEED)
    out: list[Moment] = []
    location = 0
    for side in ("train", "test"):
        train = side == "train"
        places = counts.train_locations if train else counts.test_locations
        recordings = counts.train_recordings if train else counts.test_recordings
        for number, scene in enumerate(scenes.SCENES):
            # towns in turn, from another one for each scene
            towns = [(3 * number + place) % len(scenes.CITIES) for place in range(places)]
            heard = _who_hears(recordings, counts.other_recordings, number, rng) if train else None
            for recording in range(recordings):
                place = recording * places // recordings
                out.append(
                    Moment(
                        scene=scene,
                        city=scenes.CITIES[towns[place]],
                        location=location + place,
                        segment=len(out),
                        side=side,
                        devices=heard[recording] if heard else world.test_devices,
                        clips=CLIPS if train else counts.test_clips,
                    )
                )
            location += places
    return out


def _who_hears(
    recordings: int, others: float, scene_number: int, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """For each training recording of a scene the devices; a is always there, the others seldom."""
    heard: list[list[str]] = [["a"] for _ in range(recordings)]
    for number, device in enumerate(TRAIN_DEVICES[1:]):
        # less than one a scene: every so many scenes one
        whole = int(others)
        extra = (scene_number + number) * (others - whole) % 1 + (others - whole) > 1 - 1e-9
        for index in rng.permutation(recordings)[: whole + extra]:
            heard[index].append(device)
    return [tuple(names) for names in heard]
