"""Hole filling against pixels that are known."""

from __future__ import annotations

from threading import Event

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetouch.errors import Cancelled
from finetouch.imaging import inpaint
from finetouch.types import Reporter


def wall(h=150, w=200):
    """Bricks with noise: a texture that smearing cannot continue."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:h, 0:w]
    brick = ((y % 12 < 2) | ((x + 10 * ((y // 12) % 2)) % 20 < 2)).astype(float)
    base = 150 - 70 * brick + rng.normal(0, 5, (h, w))
    return np.clip(np.dstack([base, base * 0.75, base * 0.6]), 0, 255).astype(np.uint8)


def square(shape, y0, y1, x0, x1):
    hole = np.zeros(shape[:2], bool)
    hole[y0:y1, x0:x1] = True
    return hole


def psnr(a, b, where):
    return 10 * np.log10(255**2 / np.mean((a[where].astype(float) - b[where]) ** 2))


def sharpness(pixels):
    return cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.CV_32F).std()


def test_texture_is_copied_not_smeared():
    pixels = wall()
    hole = square(pixels.shape, 50, 98, 70, 130)
    damaged = np.where(hole[..., None], 255, pixels).astype(np.uint8)
    ours = inpaint.fill_hole(damaged, hole, seed=1)
    fast = inpaint.fill_hole(damaged, hole, mode="fast")
    assert fast.mode == "fast"
    inner = (slice(54, 94), slice(74, 126))
    detail, smear, real = (sharpness(p[inner]) for p in (ours.pixels, fast.pixels, pixels))
    assert detail > 0.7 * real
    assert smear < 0.5 * real
    assert psnr(ours.pixels, pixels, hole) > psnr(fast.pixels, pixels, hole)
    np.testing.assert_array_equal(ours.pixels[~hole], damaged[~hole])


@pytest.mark.parametrize("size", [(120, 160), (360, 480)], ids=["one scale", "two scales"])
def test_a_straight_edge_runs_on_through_the_hole(size):
    h, w = size
    rng = np.random.default_rng(0)
    pixels = np.empty((h, w, 3), np.uint8)
    line = h // 2
    pixels[:line] = np.clip(np.array([120, 170, 230]) + rng.normal(0, 3, (line, w, 3)), 0, 255)
    pixels[line:] = np.clip(np.array([190, 160, 110]) + rng.normal(0, 6, (h - line, w, 3)), 0, 255)
    hole = square(pixels.shape, h // 4, 3 * h // 4, 3 * w // 8, 5 * w // 8)
    if size[0] > 300:
        assert inpaint.working_factor(hole) > 1
    damaged = np.where(hole[..., None], np.uint8(20), pixels)
    got = inpaint.fill_hole(damaged, hole, seed=3).pixels
    sky = got[..., 2].astype(int) - got[..., 0] > 30
    found = sky[:, 3 * w // 8 : 5 * w // 8].sum(axis=0)
    assert np.abs(found - line).mean() < 3


def test_two_scales_copy_sharp_texture():
    pixels = wall(420, 560)
    hole = square(pixels.shape, 110, 310, 180, 380)
    assert inpaint.working_factor(hole) > 1
    damaged = np.where(hole[..., None], np.uint8(255), pixels)
    got = inpaint.fill_hole(damaged, hole, seed=5).pixels
    grey = [
        cv2.Laplacian(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), cv2.CV_32F)[130:290, 200:360].std() for p in (got, pixels)
    ]
    assert grey[0] > 0.7 * grey[1]


def test_equal_seeds_give_equal_pixels():
    pixels = wall(300, 400)
    for hole in (square(pixels.shape, 100, 130, 100, 140), square(pixels.shape, 60, 240, 90, 310)):
        a, b = (inpaint.fill_hole(pixels, hole, seed=7).pixels for _ in range(2))
        np.testing.assert_array_equal(a, b)


def test_excluded_pixels_are_not_copied():
    rng = np.random.default_rng(4)
    pixels = np.clip(120 + rng.normal(0, 10, (120, 160, 3)), 0, 255).astype(np.uint8)
    hole = square(pixels.shape, 40, 80, 60, 100)
    pixels[40:80, 100:130] = (250, 10, 10)
    exclude = square(pixels.shape, 38, 82, 100, 132)
    got = inpaint.fill_hole(pixels, hole, seed=1, exclude=exclude).pixels
    red = (got[..., 0] > 200) & (got[..., 1] < 90)
    assert red[hole].mean() < 0.03
    assert red[40:80, 100:130].all()


def test_seam_score_tells_a_patch_from_none():
    pixels = wall()
    hole = square(pixels.shape, 53, 97, 75, 133)
    visible = pixels.copy()
    visible[hole] = 10
    assert inpaint.seam_score(pixels, hole) < 1.3 < inpaint.seam_score(visible, hole)


def test_layering_knows_a_beach_from_a_table():
    beach = np.repeat(np.linspace(30, 220, 80).astype(np.uint8)[:, None, None], 100, axis=1).repeat(3, axis=2)
    hole = square(beach.shape, 10, 70, 40, 60)
    assert inpaint.layering(beach, hole) > 0.9
    assert inpaint.layering(np.ascontiguousarray(beach.transpose(1, 0, 2)), hole.T) < 0.1


def test_cancel():
    cancel = Event()
    cancel.set()
    pixels = wall()
    with pytest.raises(Cancelled):
        inpaint.fill_hole(pixels, square(pixels.shape, 5, 9, 5, 9), report=Reporter(None, cancel))


@settings(max_examples=25)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**16), st.floats(0, 1))
def test_any_size_and_hole(h, w, seed, share):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    hole = rng.random((h, w)) < share
    for mode in ("patchmatch", "fast"):
        done = inpaint.fill_hole(pixels, hole, seed=1, mode=mode)
        assert done.pixels.shape == pixels.shape and np.isfinite(done.seam)
        if not hole.all():
            np.testing.assert_array_equal(done.pixels[~hole], pixels[~hole])


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (7, 700)])
def test_extreme_shapes(shape):
    pixels = np.full((*shape, 3), 80, np.uint8)
    hole = np.zeros(shape, bool)
    hole[..., : shape[1] // 2 + 1] = True
    assert inpaint.fill_hole(pixels, hole).pixels.shape == pixels.shape
