"""Where the data of the paper's study come from: addresses, checksums, licences, a first look.

TAU22's list is soundata's. Its downloader is not used: it begins anew after each break.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from asc_lib.data.checksums import Remote
from asc_lib.data.dirs import read_multi, read_vintage
from asc_lib.data.fetch import check_address
from asc_lib.data.tau22 import check_audio, read_index
from asc_lib.files import InputError

_MICIRP = Path(__file__).parent / "reference" / "micirp_files.csv"
# The project's page has an address for each microphone and none for all. This repository of a DCASE
# 2023 entry says that it holds copies (59 of the 66 were seen listed at this commit); what comes is
# held against the SHA-256 of a copy of the set that we know.
_MICIRP_COPIES = (
    "https://raw.githubusercontent.com/fschmid56/cpjku_dcase23/"
    "48d405f8f185e47a5aeb5d8dea45c051f33320aa/datasets/dirs/"
)
_TAU22_BYTES = 230_350 * (44_100 * 3 + 44)  # its wavs
_PASST = "https://github.com/kkoutini/PaSST/releases/download/v0.0.1-audioset/"


@dataclass(frozen=True)
class Source:
    """A data set, or the weights: what is fetched and what becomes of it.

    `parameter` names its place in `params/paper.yaml`. Bytes: `about` to fetch, where no file's
    size is known; `unpacked` on disk, where known; `most_bytes` that an archive may hold. `top` is
    the archives' folder that stands for the set's own. `check` reads what is there: one line about
    it, or an InputError; with `full_check` what passes is complete.
    """

    title: str
    page: str
    licence: str
    parameter: str
    remotes: Callable[[], list[Remote]]
    check: Callable[[Path], str]
    by_hand: str
    zipped: bool = True
    top: str = ""
    about: int = 0
    unpacked: int | None = None
    most_bytes: int = 0
    full_check: bool = False


def tau22_remotes() -> list[Remote]:
    """The archives of the development set, in soundata's order."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    from soundata.datasets import tau2022uas_mobile  # slow, and it sets up everyone's logging

    root.handlers[:], _ = handlers, root.setLevel(level)
    remotes = [
        Remote(remote.url, remote.filename, f"md5:{remote.checksum}")
        for key, remote in tau2022uas_mobile.REMOTES.items()
        if key.startswith("development.")
    ]
    if not remotes:
        raise InputError("soundata: lists no development set any more; take the locked version")
    return remotes


def vintage_remotes() -> list[Remote]:
    """The 66 responses, each a file of its own."""
    rows = pd.read_csv(_MICIRP).itertuples(index=False)
    return [
        Remote(_MICIRP_COPIES + quote(row.name), row.name, f"sha256:{row.sha256}", row.bytes)
        for row in rows
    ]


def multi_remotes() -> list[Remote]:
    """The one archive of the Surrey set."""
    name = "Microphone_Impulse_Responses.zip"
    url = f"https://zenodo.org/records/4633508/files/{name}?download=1"
    return [Remote(url, name, "md5:c66c4f46be850aa25022145431b93caa")]


def passt_remotes() -> list[Remote]:
    """The released weights; size and sum as several public projects that use them state them."""
    name = "passt-s-f128-p16-s10-ap.476-swa.pt"
    digest = "302903fa8c4aee817b11dc982da0b29aaf8d11a3e722420476d0a12c9db70c2c"
    return [Remote(_PASST + name, name, f"sha256:{digest}", 344_665_734)]


def check_tau22(root: Path) -> str:
    """One line about the clips; InputError where csv files or clips are missing."""
    index = read_index(root)
    check_audio(index, root)
    sides = index["side"].value_counts()
    return f"{sides.get('train', 0):,} training and {sides.get('test', 0):,} test clips"


def check_vintage(root: Path) -> str:
    """One line about the responses; InputError where they cannot be read."""
    found = len(read_vintage(root).table)
    known = pd.read_csv(_MICIRP)
    same = sum(
        (root / row.name).is_file()
        and hashlib.sha256((root / row.name).read_bytes()).hexdigest() == row.sha256
        for row in known.itertuples(index=False)
    )
    return f"{found} responses, {same} of the {len(known)} known ones unchanged"


def check_multi(root: Path) -> str:
    """One line about the responses; InputError where they cannot be read."""
    table = read_multi(root, progress=True).table
    return f"{len(table):,} responses of {table['microphone'].nunique()} microphones"


def check_passt(root: Path) -> str:
    """One line about the weights in the folder; InputError where they are not PaSST-S's."""
    from asc_lib.model.passt import PaSST  # torch takes seconds to come
    from asc_lib.model.released import load_released

    (remote,) = passt_remotes()
    load_released(PaSST(), root / remote.name)
    return "weights of PaSST-S"


SOURCES = {
    "tau22": Source(
        title="TAU Urban Acoustic Scenes 2022 Mobile, development set",
        page="https://doi.org/10.5281/zenodo.6337421",
        licence="its own: experimental and non-commercial use only, (c) Tampere University",
        parameter="tau22_root",
        remotes=tau22_remotes,
        check=check_tau22,
        by_hand="unpack all archives, so that the folder holds meta.csv, evaluation_setup/, audio/",
        top="TAU-urban-acoustic-scenes-2022-mobile-development",
        about=_TAU22_BYTES,  # 24-bit recordings hardly pack
        unpacked=_TAU22_BYTES,
        most_bytes=40 * 10**9,
        full_check=True,
    ),
    "vintage": Source(
        title="MicIRP, 66 microphone impulse responses (Vintage DIRs), verified copies",
        page="http://micirp.blogspot.com",
        licence="CC BY-SA 4.0, Stewart Tavener / Xaudia",
        parameter="vintage_root",
        remotes=vintage_remotes,
        check=check_vintage,
        by_hand="put the wavs, one a microphone, into the folder, or give a zip of them by --url",
        zipped=False,
        most_bytes=10**9,
    ),
    "multi": Source(
        title="Multi-angle, multi-distance microphone impulse responses, Surrey (Multi DIRs)",
        page="https://zenodo.org/records/4633508",
        licence="see the record's page; it asks to cite doi:10.17743/jaes.2022.0027",
        parameter="multi_root",
        remotes=multi_remotes,
        check=check_multi,
        by_hand="unpack the archive into the folder",
        top="Microphone_Impulse_Responses",
        about=1_500_000_000,
        most_bytes=150 * 10**9,
    ),
    "passt": Source(
        title="PaSST-S, weights trained on AudioSet",
        page="https://github.com/kkoutini/PaSST/releases/tag/v0.0.1-audioset",
        licence="Apache-2.0, that of the repository",
        parameter="checkpoint",
        remotes=passt_remotes,
        check=check_passt,
        by_hand="put the file into the folder",
        zipped=False,
    ),
}


def given_address(name: str, url: str) -> Source:
    """The source `name` with the user's own address: of its one file, or of a zip of MicIRP's wavs.

    Published checksums stay in force.

    Raises:
        InputError: the address is no https, or the set is more than one file.
    """
    check_address(url)
    source = SOURCES[name]
    if name == "vintage":
        return replace(source, zipped=True, remotes=lambda: [Remote(url, "micirp.zip")])
    if name == "tau22":
        raise InputError("--url: tau22 is many archives; --url is for vintage, multi and passt")
    (remote,) = source.remotes()
    return replace(source, remotes=lambda: [replace(remote, url=url)])
