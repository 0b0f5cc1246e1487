"""Memory that is freed stays with the process."""

import subprocess
import sys

import pytest

_FAULTS = """
import resource, sys, numpy
from asc_lib.freed_memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
def used():
    large = [numpy.ones(2_000_000) for _ in range(3)]  # 16 MB each: glibc gives them back at once
for _ in range(3):
    used()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    used()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's")
def test_freed_memory_is_not_asked_of_the_system_again():
    faults = {
        how: int(subprocess.check_output([sys.executable, "-c", _FAULTS, how], text=True))
        for how in ("keep", "as it is")
    }
    assert faults["keep"] < 100 < faults["as it is"]
