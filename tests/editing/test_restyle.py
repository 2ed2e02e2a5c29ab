"""Styles."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import ball
from helpers import run

from finetouch.editing.restyle import STYLES, Restyle, style_name
from finetouch.types import EditStep


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_style_changes_the_picture_and_is_reproducible(style):
    pixels, mask = ball()
    ones = np.ones_like(mask)
    one, two = (run("restyle", pixels, ones, "restyle", params={"style": style}, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one.pixels, two.pixels)
    assert np.abs(one.pixels.astype(int) - pixels).mean() > 2
    assert one.pixels.std() > 5


def test_only_the_region_changes():
    pixels, mask = ball()
    done = run("restyle", pixels, mask, "restyle", params={"style": "cartoon"})
    np.testing.assert_array_equal(done.pixels[done.area == 0], pixels[done.area == 0])


def test_strength():
    pixels, mask = ball()
    ones = np.ones_like(mask)
    full, half, none = (
        run("restyle", pixels, ones, "restyle", params={"style": "negative", "strength": s}).pixels.astype(int)
        for s in (1.0, 0.5, 0.0)
    )
    assert np.abs(half - (full + none) / 2).max() <= 1
    np.testing.assert_array_equal(none, pixels)


def test_grey_styles_are_grey_and_negative_is_exact():
    pixels, mask = ball()
    ones = np.ones_like(mask)
    for style in ("black_and_white", "sketch", "charcoal", "emboss"):
        assert np.ptp(run("restyle", pixels, ones, "restyle", params={"style": style}).pixels, axis=-1).max() == 0
    np.testing.assert_array_equal(run("restyle", pixels, ones, "restyle", result="negative").pixels, 255 - pixels)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("an oil painting", "oil_painting"), ("B&W", "black_and_white"), ("Black and White", "black_and_white"),
        ("pencil sketch", "sketch"), ("comic book style", "cartoon"), ("watercolour", "watercolor"),
        ("van gogh", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_names(words, name):
    assert style_name(words) == name
    assert (Restyle.fits(EditStep(op="restyle", result=words)) > 0) == (name is not None)


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (5, 3), (31, 64)])
@pytest.mark.parametrize("style", sorted(STYLES))
def test_any_shape(shape, style):
    pixels = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    done = run("restyle", pixels, np.ones(shape, np.float32), "restyle", params={"style": style})
    assert done.pixels.shape == pixels.shape
