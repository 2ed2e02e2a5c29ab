"""Frame changes."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import run
from hypothesis import given, settings
from hypothesis import strategies as st

from finetouch.editing.geometry import Geometry, inner_size
from finetouch.errors import UsageError
from finetouch.types import EditStep, Region


def picture(h=40, w=60):
    y, x = np.mgrid[0:h, 0:w]
    return np.dstack([x * 4 % 256, y * 6 % 256, (x + y) % 256]).astype(np.uint8)


def go(pixels, params, alpha=None, **more):
    return run("geometry", pixels, np.ones(pixels.shape[:2], np.float32), "global", params=params, alpha=alpha, **more)


def test_right_angles_and_flips_only_move_pixels():
    p = picture()
    np.testing.assert_array_equal(go(p, {"rotate": 90}).pixels, np.rot90(p, -1))
    np.testing.assert_array_equal(go(p, {"rotate": -90}).pixels, np.rot90(p, 1))
    np.testing.assert_array_equal(go(p, {"rotate": 540}).pixels, p[::-1, ::-1])
    np.testing.assert_array_equal(go(p, {"flip": "horizontal"}).pixels, p[:, ::-1])
    np.testing.assert_array_equal(go(p, {"flip": "vertical"}).pixels, p[::-1])


@pytest.mark.parametrize(
    ("edge", "kept"),
    [("top", np.s_[8:, :]), ("bottom", np.s_[:32, :]), ("left", np.s_[:, 12:]), ("right", np.s_[:, :48])],
)
def test_crop_cuts_the_named_edge_away(edge, kept):
    p = picture()
    np.testing.assert_array_equal(go(p, {"crop": edge}).pixels, p[kept])


def test_crop_center_and_target():
    p = picture()
    assert go(p, {"crop": "center"}).pixels.shape == (32, 48, 3)
    mask = np.zeros((40, 60), np.float32)
    mask[10:20, 30:50] = 1
    done = go(p, {"crop": "target", "to": "the dog", "margin": 0.0}, select=lambda _: Region.of(mask))
    np.testing.assert_array_equal(done.pixels, p[10:20, 30:50])
    with pytest.raises(UsageError):
        go(p, {"crop": "target"})


def test_zoom_keeps_the_size_and_scale_changes_it():
    p = picture()
    assert go(p, {"zoom": 2.0}).pixels.shape == p.shape
    assert go(p, {"scale": 0.5}).pixels.shape == (20, 30, 3)
    assert go(p, {"scale": 2.0}).pixels.shape == (80, 120, 3)


def test_free_angles():
    p = picture(80, 120)
    grown = go(p, {"rotate": 20.0})
    assert grown.pixels.shape[0] > 80 and grown.pixels.shape[1] > 120
    assert (grown.pixels[0, 0] == 255).all()
    inside = go(p, {"rotate": 20.0, "expand": False, "fill": "#ff00ff"}).pixels.astype(int)
    assert not ((inside[..., 0] > 240) & (inside[..., 1] < 15) & (inside[..., 2] > 240)).any()
    clear = go(p, {"rotate": 20.0, "fill": "transparent"})
    assert clear.alpha is not None and clear.alpha[0, 0] == 0 and clear.alpha[clear.alpha.shape[0] // 2].max() == 255


def test_clockwise_is_clockwise():
    p = np.zeros((61, 61, 3), np.uint8)
    p[2:8, 28:33] = 255
    done = go(p, {"rotate": 80.0, "fill": "black"}).pixels
    xs = np.nonzero(done[..., 0] > 120)[1]
    assert xs.mean() > done.shape[1] * 0.7


def test_alpha_goes_with_the_pixels():
    p = picture()
    alpha = (np.arange(40 * 60).reshape(40, 60) % 256).astype(np.uint8)
    done = go(p, {"flip": "horizontal", "rotate": 90, "crop": "left"}, alpha=alpha)
    assert done.alpha.shape == done.pixels.shape[:2]
    np.testing.assert_array_equal(done.alpha, np.rot90(alpha[:, 12:][:, ::-1], -1))


def test_fits():
    assert Geometry.fits(EditStep(op="global", params={"rotate": 5})) > 0
    assert Geometry.fits(EditStep(op="global", params={"brightness": 0.5})) == 0
    assert Geometry.fits(EditStep(op="global", result="snowy")) == 0


@settings(max_examples=40)
@given(st.integers(1, 50), st.integers(1, 50), st.floats(-720, 720), st.booleans())
def test_any_size_and_angle(h, w, angle, expand):
    done = go(picture(h, w), {"rotate": angle, "expand": expand})
    assert min(done.pixels.shape[:2]) >= 1


@given(st.integers(1, 3000), st.integers(1, 3000), st.floats(0, 360))
def test_the_inner_frame_fits(w, h, angle):
    iw, ih = inner_size(w, h, angle)
    rad = np.radians(angle)
    c, s = abs(np.cos(rad)), abs(np.sin(rad))
    assert iw == 1 or ih == 1 or (iw * c + ih * s <= w + 2 and iw * s + ih * c <= h + 2)
