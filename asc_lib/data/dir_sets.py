"""Device impulse responses (DIRs) as they lie on disk -> one DIR set at 32 kHz (Sec. 4, 5.3).

Two layouts: a flat folder of wavs, one a microphone (MicIR project, "Vintage"), and the
multi-angle, multi-distance set of the University of Surrey ("Multi", https://doi.org/10.17743/jaes.2022.0027).
"""

import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from asc_lib.data.content import SILENT
from asc_lib.data.simulated import is_simulated, stamped
from asc_lib.data.wav import SAMPLE_RATE, fingerprint, plain_name, read_wav, resample, walk
from asc_lib.files import InputError, reading, temporary_sibling, to_make

TAPS = 1024  # 32 ms; paper Sec. 5.3
BEFORE_PEAK = 64  # 2 ms: holds at least 99.88 % of the energy of each MicIRP response
KAISER_BETA = 2.0  # paper Sec. 5.3, stated for the Multi DIRs
LABELS = {"vintage": "Vintage DIRs", "multi": "Multi DIRs", "generated": "Generated DIRs"}

_MULTI = re.compile(
    r"^(?P<configuration>.+?)_(?P<distance>\d+(?:\.\d+)?)(?P<unit>cm|m)_"
    r"(?:.*_)?(?P<angle>\d+)Deg(?:_.*)?$"
)
MultiKey = tuple[str, float, int]  # microphone and pattern, metres, degrees
_COLUMNS = ["name", "microphone", "pattern", "distance_m", "angle_deg"]
_PATTERNS = ("Bidirect", "Cardioid", "Hyper", "Omni")


@dataclass(frozen=True)
class DirSet:
    """A set of device impulse responses.

    `responses`: float32 (dirs, 1024) at `sample_rate` Hz, the peak at sample 64. `table`: one row a
    response: name microphone pattern distance_m angle_deg, missing where unknown. `simulated`: they
    come from this project's simulation, not from measured microphones.
    """

    name: str
    responses: np.ndarray
    table: pd.DataFrame
    simulated: bool
    sample_rate: int = SAMPLE_RATE

    @property
    def label(self) -> str:
        """Name for a figure, which says where the responses come from."""
        data = "simulated" if self.simulated else "measured"
        learnt = "learnt from " if self.name == "generated" else ""
        return f"{LABELS[self.name]} ({learnt}{data})"

    @property
    def fingerprint(self) -> str:
        """Of the responses; see `simulated.stamped`."""
        digest = hashlib.sha256(self.responses.tobytes()).hexdigest()[:16]
        return stamped(digest, self.simulated)


def read_vintage(root: str | Path, progress: bool = False) -> DirSet:
    """The DIR set in a folder of wavs, one a microphone, cut to 1024 taps.

    Raises:
        InputError: no folder, no wav in it, or a wav that is unreadable or silent.
    """
    files = wav_files(root)
    names = [plain_name(file.stem) for file in files]
    table = pd.DataFrame(
        {
            "name": names,
            "microphone": names,
            "pattern": pd.array([pd.NA] * len(files), dtype="string"),
            "distance_m": np.nan,
            "angle_deg": np.nan,
        }
    )
    responses = _read_all(files, kaiser_beta=0.0, progress=progress)
    return DirSet("vintage", responses, table, is_simulated(root))


def read_multi(root: str | Path, progress: bool = False) -> DirSet:
    """The DIR set in a folder tree of the Surrey layout, cut to 1024 taps by a Kaiser window.

    Files are told by name (`<microphone><pattern>_<distance>_<angle>Deg.wav`), wherever they lie;
    of several copies of a response the normalised, then the 24-bit one is taken.

    Raises:
        InputError: no folder, no response in it, or a wav that is unreadable or silent.
    """
    best = chosen_multi(root)
    if not best:
        raise InputError(
            f"{root}: no file is named like <microphone>_<50cm|125cm|5m>_<angle>Deg.wav; give the "
            "folder into which the Surrey set was unpacked"
        )
    keys = list(best)
    split = [_microphone_and_pattern(configuration) for configuration, _, _ in keys]
    table = pd.DataFrame(
        {
            "name": [plain_name(best[key].stem) for key in keys],
            "microphone": [microphone for microphone, _ in split],
            "pattern": pd.array([pattern for _, pattern in split], dtype="string"),
            "distance_m": [metres for _, metres, _ in keys],
            "angle_deg": [float(angle) for _, _, angle in keys],
        }
    )
    responses = _read_all([best[key] for key in keys], KAISER_BETA, progress)
    return DirSet("multi", responses, table, is_simulated(root))


def chosen_multi(root: str | Path) -> dict[MultiKey, Path]:
    """The file that is read for each response of a Surrey tree, in the order of the set."""
    best: dict[MultiKey, tuple[tuple[bool, bool], Path]] = {}
    for file in wav_files(root):
        key, rank = multi_key(file), multi_variant(file, root)
        if key is not None and (key not in best or rank > best[key][0]):
            best[key] = (rank, file)
    return {key: best[key][1] for key in sorted(best)}


