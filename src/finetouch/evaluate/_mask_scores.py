"""What is measured about a proposed mask: overlap, place, size, what it collides with, whether it can be there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.lab.render import render
from finetouch.lab.rules import ALLOWED, SURFACES
from finetouch.lab.scene import Scene

if TYPE_CHECKING:
    from finetouch.train.mask_generator.world import Case

Bools = NDArray[np.bool_]
FIGURES = ("best_of_4", "first", "centre", "log_area", "collision", "plausible")
SLACK = 0.035
"""How far a foot may be from a surface or slot, as a share of the picture's side."""


def of(case: Case, found: list[Mask]) -> dict[str, float]:
    """All figures for the masks proposed for a case, best first."""
    target = case.pair.target
    hard = [m > masks.HARD for m in found[:4]] or [np.zeros_like(target)]
    first = hard[0]
    (ax, ay), (bx, by) = middle(first), middle(target)
    return {
        "best_of_4": max(iou(m, target) for m in hard), "first": iou(first, target),
        "centre": float(np.hypot(ax - bx, ay - by) / np.hypot(*target.shape)),
        "log_area": float(abs(np.log(max(1, first.sum()) / target.sum()))),
        "collision": collision(case, first), "plausible": plausible_place(case.empty, case.pair.kind, first),
    }  # fmt: skip


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return float(np.mean(values)) if values else None


def iou(a: Mask | Bools, b: Mask | Bools) -> float:
    """Intersection over union at one half; 0 when both are empty."""
    x, y = a > masks.HARD, b > masks.HARD
    either = float((x | y).sum())
    return float((x & y).sum()) / either if either else 0.0


def collision(case: Case, mask: Bools) -> float:
    """Share of a mask that lies on other things which are not what the new thing stands on."""
    drawn = render(case.empty, mask.shape[0])
    host = case.after.thing(case.id).host
    others = [drawn.visible[t.id] for t in case.empty.things if t.id != host]
    if not others or not mask.any():
        return 0.0
    return float(np.logical_or.reduce(others)[mask].mean())


def plausible_place(scene: Scene, kind: str, mask: Bools) -> float:
    """1 when a thing of this kind may have its foot where the mask has it, by the world's rules, else 0."""
    if not mask.any():
        return 0.0
    size = mask.shape[0]
    px, py = foot(mask)
    x, y = px / size, py / size
    for name, s in SURFACES[scene.place.name].items():
        if kind in ALLOWED[name] and s.y[0] - SLACK <= y <= s.y[1] + SLACK:
            return 1.0
    for host in scene.things:
        for slot, (sx, sy, half) in host.art.slots.items():
            hx, hy = host.at((sx, sy))
            if kind in ALLOWED[slot] and abs(y - hy) <= 1.5 * SLACK and abs(x - hx) <= half * host.size + 1.5 * SLACK:
                return 1.0
    return 0.0


def middle(mask: Bools) -> tuple[float, float]:
    """Middle of a mask's box; of the picture when it is empty."""
    x0, y0, x1, y1 = box(mask)
    return (x0 + x1) / 2, (y0 + y1) / 2


def foot(mask: Bools) -> tuple[float, float]:
    """Middle of the lower edge of a mask's box."""
    x0, _, x1, y1 = box(mask)
    return (x0 + x1) / 2, float(y1)


def box(mask: Bools) -> tuple[int, int, int, int]:
    """Box of a mask; of the picture when it is empty."""
    x, y, w, h = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    return (x, y, x + w, y + h) if w else (0, 0, mask.shape[1], mask.shape[0])


def sides(mask: Bools) -> tuple[float, float]:
    """Width and height of a mask's box."""
    x0, y0, x1, y1 = box(mask)
    return float(x1 - x0), float(y1 - y0)


def rounded_box(shape: tuple[int, ...], at: tuple[float, float], wide: float, tall: float) -> Mask:
    """A box with round corners whose foot is at a point."""
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    far = np.abs((xs - at[0]) / (wide / 2)) ** 3.5 + np.abs((ys - (at[1] - tall / 2)) / (tall / 2)) ** 3.5
    return (far <= 1).astype(np.float32)


def moved_to(mask: Bools, at: tuple[float, float]) -> Mask:
    """A mask moved so that its foot is at a point."""
    x, y = foot(mask)
    shift = np.array([[1, 0, round(at[0] - x)], [0, 1, round(at[1] - y)]], np.float32)
    return np.asarray(cv2.warpAffine(mask.astype(np.float32), shift, mask.shape[::-1]), np.float32)


def shape_likeness(a: Bools, b: Bools) -> float:
    """Overlap of two outlines brought to the same box."""
    parts = []
    for m in (a, b):
        x0, y0, x1, y1 = box(m)
        cut = np.ascontiguousarray(m[y0:y1, x0:x1]).astype(np.float32)
        parts.append(cv2.resize(cut, (32, 32), interpolation=cv2.INTER_LINEAR) > 0.5)
    return iou(parts[0], parts[1])
