"""Adjust and tone: amounts act in the right direction and stay inside."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import ball
from helpers import run
from hypothesis import given, settings
from hypothesis import strategies as st

from finetouch.editing._tone import TONE_NAMES
from finetouch.editing.adjust import Adjust, Tone
from finetouch.imaging import color
from finetouch.types import EditStep


def measures(pixels, where):
    lab = color.srgb_to_lab(pixels)[where]
    return {
        "brightness": lab[:, 0].mean(), "contrast": lab[:, 0].std(), "warmth": lab[:, 2].mean(),
        "saturation": np.hypot(lab[:, 1], lab[:, 2]).mean(),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation", "warmth"])
@pytest.mark.parametrize("amount", [0.15, 0.35, 0.6, 1.0])
@pytest.mark.parametrize("method", ["adjust", "tone"])
def test_amounts_move_the_right_measure(method, name, amount):
    pixels, mask = ball()
    if method == "tone":
        mask = np.ones_like(mask)
    op = "global" if method == "tone" else "adjust"
    up = run(method, pixels, mask, op, params={name: amount}).pixels
    down = run(method, pixels, mask, op, params={name: -amount}).pixels
    where = mask > 0.95
    values = [measures(p, where)[name] for p in (down, pixels, up)]
    assert values[0] < values[1] < values[2]


def test_grey_is_grey():
    pixels, mask = ball()
    grey = run("tone", pixels, np.ones_like(mask), "global", params={"saturation": -1.0}).pixels.astype(int)
    assert np.ptp(grey, axis=-1).max() <= 2


def energy(pixels, where):
    import cv2

    return np.abs(cv2.Laplacian(pixels.astype(np.float32), cv2.CV_32F))[where].mean()


def test_sharpness_and_blur():
    pixels, mask = ball()
    where = mask > 0.99
    sharp = run("adjust", pixels, mask, "adjust", params={"sharpness": 0.6}).pixels
    soft = run("adjust", pixels, mask, "adjust", params={"sharpness": -0.6}).pixels
    blurred = run("adjust", pixels, mask, "adjust", params={"blur": 0.6}).pixels
    assert energy(blurred, where) < energy(soft, where) < energy(pixels, where) < energy(sharp, where)


def test_blur_takes_nothing_from_outside():
    pixels = np.full((80, 80, 3), (255, 0, 0), np.uint8)
    mask = np.zeros((80, 80), np.float32)
    mask[20:60, 20:60] = 1
    pixels[20:60, 20:60] = (0, 0, 255)
    done = run("adjust", pixels, mask, "adjust", params={"blur": 1.0}).pixels
    assert done[22:58, 22:58, 0].max() < 12


def test_pixelate_makes_squares():
    pixels = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    done = run("tone", pixels, np.ones((100, 100), np.float32), "global", params={"pixelate": 0.5}).pixels
    assert len(np.unique(done.reshape(-1, 3), axis=0)) < 600


def test_states_that_need_a_generator_do_not_fit():
    for cls, op in ((Adjust, "adjust"), (Tone, "global")):
        assert cls.fits(EditStep(op=op, target="door", result="open")) == 0
        assert cls.fits(EditStep(op=op, target="door", params={"brightness": 0.3})) > 0
    assert Tone.fits(EditStep(op="global", params={"rotate": 90})) == 0


@settings(max_examples=30)
@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(0, 999),
    st.dictionaries(st.sampled_from(TONE_NAMES), st.floats(0, 1, width=32), min_size=1),
)  # fmt: skip
def test_any_size_and_amounts(h, w, seed, amounts):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    mask = (rng.random((h, w)) < 0.6).astype(np.float32)
    done = run("adjust", pixels, mask, "adjust", params=amounts)
    np.testing.assert_array_equal(done.pixels[done.area == 0], pixels[done.area == 0])
    zero = run("tone", pixels, np.ones((h, w), np.float32), "global", params=dict.fromkeys(amounts, 0.0))
    assert np.abs(zero.pixels.astype(int) - pixels).max() <= 1
