"""Who records what where in a simulated world."""

from typing import NamedTuple

import numpy as np

from asc_lib.simulate import devices, scenes
from asc_lib.simulate.filters import generator
from asc_lib.simulate.worlds import SIZES, World

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
                        devices=heard[recording] if heard else _test_devices(world),
                        clips=CLIPS if train else counts.test_clips,
                    )
                )
            location += places
    return out


def _test_devices(world: World) -> tuple[str, ...]:
    return (*TEST_DEVICES, *devices.FURTHER) if world.further else TEST_DEVICES


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
