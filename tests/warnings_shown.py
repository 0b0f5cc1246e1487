"""Warnings in what a process printed: those that are this project's to mend."""

import re

_SHOWN = re.compile(r"(?P<file>\S.*?):\d+: (?P<kind>\w*Warning): .*")
_LIBRARIES = re.compile(r"site-packages/|/lib/python3\.\d+/|<frozen ")
_THEIRS = re.compile(r"\w*DeprecationWarning|FutureWarning|ResourceWarning")


def warnings_shown(text: str) -> list[str]:
    """Each line of `text` in which Python shows a warning, save what only a library can mend.

    As in pyproject.toml: what we ourselves call in a way that will change names a file of ours.
    Snakemake leaves a folder open when it ends.
    """
    found = map(_SHOWN.search, text.splitlines())
    return [
        shown[0]
        for shown in found
        if shown and not (_LIBRARIES.search(shown["file"]) and _THEIRS.fullmatch(shown["kind"]))
    ]
