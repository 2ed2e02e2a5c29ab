"""Coarse mask → mask at the photo's own resolution: edges aligned in a crop around the region, holes and islands."""

from __future__ import annotations

import cv2
import numpy as np

from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select.cut import grabcut
from finetouch.types import Pixels, Reporter

WORK_SIDE = 384
ISLAND = 0.02
HOLE = 0.004


def clean(mask: Mask, island: float = ISLAND, hole: float = HOLE) -> Mask:
    """Drops parts below `island` of the largest one and closes holes below `hole` of the mask's area."""
    box = masks.box_of(mask, masks.HARD)
    if box is None:
        return mask.copy()
    # The cost follows the region, not the photo.
    window = slice(max(0, box[1] - 1), box[3] + 1), slice(max(0, box[0] - 1), box[2] + 1)
    out = mask.copy()
    part = masks.drop_islands(mask[window], island)
    area = int((part > masks.HARD).sum())
    out[window] = masks.fill_holes(part, max(1, int(hole * area)))
    return out


def refine(
    pixels: Pixels, mask: Mask, *, align: bool = True, island: float = ISLAND, report: Reporter | None = None
) -> Mask:
    """Full-size mask of a coarse one, with edges that follow the photo.

    Args:
        pixels: ``(H, W, 3) uint8`` RGB, any size. The cost follows the region, not the photo.
        mask: ``(h, w) float32`` over the whole photo, usually much smaller than it.
        align: Run GrabCut in the rim of the mask; False only resamples and cleans up.
        island: Parts smaller than this share of the largest one are dropped.
        report: For cancelling.

    Returns:
        ``(H, W) float32``: 0 and 1 with a rim of one or two soft pixels.
    """
    height, width = pixels.shape[:2]
    out = np.zeros((height, width), np.float32)
    box = masks.box_of(mask, 0.25)
    if box is None:
        return out
    x0, y0, x1, y1 = _photo_box(box, mask.shape, (height, width))
    part = pixels[y0:y1, x0:x1]
    coarse = _crop_of(mask, (x0, y0, x1, y1), (height, width), _work_size(x1 - x0, y1 - y0))
    if report is not None:
        report.check()
    size = (coarse.shape[1], coarse.shape[0])
    small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if align:
        coarse = _align(small, coarse, cell=_cell(mask.shape, (height, width), (x0, y0, x1, y1), size))
    coarse = clean(coarse, island)
    if report is not None:
        report.check()
    out[y0:y1, x0:x1] = _guided_up(part, small, coarse)
    return out


def _photo_box(
    box: tuple[int, int, int, int], shape: tuple[int, ...], full: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The region's box in photo px with a margin of 12 % and at least two coarse cells."""
    ky, kx = full[0] / shape[0], full[1] / shape[1]
    x0, y0, x1, y1 = box[0] * kx, box[1] * ky, box[2] * kx, box[3] * ky
    margin = max(0.12 * max(x1 - x0, y1 - y0), 2 * max(kx, ky), 8)
    return (
        max(0, int(x0 - margin)), max(0, int(y0 - margin)),
        min(full[1], int(np.ceil(x1 + margin))), min(full[0], int(np.ceil(y1 + margin))),
    )  # fmt: skip


def _work_size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, WORK_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _crop_of(mask: Mask, box: tuple[int, int, int, int], full: tuple[int, int], size: tuple[int, int]) -> Mask:
    """The coarse mask inside a photo box, resampled to `size`."""
    ky, kx = mask.shape[0] / full[0], mask.shape[1] / full[1]
    sx, sy = (box[2] - box[0]) * kx / size[0], (box[3] - box[1]) * ky / size[1]
    matrix = np.array([[sx, 0, box[0] * kx + sx / 2 - 0.5], [0, sy, box[1] * ky + sy / 2 - 0.5]], np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(mask, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, dtype=np.float32)


def _cell(
    shape: tuple[int, ...], full: tuple[int, int], box: tuple[int, int, int, int], size: tuple[int, int]
) -> float:
    """Size of a coarse mask's pixel in working px."""
    return max(full[0] / shape[0] * size[1] / (box[3] - box[1]), full[1] / shape[1] * size[0] / (box[2] - box[0]))


def _align(small: Pixels, coarse: Mask, cell: float) -> Mask:
    """GrabCut inside the rim only: the core stays in, what is far stays out."""
    hard = (coarse > 0.5).astype(np.uint8)
    area = int(hard.sum())
    if area < 12:
        return coarse
    reach = float(np.clip(2.0 * cell, 3.0, 0.12 * np.sqrt(area) + 3.0))
    inside = cv2.distanceTransform(np.pad(hard, 1, mode="edge"), cv2.DIST_L2, 3)[1:-1, 1:-1]
    outside = cv2.distanceTransform(1 - hard, cv2.DIST_L2, 3)
    labels = np.full(hard.shape, cv2.GC_PR_BGD, np.uint8)
    labels[hard > 0] = cv2.GC_PR_FGD
    labels[inside > reach] = cv2.GC_FGD
    labels[outside > reach] = cv2.GC_BGD
    new = grabcut(small, labels, rounds=2)
    # GrabCut that eats or grows most of the rim has found another edge: keep the network's then.
    changed = float(np.abs(new - hard).sum()) / area
    return new if changed < 0.35 else coarse


def _guided_up(part: Pixels, small: Pixels, coarse: Mask) -> Mask:
    """Brings the mask to the crop's own size with a fast guided filter (He and Sun 2015) and hardens it."""
    if part.shape[:2] == coarse.shape and max(coarse.shape) <= 16:
        return coarse
    guide = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    radius, eps = (5, 5), 1e-3
    mean_g, mean_m = cv2.blur(guide, radius), cv2.blur(coarse, radius)
    a = (cv2.blur(guide * coarse, radius) - mean_g * mean_m) / (cv2.blur(guide * guide, radius) - mean_g**2 + eps)
    b = mean_m - a * mean_g
    a, b = cv2.blur(a, radius), cv2.blur(b, radius)
    size = (part.shape[1], part.shape[0])
    full = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    a, b = (cv2.resize(x, size, interpolation=cv2.INTER_LINEAR) for x in (a, b))
    soft = a * full + b
    core = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    soft = np.where((core > 0.98) | (core < 0.02), core, soft)
    return np.asarray(np.clip((soft - 0.5) * 2.5 + 0.5, 0.0, 1.0), dtype=np.float32)
