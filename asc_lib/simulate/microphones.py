"""Augmentation microphones from physics: an old set and a multi-angle, multi-distance set.

They stand in for MicIRP and the Surrey set; none of this is used by the recording devices.
"""

from asc_lib.simulate.multi_microphones import (
    MULTI,
    MULTI_LENGTH,
    MULTI_RATE,
    Microphone,
    multi_responses,
)
from asc_lib.simulate.vintage_microphones import VINTAGE_COUNT, Vintage, vintage, vintage_name

__all__ = [
    "MULTI",
    "MULTI_LENGTH",
    "MULTI_RATE",
    "VINTAGE_COUNT",
    "Microphone",
    "Vintage",
    "multi_responses",
    "vintage",
    "vintage_name",
]
