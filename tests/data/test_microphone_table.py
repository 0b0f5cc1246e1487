"""The microphone table: every microphone of the Multi set, and nothing made up for others."""

import pytest

from asc_lib.data.microphone_table import traits
from asc_lib.files import InputError
from asc_lib.simulate.multi_microphones import MULTI


def test_every_microphone_of_the_set_is_known():
    for one in MULTI:
        assert 0 < one.of.diaphragm_mm <= one.of.body_mm
        assert (one.of.dual and one.of.side_address) == (one.kind == "large"), one.name


@pytest.mark.parametrize(
    ("microphone", "pattern", "said"),
    [
        ("NeumannM50", None, "NeumannM50"),
        ("AKGC414", "Subcardioid", "Subcardioid"),
        ("AKGC414", None, "has several"),
    ],
)
def test_what_is_not_known_is_named_and_never_a_zero(microphone, pattern, said):
    with pytest.raises(InputError, match=said):
        traits(microphone, pattern)
