"""Backgrounds: the subject stays, nothing of it is smeared."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import ball
from helpers import run

from finetouch.editing.background import Background, lens_blur
from finetouch.errors import UsageError
from finetouch.types import EditStep, Picture


def go(pixels, mask, params, **more):
    return run("background", pixels, 1 - mask, more.pop("op", "background"), params=params, target="background", **more)


def inner(mask, px=8):
    from finetouch.imaging import masks

    return masks.shrink((mask > 0.5).astype(np.float32), px) > 0


def outer(mask, px=8):
    from finetouch.imaging import masks

    return masks.grow((mask > 0.5).astype(np.float32), px) == 0


@pytest.mark.parametrize(
    "params",
    [{"kind": "blur"}, {"kind": "color", "color": "white"}, {"kind": "gradient", "color": "navy"}, {"kind": "grey"}],
    ids=str,
)
def test_the_subject_stays(params):
    pixels, mask = ball()
    done = go(pixels, mask, params)
    np.testing.assert_array_equal(done.pixels[inner(mask)], pixels[inner(mask)])
    assert (done.pixels[outer(mask)] != pixels[outer(mask)]).any()


def test_blur_does_not_smear_the_subject():
    pixels = np.full((160, 200, 3), (60, 100, 60), np.uint8)
    mask = np.zeros((160, 200), np.float32)
    mask[40:120, 70:130] = 1
    pixels[mask > 0] = (255, 0, 0)
    done = run("background", pixels, 1 - mask, "adjust", params={"blur": 1.0}, target="background")
    away = outer(mask, 7)
    assert np.abs(done.pixels[away].astype(int) - (60, 100, 60)).max() <= 4


def test_stronger_blur_is_smoother_and_light_spots_become_discs():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 120, (150, 150, 3), dtype=np.uint8)
    pixels[70:73, 70:73] = 255
    none = np.zeros((150, 150), np.float32)
    weak, strong = (lens_blur(pixels, none, s) for s in (0.2, 0.9))
    assert strong.std() < weak.std() < pixels.std()
    assert weak[71, 71].mean() > weak.mean() + 15


def test_colour_and_gradient_are_as_asked():
    pixels, mask = ball()
    plain = go(pixels, mask, {"kind": "color", "color": "#204060"})
    assert (plain.pixels[outer(mask)] == (0x20, 0x40, 0x60)).all()
    grad = go(pixels, mask, {"kind": "gradient", "color": "#000000", "color2": "#ffffff"}).pixels.astype(int)
    assert grad[0].max() < 8 and grad[-1, :10].min() > 247
    assert (np.diff(grad[:, 0, 0]) >= -2).all()


def test_white_background_leaves_no_green_rim():
    pixels, mask = ball()
    done = go(pixels, mask, {"kind": "color", "color": "#ffffff"}).pixels.astype(int)
    rim = (mask > 0.1) & (mask < 0.9)
    greenish = done[rim][:, 1] - np.maximum(done[rim][:, 0], done[rim][:, 2])
    assert np.percentile(greenish, 98) < 12


def test_transparent():
    pixels, mask = ball()
    done = go(pixels, mask, {"kind": "transparent"})
    assert done.output.alpha is not None
    assert (done.output.alpha[outer(mask)] == 0).all() and (done.output.alpha[inner(mask)] == 255).all()
    half = np.full(mask.shape, 128, np.uint8)
    again = go(pixels, mask, {"kind": "transparent"}, alpha=half)
    assert (again.output.alpha[inner(mask)] == 128).all()


def test_other_picture():
    pixels, mask = ball()
    other = Picture(np.full((50, 70, 3), (10, 200, 30), np.uint8))
    done = go(pixels, mask, {"kind": "picture"}, reference=other)
    assert (done.pixels[outer(mask)] == (10, 200, 30)).all()
    with pytest.raises(UsageError, match="reference"):
        go(pixels, mask, {"kind": "picture"})


def test_a_coloured_background_on_a_transparent_picture_is_opaque():
    pixels, mask = ball()
    alpha = np.where(mask > 0.5, 255, 0).astype(np.uint8)
    done = go(pixels, mask, {"kind": "color", "color": "white"}, alpha=alpha)
    assert (done.output.alpha[outer(mask)] == 255).all()


def test_fits():
    assert Background.fits(EditStep(op="background", result="beach")) == 0
    assert Background.fits(EditStep(op="background", color="white")) > 0
    assert Background.fits(EditStep(op="adjust", target="background", params={"blur": 0.3})) > 1
    assert Background.fits(EditStep(op="adjust", target="dog", params={"blur": 0.3})) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5, 3), (31, 64)])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_any_shape(shape, share):
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    mask = np.zeros(shape, np.float32)
    mask[:, : round(share * shape[1])] = 1
    for kind in ("blur", "color", "transparent", "grey", "gradient"):
        assert go(pixels, mask, {"kind": kind, "color": "red"}).pixels.shape == pixels.shape
