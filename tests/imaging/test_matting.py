"""Mattes against known alpha."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.imaging import masks, matting


def disc(size=160, radius=46, soft=6.0):
    """A soft disc of one texture on another; pixels, true alpha, foreground."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:size, 0:size]
    distance = np.hypot(x - size / 2, y - size / 2)
    alpha = np.clip((radius - distance) / soft + 0.5, 0, 1).astype(np.float32)
    front = np.clip(np.array([210, 120, 40]) + rng.normal(0, 6, (size, size, 1)), 0, 255)
    back = np.clip(np.array([40, 90, 160]) + rng.normal(0, 6, (size, size, 1)), 0, 255)
    pixels = (front * alpha[..., None] + back * (1 - alpha[..., None]) + 0.5).astype(np.uint8)
    return pixels, alpha, front


def hairy(size=200):
    rng = np.random.default_rng(8)
    alpha = np.zeros((size * 4, size * 4), np.uint8)
    import cv2

    cv2.circle(alpha, (size * 2, size * 2), size, 255, -1)
    for angle in rng.uniform(0, 2 * np.pi, 120):
        reach = size * (1.0 + rng.uniform(0.05, 0.2))
        end = (int(size * 2 + reach * np.cos(angle)), int(size * 2 + reach * np.sin(angle)))
        cv2.line(alpha, (size * 2, size * 2), end, 255, 5)
    alpha = cv2.resize(alpha, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    front, back = np.array([40, 30, 25.0]), np.array([150, 190, 220.0])
    noise = rng.normal(0, 3, (size, size, 3))
    pixels = np.clip(front * alpha[..., None] + back * (1 - alpha[..., None]) + noise, 0, 255).astype(np.uint8)
    return pixels, alpha


def test_matte_finds_a_soft_edge_from_a_hard_mask():
    pixels, alpha, _ = disc()
    hard = (alpha > 0.5).astype(np.float32)
    got = matting.matte(pixels, hard, radius=8)
    band = (alpha > 0) & (alpha < 1)
    assert np.abs(got - alpha)[band].mean() < 0.06
    assert np.abs(hard - alpha)[band].mean() > 0.2
    assert got[~(masks.grow(hard, 8) > 0)].max() == 0


def test_matte_recovers_hair_better_than_the_mask():
    pixels, alpha = hairy()
    body = np.zeros_like(alpha)
    import cv2

    cv2.circle(body, (100, 100), 52, 1.0, -1)
    got = matting.matte(pixels, body, radius=14)
    assert np.abs(got - alpha).mean() < 0.5 * np.abs(body - alpha).mean()


def test_matte_corrects_a_mask_that_is_off_by_pixels():
    pixels, alpha, _ = disc(soft=1.5)
    off = masks.grow((alpha > 0.5).astype(np.float32), 4)
    got = matting.matte(pixels, off, radius=8)
    assert masks.iou(got, alpha) > masks.iou(off, alpha) + 0.05


def test_foreground_takes_the_background_out_of_the_rim():
    pixels, alpha, front = disc()
    rim = (alpha > 0.2) & (alpha < 0.8)
    clean = matting.foreground(pixels, alpha)
    before = np.abs(pixels.astype(float) - front)[rim].mean()
    after = np.abs(clean.astype(float) - front)[rim].mean()
    assert after < 0.35 * before
    np.testing.assert_array_equal(clean[alpha >= 1], pixels[alpha >= 1])


def test_soft_edge_snaps_to_the_picture():
    pixels, alpha, _ = disc(soft=1.0)
    shifted = np.roll((alpha > 0.5).astype(np.float32), 2, axis=1)
    got = matting.soft_edge(pixels, shifted, 4)
    assert np.abs(got - alpha).mean() < 0.6 * np.abs(shifted - alpha).mean()


def test_limited_working_size_gives_nearly_the_same_matte():
    pixels, alpha, _ = disc(size=400, radius=120, soft=10)
    hard = (alpha > 0.5).astype(np.float32)
    full, small = (matting.matte(pixels, hard, radius=12, max_side=s) for s in (1000, 130))
    assert np.abs(full - small).mean() < 0.01
    assert np.abs(small - alpha).mean() < 0.01


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10), st.integers(0, 2**16))
def test_any_size_and_mask(h, w, radius, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    mask = rng.random((h, w), dtype=np.float32) * rng.integers(0, 2)
    for got in (matting.matte(pixels, mask, radius), matting.soft_edge(pixels, mask, radius)):
        assert got.shape == (h, w) and np.isfinite(got).all() and got.min() >= 0 and got.max() <= 1
    assert matting.foreground(pixels, mask).shape == pixels.shape


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1)])
def test_extreme_shapes(shape):
    pixels = np.full((*shape, 3), 90, np.uint8)
    for value in (0.0, 0.4, 1.0):
        got = matting.matte(pixels, np.full(shape, value, np.float32))
        assert np.isfinite(got).all()


@pytest.mark.slow
def test_the_exact_matte_agrees_with_the_fast_one_on_hair(cat):
    y, x = np.mgrid[0:300, 0:451]
    mask = (((x - 150) / 110) ** 2 + ((y - 80) / 70) ** 2 <= 1).astype(np.float32)
    fast, exact = (matting.matte(cat, mask, radius=12, max_side=240, exact=e) for e in (False, True))
    assert exact.min() >= 0 and exact.max() <= 1
    assert np.abs(fast - exact).mean() < 0.05
    assert (exact[masks.grow(mask, 12) == 0] == 0).all()
