"""A world of scenes and devices small enough to train while one waits, with two-dimensional z.

Every number is made up. A window is the level in eight octave bands, in units of 10 dB, where a
convolution is a sum: the scene's spectrum, what the place and the moment change in it, and the
device's response. Device a is flat; others cut bass and treble and lift a band between. DIRs for
augmentation come from another generator: wavy curves of any sign. An encoder into z and a linear
classifier learn by cross-entropy + lambda ICL (paper, equation 2) from devices a, b, c, and are
judged at places never heard, on a, b, c and on devices u, v, w that were never heard either.

Two scenes leave one of the two dimensions free: there a device finds room. Three scenes need both.
Scenes, scatter and devices were sized by looking at plain training only; none was chosen for what
ICL or augmentation make of it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn.functional import cross_entropy

from asc_lib.model.icl import inverse_contrastive_loss

SCENES = ("bus", "park", "street")
SEEN, UNSEEN = ("a", "b", "c"), ("u", "v", "w")
STEPS, BATCH, LEARNING_RATE = 300, 64, 0.02
_BANDS = 8  # octaves, 63 Hz to 8 kHz
_PLACES = 12  # of each scene on each side
_TRAINING_WINDOWS, TEST_WINDOWS = 480, 60  # in all; of each scene and device
_DIRS, _HIDDEN = 40, 16
_OCTAVES = np.arange(_BANDS)
_HALVES = np.arange(1, 5)  # half, one, ... two cosine waves over the bands
_WAVES = (
    np.cos(np.pi * _HALVES[:, None] * (_OCTAVES + 0.5) / _BANDS) * (2 / _HALVES[:, None]) ** 0.5
)


@dataclass(frozen=True)
class Settings:
    """What a student may change: of equation (4), of the windows, of training.

    `share_a`: of the training windows that device a recorded; b and c share the others.
    `augmented`: share of training windows heard through a DIR, each a new device class.
    `warmup_steps`: over which lambda grows from 0. `scenes`: 2 or 3. `seed`: of the world, its
    windows and training; 7 is, of the first ten, nearest to their mean accuracies without ICL.
    """

    alpha: float = 0.2
    beta: float = 1.0
    lambda_icl: float = 0.0
    share_a: float = 0.73
    augmented: float = 0.0
    weighting: Literal["pairs", "balanced"] = "pairs"
    hidden: bool = False
    warmup_steps: int = 0
    scenes: int = 2
    seed: int = 7


@dataclass(frozen=True)
class Windows:
    """Windows `x` (windows, bands), and of each the scene (0, 1, ...) and the device's name."""

    x: np.ndarray
    scene: np.ndarray
    device: np.ndarray


@dataclass(frozen=True)
class Linear:
    """A linear classifier of z: `weight` (classes, 2), `bias` (classes,)."""

    weight: np.ndarray
    bias: np.ndarray

    def scores(self, z: np.ndarray) -> np.ndarray:
        """(points, classes); the highest wins."""
        return z @ self.weight.T + self.bias


@dataclass(frozen=True)
class Trained:
    """What training with some settings came to.

    `z` (windows, 2) and `device_class` are of the training windows as last drawn, some through a
    DIR; `test_z` and `test` of all devices of the test side; `scenes` and `devices` the scene
    classifier and the device probe (of a, b, c). `seen`, `unseen` and `probe` are balanced
    accuracies, 0 to 1, of scenes on seen and unseen devices, of devices.
    """

    settings: Settings
    z: np.ndarray
    device_class: np.ndarray
    test_z: np.ndarray
    test: Windows
    scenes: Linear
    devices: Linear
    seen: float
    unseen: float
    probe: float

    @property
    def spread(self) -> float:
        """Mean distance of two training windows' z; near 0: the embedding has collapsed."""
        return float(np.linalg.norm(self.z[:, None] - self.z, axis=-1).mean())

    def force(self, at: np.ndarray, device: str) -> np.ndarray:
        """ICL's mean force on one more window of a device at each point of `at` (points, 2)."""
        own = SEEN.index(device)
        classes, inverse, size = np.unique(
            np.append(self.device_class, own), return_inverse=True, return_counts=True
        )
        same = self.device_class == own
        weight = np.ones(len(same))
        if self.settings.weighting == "balanced":
            weight = np.where(same, len(classes) - 1, 1) / size[inverse[:-1]]
        apart = at[:, None] - self.z  # (points, windows, 2)
        distance = np.linalg.norm(apart, axis=-1, keepdims=True)
        alpha, beta = self.settings.alpha, self.settings.beta
        push = np.exp((alpha - distance) / beta) / beta * apart / np.maximum(distance, 1e-12)
        return np.average(np.where(same[:, None], push, -2 * apart), axis=1, weights=weight)


@lru_cache(maxsize=64)
def train(settings: Settings) -> Trained:
    """Make the world, train encoder and classifier, judge them; the same bytes every time."""
    heard, test, dirs = make_world(settings)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        encoder, classifier, x, c = _fit(settings, heard, dirs)
        with torch.inference_mode():
            z, test_z, clean_z = (
                encoder(torch.from_numpy(of)).double().numpy() for of in (x, test.x, heard.x)
            )
    finally:
        torch.set_num_threads(threads)
    scenes = Linear(*(of.detach().double().numpy() for of in classifier.parameters()))
    devices = _probe(clean_z, heard.device)
    known = np.isin(test.device, SEEN)
    right = scenes.scores(test_z).argmax(1) == test.scene
    named = np.array(SEEN)[devices.scores(test_z[known]).argmax(1)] == test.device[known]
    return Trained(
        settings, z, c, test_z, test, scenes, devices,
        seen=_balanced(right[known], test.device[known]),
        unseen=_balanced(right[~known], test.device[~known]),
        probe=_balanced(named, test.device[known]),
    )  # fmt: skip


