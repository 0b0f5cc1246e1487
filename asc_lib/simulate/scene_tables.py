"""What is typical of each scene: its sources' levels, its events' rates, its rooms, its spreads.

Levels are dBFS (RMS) at the ear: guesses, moved by a regularised least-squares fit until the mean
octave levels of device a's simulated recordings were those of 275 clips of TAU22 by device a. Rates
are guesses at how often such a thing is heard at such a place.
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

# Difficulty is calibrated with these. Spreads are standard deviations.
LOCATION_SPREAD = 1.0  # scales all that differs between cities and locations
ATYPICAL = 0.125  # share of locations that lean towards another scene of their family
CUE_RATE = 1.0  # scales the rates of single events
CUE_DB = -2.0  # their mean level over the other sound above 400 Hz
CUE_SPREAD_DB = 6.0
CITY_SOURCE_DB = 1.0  # each source by itself
LOCATION_DB, RECORDING_DB = 4.2, 2.8  # how lively it is: all sources together, see STANDING
LOCATION_SOURCE_DB, RECORDING_SOURCE_DB = 2.5, 2.2  # each source by itself
SECONDS_DB = 2.5  # each source as it comes and goes within a recording
LOCATION_TILT, RECORDING_TILT, PIVOT_HZ = 0.8, 0.4, 250.0  # dB per octave
LOCATION_COLOUR_DB = 1.8  # each octave by itself
CITY_RATE, LOCATION_RATE, RECORDING_RATE = 0.25, 0.5, 0.4  # natural logarithm of an event's rate
PEAK_OCTAVES = 0.2  # where a source's spectrum has its peak

# how much more or less lively locations of a scene are than others: as within TAU22's classes
OPENNESS = dict(zip(SCENES, (0.6, 1.0, 1.3, 1.6, 1.1, 1.0, 0.8, 1.0, 0.9, 1.6), strict=True))
STANDING = ("sway", "rumble", "vent", "hiss", "wind")  # what liveliness moves by half only
# air moves, people walk through the sound's path: each octave flutters by itself, dB from 31 Hz
SHIMMER_DB = (0.0, 0.0, 0.0, 0.5, 0.8, 1.0, 1.0, 1.0, 1.3, 1.5, 1.5)
FAMILIES = (
    ("airport", "shopping_mall", "metro_station"),
    ("bus", "metro", "tram"),
    ("public_square", "street_pedestrian", "street_traffic", "park"),
)

# noise source: spectrum as (peak Hz, rise and fall in dB per octave), how it goes with time (an
# envelope of envelopes.py; "=": the next band of the source above), whether the room's
# reverberation smears it, and its flutter in dB (0.5 s and 60 ms time constant)
NOISES: dict[str, tuple[tuple[float, float, float], str, bool, tuple[float, float]]] = {
    "sway": ((18, 3, 15), "even", False, (2.0, 1.0)),
    "rumble": ((50, 4, 9), "even", False, (1.5, 0.5)),
    "engine": ((110, 5, 8), "engine", False, (1.0, 1.0)),
    "tyre": ((500, 4, 8), "passes", False, (0.5, 0.8)),
    "swish": ((2200, 5, 6), "=", False, (0.5, 0.8)),
    "rail": ((250, 3, 7.5), "rolling", False, (2.0, 1.5)),
    "wheel": ((1800, 5, 5), "rolling", False, (3.0, 2.0)),
    "train": ((300, 3, 5.5), "arrival", True, (1.0, 1.0)),
    "brake": ((4500, 5, 5), "=", True, (1.5, 1.5)),
    "vent": ((160, 3, 7), "even", False, (0.5, 0.3)),
    "hiss": ((3500, 4, 3.5), "even", False, (0.5, 0.3)),
    "voices": ((350, 8, 7), "talk", True, (1.0, 1.5)),
    "vowels": ((1300, 7, 8), "=", True, (1.0, 1.5)),
    "sibilants": ((6500, 6, 5), "=", True, (1.0, 2.0)),
    "trolley": ((900, 4, 7), "wheels", True, (1.0, 1.5)),
    "wind": ((40, 3, 9), "gusts", False, (2.0, 2.0)),
    "leaves": ((4500, 5, 6), "gusts", False, (1.0, 1.0)),
    "water": ((2200, 3, 4), "even", False, (0.7, 1.0)),
    "steps": ((900, 2, 7), "steps", True, (0.5, 1.0)),
    "gravel": ((3500, 4, 4), "steps", False, (0.5, 2.0)),
    "clatter": ((2500, 4, 5), "bursts", True, (0.5, 1.0)),
    "rattle": ((2800, 4, 4), "rattle", False, (0.5, 1.0)),
    "door": ((5500, 4, 3.5), "blows", True, (0.5, 1.0)),
    "thud": ((110, 4, 7), "bursts", True, (0.5, 1.0)),
    "joint": ((220, 4, 5), "joints", True, (0.5, 1.0)),
    "rustle": ((7500, 4, 3), "rustles", False, (0.5, 1.0)),
}
DECAY_S = {"steps": 0.03, "gravel": 0.08, "clatter": 0.06, "thud": 0.08}

_TABLE = """
source     airp   bus metro  stat  park  squa  mall  pede  traf  tram
sway         -26   -10   -18   -19   -23   -20   -25   -22   -16   -16
rumble       -34   -29   -21   -24   -51   -30   -29   -32   -32   -24
engine       -60   -48   -49   -54   -65   -44   -60   -31   -49   -52
tyre         -66   -61   -60   -60   -53   -42   -65   -40   -39   -62
swish        -72   -69   -69   -66   -75   -62   -70   -63   -68   -62
rail         -66   -57   -48   -36   -71   -62   -66   -62   -56   -55
wheel        -76   -70   -70   -72   -84   -70   -74   -72   -69   -65
train        -66   -62   -50   -42   -66   -52   -66   -54   -50   -50
brake        -70   -56   -56   -53   -72   -60   -70   -60   -54   -53
vent         -36   -65   -61   -37   -73   -58   -36   -52   -58   -63
hiss         -83   -85   -85   -82   -98   -80   -76   -82   -82   -80
voices       -49   -60   -57   -52   -68   -50   -46   -50   -52   -59
vowels       -64   -70   -66   -62   -68   -63   -64   -63   -52   -65
sibilants    -71   -69   -72   -69   -81   -59   -63   -65   -69   -67
trolley      -60   -63   -60   -53   -70   -58   -56   -54   -60   -62
wind         -72   -62   -64   -50   -35   -40   -68   -42   -24   -64
leaves       -80   -73   -77   -78   -86   -69   -78   -74   -72   -72
water        -79   -80   -80   -79   -87   -65   -74   -73   -75   -79
steps        -53   -56   -56   -58   -59   -57   -59   -58   -52   -56
gravel       -75   -75   -75   -72   -72   -64   -75   -66   -68   -75
clatter      -67   -56   -60   -57   -66   -57   -60   -63   -60   -56
rattle       -80   -70   -72   -78   -92   -72   -75   -76   -76   -67
door         -68   -58   -60   -58   -76   -66   -66   -64   -62   -58
thud         -48   -47   -48   -42   -54   -46   -45   -45   -42   -47
joint        -63   -61   -57   -61   -70   -57   -60   -60   -57   -56
rustle       -70   -76   -75   -64   -82   -64   -58   -64   -66   -71
"""
# events per minute of a typical location ("talkers": people within the babble that one can tell
# apart; "steps", "gravel", "trolley": people walking by at a time; "tyre": vehicles passing in ten
# seconds; "joint": joints a minute at usual speed; "diesel", "inverter", "gear": chance that it
# can be heard)
_RATES = """
event      airp   bus metro  stat  park  squa  mall  pede  traf  tram
talkers       8     3     3     6     2     6     9     5     2     3
steps        1.2   0.2   0.2   2.0   0.5   1.2   1.8   4.0   0.6   0.2
gravel       0.0   0.0   0.0   0.0   1.8   0.3   0.0   0.1   0.1   0.0
trolley      2.0   0.1   0.1   0.7   0.0   0.2   0.3   0.3   0.1   0.1
tyre         0.1   1.2   0.1   0.1   0.5   0.9   0.1   0.5   5.0   1.0
train        0.1   0.1   0.6   4.0   0.1   0.4   0.1   0.2   0.3   0.6
clatter     10.0   6.0   6.0   6.0   2.0   6.0  20.0   9.0   4.0   6.0
door         0.2   5.0   1.5   1.5   0.1   0.2   0.3   0.3   0.8   2.0
thud          4     6     5     4     2     3     5     4     3     6
joint        15    15    55    20    10    15    10    15    15    45
rustle      12.8  22.4  16.0   8.4   9.6   9.6  12.8  14.4   7.2  19.2
voice        9.0   9.0   7.0   7.0   4.0   6.0  10.0  15.0   3.0   7.0
child        0.4   0.3   0.2   0.2   1.5   6.0   3.0   1.0   0.1   0.2
announce     3.5   1.0   1.2   3.0   0.0   0.1   0.5   0.1   0.0   1.2
chime        1.6   1.2   0.6   0.7   0.1   0.1   0.4   0.1   0.1   0.6
bird         0.1   0.1   0.1   0.1  10.0   4.0   0.1   1.5   0.8   0.2
dog          0.0   0.0   0.0   0.0   1.2   0.5   0.0   0.2   0.1   0.0
squeal       0.0   0.6   1.0   1.6   0.0   0.1   0.0   0.1   0.4   6.0
bell         0.1   0.1   0.0   0.0   0.4   0.7   0.1   3.5   0.5   0.4
gong         0.0   0.1   0.0   0.1   0.0   0.5   0.0   0.3   0.4   2.5
church       0.0   0.1   0.0   0.0   0.2   2.0   0.0   0.4   0.1   0.1
horn         0.0   0.3   0.0   0.0   0.1   0.3   0.0   0.2   1.4   0.3
rev          0.0   1.0   0.1   0.1   0.2   0.4   0.0   0.3   2.5   0.3
beep         0.6   0.9   1.2   3.0   0.1   0.1   2.5   0.2   0.4   0.9
music        0.4   0.2   0.1   0.2   0.1   0.4   3.5   0.8   0.2   0.1
busker       0.0   0.0   0.2   0.5   0.2   0.9   0.2   3.0   0.1   0.0
diesel      0.01  0.85  0.02  0.02  0.02  0.08  0.01  0.06  0.25  0.04
inverter    0.01  0.05  0.75  0.20  0.01  0.02  0.02  0.02  0.02  0.15
gear        0.01  0.15  0.15  0.10  0.01  0.05  0.01  0.04  0.05  0.75
"""
# room of a location: shortest and longest reverberation time in s, level of the room in dB
ROOMS = {
    "airport": (0.9, 2.2, -3), "metro_station": (1.0, 2.6, -2), "shopping_mall": (0.8, 2.0, -3),
    "bus": (0.12, 0.3, -8), "metro": (0.15, 0.4, -7), "tram": (0.15, 0.35, -8),
    "park": (0.3, 0.8, -16), "public_square": (0.6, 1.6, -9),
    "street_pedestrian": (0.5, 1.4, -7), "street_traffic": (0.4, 1.2, -10),
}  # fmt: skip
# chance that a recording is made while the vehicle moves
MOVES = {"bus": 0.7, "metro": 0.75, "tram": 0.7}


def _table(text: str) -> tuple[tuple[str, ...], dict[str, Array]]:
    _, *rows = (line.split() for line in text.strip().splitlines())
    columns = np.array([[float(v) for v in row[1:]] for row in rows]).T
    return tuple(row[0] for row in rows), dict(zip(SCENES, columns, strict=True))


SOURCES, LEVELS = _table(_TABLE)
RATE_NAMES, RATES = _table(_RATES)
