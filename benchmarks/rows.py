"""Each row of the table: what the study does, beside what is usually done for the same end."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import joblib
import librosa
import scipy.signal
import torch
import torchaudio
from data import Data, UsualWindows
from hear21passt.models import passt as their_passt
from hear21passt.models import preprocess
from measure import Row, Timing, quiet
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

from asc_lib.data.bank import open_bank
from asc_lib.data.wav import SAMPLE_RATE
from asc_lib.model import passt
from asc_lib.model.augment import convolve_dir, mask_spectrogram
from asc_lib.model.frontend import FFT, HOP, LOG_FLOOR, MELS, WINDOW, LogMel
from asc_lib.study import RunConfig, load
from asc_lib.train.batches import TrainingBatches
from asc_lib.train.training import TrainingState, losses, train_step


def convolution(timing: Timing, data: Data) -> list[Row]:
    """DIR convolution of a batch, beside scipy's."""
    waveform, responses = data.waveforms(64), data.responses[:64]
    pairs = list(zip(waveform.numpy(), responses.numpy(), strict=True))
    ours, theirs = timing.rates(
        (64, lambda: convolve_dir(waveform, responses)),
        (64, lambda: [scipy.signal.convolve(x, h)[: len(x)] for x, h in pairs]),
    )
    what = f"DIR convolution, {responses.shape[1]} taps, batch 64"
    return [Row(what, "windows/s", ours, "scipy.signal.convolve, window by window", theirs)]


def front_end(timing: Timing, data: Data) -> list[Row]:
    """Log-mel front end in training, with drawn cutoff and the paper's masks."""
    config, waveform = paper(timing), data.waveforms(64)
    log_mel = LogMel(cutoff_jitter_hz=config.cutoff_jitter_hz).train()
    theirs = _their_front_end(config)
    plain = torchaudio.transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=FFT, win_length=WINDOW, hop_length=HOP, f_max=15_000, n_mels=MELS
    )

    def ours() -> Tensor:
        mel = log_mel(waveform, log_mel.draw_cutoffs())
        return mask_spectrogram(mel, config.freq_mask_bins, config.time_mask_frames)

    others = {
        "hear21passt AugmentMelSTFT": lambda: theirs(waveform),
        "torchaudio MelSpectrogram, log; no masks": lambda: plain(waveform).add_(LOG_FLOOR).log_(),
    }
    mine, *found = timing.rates((64, ours), *((64, other) for other in others.values()))
    what = "front end in training, batch 64"
    return [Row(what, "windows/s", mine, *pair) for pair in zip(others, found, strict=True)]


def input_path(timing: Timing, data: Data) -> list[Row]:
    """Bank to masked log-mels on the training device, half of the windows through DIRs."""
    config = paper(timing, method="vintage")
    batches, steps = _batches(timing, data, config), count()
    size, length = batches.batch_size, (1 if timing.quick else 4) * batches.batch_size
    mel = _their_front_end(config).to(timing.on)
    cores = joblib.cpu_count() if timing.on.type == "cuda" else torch.get_num_threads()
    workers = cores if cores > 1 else 0
    heard = data.heard.head(size) if timing.quick else data.heard
    rows = []
    for kept in ("wav files", "clips held in memory"):
        windows = UsualWindows(data, heard, config.dir_probability, kept != "wav files")
        loader = windows.loader(size, length, workers)
        ours, theirs = timing.rates(
            (size, lambda: batches.batch(next(steps))),
            (length, lambda loader=loader: [mel(some.to(timing.on)) for some in loader]),
        )
        peer = f"{kept}: librosa, scipy, DataLoader of {workers} workers, AugmentMelSTFT"
        rows.append(Row(f"input path, batch {size}", "windows/s", ours, peer, theirs))
    return rows


def training_loop(timing: Timing, data: Data, config: RunConfig | None = None) -> list[Row]:
    """A training with its input, beside its bare step; by default the quick study's."""
    config = config or load("quick").run(method="icl_vintage", device="cpu")
    batches = _batches(timing, data, config)
    ready = [batches.batch(step) for step in range(4)]
    loop, bare = (TrainingState(config, timing.on) for _ in range(2))
    steps = 2 if timing.quick else 50

    def ours() -> None:
        for step in range(loop.step, loop.step + steps):
            train_step(loop, batches.batch(step))

    def theirs() -> None:
        bare.model.train()
        for step in range(steps):
            bare.optimizer.zero_grad()
            bare.step = step
            losses(bare, ready[step % 4])[0].backward()
            bare.optimizer.step()

    units = steps * batches.batch_size
    rates = timing.rates((units, ours), (units, theirs))
    what = f"training loop, dim {config.dim}, {_how(config)}, batch {batches.batch_size}"
    return [Row(what, "windows/s", rates[0], "its step alone on ready batches", rates[1])]


