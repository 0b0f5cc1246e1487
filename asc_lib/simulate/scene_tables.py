"""What is typical of each scene: its sources' levels, its events' rates, its rooms, its spreads.

Levels are dBFS (RMS) at the ear: guesses, moved by a regularised least-squares fit towards the mean
octave levels of 275 clips of TAU22 by device a; `COLOUR_DB` is what that fit left. The spreads of
locations, recordings and seconds are such that octave levels vary as much among and within the
locations of those clips. Rates are guesses at how often such a thing is heard at such a place.
"""

import numpy as np

from asc_lib.data.tau22 import SCENES
from asc_lib.simulate.filters import Array

CITIES = (
    "barcelona", "helsinki", "lisbon", "london", "lyon", "milan", "paris", "prague", "stockholm",
    "vienna",
)  # fmt: skip

# These set the difficulty. Spreads are standard deviations.
ATYPICAL = 0.125  # share of locations that lean towards another scene of their family
CUE_RATE = 1.3  # scales the rates of single events
CUE_DB = -2.0  # their mean level over the other sound above 400 Hz
CUE_SPREAD_DB = 6.0
CITY_SOURCE_DB = 1.0  # each source by itself
LOCATION_DB, RECORDING_DB = 4.0, 2.8  # how lively it is: all sources together, see STANDING
LOCATION_SOURCE_DB, RECORDING_SOURCE_DB = 2.0, 2.2  # each source by itself
SECONDS_DB = 3.6  # each source as it comes and goes within a recording
LOCATION_TILT, RECORDING_TILT, PIVOT_HZ = 0.8, 0.4, 250.0  # dB per octave
LOCATION_COLOUR_DB = 2.4  # each octave by itself
CITY_RATE, LOCATION_RATE, RECORDING_RATE = 0.25, 0.5, 0.4  # natural logarithm of an event's rate
PEAK_OCTAVES = 0.2  # where a source's spectrum has its peak

# how much more or less lively locations of a scene are than others: as within TAU22's classes
OPENNESS = dict(zip(SCENES, (0.6, 1.0, 1.3, 1.6, 1.1, 1.0, 0.8, 1.0, 0.9, 1.6), strict=True))
STANDING = ("sway", "rumble", "vent", "hiss", "wind")
STANDING_SHARE = 0.65  # of liveliness that moves these, too
# air moves, people walk through the sound's path: each octave flutters by itself, dB from 31 Hz
SHIMMER_DB = (0.0, 0.0, 0.0, 0.5, 0.8, 1.0, 1.0, 1.0, 1.3, 1.5, 1.5)
FAMILIES = (
    ("airport", "shopping_mall", "metro_station"),
    ("bus", "metro", "tram"),
    ("public_square", "street_pedestrian", "street_traffic", "park"),
)
DECAY_S = {"steps": 0.03, "gravel": 0.08, "clatter": 0.06, "thud": 0.08}

