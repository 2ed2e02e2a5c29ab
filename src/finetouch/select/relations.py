"""How well one thing stands in a relation to another: geometry of two masks, each factor 0..1."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.types import RelationType

Box = tuple[int, int, int, int]


def _boxes(a: Mask, b: Mask) -> tuple[Box, Box] | None:
    one, two = masks.box_of(a, masks.HARD), masks.box_of(b, masks.HARD)
    return None if one is None or two is None else (one, two)


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _soft(value: float, scale: float) -> float:
    """0..1, one half at 0, near 1 when `value` is above `scale`."""
    return float(1.0 / (1.0 + np.exp(-4.0 * np.clip(value / max(scale, 1e-6), -10, 10))))


def gap(a: Mask, b: Mask) -> float:
    """Smallest distance of two masks as a share of the picture's diagonal; 0 when they touch."""
    on = b > masks.HARD
    if not on.any() or not (a > masks.HARD).any():
        return 1.0
    distance = cv2.distanceTransform((~on).astype(np.uint8), cv2.DIST_L2, 3)
    return float(max(0.0, distance[a > masks.HARD].min() - 1.0) / np.hypot(*a.shape))


def overlap(a: Mask, b: Mask, grow: int = 2) -> float:
    """Share of `a` that lies within `b` grown by `grow` px."""
    on = a > masks.HARD
    if not on.any():
        return 0.0
    return float((masks.grow((b > masks.HARD).astype(np.float32), grow) > masks.HARD)[on].mean())


def left_of(a: Mask, b: Mask) -> float:
    """1 when `a` lies to the left of `b`, fading when far above or below it."""
    boxes = _boxes(a, b)
    if boxes is None:
        return 0.0
    (ax, ay), (bx, by) = _middle(boxes[0]), _middle(boxes[1])
    side = _soft(bx - ax, 0.25 * (boxes[0][2] - boxes[0][0] + boxes[1][2] - boxes[1][0]))
    level = float(np.exp(-((abs(ay - by) / (0.6 * a.shape[0])) ** 2)))
    return side * level


def right_of(a: Mask, b: Mask) -> float:
    """1 when `a` lies to the right of `b`."""
    return left_of(a[:, ::-1], b[:, ::-1])


def under(a: Mask, b: Mask) -> float:
    """1 when `a` lies below `b` and shares its columns."""
    boxes = _boxes(a, b)
    if boxes is None:
        return 0.0
    one, two = boxes
    drop = _soft(_middle(one)[1] - _middle(two)[1], 0.2 * (one[3] - one[1] + two[3] - two[1]))
    return drop * (0.25 + 0.75 * _columns(one, two)) * float(np.exp(-3.0 * gap(a, b)))


def on(a: Mask, b: Mask) -> float:
    """1 when `a` rests on `b` or lies within it: near, sharing columns, its foot not below the other's."""
    boxes = _boxes(a, b)
    if boxes is None:
        return 0.0
    one, two = boxes
    near = float(np.exp(-12.0 * gap(a, b)))
    foot = _soft(two[3] - one[3] + 0.02 * a.shape[0], 0.1 * a.shape[0])
    above = _soft(two[3] - _middle(one)[1], 0.2 * a.shape[0])
    within = _inside(one, two)
    return near * max((0.2 + 0.8 * _columns(one, two)) * max(foot, 0.3) * above, within)


def inside(a: Mask, b: Mask) -> float:
    """1 when `a` lies in `b` (within its box or surrounded by it)."""
    boxes = _boxes(a, b)
    if boxes is None:
        return 0.0
    return max(_inside(*boxes), overlap(a, b)) * float(np.exp(-6.0 * gap(a, b)))


def near(a: Mask, b: Mask) -> float:
    """1 when the two touch, falling with their distance."""
    return float(np.exp(-14.0 * gap(a, b)))


def behind(a: Mask, b: Mask) -> float:
    """1 when `a` stands higher in the picture than `b` at the foot, and near it: farther from the camera."""
    boxes = _boxes(a, b)
    if boxes is None:
        return 0.0
    rise = _soft(boxes[1][3] - boxes[0][3], 0.08 * a.shape[0])
    return rise * (0.3 + 0.7 * _columns(*boxes)) * float(np.exp(-4.0 * gap(a, b)))


def in_front_of(a: Mask, b: Mask) -> float:
    """1 when `a` is nearer to the camera than `b`."""
    return behind(b, a)


def _columns(one: Box, two: Box) -> float:
    shared = min(one[2], two[2]) - max(one[0], two[0])
    return float(np.clip(shared / max(1, min(one[2] - one[0], two[2] - two[0])), 0.0, 1.0))


def _inside(one: Box, two: Box) -> float:
    w, h = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
    if w <= 0 or h <= 0:
        return 0.0
    return float(w * h / max(1, (one[2] - one[0]) * (one[3] - one[1])))


def with_(a: Mask, b: Mask) -> float:
    """1 when `b` belongs to `a`: it lies in or at `a`."""
    return max(overlap(b, a, 4), inside(b, a), 0.9 * near(a, b))


def part_of(a: Mask, b: Mask) -> float:
    """1 when `a` lies within `b`."""
    return overlap(a, b, 3)


FACTORS: dict[RelationType, Callable[[Mask, Mask], float]] = {
    "left_of": left_of, "right_of": right_of, "on": on, "in": inside, "near": near, "behind": behind,
    "in_front_of": in_front_of, "under": under, "with": with_, "wearing": with_, "part_of": part_of,
}  # fmt: skip


def factor(kind: RelationType, a: Mask, b: Mask) -> float:
    """How well `a` stands in that relation to `b`, 0..1."""
    return float(np.clip(FACTORS[kind](a, b), 0.0, 1.0))
