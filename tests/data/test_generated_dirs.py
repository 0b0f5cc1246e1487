"""The generated set on disk: reads back what was written, and notices what does not belong."""

import numpy as np
import pytest

from asc_lib.data import generated_dirs
from asc_lib.data.dir_sets import DirSet
from asc_lib.files import InputError
from tests.microphones import turntable


def made() -> DirSet:
    dirs = turntable()
    return DirSet("generated", dirs.responses, dirs.table, simulated=True)


def test_reads_back_what_it_wrote_and_says_what_it_learnt_from(tmp_path):
    generated_dirs.write(tmp_path, made(), {"trained": "all-1"})
    back = generated_dirs.read(tmp_path)
    np.testing.assert_array_equal(back.responses, made().responses)
    assert back.fingerprint == made().fingerprint
    assert back.table["pattern"].isna().sum() == made().table["pattern"].isna().sum()
    assert back.label == "Generated DIRs (learnt from simulated)"
    assert generated_dirs.origin(tmp_path)["trained"] == "all-1"


def test_a_missing_or_mixed_set_is_told(tmp_path):
    with pytest.raises(InputError, match="generated_set"):
        generated_dirs.read(tmp_path)
    generated_dirs.write(tmp_path, made(), {})
    np.save(tmp_path / "responses.npy", 2 * made().responses)
    with pytest.raises(InputError, match="belong together"):
        generated_dirs.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 5000, '{"simulated": 3}'])
def test_a_damaged_origin_is_told(tmp_path, text):
    generated_dirs.write(tmp_path, made(), {})
    (tmp_path / "origin.json").write_text(text)
    with pytest.raises(InputError, match=f"{tmp_path}"):
        generated_dirs.read(tmp_path)
