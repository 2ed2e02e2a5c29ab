"""Latents and masks on their grid, previews, outputs that are no pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

import tiny_models  # noqa: E402
from finetouch.diffusion.codec import Codec, checked_pixels, latent_mask, to_pixels, to_tensor  # noqa: E402
from finetouch.diffusion.preview import Preview  # noqa: E402
from finetouch.errors import BrokenOutput  # noqa: E402

WHERE = torch.zeros(1)


@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from([1, 2, 4, 8]), st.data())
def test_a_mask_of_one_pixel_is_not_lost_on_the_latent_grid(rows, columns, factor, data):
    mask = np.zeros((rows * factor, columns * factor), np.float32)
    y = data.draw(st.integers(0, mask.shape[0] - 1))
    x = data.draw(st.integers(0, mask.shape[1] - 1))
    mask[y, x] = 1.0
    grid = latent_mask(mask, factor)
    assert grid.shape == (rows, columns) and grid.sum() == 1 and grid[y // factor, x // factor] == 1


def test_pixels_survive_the_way_to_a_tensor_and_back():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    np.testing.assert_array_equal(to_pixels(to_tensor(pixels, WHERE)), pixels)


def test_latents_are_scaled_as_the_model_says():
    vae = tiny_models.vae().eval()
    codec, x = Codec(vae), torch.rand(1, 3, 16, 24) * 2 - 1
    with torch.no_grad():
        expected = vae.encode(x).latent_dist.mode() * vae.config.scaling_factor
        again = vae.decode(expected / vae.config.scaling_factor).sample
    torch.testing.assert_close(codec.encode(x), expected)
    torch.testing.assert_close(codec.decode(expected), again)
    assert codec.factor == 2 and codec.channels == 4 and codec.encode(x).shape[-2:] == (8, 12)


def test_an_exact_codec_runs_in_full_precision_and_leaves_the_model_as_it_was():
    vae = tiny_models.vae().eval().half()
    x = (torch.rand(1, 3, 16, 16) * 2 - 1).half()
    exact = Codec(vae, exact=True).encode(x)
    assert exact.dtype == torch.float16 and next(vae.parameters()).dtype == torch.float16, "the denoiser is in half"
    with torch.no_grad():
        expected = vae.float().encode(x.float()).latent_dist.mode() * vae.config.scaling_factor
    torch.testing.assert_close(exact, expected.half())
    full = Codec(tiny_models.vae().eval().half(), exact=True).decode(exact)
    assert full.dtype == torch.float32


def test_what_is_no_picture_is_refused():
    bright = np.full((4, 4, 3), 200, np.uint8)
    with pytest.raises(BrokenOutput, match="no numbers"):
        checked_pixels(torch.full((1, 3, 4, 4), float("nan")), bright)
    with pytest.raises(BrokenOutput, match="black"):
        checked_pixels(torch.full((1, 3, 4, 4), -1.0), bright)
    assert not checked_pixels(torch.full((1, 3, 4, 4), -1.0), bright * 0).any()


def test_a_preview_is_a_small_picture_of_what_the_latents_hold():
    torch.manual_seed(0)
    vae = tiny_models.vae().eval()
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    pixels = np.stack([np.tile(ramp, (48, 1)), np.tile(ramp[::-1], (48, 1)), np.full((48, 64), 90, np.uint8)], axis=2)
    latents = Codec(vae).encode(to_tensor(pixels, WHERE))
    shown = Preview(latents, pixels)(latents)
    assert shown.dtype == np.uint8 and shown.shape[2] == 3 and max(shown.shape) <= 256
    small = shown[:: shown.shape[0] // 24, :: shown.shape[1] // 32].astype(float)
    assert np.corrcoef(small[..., 0].ravel(), np.tile(ramp[::2], (24, 1)).ravel())[0, 1] > 0.4
    assert np.isfinite(Preview(latents, pixels)(latents * float("nan")).astype(float)).all()


def test_a_tiny_decoder_makes_previews_where_the_model_has_one():
    from diffusers import AutoencoderTiny

    tiny = AutoencoderTiny(
        encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1), latent_channels=4,
    ).eval()  # fmt: skip
    latents = torch.randn(1, 4, 12, 300)
    shown = Preview(latents, np.zeros((24, 600, 3), np.uint8), tiny)(latents)
    assert max(shown.shape) == 256 and shown.dtype == np.uint8
