"""No warning of our own code passes the tests, here or in another process."""

import subprocess
import sys
import warnings

import pytest

from tests.warnings_shown import warnings_shown

CHANGES = [DeprecationWarning, PendingDeprecationWarning, FutureWarning]


@pytest.mark.parametrize("kind", [*CHANGES, UserWarning, RuntimeWarning, ResourceWarning])
@pytest.mark.parametrize("module", ["asc_lib", "tests.model.test_passt"])
def test_a_warning_about_our_code_is_an_error(kind, module):
    with pytest.raises(kind):
        warnings.warn_explicit("said", kind, "some.py", 1, module=module, registry={})


@pytest.mark.parametrize("module", ["snakemake.api", "asc_library", "pandas"])
def test_a_library_may_speak_of_its_own_future_and_of_nothing_else(module):
    with warnings.catch_warnings(record=True) as said:
        for kind in CHANGES:
            warnings.warn_explicit("said", kind, "some.py", 1, module=module, registry={})
    assert [w.category for w in said] == CHANGES
    with pytest.raises(RuntimeWarning):
        warnings.warn_explicit("said", RuntimeWarning, "some.py", 1, module=module, registry={})


OURS = """
import warnings, numpy
numpy.log(numpy.zeros(1))
warnings.warn("of ours, in future", FutureWarning)
"""
LIBRARY = """
import warnings
warnings.warn("of a library, in future", DeprecationWarning)
warnings.warn("of a library, now", RuntimeWarning)
"""


def test_what_another_process_printed_is_read(tmp_path):
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "library.py").write_text(LIBRARY)
    (tmp_path / "ours.py").write_text(f"import sys\nsys.path[:0] = ['site-packages']\n{OURS}")
    (tmp_path / "main.py").write_text("import ours, library\nprint('a bar:  50 %\\r100 %')")
    told = subprocess.run(
        [sys.executable, "-W", "default", "main.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    said = warnings_shown(told.stdout + told.stderr)
    assert [line.split(": ", 1)[1] for line in said] == [
        "RuntimeWarning: divide by zero encountered in log",
        "FutureWarning: of ours, in future",
        "RuntimeWarning: of a library, now",
    ]
    # as a notebook shows it
    cell = "/tmp/ipykernel_7/3.py:1: DeprecationWarning: old"
    assert warnings_shown(f"50 %\n{cell}\n  old()") == [cell]
    assert not warnings_shown("Warning: 3: no file\nRuntimeWarning is the name of a class")
