"""Recolouring: the colour is reached, shading and everything else stay."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import ball
from helpers import run

import finetouch
from finetouch.editing.recolor import Recolor
from finetouch.errors import UsageError
from finetouch.imaging import color
from finetouch.types import EditPlan, EditStep, Region

NAMES = ["black", "white", "gray", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"]
SOURCES = {"red": (190, 60, 50), "white": (225, 225, 222), "black": (42, 40, 41), "blue": (60, 80, 170)}


def lightness(pixels, where):
    return color.srgb_to_lab(pixels)[..., 0][where]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("source", SOURCES)
def test_every_named_colour_is_reached_from_every_start(source, name):
    pixels, mask = ball(colour=SOURCES[source])
    done = run("recolor", pixels, mask, "recolor", color=name)
    assert done.output.facts["delta_e"] < 24
    where = mask > 0.9
    share = color.term_share(done.pixels, where, name)
    assert share > 0.55, f"only {share:.2f} of the ball is {name}"


@pytest.mark.parametrize("name", NAMES)
def test_shading_stays(name):
    pixels, mask = ball()
    done = run("recolor", pixels, mask, "recolor", color=name)
    where = mask > 0.95
    before, after = lightness(pixels, where), lightness(done.pixels, where)
    assert np.corrcoef(before, after)[0, 1] > 0.85
    assert after.std() > 1.5


@pytest.mark.parametrize("code", ["#204080", "#c8a040", "#0c0c0e", "#f4f4f2", "#7f7f7f"])
def test_a_code_is_reached_closely(code):
    pixels, mask = ball()
    assert run("recolor", pixels, mask, "recolor", color=code).output.facts["delta_e"] < 12


def test_a_bit_bluer_goes_a_part_of_the_way():
    pixels, mask = ball()
    far = [
        run("recolor", pixels, mask, "recolor", color="blue", params={"amount": amount}).output.facts["delta_e"]
        for amount in (0.0, 0.4, 0.8, 1.0)
    ]
    assert far == sorted(far, reverse=True) and 0.25 < (far[0] - far[1]) / (far[0] - far[3]) < 0.6
    image = finetouch.edit(pixels, EditPlan(steps=(EditStep(op="recolor", target="ball", color="blue",
                           params={"amount": 0.4}),)), region=mask)  # fmt: skip
    assert any("% of the way to blue" in line for line in image.report)


def test_nothing_outside_changes_and_the_rim_has_no_fringe():
    pixels, mask = ball()
    done = run("recolor", pixels, mask, "recolor", color="blue")
    outside = done.area == 0
    np.testing.assert_array_equal(done.pixels[outside], pixels[outside])
    rim = (mask > 0) & (mask < 1)
    red = done.pixels[rim].astype(int)
    assert np.percentile(red[:, 0] - red[:, 2], 95) < 45


def test_stripes_and_marks_of_another_colour_stay():
    pixels, mask = ball(radius=50)
    pixels[56:64, 40:120] = (235, 235, 230)
    done = run("recolor", pixels, mask, "recolor", color="blue")
    stripe = done.pixels[58:62, 60:100].astype(int)
    assert np.abs(stripe - (235, 235, 230)).mean() < 14
    forced = run("recolor", pixels, mask, "recolor", color="blue", params={"everything": True})
    assert np.abs(forced.pixels[58:62, 60:100].astype(int) - (235, 235, 230)).mean() > 25


def test_highlights_stay_bright():
    pixels, mask = ball()
    pixels[44:48, 64:70] = 255
    for name in ("black", "blue", "green"):
        done = run("recolor", pixels, mask, "recolor", color=name)
        spot, around = done.pixels[45:47, 65:69].astype(int).mean(), done.pixels[60:70, 76:90].astype(int).mean()
        assert spot > around + 60


def test_lighter_and_darker_and_saturation():
    pixels, mask = ball()
    where = mask > 0.95
    start = lightness(pixels, where).mean()
    up = run("recolor", pixels, mask, "recolor", params={"lightness": 0.35}).pixels
    down = run("recolor", pixels, mask, "recolor", params={"lightness": -0.35}).pixels
    assert lightness(down, where).mean() + 4 < start < lightness(up, where).mean() - 4
    chroma = [
        np.hypot(*np.moveaxis(color.srgb_to_lab(p)[where][:, 1:], 1, 0)).mean()
        for p in (
            run("recolor", pixels, mask, "recolor", params={"saturation": -0.6}).pixels, pixels,
            run("recolor", pixels, mask, "recolor", params={"saturation": 0.6}).pixels,
        )
    ]  # fmt: skip
    assert chroma[0] < 0.6 * chroma[1] and chroma[2] > 1.1 * chroma[1]


def test_the_colour_of_another_thing():
    pixels, mask = ball(colour=(220, 220, 215))
    pixels[:20, :30] = (30, 90, 40)
    sofa = np.zeros(mask.shape, np.float32)
    sofa[:20, :30] = 1
    asked = []

    def select(phrase):
        asked.append(phrase)
        return Region.of(sofa)

    done = run("recolor", pixels, mask, "recolor", params={"like": "sofa"}, select=select)
    assert asked == ["sofa"] and done.output.facts["term_after"] == "green"
    assert done.output.facts["delta_e"] < 12


def test_unknown_colours_are_refused_with_a_hint():
    pixels, mask = ball()
    with pytest.raises(UsageError, match="not a colour"):
        run("recolor", pixels, mask, "recolor", color="zebra")


def test_fits_only_what_it_can_do():
    assert Recolor.fits(EditStep(op="recolor", color="dark green")) > 0
    assert Recolor.fits(EditStep(op="recolor", params={"lightness": 0.3})) > 0
    assert Recolor.fits(EditStep(op="recolor", result="striped")) == 0


def test_a_photo_cup_becomes_blue(coffee):
    mask = np.zeros(coffee.shape[:2], np.float32)
    import cv2

    cv2.ellipse(mask, (280, 190), (215, 160), 0, 0, 360, 1.0, -1)
    done = run("recolor", coffee, mask, "recolor", color="blue")
    assert done.output.facts["term_after"] == "blue"
    np.testing.assert_array_equal(done.pixels[done.area == 0], coffee[done.area == 0])


def test_black_and_white_takes_the_colour_out_and_keeps_the_shading():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[...] = np.linspace(40, 220, 60)[None, :, None] * np.array([1.0, 0.4, 0.2])
    mask = np.zeros((40, 60), np.float32)
    mask[8:32, 10:50] = 1
    step = EditStep(op="recolor", target="ball", color="black and white")
    assert Recolor.fits(step) == 1
    out = finetouch.edit(pixels, EditPlan(steps=(step,)), region=mask, verify=False).picture.pixels
    inside = out[12:28, 14:46].astype(int)
    assert np.ptp(inside, axis=2).max() <= 3
    assert (np.diff(inside[8, :, 0]) >= 0).all()


def machine(paint, metal=(126, 118, 112), share=0.25):
    """A thing of gray metal and black rubber with some paint: pixels, mask and where the paint is."""
    pixels = np.full((80, 120, 3), (200, 190, 170), np.uint8)
    mask = np.zeros((80, 120), np.float32)
    mask[10:70, 10:110] = 1
    pixels[10:70, 10:110] = metal
    pixels[55:70, 10:110] = (24, 23, 22)
    painted = np.zeros(mask.shape, bool)
    painted[10 : 10 + int(60 * share), 10:110] = True
    pixels[painted] = paint
    return pixels, mask, painted


@pytest.mark.parametrize("name", ["blue", "green", "white"])
def test_of_a_motorcycle_the_paint_is_meant_and_metal_and_tyres_stay(name):
    pixels, mask, painted = machine((190, 40, 35))
    done = run("recolor", pixels, mask, "recolor", color=name, target="motorcycle")
    assert color.term_share(done.pixels, painted, name) > 0.9
    np.testing.assert_array_equal(done.pixels[30:65, 20:100], pixels[30:65, 20:100])
    assert done.output.facts["part"] == "paint"


def test_tail_lights_are_no_paint():
    pixels, mask, lights = machine((190, 40, 35), share=0.05)
    done = run("recolor", pixels, mask, "recolor", color="blue", target="car")
    np.testing.assert_array_equal(done.pixels[lights][150:-150], pixels[lights][150:-150])
    assert color.term_share(done.pixels[30:50, 20:100], np.ones((20, 80)), "blue") > 0.9
    assert "part" not in done.output.facts


def test_the_print_on_a_grey_shirt_is_not_the_shirt():
    pixels, mask, _ = machine((190, 40, 35))
    done = run("recolor", pixels, mask, "recolor", color="blue", target="shirt")
    assert color.term_share(done.pixels[30:50, 20:100], np.ones((20, 80)), "blue") > 0.9
    assert "part" not in done.output.facts
