"""Between a wish and a network's grid: marks as planes, and soft masks back to the size of the picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.editing.mask_proposals import Wish, cleaned
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.types import Picture

BOX_LEVEL = 0.5
"""Value of a filled box in the planes that hold a mask or a point at 1."""
SMALLEST = 6
"""A mask of fewer px (of the network's) is no proposal."""
RELATION = {
    "left_of": "left of", "right_of": "right of", "on": "on", "in": "in", "near": "near", "behind": "behind",
    "in_front_of": "in front of", "under": "under", "wearing": "on", "with": "on", "part_of": "on",
}  # fmt: skip
WHERE = {
    "leftmost": "middle left", "left": "middle left", "rightmost": "middle right", "right": "middle right",
    "top": "top centre", "bottom": "bottom centre", "center": "middle centre", "centre": "middle centre",
    "middle": "middle centre", "top-left": "top left", "top-right": "top right", "bottom-left": "bottom left",
    "bottom-right": "bottom right",
}  # fmt: skip


def bump(size: int, x: float, y: float, spread: float) -> NDArray[np.float32]:
    """A bump of height 1 at ``(x, y)`` px, ``(size, size)``."""
    at = np.arange(size, dtype=np.float32) + 0.5
    far = (at[None] - x) ** 2 + (at[:, None] - y) ** 2
    return np.asarray(np.exp(-far / (2 * spread**2)), np.float32)


def marks(picture: Picture, wish: Wish, side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The old thing's mask (or the described box), and the marked box or point, each ``(side, side)``."""
    old, hint = np.zeros((side, side), np.float32), np.zeros((side, side), np.float32)
    if wish.old is not None:
        old = (masks.resize_mask(wish.old, (side, side)) > masks.HARD).astype(np.float32)
    elif wish.place is not None and wish.box_shown and wish.relation is None and wish.position is None:
        x0, y0, x1, y1 = wish.place.pixel_box(side, side)
        old[y0:y1, x0:x1] = BOX_LEVEL
    fx, fy = side / picture.width, side / picture.height
    if wish.box is not None:
        a, b, c, d = (int(np.clip(round(v), 0, side)) for v in np.array(wish.box) * [fx, fy, fx, fy])
        hint[min(b, side - 1) : max(d, b + 1), min(a, side - 1) : max(c, a + 1)] = BOX_LEVEL
    elif wish.point is not None:
        hint = bump(side, wish.point[0] * fx, wish.point[1] * fy, side / 32)
    return old, hint


def sureness(soft: Mask) -> float:
    """How sure a network is of a mask, 0..1: near 1 when it is black and white."""
    return float((soft * soft).sum() / max(float(soft.sum()), 1e-6))


def fitted(soft: Mask, size: tuple[int, int], wish: Wish) -> tuple[Mask, tuple[str, ...]] | None:
    """A soft mask at full size without crumbs; with the outline that was given, when there is one."""
    if (soft > masks.HARD).sum() < SMALLEST:
        soft = (soft / max(float(soft.max()), 1e-6)).astype(np.float32) if float(soft.max()) > 0.2 else soft
        if (soft > masks.HARD).sum() < SMALLEST:
            return None
    width, height = size
    full = np.clip(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width), 0, 1)
    sharp = max(1.0, 0.25 * min(width, height) / soft.shape[0])
    mask = cleaned(np.clip((full - 0.5) * sharp + 0.5, 0, 1).astype(np.float32))
    if mask is None:
        return None
    if wish.shape is None:
        return mask, ()
    box = masks.box_of(mask, masks.HARD)
    assert box is not None
    return shaped_to(wish.shape, box, (height, width)), ("with the outline of the reference",)


def shaped_to(shape: Mask, box: tuple[int, int, int, int], size: tuple[int, int]) -> Mask:
    """A given outline in a box, at its own proportions, its foot where the box ends."""
    h, w = shape.shape
    fit = min((box[2] - box[0]) / w, (box[3] - box[1]) / h)
    wide, tall = max(1, round(w * fit)), max(1, round(h * fit))
    piece = cv2.resize(shape, (wide, tall), interpolation=cv2.INTER_AREA).reshape(tall, wide)
    out = np.zeros(size, np.float32)
    left = int(np.clip(round((box[0] + box[2] - wide) / 2), 0, max(0, size[1] - wide)))
    part = out[box[3] - tall : box[3], left : left + wide]
    part[:] = piece[: part.shape[0], : part.shape[1]]
    return out
