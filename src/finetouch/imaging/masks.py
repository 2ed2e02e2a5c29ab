"""Mask arithmetic on plain arrays: growing, feathering, components, distances, run lengths.

All masks are ``(H, W) float32`` in ``0..1``; 0 means "must not change". Radii are in pixels of the mask.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.float32]

HARD = 0.5


def as_mask(array: Any) -> Mask:
    """Turns bool, uint8 (0..255) or float (0..1) data into a float mask clipped to 0..1; NaN becomes 0."""
    a = np.asarray(array)
    if a.ndim == 3:
        a = a[..., 0]
    if a.dtype == np.bool_:
        return a.astype(np.float32)
    if a.dtype == np.uint8:
        return a.astype(np.float32) / np.float32(255.0)
    above = np.fmax(a.astype(np.float32), np.float32(0))
    return np.asarray(np.fmin(above, np.float32(1), out=above), np.float32)


def box_of(mask: Mask, threshold: float = 0.0) -> tuple[int, int, int, int] | None:
    """Bounding box ``(x0, y0, x1, y1)``, end-exclusive, of pixels above `threshold`; None when there are none."""
    on = mask > threshold
    ys = np.flatnonzero(on.any(axis=1))
    if ys.size == 0:
        return None
    xs = np.flatnonzero(on.any(axis=0))
    return int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1


def _ellipse(radius: int) -> NDArray[np.uint8]:
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), dtype=np.uint8)


def window_of(mask: Mask, pad: int) -> tuple[slice, slice] | None:
    """The part of the array that an operation of reach `pad` can touch (cost follows the mask, not the photo)."""
    box = box_of(mask)
    if box is None:
        return None
    h, w = mask.shape
    x0, y0, x1, y1 = box
    return slice(max(0, y0 - pad), min(h, y1 + pad)), slice(max(0, x0 - pad), min(w, x1 + pad))


def grow(mask: Mask, radius: float) -> Mask:
    """Dilates by `radius` px (negative: erodes); soft values are kept (grey morphology)."""
    r = round(abs(radius))
    if r == 0:
        return mask.copy()
    if radius < 0:
        return shrink(mask, r)
    window = window_of(mask, r + 1)
    out = mask.copy()
    if window is not None:
        out[window] = cv2.dilate(mask[window], _ellipse(r), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return out


def shrink(mask: Mask, radius: float) -> Mask:
    """Erodes by `radius` px; the picture's border does not eat into the mask."""
    r = round(abs(radius))
    if r == 0:
        return mask.copy()
    window = window_of(mask, r + 1)
    out = np.zeros_like(mask)
    if window is not None:
        out[window] = cv2.erode(mask[window], _ellipse(r), borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return out


def distance_inside(mask: Mask) -> Mask:
    """For every pixel of the mask, its distance in px to the nearest pixel outside (0 outside).

    The picture's border is not "outside": a mask that touches it has no edge there.
    """
    on = (mask > 0).astype(np.uint8)
    if on.all():
        return np.full(mask.shape, np.float32(max(mask.shape)), dtype=np.float32)
    return np.asarray(cv2.distanceTransform(on, cv2.DIST_L2, 5), dtype=np.float32)


def feather_inside(mask: Mask, radius: float) -> Mask:
    """Softens the rim inwards over `radius` px; pixels where the mask is 0 stay 0.

    The ramp is a smoothstep of the distance to the outside, so that the edge of a pasted region does not show.
    """
    if radius <= 0:
        return mask.copy()
    window = window_of(mask, 2)
    out = np.zeros_like(mask)
    if window is None:
        return out
    part = mask[window]
    t = np.clip(distance_inside(part) / np.float32(radius + 1.0), 0.0, 1.0)
    out[window] = part * (t * t * (3.0 - 2.0 * t))
    return out


def feather(mask: Mask, radius: float) -> Mask:
    """Softens the rim to both sides over about `radius` px (Gaussian), so the mask reaches further out."""
    if radius <= 0:
        return mask.copy()
    window = window_of(mask, int(3 * radius) + 2)
    out = np.zeros_like(mask)
    if window is None:
        return out
    blurred = cv2.GaussianBlur(mask[window], (0, 0), radius / 2.0, borderType=cv2.BORDER_REPLICATE)
    out[window] = np.where(blurred < 1.0 / 512.0, 0.0, np.minimum(blurred, 1.0))
    return out


def components(mask: Mask, threshold: float = HARD, min_area: int = 1) -> list[Mask]:
    """The connected parts (8-neighbourhood) above `threshold` as separate masks, largest first."""
    on = (mask > threshold).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(on, connectivity=8)
    order = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    parts: list[Mask] = []
    for i in order:
        if int(stats[i, cv2.CC_STAT_AREA]) >= min_area:
            parts.append(np.where(labels == i, mask, 0).astype(np.float32))
    return parts


def fill_holes(mask: Mask, max_area: int | None = None) -> Mask:
    """Closes holes that do not touch the border, all of them or only those up to `max_area` px."""
    off = (mask <= HARD).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(off, connectivity=4)
    h, w = mask.shape
    out = mask.copy()
    for i in range(1, count):
        x, y, ww, hh, area = (int(v) for v in stats[i])
        touches = x == 0 or y == 0 or x + ww == w or y + hh == h
        if not touches and (max_area is None or area <= max_area):
            out[labels == i] = 1.0
    return out


def drop_islands(mask: Mask, min_share: float) -> Mask:
    """Removes components smaller than `min_share` of the largest one."""
    on = (mask > HARD).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(on, connectivity=8)
    if count <= 2:
        return mask.copy()
    areas = stats[1:, cv2.CC_STAT_AREA]
    drop = np.concatenate([[False], areas < min_share * areas.max()])
    out = mask.copy()
    out[drop[labels]] = 0.0
    return out


def resize_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    """Resamples to `size` = (width, height): area averaging down, linear up."""
    w, h = size
    if mask.shape == (h, w):
        return mask.copy()
    down = w * h < mask.shape[0] * mask.shape[1]
    how = cv2.INTER_AREA if down else cv2.INTER_LINEAR
    return np.clip(np.asarray(cv2.resize(mask, (w, h), interpolation=how), dtype=np.float32), 0.0, 1.0)


def iou(a: Mask | NDArray[np.bool_], b: Mask | NDArray[np.bool_], threshold: float = HARD) -> float:
    """Intersection over union of two masks at `threshold`; 1.0 when both are empty."""
    x, y = a > threshold, b > threshold
    union = int(np.logical_or(x, y).sum())
    return 1.0 if union == 0 else float(np.logical_and(x, y).sum() / union)


def to_rle(mask: Mask) -> dict[str, Any]:
    """Run lengths of the quantised (8-bit) mask in row order: ``{"size": [h, w], "runs": [[value, length], ...]}``."""
    flat = np.round(mask * 255.0).astype(np.uint8).ravel()
    if flat.size == 0:
        return {"size": list(mask.shape), "runs": []}
    edges = np.flatnonzero(np.diff(flat)) + 1
    starts = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [flat.size]])
    runs = [[int(flat[s]), int(e - s)] for s, e in zip(starts, ends, strict=True)]
    return {"size": [int(mask.shape[0]), int(mask.shape[1])], "runs": runs}


def from_rle(data: dict[str, Any]) -> Mask:
    """Inverse of `to_rle` up to 1/255."""
    h, w = data["size"]
    runs = data["runs"]
    values = np.array([r[0] for r in runs], dtype=np.uint8)
    lengths = np.array([r[1] for r in runs], dtype=np.int64)
    flat = np.repeat(values, lengths)
    if flat.size != h * w:
        raise ValueError(f"run lengths cover {flat.size} pixels, expected {h * w}")
    return flat.reshape(h, w).astype(np.float32) / np.float32(255.0)
