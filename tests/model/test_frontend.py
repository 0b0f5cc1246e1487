"""LogMel against PaSST's own front end, as the hear21passt package has it."""

import warnings

import pytest
import torch
from hear21passt.models.preprocess import AugmentMelSTFT

from asc_lib.model.frontend import LogMel, mel_bands, mel_bank

LEVELS = torch.tensor([1.0, 0.05, 0.003, 1e-5])[:, None]  # full scale to nearly silent


@pytest.fixture
def waveform() -> torch.Tensor:
    torch.manual_seed(0)
    noise = torch.randn(4, 32_000)
    # A steep spectrum as scenes have it: quiet bands beside loud ones.
    return LEVELS * (0.1 * noise.cumsum(-1) / noise.cumsum(-1).abs().amax() + 0.01 * noise)


def reference(waveform: torch.Tensor, training: bool = False, **settings: float) -> torch.Tensor:
    module = AugmentMelSTFT(freqm=0, timem=0, **settings).train(training)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return module(waveform)


def test_equals_passt_in_evaluation(waveform: torch.Tensor) -> None:
    ours = LogMel(cutoff_jitter_hz=500).eval()(waveform)
    assert ours.shape == (4, 128, 100)
    torch.testing.assert_close(ours, reference(waveform, fmax=15_000), rtol=0, atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_equals_passt_in_training_with_the_same_seed(waveform: torch.Tensor, seed: int) -> None:
    module = LogMel(cutoff_jitter_hz=2000).train()
    torch.manual_seed(seed)
    torch.randint(1, (1,))  # PaSST draws a lower edge first
    ours = module(waveform)
    torch.manual_seed(seed)
    theirs = reference(waveform, True, fmax=15_000, fmin_aug_range=1, fmax_aug_range=2000)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)
    # and the seed mattered
    assert not torch.allclose(ours, module.eval()(waveform), atol=1e-3)


@pytest.mark.parametrize("cutoffs", [(0, 15_000), (9, 16_000), (14_000, 15_000), (10, 60)])
@pytest.mark.parametrize("mels", [16, 128])
def test_the_bank_in_pieces_is_the_bank(cutoffs: tuple[int, int], mels: int) -> None:
    whole = torch.zeros(2 * 513, 128)
    for piece, (columns, weights) in enumerate(mel_bands(*cutoffs, mels, torch.device("cpu"))):
        whole[columns, piece * mels : (piece + 1) * mels] = weights
    assert torch.equal(whole[0::2], mel_bank(*cutoffs))  # of the real parts' squares
    assert torch.equal(whole[1::2], mel_bank(*cutoffs))  # of the imaginary parts'


def test_a_bank_made_in_inference_serves_training(waveform: torch.Tensor) -> None:
    mel_bands.cache_clear()
    log_mel = LogMel().eval()
    with torch.inference_mode():
        log_mel(waveform)
    log_mel(waveform.clone().requires_grad_()).sum().backward()


def test_cutoffs_stay_in_their_range_and_reach_its_ends() -> None:
    module = LogMel(cutoff_jitter_hz=4)
    generator = torch.Generator().manual_seed(0)
    draws = {module.draw_cutoffs(generator) for _ in range(300)}
    assert draws == {(0, high) for high in range(14_999, 15_003)}


def test_silence_is_finite_and_half_precision_is_computed_in_full(waveform: torch.Tensor) -> None:
    module = LogMel().eval()
    assert module(torch.zeros(2, 32_000)).isfinite().all()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = module(waveform)
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, module(waveform), rtol=0, atol=0)
