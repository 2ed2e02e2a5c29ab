"""Move, resize, duplicate, replace and add."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import ball, beach, stand
from helpers import run

from finetouch.editing._destination import position_in, relation_in
from finetouch.editing._place import Sprite, harmonised
from finetouch.editing.paste import main_subject
from finetouch.errors import UsageError
from finetouch.imaging import masks
from finetouch.types import Picture, Region

BLUE = (40, 30, 120)


def scene(box=(40, 70, 70, 150)):
    clean, _ = beach()
    pixels, mask = stand(clean, box)
    return clean, pixels, mask


def blue(pixels):
    return np.abs(pixels.astype(int) - BLUE).sum(axis=-1) < 45


def boxes(pixels):
    found = masks.components(blue(pixels).astype(np.float32), min_area=150)
    return sorted(masks.box_of(m) for m in found)


@pytest.mark.parametrize(
    ("params", "shift"),
    [
        ({"dx": 90, "dy": 0}, (90, 0)), ({"dx": 60, "dy": 20}, (60, 20)),
        ({"direction": "right", "amount": 0.25}, (70, 0)),
        ({"direction": "up", "amount": 0.2}, (0, -40)), ({"direction": "left", "dx": -30}, (-30, 0)),
    ],
    ids=str,
)  # fmt: skip
def test_move_goes_where_asked_and_leaves_no_copy(params, shift):
    clean, pixels, mask = scene()
    done = run("transform", pixels, mask, "move", params={**params, "harmony": 0.0})
    (box,) = boxes(done.pixels)
    np.testing.assert_allclose(box, (40 + shift[0], 70 + shift[1], 70 + shift[0], 150 + shift[1]), atol=2)
    np.testing.assert_array_equal(done.pixels[done.area == 0], pixels[done.area == 0])
    emptied = (mask > 0) & ~blue(done.pixels)
    assert np.abs(done.pixels[emptied].astype(int) - clean[emptied]).mean() < 16


def test_a_bare_direction_is_a_sensible_move_that_stays_in_the_picture():
    _, pixels, mask = scene()
    for direction in ("left", "right", "up", "down"):
        done = run("transform", pixels, mask, "move", params={"direction": direction})
        x0, y0, x1, y1 = done.output.facts["placed"][0]
        assert x0 >= 0 and y0 >= 0 and x1 <= 280 and y1 <= 200
        assert (x0, y0) != (40, 70)
        if direction in ("left", "right"):
            assert y1 == 150


@pytest.mark.parametrize(
    ("words", "axis"), [("leftmost", "x0"), ("to the right", "x1"), ("in the top left corner", "xy"), ("center", "c")]
)
def test_position_words(words, axis):
    _, pixels, mask = scene((100, 70, 130, 150))
    done = run("transform", pixels, mask, "move", result=words)
    x0, y0, x1, _ = done.output.facts["placed"][0]
    checks = {"x0": x0 < 20, "x1": x1 > 260, "xy": x0 < 20 and y0 < 20, "c": abs(x0 + x1 - 280) <= 2}
    assert checks[axis]


@pytest.mark.parametrize(
    ("words", "side"), [("next to the car", 1), ("to the right of the car", 1), ("left of the car", -1)]
)
def test_beside_another_thing(words, side):
    _, pixels, mask = scene()
    car = np.zeros_like(mask)
    car[110:160, 150:190] = 1
    asked = []
    done = run("transform", pixels, mask, "move", result=words, select=lambda p: asked.append(p) or Region.of(car))
    x0, _, x1, _ = done.output.facts["placed"][0]
    assert asked == ["car"]
    assert (x1 <= 150) if side < 0 or x1 <= 150 else (x0 >= 190)


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.4, 2.0])
def test_resize_keeps_the_feet_on_the_ground(factor):
    _, pixels, mask = scene((100, 90, 130, 150))
    done = run("transform", pixels, mask, "resize", params={"scale": factor})
    ((x0, y0, x1, y1),) = boxes(done.pixels)
    assert y1 == pytest.approx(150, abs=2)
    assert (x1 - x0, y1 - y0) == (pytest.approx(30 * factor, abs=3), pytest.approx(60 * factor, abs=3))


@pytest.mark.parametrize("count", [2, 3, 5])
def test_duplicate_makes_the_number_asked(count):
    _, pixels, mask = scene()
    done = run("transform", pixels, mask, "duplicate", count=count, params={"harmony": 0.0})
    assert len(boxes(done.pixels)) == count
    np.testing.assert_array_equal(done.pixels[mask > 0], pixels[mask > 0])


def test_without_room_copies_overlap_but_stay_inside():
    clean, _ = beach(80, 60)
    pixels, mask = stand(clean, (5, 20, 55, 70))
    done = run("transform", pixels, mask, "duplicate", count=4)
    for x0, y0, x1, y1 in done.output.facts["placed"]:
        assert x0 >= 0 and y0 >= 0 and x1 <= 60 and y1 <= 80


def reference(alpha=True):
    pixels, mask = ball(90, 90, colour=(230, 190, 40), radius=30)
    return Picture(pixels, alpha=np.round(mask * 255).astype(np.uint8) if alpha else None)


@pytest.mark.parametrize("alpha", [True, False], ids=["cut out", "photo"])
def test_replace_puts_the_new_thing_where_the_old_one_stood(alpha):
    _, pixels, mask = scene((100, 70, 150, 150))
    done = run("paste", pixels, mask, "replace", reference=reference(alpha), params={"harmony": 0.0})
    assert blue(done.pixels).sum() == 0
    yellow = (done.pixels[..., 0].astype(int) - done.pixels[..., 2] > 90) & (done.pixels[..., 1] > 90)
    x0, _, x1, y1 = masks.box_of(masks.components(yellow.astype(np.float32))[0])
    assert abs(x0 + x1 - 250) <= 8 and abs(y1 - 150) <= 5 and 38 <= x1 - x0 <= 54
    np.testing.assert_array_equal(done.pixels[done.area == 0], pixels[done.area == 0])


@pytest.mark.parametrize("position", [None, "left", "top-right", "center"])
def test_add_finds_a_place_inside(position):
    clean, _ = beach()
    done = run("paste", clean, np.ones(clean.shape[:2], np.float32), "add", reference=reference(), position=position)
    x, y, w, h = done.output.facts["placed"]
    assert x >= 0 and y >= 0 and x + w <= 280 and y + h <= 200
    assert (done.pixels != clean).any()
    np.testing.assert_array_equal(done.pixels[done.area == 0], clean[done.area == 0])


def test_add_into_a_box():
    clean, _ = beach()
    done = run("paste", clean, np.ones(clean.shape[:2], np.float32), "add", reference=reference(), box=(20, 30, 80, 90))
    x, y, w, h = done.output.facts["placed"]
    assert min(x - 20, 81 - x - w, y - 29, 91 - y - h) >= 0


def test_whole_reference_and_poisson():
    _, pixels, mask = scene((100, 70, 150, 150))
    done = run("paste", pixels, mask, "replace", reference=reference(False), params={"cutout": "none"})
    assert done.output.facts["blend"] == "poisson"
    assert done.output.pixels.shape == pixels.shape


def test_no_reference():
    _, pixels, mask = scene()
    with pytest.raises(UsageError, match="reference"):
        run("paste", pixels, mask, "replace")


def test_main_subject_is_the_ball():
    pixels, mask = ball(240, 320, radius=80)
    assert masks.iou(main_subject(pixels), mask) > 0.85


def test_main_subject_of_a_plain_picture_is_all_of_it():
    assert main_subject(np.full((50, 60, 3), 128, np.uint8)).min() == 1


def test_harmony_is_limited():
    pixels, mask = ball(colour=(200, 200, 200))
    dark = np.full((500, 3), 15, np.uint8)
    got = harmonised(Sprite(pixels, mask), dark, 1.0)
    on = mask > 0.9
    change = pixels[on].astype(float).mean() - got.pixels[on].astype(float).mean()
    assert 5 < change < 60


@pytest.mark.parametrize(
    ("words", "place"),
    [("to the top left corner", "top-left"), ("rightmost", "rightmost"), ("in the middle", "middle"), ("bigger", None)],
)
def test_position_in(words, place):
    assert position_in(words) == place


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("next to the car", ("near", "car")), ("to the left of the big dog", ("left_of", "big dog")),
        ("on the table", ("on", "table")), ("larger", None),
    ],
)  # fmt: skip
def test_relation_in(words, found):
    assert relation_in(words) == found


@pytest.mark.parametrize("op", ["move", "resize", "duplicate"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3, 7), (40, 30)])
def test_extreme_shapes(op, shape):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert run("transform", pixels, np.ones(shape, np.float32), op).pixels.shape == pixels.shape
    done = run("paste", pixels, np.ones(shape, np.float32), "replace", reference=reference())
    assert done.pixels.shape == pixels.shape
