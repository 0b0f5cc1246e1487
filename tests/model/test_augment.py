"""DIR convolution against scipy, masks against torchaudio, and what is drawn."""

import numpy as np
import pytest
import scipy.signal
import torch
from torchaudio.transforms import FrequencyMasking, TimeMasking

from asc_lib.model import augment
from asc_lib.model.frontend import LogMel


@pytest.mark.parametrize(
    ("samples", "taps"),
    [
        (32_000, 1024),
        (32_000, 1),
        (9_219, 1024),  # three blocks to the sample: one window must not ring on in the next
        (8_193, 1024),
        (8_192, 1025),
        (500, 1024),
        (1, 3),
        (40_000, 10_000),
    ],
)
def test_convolution_equals_scipy_cut_to_length(samples: int, taps: int) -> None:
    random = np.random.default_rng(0)
    waveform = random.normal(size=(3, samples)).astype(np.float32)
    responses = random.normal(size=(3, taps)).astype(np.float32)
    expected = [
        scipy.signal.convolve(w.astype(float), r.astype(float), method="fft")[:samples]
        for w, r in zip(waveform, responses, strict=True)
    ]
    given = augment.convolve_dir(torch.from_numpy(waveform), torch.from_numpy(responses))
    assert given.shape == (3, samples) and given.dtype == torch.float32
    np.testing.assert_allclose(given, expected, rtol=0, atol=2e-6 * np.abs(expected).max())


def test_only_drawn_windows_are_convolved_each_with_its_own() -> None:
    waveform, responses = torch.randn(6, 4000), torch.randn(3, 16)
    which = torch.tensor([-1, 2, 0, -1, 2, 1])
    given = augment.convolve_drawn_(waveform.clone(), responses, which)
    for row, number in enumerate(which.tolist()):
        if number < 0:
            assert torch.equal(given[row], waveform[row])
        else:
            one = augment.convolve_dir(waveform[row][None], responses[number][None])[0]
            torch.testing.assert_close(given[row], one, rtol=0, atol=1e-5)
    clean = augment.convolve_drawn_(waveform.clone(), responses, torch.full((6,), -1))
    assert torch.equal(clean, waveform)


def test_draws_follow_the_generator_and_the_probability() -> None:
    draws = [
        augment.draw_dirs(20_000, 5, 0.3, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    ]
    assert torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])
    counts = torch.bincount(draws[0] + 1, minlength=6) / 20_000
    np.testing.assert_allclose(counts, [0.7] + [0.06] * 5, atol=0.012)  # > 3 sigma
    generator = torch.Generator()
    assert (augment.draw_dirs(99, 5, 0.0, generator) == augment.CLEAN).all()
    assert (augment.draw_dirs(99, 5, 1.0, generator) >= 0).all()


def test_device_classes_are_one_for_each_device_and_response() -> None:
    pairs = [(d, w) for d in range(6) for w in range(-1, 7)]
    devices, which = (torch.tensor(column) for column in zip(*pairs, strict=True))
    classes = augment.device_classes(devices, which, dir_count=7)
    assert len(classes.unique()) == len(pairs)
    assert torch.equal(classes[which < 0], devices[which < 0])
    assert classes.dtype == torch.int64


def masked_like_passt(log_mel: torch.Tensor, freq_bins: int, time_frames: int) -> torch.Tensor:
    """Masks of value 0 on the log spectrogram before PaSST's normalisation."""
    plain = log_mel * 5 - 4.5
    plain = FrequencyMasking(freq_bins, iid_masks=True)(plain)
    return (TimeMasking(time_frames, iid_masks=True)(plain) + 4.5) / 5


@pytest.mark.parametrize("seed", range(3))
def test_masks_equal_passts_with_the_same_seed(seed: int) -> None:
    log_mel = LogMel().eval()(0.1 * torch.randn(32, 32_000))
    torch.manual_seed(seed)
    ours = augment.mask_spectrogram(log_mel, 48, 24)
    torch.manual_seed(seed)
    torch.testing.assert_close(ours, masked_like_passt(log_mel, 48, 24), rtol=0, atol=1e-5)
    assert not torch.equal(ours, log_mel)


@pytest.mark.parametrize(("freq_bins", "time_frames"), [(48, 24), (0, 0), (127, 99)])
def test_each_window_has_a_band_and_a_stretch_of_its_own(freq_bins, time_frames) -> None:
    log_mel = torch.randn(200, 128, 90)  # fewer frames than the longest mask
    given = augment.mask_spectrogram(log_mel, freq_bins, time_frames, torch.Generator())
    hit = given != log_mel
    assert torch.all(given[hit] == augment.MASK_VALUE)
    for masked, longest in ((hit.all(2), freq_bins), (hit.all(1), min(time_frames, 90))):
        assert ((masked.int().diff(dim=1) == 1).sum(1) <= 1).all()  # in one piece
        widths = masked.sum(1)
        assert int(widths.max()) < max(1, longest) and len(widths.unique()) > longest / 3
        hit &= ~masked[:, :, None] if masked.shape[1] == 128 else ~masked[:, None]
    assert not hit.any()