def passt_step(timing: Timing, _: Data, config: RunConfig | None = None) -> list[Row]:
    """A training step of PaSST-S beside hear21passt's, and beside the machine's matrix rate."""
    config = config or paper(timing, batch_size=2 if timing.quick else 16)
    on, size, dtype = timing.on, config.batch_size, getattr(torch, config.precision)
    log_mel, scene = torch.randn(size, MELS, 100, device=on), torch.randint(10, (size,), device=on)
    state, other = TrainingState(config, on), _their_passt(config).to(on)
    # the same optimiser for both, or it would be torch's that is compared
    adam = torch.optim.Adam(other.parameters(), config.learning_rate, fused=True)
    side = 256 if timing.quick else 8192 if on.type == "cuda" else 2048
    matrix = torch.randn(side, side, device=on).to(dtype)
    ours, theirs, limit = timing.rates(
        (size, lambda: _step(state.model, state.optimizer, log_mel, scene)),
        (size, lambda: _step(other, adam, log_mel[:, None], scene)),
        (2e-9 * side**3, lambda: torch.mm(matrix, matrix)),
    )
    each = _gflop(config)
    what = f"PaSST-S step, {_how(config)}, batch {size}"
    done = [rate * each for rate in ours]
    return [
        Row(what, "windows/s", ours, "hear21passt, float32", theirs),
        Row(f"{what}: products", "GFLOP/s", done, f"torch.mm, {config.precision}", limit),
    ]


def bank(timing: Timing, data: Data) -> list[Row]:
    """Building the bank on all cores, files in the disk's cache, beside librosa."""
    files, cores = sorted((data.root / "audio").iterdir()), joblib.cpu_count()

    def ours() -> None:
        open_bank(data.root, data.folder / "again", progress=False)
        shutil.rmtree(data.folder / "again")

    def theirs() -> None:
        with ThreadPoolExecutor(cores) as pool:
            for _ in pool.map(lambda file: librosa.load(file, sr=SAMPLE_RATE), files):
                pass

    rates = timing.rates((len(files), ours), (len(files), theirs))
    what = f"bank of {len(files):,} clips, {cores} threads"
    return [Row(what, "clips/s", rates[0], "librosa.load, as many threads", rates[1])]


ROWS = {"convolution": convolution, "front_end": front_end, "input_path": input_path}
ROWS |= {"training_loop": training_loop, "passt": passt_step, "bank": bank}


def paper(timing: Timing, **changes: object) -> RunConfig:
    """A run of the paper's from a random start; plain float32 unless asked for more."""
    tiny = {"dim": 32, "depth": 1, "heads": 2} if timing.quick else {}
    values = {"checkpoint": "", "device": str(timing.on), "precision": "float32", "compile": False}
    return load("paper").run(**(values | tiny | changes))


def _how(config: RunConfig) -> str:
    return config.precision + ", compiled" * config.compile


def _batches(timing: Timing, data: Data, config: RunConfig) -> TrainingBatches:
    bank_there = data.bank if timing.on.type == "cpu" else data.bank.to(timing.on)
    return TrainingBatches(config, bank_there, data.heard, data.dirs, timing.on)


def _their_front_end(config: RunConfig) -> nn.Module:
    with quiet():
        return preprocess.AugmentMelSTFT(
            n_mels=MELS, sr=SAMPLE_RATE, win_length=WINDOW, hopsize=HOP, n_fft=FFT,
            freqm=config.freq_mask_bins, timem=config.time_mask_frames, fmin=0.0, fmax=15_000,
            fmin_aug_range=1, fmax_aug_range=config.cutoff_jitter_hz,
        ).train()  # fmt: skip


def _their_passt(config: RunConfig) -> nn.Module:
    with quiet():
        return their_passt.PaSST(
            s_patchout_f=config.patchout_rows, img_size=(128, 998), num_classes=10, distilled=True,
            stride=(config.stride, config.stride), embed_dim=config.dim, depth=config.depth,
            num_heads=config.heads,
        ).train()  # fmt: skip


def _step(model: nn.Module, optimizer: Optimizer, log_mel: Tensor, scene: Tensor) -> None:
    optimizer.zero_grad()
    cross_entropy(model(log_mel)[0], scene).backward()
    optimizer.step()


def _gflop(config: RunConfig) -> float:
    """GFLOP of matrix products that a training step takes a window: backward is twice forward.

    Counted by torch with attention written out, since its counter does not know the fused kernel.
    """
    model = passt.from_config(config).eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter, sdpa_kernel(SDPBackend.MATH):
        model(torch.zeros(1, MELS, 100), model.draw(100))
    return 3e-9 * counter.get_total_flops()