def make_world(settings: Settings) -> tuple[Windows, Windows, np.ndarray]:
    """Training windows, test windows and the DIRs (dirs, bands) of a seed; x in units of 10 dB."""
    rng = np.random.default_rng(settings.seed)
    scene_spectra = rng.normal(0, 1, (len(SCENES), 4)) @ _WAVES * 0.3
    responses = {"a": np.zeros(_BANDS)}
    responses |= {name: _device_response(rng) for name in (*SEEN[1:], *UNSEEN)}
    dirs = (rng.normal(0, 1, (_DIRS, 4)) @ _WAVES * 0.35).astype(np.float32)
    places = scene_spectra + rng.normal(0, 1, (2 * _PLACES, len(SCENES), 4)) @ _WAVES * 0.2

    scene = np.arange(_TRAINING_WINDOWS) % settings.scenes
    rest = (1 - settings.share_a) / 2
    # the same draws whatever the share: a moved slider changes some devices, not the whole world
    device = np.array(SEEN)[
        np.searchsorted(np.cumsum([settings.share_a, rest]), rng.random(len(scene)), side="right")
    ]
    heard = _record(rng, places[:_PLACES], responses, scene, device)
    names = np.repeat((*SEEN, *UNSEEN), settings.scenes * TEST_WINDOWS)
    scene = np.arange(len(names)) % settings.scenes
    return heard, _record(rng, places[_PLACES:], responses, scene, names), dirs


def _device_response(rng: np.random.Generator) -> np.ndarray:
    """Bass cut, treble cut and a presence hump, in units of 10 dB: what small devices do."""
    bass, treble, presence = rng.uniform([0, -0.6, 0], [3.0, 2.4, 1.2])
    centre = rng.uniform(4, 6.5)  # 1 to 5.6 kHz
    cut = bass * np.clip((2.5 - _OCTAVES) / 2.5, 0, 1)
    cut += treble * np.clip((_OCTAVES - 4) / 3, 0, 1)
    return presence * np.exp(-((_OCTAVES - centre) ** 2)) - cut


def _record(
    rng: np.random.Generator, places: np.ndarray, responses: dict[str, np.ndarray],
    scene: np.ndarray, device: np.ndarray,
) -> Windows:  # fmt: skip
    place = rng.integers(len(places), size=len(scene))
    x = places[place, scene] + rng.normal(0, 0.35, (len(scene), _BANDS))
    x += np.array([responses[name] for name in device])
    return Windows(x.astype(np.float32), scene, device)


def _fit(
    settings: Settings, heard: Windows, dirs: np.ndarray
) -> tuple[nn.Module, nn.Linear, np.ndarray, np.ndarray]:
    """Encoder, classifier, and x and device class of the training windows as last drawn."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        hidden = [nn.Linear(_BANDS, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 2)]
        encoder = nn.Sequential(*hidden) if settings.hidden else nn.Linear(_BANDS, 2)
        classifier = nn.Linear(2, settings.scenes)
    parameters = [*encoder.parameters(), *classifier.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)
    rng = np.random.default_rng([settings.seed, 1])
    scenes = torch.from_numpy(heard.scene)
    x, c = heard.x.copy(), np.array([SEEN.index(name) for name in heard.device])
    device = c.copy()
    for step in range(STEPS):
        rows = rng.choice(len(x), BATCH, replace=False)
        # drawn even where nothing is augmented, so that the slider changes nothing else
        which = rng.integers(len(dirs), size=BATCH)
        chosen = rng.random(BATCH) < settings.augmented
        x[rows] = heard.x[rows] + np.where(chosen[:, None], dirs[which], 0)
        c[rows] = device[rows] + np.where(chosen, len(SEEN) * (1 + which), 0)
        z = encoder(torch.from_numpy(x[rows]))
        ce = cross_entropy(classifier(z), scenes[torch.from_numpy(rows)])
        icl = inverse_contrastive_loss(
            z, torch.from_numpy(c[rows]), settings.alpha, settings.beta, settings.weighting
        )
        warmth = min(1.0, (step + 1) / max(1, settings.warmup_steps))
        optimiser.zero_grad()
        (ce + warmth * settings.lambda_icl * icl).backward()
        optimiser.step()
    return encoder, classifier, x, c


def _probe(z: np.ndarray, device: np.ndarray) -> Linear:
    """A linear device classifier, each device weighing the same, on standardised z."""
    mean, deviation = z.mean(0), np.maximum(z.std(0), 1e-12)
    fitted = LogisticRegression(class_weight="balanced").fit((z - mean) / deviation, device)
    weight = fitted.coef_ / deviation
    return Linear(weight, fitted.intercept_ - weight @ mean)


def _balanced(right: np.ndarray, device: np.ndarray) -> float:
    """Mean over devices of the share of their windows that were named right."""
    return float(np.mean([right[device == name].mean() for name in np.unique(device)]))
