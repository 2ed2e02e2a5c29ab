import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from finetouch.imaging.crop import CropZoom, tiles
from finetouch.imaging.stitch import outside_change, paste
from finetouch.types import Picture

sizes = st.integers(1, 60)


@given(sizes, sizes, st.data())
def test_paste_leaves_everything_outside_bit_identical(width, height, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    original = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    x0, y0 = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    x1, y1 = data.draw(st.integers(x0 + 1, width)), data.draw(st.integers(y0 + 1, height))
    weight = rng.choice([0.0, 0.3, 1.0], (y1 - y0, x1 - x0)).astype(np.float32)
    edited = rng.integers(0, 256, (y1 - y0, x1 - x0, 3), dtype=np.uint8)
    out = paste(original, edited, (x0, y0, x1, y1), weight)
    mask = np.zeros((height, width), np.float32)
    mask[y0:y1, x0:x1] = weight
    assert (out[mask == 0] == original[mask == 0]).all()
    assert (out[y0:y1, x0:x1][weight == 1] == edited[weight == 1]).all()
    change = outside_change(Picture(original), Picture(out), mask)
    assert change.clean and change.max == 0 and change.pixels == int((mask == 0).sum())


def test_a_change_outside_is_counted_with_its_size():
    before = Picture(np.full((8, 9, 3), 100, np.uint8))
    pixels = before.pixels.copy()
    pixels[0, 0] = (100, 90, 100)
    pixels[5, 5] = 0
    mask = np.zeros((8, 9), np.float32)
    mask[5, 5] = 0.01
    change = outside_change(before, Picture(pixels), mask)
    assert (change.count, change.max, change.clean) == (1, 10, False)


def test_a_change_of_alpha_outside_is_a_change():
    before = Picture(np.zeros((4, 4, 3), np.uint8))
    alpha = np.full((4, 4), 255, np.uint8)
    assert outside_change(before, Picture(before.pixels, alpha), np.zeros((4, 4), np.float32)).clean
    alpha = alpha.copy()
    alpha[1, 1] = 254
    assert outside_change(before, Picture(before.pixels, alpha), np.zeros((4, 4), np.float32)).count == 1


@given(sizes, sizes, st.data(), st.floats(0, 2), st.one_of(st.none(), st.integers(8, 40)))
def test_the_crop_holds_its_box_and_comes_back_in_size(width, height, data, context, side):
    x0, y0 = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    x1, y1 = data.draw(st.integers(x0 + 1, width)), data.draw(st.integers(y0 + 1, height))
    zoom = CropZoom.around((x0, y0, x1, y1), (width, height), context, 3, side)
    bx0, by0, bx1, by1 = zoom.box
    assert bx0 <= x0 and by0 <= y0 and bx1 >= x1 and by1 >= y1
    assert bx0 >= 0 and by0 >= 0 and bx1 <= width and by1 <= height
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    crop = zoom.cut(image)
    assert crop.shape[:2] == (zoom.size[1], zoom.size[0])
    assert zoom.restore(crop).shape[:2] == (by1 - by0, bx1 - bx0)
    if side is None:
        assert zoom.scale == 1 and (crop == image[by0:by1, bx0:bx1]).all()
        crop[...] = 0
        assert image.any() or not image.size, "the crop is a copy"


@given(st.integers(1, 900), st.integers(1, 900), st.integers(0, 50), st.integers(0, 50), st.integers(5000, 90000))
def test_tiles_cover_the_box_exactly_once(width, height, left, top, most):
    box = (left, top, left + width, top + height)
    seen = np.zeros((top + height, left + width), np.int32)
    for x0, y0, x1, y1 in tiles(box, most, 4):
        seen[y0:y1, x0:x1] += 1
    assert (seen[top:, left:] == 1).all() and seen.sum() == width * height
