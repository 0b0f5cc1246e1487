"""What is typical of each scene: its sources' levels, its events' rates, its rooms.

Levels are dBFS (RMS) at the ear, fitted once so that recordings by device a have about the levels
and octave spectra of TAU22's. Rates are guesses.
"""

import numpy as np

from asc_lib.simulate.filters import Array

CITIES = (
    "barcelona", "helsinki", "lisbon", "london", "lyon", "milan", "paris", "prague", "stockholm",
    "vienna",
)  # fmt: skip
SCENES = (
    "airport", "bus", "metro", "metro_station", "park", "public_square", "shopping_mall",
    "street_pedestrian", "street_traffic", "tram",
)  # fmt: skip

# noise source: spectrum as (peak Hz, rise and fall in dB per octave), how it goes with time,
# whether the room's reverberation smears it
NOISES: dict[str, tuple[tuple[float, float, float], str, bool]] = {
    "rumble": ((50, 4, 9), "drift", False),
    "engine": ((100, 5, 8), "motion", False),
    "tyre": ((700, 5, 9), "passes", False),
    "rail": ((300, 3, 7.5), "motion", False),
    "vent": ((160, 3, 7), "steady", False),
    "hiss": ((3000, 3, 5), "steady", False),
    "babble": ((450, 8, 8.5), "talk", True),
    "trolley": ((900, 4, 7), "gusts", True),
    "wind": ((40, 3, 9), "gusts", False),
    "leaves": ((4000, 5, 7), "gusts", False),
    "water": ((1800, 3, 5), "steady", False),
    "steps": ((900, 2, 8), "steps", True),
    "clatter": ((2200, 4, 6.5), "bursts", True),
    "brake": ((4500, 5, 5), "bursts", True),
    "thud": ((110, 4, 7), "bursts", True),
}
DECAY_S = {"steps": 0.03, "clatter": 0.06, "brake": 0.5, "thud": 0.08}

_TABLE = """
source     airp   bus metro  stat  park  squa  mall  pede  traf  tram
rumble      -34   -18   -19   -25   -41   -27   -30   -25   -19   -22
engine      -59   -31   -45   -47   -55   -43   -58   -40   -37   -44
tyre        -63   -43   -56   -55   -48   -45   -62   -45   -37   -50
rail        -61   -53   -34   -42   -67   -59   -60   -58   -52   -36
vent        -39   -40   -42   -31   -62   -51   -36   -46   -49   -45
hiss        -62   -55   -55   -54   -68   -59   -55   -54   -59   -56
babble      -43   -41   -47   -39   -56   -43   -37   -40   -44   -46
trolley     -57   -58   -59   -48   -68   -57   -55   -53   -58   -61
wind        -69   -59   -61   -47   -32   -40   -66   -40   -37   -62
leaves      -74   -62   -63   -62   -58   -61   -69   -58   -60   -64
water       -70   -63   -64   -62   -68   -58   -59   -60   -64   -65
steps       -51   -49   -50   -39   -50   -47   -48   -46   -45   -52
clatter     -54   -46   -48   -45   -57   -52   -52   -47   -48   -50
brake       -57   -50   -53   -51   -63   -55   -52   -46   -58   -50
thud        -47   -37   -38   -37   -49   -42   -41   -40   -39   -39
"""
# events per minute of a typical location ("steps": people walking by at a time; "talkers": people
# within the babble that one can tell apart)
_RATES = """
event      airp   bus metro  stat  park  squa  mall  pede  traf  tram
steps       1.0   0.1   0.2   1.3   0.5   1.2   1.3   2.5   0.4   0.1
talkers       8     3     3     6     2     7     9     7     2     3
clatter       8     3     3     4     2     4     9     5     2     3
brake       0.5     3     3   2.5   0.2   0.7   0.3   0.7     3     3
thud          4     5     5     4   1.5     3     4     3   2.5     5
voice         6     4     4     5     4     7     7    12     3     3
announce      2     1   1.2     2   0.1   0.2   0.8   0.2   0.1   1.2
chime       0.8   0.7   0.8   0.8   0.1   0.1   0.4   0.1   0.1   0.8
bird        0.2   0.1   0.1   0.2     9     4   0.1   2.5     2   0.2
squeal      0.1   0.8     2     2   0.1   0.2   0.1   0.2   0.7     4
bell        0.1   0.2   0.1   0.2   0.4   0.8   0.2     2   0.6   2.5
horn        0.1   0.3   0.1   0.1   0.2   0.4   0.1   0.4   1.2   0.3
beep        1.5   1.2   1.2   1.6   0.2   0.3   1.8   0.4   0.6   1.2
music       0.6   0.2   0.2   0.4   0.2   0.9   2.2   1.5   0.3   0.2
"""
# room of a location: shortest and longest reverberation time in s, level of the room in dB
ROOMS = {
    "airport": (0.9, 2.2, -3), "metro_station": (1.0, 2.6, -2), "shopping_mall": (0.8, 2.0, -3),
    "bus": (0.12, 0.3, -8), "metro": (0.15, 0.4, -7), "tram": (0.15, 0.35, -8),
    "park": (0.3, 0.8, -16), "public_square": (0.6, 1.6, -9),
    "street_pedestrian": (0.5, 1.4, -7), "street_traffic": (0.4, 1.2, -10),
}  # fmt: skip
# chance that a recording is made while the vehicle moves, and that its motor can be heard to whine
MOTION = {"bus": (0.75, 0.35), "metro": (0.75, 0.5), "tram": (0.75, 0.5)}


def _table(text: str) -> tuple[tuple[str, ...], dict[str, Array]]:
    _, *rows = (line.split() for line in text.strip().splitlines())
    columns = np.array([[float(v) for v in row[1:]] for row in rows]).T
    return tuple(row[0] for row in rows), dict(zip(SCENES, columns, strict=True))


SOURCES, LEVELS = _table(_TABLE)
RATE_NAMES, RATES = _table(_RATES)
