"""Who records what, where: the moments of a size of the simulated TAU22."""

from typing import NamedTuple

import numpy as np

from asc_lib.simulate import devices, scenes
from asc_lib.simulate.filters import generator

TRAIN_DEVICES = (*devices.REAL, *devices.SEEN)
TEST_DEVICES = (*TRAIN_DEVICES, *devices.UNSEEN)
CLIPS = 10  # a recording is ten clips of a second
SEED = 40  # names the random numbers of recordings, here and in benchmark.py


class Size(NamedTuple):
    """How much of everything; locations and recordings are per scene."""

    train_locations: int
    train_recordings: int  # by device a; the other training devices hear some of the same moments
    other_recordings: int  # by each of the other training devices
    test_locations: int
    test_recordings: int  # each by all nine devices
    test_clips: int  # clips of a test recording that are there
    angle_step_deg: int


SIZES = {
    "smoke": Size(4, 4, 0.3, 1, 1, 5, 45),
    "quick": Size(13, 68, 5, 6, 6, 10, 10),
    "standard": Size(25, 270, 20, 12, 24, 10, 5),
    "full": Size(37, 1021, 75, 15, 33, 10, 5),
}


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


def moments(size: str, seed: int = 0) -> list[Moment]:
    """All moments of a size, training side first."""
    counts = SIZES[size]
    rng = generator(seed, SEED)
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
                        devices=heard[recording] if heard else TEST_DEVICES,
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