def multi_key(file: Path) -> MultiKey | None:
    """Microphone with its pattern, distance in m and angle in degrees, as a file's name says."""
    match = _MULTI.match(plain_name(file.stem))
    if match is None:
        return None
    metres = float(match["distance"]) / (100 if match["unit"] == "cm" else 1)
    return match["configuration"], metres, int(match["angle"]) % 360


def multi_variant(file: Path, root: Path) -> tuple[bool, bool]:
    """Whether a file's path says normalised, and whether it says 24 bit; the larger is taken."""
    path = str(file.relative_to(root)).lower()
    return "normalised" in path, "24bit" in path


def cut(response: np.ndarray, kaiser_beta: float) -> np.ndarray:
    """1024 taps of a response at 32 kHz, the peak at tap 64, under a Kaiser window about it."""
    peak = int(np.abs(response).argmax())
    padded = np.pad(response, (BEFORE_PEAK, TAPS))
    return padded[peak : peak + TAPS] * window(kaiser_beta)


def window(kaiser_beta: float) -> np.ndarray:
    """The 1024 weights of a Kaiser window about tap 64 that ends with the later, longer side."""
    after = TAPS - BEFORE_PEAK
    return np.kaiser(2 * after + 1, kaiser_beta)[after - BEFORE_PEAK :][:TAPS]


def load_dirs(name: str, root: str | Path, kept_in: str | Path, progress: bool = True) -> DirSet:
    """The "vintage" or "multi" DIR set at `root`; read once, then kept below `kept_in`."""
    root = Path(root)
    settings = f"{TAPS} {BEFORE_PEAK} {KAISER_BETA} v1".encode()
    simulated = is_simulated(root)
    files = fingerprint(wav_files(root), root, settings)
    folder = Path(kept_in) / f"{name}-{stamped(files, simulated)}"
    with to_make(folder) as missing:
        if missing:
            dirs = (read_vintage if name == "vintage" else read_multi)(root, progress)
            with temporary_sibling(folder) as unfinished:
                np.save(unfinished / "responses.npy", dirs.responses)
                dirs.table.to_parquet(unfinished / "table.parquet")
            return dirs
    return read_kept(name, folder, simulated, f"delete {folder}")


def read_kept(name: str, folder: Path, simulated: bool, remedy: str) -> DirSet:
    """The set that `responses.npy` and `table.parquet` in a folder hold.

    Raises:
        InputError: one of them is missing or damaged, or they do not belong together.
    """
    with reading(folder / "table.parquet", "a table of DIRs", remedy):
        table = pd.read_parquet(folder / "table.parquet")
        table = table[_COLUMNS].astype({"distance_m": float, "angle_deg": float})
        if table[["name", "microphone"]].isna().any(axis=None):
            raise ValueError("responses without a name")
    with reading(folder / "responses.npy", "DIRs", remedy):
        responses = np.load(folder / "responses.npy", allow_pickle=False)
        if responses.dtype != np.float32 or responses.shape != (len(table), TAPS):
            raise ValueError(f"{responses.dtype} {responses.shape} for a table of {len(table)}")
        if not np.isfinite(responses).all():
            raise ValueError("holds NaN or infinite values")
    return DirSet(name, responses, table, simulated)


def _microphone_and_pattern(configuration: str) -> tuple[str, str | None]:
    for pattern in _PATTERNS:
        if configuration.endswith(pattern):
            return configuration.removesuffix(pattern), pattern
    return configuration, None


def wav_files(root: str | Path) -> list[Path]:
    """Every wav below a folder, links followed, sorted.

    Raises:
        InputError: no folder, or no wav in it.
    """
    files = map(Path, walk(root, "impulse responses"))
    files = sorted(file for file in files if file.suffix.lower() == ".wav")
    if not files:
        raise InputError(f"{root}: holds no wav file; give the folder of impulse responses")
    return files


def _read_all(files: list[Path], kaiser_beta: float, progress: bool) -> np.ndarray:
    def one(file: Path) -> np.ndarray:
        samples, header = read_wav(file)
        if np.abs(samples).max() < SILENT:
            raise InputError(f"{file}: the impulse response is silent; remove the file")
        # most of a Surrey file is silence: resample only what can reach the taps
        rate, peak = header.samplerate, int(np.abs(samples).argmax())
        near = samples[max(0, peak - rate // 50) : peak + rate // 10]
        # a filter's gain is the sum of its taps: fewer taps must be larger ones
        return cut(resample(near, rate) * (rate / SAMPLE_RATE), kaiser_beta)

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # soundfile and soxr let go of the GIL
        responses = tqdm(pool.map(one, files), "reading DIRs", len(files), disable=not progress)
        return np.stack(list(responses)).astype(np.float32)
