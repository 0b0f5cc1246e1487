"""Who records what where in a simulated world."""

from typing import NamedTuple

import numpy as np

from asc_lib.simulate import devices, scenes
from asc_lib.simulate.filters import generator
from asc_lib.simulate.worlds import SIZES, Size, World

TRAIN_DEVICES = (*devices.REAL, *devices.SEEN)
TEST_DEVICES = (*TRAIN_DEVICES, *devices.UNSEEN)  # in every world
CLIPS = 10  # a recording is ten clips of a second
SEED = 40  # names the random numbers of recordings, here and in benchmark.py


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
        return "unused" if self.side == "train" and device in devices.UNSEEN else self.side


def moments(world: World) -> list[Moment]:
    """All moments of a world, training side first."""
    size = SIZES[world.size]
    rng = generator(world.seed, SEED)
    out: list[Moment] = []
    location = 0
    for side in ("train", "test"):
        for number, scene in enumerate(scenes.SCENES):
            places = size.in_scene(f"{side}_locations", number)
            # towns in turn, from another one for each scene
            towns = [(3 * number + place) % len(scenes.CITIES) for place in range(places)]
            for whose, heard in _heard(world, side, number, rng).items():
                for recording, by in enumerate(heard):
                    place = recording * places // len(heard)
                    out.append(
                        Moment(
                            scene=scene,
                            city=scenes.CITIES[towns[place]],
                            location=location + place,
                            segment=len(out),
                            side=whose,
                            devices=by,
                            clips=size.test_clips if whose == "test" else CLIPS,
                        )
                    )
            location += places
    return _without(size.lost, out)


def _heard(
    world: World, side: str, scene_number: int, rng: np.random.Generator
) -> dict[str, list[tuple[str, ...]]]:
    """The devices of each recording of a scene at the places of one side, by the list they are on.

    Test places have recordings that are on neither list, too, where the world has any.
    """
    size = SIZES[world.size]
    if side == "train":
        return {side: _who_hears(size, scene_number, rng)}
    everybody = (*TEST_DEVICES, *(devices.FURTHER if world.further else ()))
    unused = size.in_scene("unused_recordings", scene_number)
    return {side: [everybody] * size.test_recordings, "unused": [("a",)] * unused}


def _who_hears(size: Size, scene_number: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """For each training recording of a scene the devices; a is always there, the others seldom."""
    recordings = size.in_scene("train_recordings", scene_number)
    heard: list[list[str]] = [["a"] for _ in range(recordings)]
    for number, device in enumerate(TRAIN_DEVICES[1:]):
        count = size.in_scene("other_recordings", scene_number, number)
        for index in rng.permutation(recordings)[:count]:
            heard[index].append(device)
    for device in devices.UNSEEN if size.unused_others else ():
        for index in rng.permutation(recordings)[: size.unused_others]:
            heard[index].append(device)
    return [tuple(names) for names in heard]


def _without(lost: tuple[tuple[str, str, int], ...], all_moments: list[Moment]) -> list[Moment]:
    """The moments, the last ones without the recordings that came to nothing."""
    out = all_moments.copy()
    for side, device, count in lost:
        having = [n for n, m in enumerate(out) if m.side == side and device in m.devices]
        for index in having[len(having) - count :]:
            left = tuple(name for name in out[index].devices if name != device)
            out[index] = out[index]._replace(devices=left)
    return out
