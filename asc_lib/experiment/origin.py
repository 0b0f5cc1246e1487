"""Moved to `runs`; goes when the notebooks import it from there."""

from asc_lib.experiment.runs import hardware, origin  # noqa: F401
