"""The microphone table: every microphone of the Multi set, and nothing made up for others."""

import pytest

from asc_lib.data.microphone_table import traits
from asc_lib.files import InputError
from asc_lib.simulate.multi_microphones import MULTI


def test_every_simulated_microphone_is_known_and_agrees_on_kind_and_pattern():
    """The simulation was written apart, from the same general knowledge."""
    kinds = {"dynamic": "moving coil", "ribbon": "ribbon"}
    for one in MULTI:
        found = traits(one.name, one.pattern or None)
        assert found.omni_share == one.omni, one.name
        assert found.transducer == kinds.get(one.kind, "condenser"), one.name
        assert (found.tube_m > 0) == (one.kind == "shotgun"), one.name
        assert (found.dual and found.side_address) == (one.kind == "large"), one.name
        assert 0 < found.diaphragm_mm <= found.body_mm


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
