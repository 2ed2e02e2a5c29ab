"""Drawings become masks: what each operation means, and that nothing a client sends can break it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from finetouch.errors import InputError
from finetouch.imaging import masks
from finetouch.studio.strokes import Op, rasterise
from finetouch.studio.work import mask_png, outline, read_mask

OPS: TypeAdapter[list[Op]] = TypeAdapter(list[Op])
SIZE = (60, 40)


def drawn(*ops: dict, size: tuple[int, int] = SIZE, lookup=None) -> np.ndarray:
    return rasterise(OPS.validate_python(list(ops)), size, lookup)


def stroke(*points: tuple[float, ...], radius: float = 5, **more: object) -> dict:
    return {"kind": "stroke", "radius": radius, "points": points, **more}


def test_a_dot_is_a_disc_around_its_point() -> None:
    mask = drawn(stroke((30.5, 20.5), radius=8))
    ys, xs = np.nonzero(mask > 0.5)
    assert abs(xs.mean() - 30) < 0.1 and abs(ys.mean() - 20) < 0.1
    assert abs((mask > 0.5).sum() - np.pi * 64) < 0.1 * np.pi * 64


def test_a_line_has_round_ends_and_its_width() -> None:
    mask = drawn(stroke((15, 20), (45, 20), radius=4))
    assert masks.box_of(mask, 0.5) is not None
    x0, y0, x1, y1 = masks.box_of(mask, 0.5)  # type: ignore[misc]
    assert abs(x0 - 11) <= 1 and abs(x1 - 49) <= 1 and abs(y1 - y0 - 8) <= 1
    assert mask[17, 11] == 0, "the ends are round"


def test_a_box_covers_exactly_its_pixels_in_any_direction() -> None:
    want = np.zeros((40, 60), np.float32)
    want[5:15, 10:30] = 1
    assert (drawn({"kind": "box", "xyxy": (10, 5, 30, 15)}) == want).all()
    assert (drawn({"kind": "box", "xyxy": (30, 15, 10, 5)}) == want).all()


def test_order_counts_and_subtracting_wins_when_it_comes_last() -> None:
    box = {"kind": "box", "xyxy": (0, 0, 60, 40)}
    hole = stroke((30, 20), radius=6, mode="sub")
    assert drawn(box, hole)[20, 30] == 0 and drawn(box, hole)[2, 2] == 1
    assert drawn(hole, box)[20, 30] == 1
    assert drawn(box, hole, {"kind": "invert"})[20, 30] == 1
    assert not drawn(box, {"kind": "clear"}).any()


def test_grow_shrink_feather_work_on_all_that_came_before() -> None:
    box = {"kind": "box", "xyxy": (20, 10, 40, 30)}
    area = drawn(box).sum()
    assert drawn(box, {"kind": "grow", "px": 3}).sum() > area > drawn(box, {"kind": "shrink", "px": 3}).sum()
    soft = drawn(box, {"kind": "feather", "px": 4})
    assert ((soft > 0) == (drawn(box) > 0)).all() and 0 < soft[20, 20] < 1
    assert drawn({"kind": "grow", "px": 3}, box).sum() == area


def test_other_layers_do_not_touch_the_mask() -> None:
    assert not drawn(stroke((30, 20), layer="edge_add"), stroke((30, 20), layer="color")).any()


def test_pressure_narrows_and_softness_softens() -> None:
    light, full = drawn(stroke((30, 20, 0.1), radius=10)), drawn(stroke((30, 20, 1), radius=10))
    assert light.sum() < full.sum()
    soft = drawn(stroke((30, 20), radius=10, hardness=0))
    assert len(np.unique(soft)) > 10 and soft[20, 30] > 0.8


def test_stored_masks_are_merged_and_must_fit() -> None:
    stored = np.zeros((40, 60), np.float32)
    stored[10:20, 10:20] = 0.5
    found = drawn({"kind": "region", "name": "x"}, {"kind": "box", "xyxy": (15, 10, 25, 20)}, lookup=lambda _n: stored)
    assert found[12, 12] == 0.5 and found[12, 18] == 1
    with pytest.raises(InputError, match="size"):
        drawn({"kind": "mask", "name": "x"}, lookup=lambda _n: np.zeros((2, 2), np.float32))


numbers = st.floats(-100_000, 200_000, allow_nan=False)
pairs = st.tuples(numbers, numbers)


@given(
    points=st.lists(pairs, min_size=1, max_size=30), radius=st.floats(0.01, 5000), hard=st.floats(0, 1),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)), mode=st.sampled_from(["add", "sub"]),
)  # fmt: skip
def test_no_stroke_breaks_it(points: list, radius: float, hard: float, size: tuple[int, int], mode: str) -> None:
    mask = drawn(stroke(*points, radius=radius, hardness=hard, mode=mode), size=size)
    assert mask.shape == (size[1], size[0]) and mask.dtype == np.float32
    assert np.isfinite(mask).all() and mask.min() >= 0 and mask.max() <= 1


@given(points=st.lists(pairs, min_size=3, max_size=30), xyxy=st.tuples(numbers, numbers, numbers, numbers))
def test_no_lasso_or_box_breaks_it(points: list, xyxy: tuple) -> None:
    mask = drawn({"kind": "polygon", "points": points}, {"kind": "box", "xyxy": xyxy, "mode": "sub"}, size=(33, 1))
    assert mask.shape == (1, 33) and np.isin(mask, (0, 1)).all()


@pytest.mark.parametrize(
    "op",
    [
        {"kind": "stroke", "radius": float("nan"), "points": [[1, 1]]}, {"kind": "stroke", "radius": 5, "points": []},
        {"kind": "stroke", "radius": 5, "points": [[float("inf"), 1]]}, {"kind": "grow", "px": 1e9},
        {"kind": "circle"}, {"kind": "box", "xyxy": [1, 2, 3]}, {"kind": "invert", "x": 1},
        {"kind": "stroke", "radius": 5, "points": [[0, 0]] * 20_001},
    ],
)  # fmt: skip
def test_what_is_no_operation_is_refused(op: dict) -> None:
    with pytest.raises(ValidationError):
        OPS.validate_python([op])


def test_masks_survive_storing_and_outlines_follow_them() -> None:
    mask = drawn({"kind": "box", "xyxy": (10, 5, 30, 15)}, stroke((45, 30), radius=6, hardness=0.3))
    assert np.abs(read_mask(mask_png(mask)) - mask).max() <= 0.5 / 255 + 1e-6
    polygons = outline(mask)
    assert len(polygons) == 2
    xs = [p[0] for p in polygons[0]] + [p[0] for p in polygons[1]]
    assert min(xs) == 10.5 and max(xs) < 55
