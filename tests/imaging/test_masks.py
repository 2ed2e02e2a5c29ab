import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from finetouch.imaging import masks
from finetouch.types import Region

shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)
any_mask = shapes.flatmap(
    lambda s: hnp.arrays(np.float32, s, elements=st.sampled_from([0.0, 0.0, 0.0, 0.25, 0.5, 1.0]))
)


@given(any_mask, st.integers(0, 6))
def test_grow_contains_and_shrink_is_contained(mask, radius):
    assert (masks.grow(mask, radius) >= mask).all()
    assert (masks.shrink(mask, radius) <= mask).all()


@given(any_mask, st.integers(1, 5))
def test_grow_agrees_with_the_whole_array_operation(mask, radius):
    import cv2

    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    whole = cv2.dilate(mask, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    np.testing.assert_array_equal(masks.grow(mask, radius), whole)


@given(any_mask, st.floats(0, 8))
def test_inside_feather_adds_no_editable_pixel(mask, radius):
    soft = masks.feather_inside(mask, radius)
    assert soft.shape == mask.shape
    assert ((soft > 0) <= (mask > 0)).all()
    assert (soft <= mask + 1e-6).all()


@given(any_mask)
def test_run_lengths_round_trip(mask):
    back = masks.from_rle(masks.to_rle(mask))
    assert np.abs(back - mask).max(initial=0) <= 0.5 / 255 + 1e-6


def test_run_lengths_of_wrong_length_are_refused():
    with pytest.raises(ValueError, match="run lengths"):
        masks.from_rle({"size": [2, 2], "runs": [[255, 3]]})


@given(any_mask)
def test_box_is_the_tight_box(mask):
    box = masks.box_of(mask)
    if box is None:
        assert not (mask > 0).any()
    else:
        x0, y0, x1, y1 = box
        rest = mask.copy()
        rest[y0:y1, x0:x1] = 0
        assert not rest.any()
        assert mask[y0, x0:x1].any() and mask[y1 - 1, x0:x1].any()
        assert mask[y0:y1, x0].any() and mask[y0:y1, x1 - 1].any()


@given(any_mask)
def test_components_cover_the_hard_mask_once(mask):
    parts = masks.components(mask)
    total = sum(((p > masks.HARD).astype(int) for p in parts), np.zeros(mask.shape, int))
    np.testing.assert_array_equal(total, (mask > masks.HARD).astype(int))
    areas = [(p > masks.HARD).sum() for p in parts]
    assert areas == sorted(areas, reverse=True)


def test_holes_and_islands():
    mask = np.zeros((30, 30), np.float32)
    mask[2:20, 2:20] = 1
    mask[8:11, 8:11] = 0
    mask[27, 27] = 1
    assert masks.fill_holes(mask)[9, 9] == 1
    assert masks.fill_holes(mask, max_area=4)[9, 9] == 0
    cleaned = masks.drop_islands(mask, 0.05)
    assert cleaned[27, 27] == 0 and cleaned[5, 5] == 1


def test_a_mask_at_the_border_is_not_feathered_there():
    mask = np.zeros((20, 20), np.float32)
    mask[:, :10] = 1
    soft = masks.feather_inside(mask, 4)
    assert soft[10, 0] == 1.0 and 0 < soft[10, 9] < 0.5


def test_region_algebra_and_facts():
    a = Region.of(np.eye(6, dtype=bool), label="a")
    b = Region.of(np.fliplr(np.eye(6, dtype=bool)))
    assert (a | b).area == 12 and (a & b).area == 0 and (a - b).area == 6 and (~a).area == 30
    assert a.label == "a" and a.box == (0, 0, 6, 6) and a.centroid == (2.5, 2.5)
    assert [p.area for p in (a | b).split()] == [12]
    assert Region.of(np.zeros((3, 4))).box is None and Region.of(np.zeros((3, 4))).empty


@given(any_mask)
def test_region_json_round_trip(mask):
    region = Region(mask, "thing", 0.5, "test")
    back = Region.from_json(region.to_json())
    assert back.label == "thing" and back.score == 0.5
    assert np.abs(back.mask - mask).max(initial=0) < 0.003