# noise sources: spectrum (peak in Hz, rise and fall in dB per octave), how it goes with time (an
# envelope of envelopes.py; "=": the next band of the source above), whether the room's
# reverberation smears it, flutter in dB (0.5 s and 60 ms time constant), level in each scene
_TABLE = """
source    peak rise fall envelope room slow quick airp  bus metro stat park squa mall pede traf tram
sway        18    3   15 even        0    2     1  -25  -11  -18  -20  -23  -20  -27  -21  -14  -14
rumble      50    4    9 even        0  1.5   0.5  -33  -30  -22  -24  -41  -30  -31  -28  -24  -24
engine     110    5    8 engine      0    1     1  -60  -37  -52  -56  -60  -42  -60  -40  -37  -52
tyre       500    4    8 passes      0  0.5   0.8  -66  -58  -60  -60  -52  -44  -65  -47  -39  -58
swish     1700    5    6 =           0  0.5   0.8  -74  -65  -68  -68  -67  -58  -72  -58  -58  -63
rail       400    3  7.5 rolling     0    2   1.5  -66  -60  -46  -46  -71  -62  -66  -62  -56  -51
wheel     1800    5    5 rolling     0    3     2  -76  -68  -62  -66  -85  -71  -74  -73  -67  -62
train      300    3  5.5 arrival     1    1     1  -66  -64  -52  -43  -66  -52  -66  -54  -52  -50
brake     4500    5    5 =           1  1.5   1.5  -74  -60  -60  -54  -76  -64  -74  -66  -60  -58
vent       160    3    7 even        0  0.5   0.3  -38  -54  -50  -35  -67  -56  -36  -47  -54  -55
hiss      3500    4  4.5 even        0  0.5   0.3  -74  -76  -74  -71  -87  -78  -72  -76  -78  -75
voices     450    8    7 talk        1    1   1.5  -52  -60  -56  -51  -65  -51  -51  -46  -57  -59
vowels    1300    7    9 =           1    1   1.5  -59  -67  -63  -56  -68  -59  -60  -54  -64  -65
sibilants 6500    7    5 =           1    1     2  -69  -72  -71  -67  -79  -62  -60  -63  -68  -70
trolley    900    4    7 wheels      1    1   1.5  -60  -64  -62  -54  -76  -60  -58  -56  -62  -64
wind        40    3   10 gusts       0    2     2  -72  -66  -66  -52  -36  -42  -70  -43  -40  -66
leaves    4500    5    6 gusts       0    1     1  -84  -79  -80  -80  -79  -70  -82  -75  -72  -76
water     2200    3    4 even        0  0.7     1  -82  -82  -82  -82  -80  -63  -72  -70  -76  -82
steps      900    2    7 steps       1  0.5     1  -54  -60  -58  -54  -62  -53  -56  -53  -56  -60
gravel    3500    4    4 steps       0  0.5     2  -75  -75  -75  -72  -76  -66  -75  -68  -70  -75
clatter   2500    4    5 bursts      1  0.5     1  -63  -59  -60  -59  -68  -59  -57  -60  -58  -61
rattle    2800    4    4 rattle      0  0.5     1  -81  -69  -68  -75  -87  -73  -75  -74  -71  -68
door      5500    4  3.5 blows       1  0.5     1  -70  -62  -62  -60  -78  -66  -68  -66  -64  -60
thud       110    4    7 bursts      1  0.5     1  -49  -45  -45  -43  -55  -46  -45  -45  -42  -45
joint      220    4    5 joints      1  0.5     1  -63  -62  -56  -55  -69  -57  -60  -59  -55  -55
rustle    7500    4  3.5 rustles     0  0.5     1  -69  -77  -71  -67  -80  -66  -64  -66  -69  -71
"""
# events per minute of a typical location ("talkers": people within the babble that one can tell
# apart; "steps", "gravel", "trolley": people walking by at a time; "tyre": vehicles passing in ten
# seconds; "joint": joints a minute at usual speed; "diesel", "inverter", "gear": chance that it
# can be heard)
_RATES = """
event      airp   bus metro  stat  park  squa  mall  pede  traf  tram
talkers       8     3     3     6     2     6     9     5     2     3
steps        1.2   0.2   0.2   2.0   0.5   1.0   1.5   4.5   0.6   0.2
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
child        0.4   0.3   0.2   0.2   1.5   6.0   3.5   0.8   0.1   0.2
announce     3.5   1.0   1.2   3.0   0.0   0.1   0.5   0.1   0.0   1.2
chime        1.6   1.2   0.6   0.7   0.1   0.1   0.4   0.1   0.1   0.6
bird         0.1   0.1   0.1   0.1  10.0   4.0   0.1   1.5   0.8   0.2
dog          0.0   0.0   0.0   0.0   1.2   0.5   0.0   0.2   0.1   0.0
squeal       0.0   0.6   0.8   1.6   0.0   0.1   0.0   0.1   0.3   7.0
bell         0.1   0.1   0.0   0.0   0.4   0.6   0.1   4.5   0.5   0.3
gong         0.0   0.1   0.0   0.1   0.0   0.5   0.0   0.3   0.4   2.5
church       0.0   0.1   0.0   0.0   0.2   2.0   0.0   0.4   0.1   0.1
horn         0.0   0.3   0.0   0.0   0.1   0.3   0.0   0.2   1.4   0.3
rev          0.0   1.0   0.1   0.1   0.2   0.4   0.0   0.3   2.5   0.3
beep         0.6   0.9   1.2   3.0   0.1   0.1   4.0   0.2   0.3   0.9
music        0.3   0.2   0.1   0.2   0.1   0.3   5.5   0.7   0.2   0.1
busker       0.0   0.0   0.2   0.5   0.2   0.9   0.2   3.0   0.1   0.0
diesel      0.01  0.85  0.02  0.02  0.02  0.08  0.01  0.06  0.25  0.04
inverter    0.01  0.05  0.75  0.20  0.01  0.02  0.02  0.02  0.02  0.15
gear        0.01  0.15  0.15  0.10  0.01  0.05  0.01  0.04  0.05  0.75
"""
# what the sources leave of a scene's mean spectrum, dB at octaves from 63 Hz to 16 kHz: distance,
# crowd and furniture colour all sound of a place
_COLOUR = """
scene                63   125   250   500    1k    2k    4k    8k   16k
airport             -1.9  -1.5  -0.6   1.3  -0.7  -1.0  -3.0  -0.7  -2.6
bus                 -0.3  -0.7  -1.0  -0.3  -1.4  -4.3  -4.8   2.2  -4.2
metro               -0.3  -1.3   1.3   3.5  -0.3  -5.7  -4.5  -1.0  -5.0
metro_station       -0.2  -0.2   3.2   1.8   0.9   0.4  -1.3   1.5  -0.8
park                 1.1  -0.9  -0.8  -1.3   3.5   3.4  -3.0   2.6  -0.8
public_square       -0.5  -2.4  -0.6  -0.8   0.2  -0.8  -3.3   2.5  -1.0
shopping_mall        1.2   1.3   0.5   2.7   0.9  -0.9  -3.0   0.2   2.5
street_pedestrian    1.0  -0.3   3.4   4.5   3.8   1.0  -4.1   0.6  -0.8
street_traffic       4.1  -0.4   0.6  -2.1   3.0   2.3  -1.6   2.6  -1.9
tram                -0.2   0.2   0.1  -0.2  -2.2  -1.8  -3.2   2.6  -1.9
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


def _rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()[1:]]


def _by_scene(rows: list[list[str]]) -> dict[str, Array]:
    return dict(zip(SCENES, np.array(rows, float).T, strict=True))


NOISES = {
    name: ((float(peak), float(rise), float(fall)), kind, room == "1", (float(slow), float(quick)))
    for name, peak, rise, fall, kind, room, slow, quick, *_ in _rows(_TABLE)
}
SOURCES, LEVELS = tuple(NOISES), _by_scene([row[8:] for row in _rows(_TABLE)])
RATE_NAMES = tuple(row[0] for row in _rows(_RATES))
RATES = _by_scene([row[1:] for row in _rows(_RATES)])
COLOUR_DB = {scene: np.array(values, float) for scene, *values in _rows(_COLOUR)}
