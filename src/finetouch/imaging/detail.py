"""Full-resolution texture for a hole that was filled at a smaller size: the same copies, made again with all pixels.

The coarse fill says what belongs where. For every coarse pixel of the hole the best matching place of the untouched
surroundings is searched (generalised PatchMatch, Barnes et al., 2009, on vectors), then the full-size pixels of that
place are copied, neighbours overlapping, and shifted to the brightness of the coarse fill.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.types import Reporter

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

# Where a patch is looked at: a centre, a ring at 1, a ring at 2 and four far samples.
_PATTERN = (
    (0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1),
    (-2, 0), (2, 0), (0, -2), (0, 2), (-3, -3), (-3, 3), (3, -3), (3, 3),
)  # fmt: skip
_REACH = 3


def with_detail(
    pixels: Pixels,
    hole: Bools,
    coarse: Pixels,
    factor: int,
    sources: Bools,
    rng: np.random.Generator,
    report: Reporter,
) -> Pixels:
    """The picture with its hole filled at full size after the model of a coarse fill.

    Args:
        pixels: ``(H, W, 3) uint8``, H and W multiples of `factor`.
        hole: ``(H, W)`` bool.
        coarse: ``(H / factor, W / factor, 3) uint8``, the small picture with its hole filled.
        factor: How much smaller it is.
        sources: ``(H, W)`` bool, pixels that may be copied.
        rng: For the search.
        report: Cancel.
    """
    h, w = coarse.shape[:2]
    small_hole = hole.reshape(h, factor, w, factor).any(axis=(1, 3))
    usable = sources.reshape(h, factor, w, factor).all(axis=(1, 3))
    # A copy takes a neighbour's worth of pixels on every side.
    usable = cv2.erode(usable.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    places = np.flatnonzero(usable)
    wanted = np.flatnonzero(small_hole)
    if places.size < 32 or wanted.size == 0:
        big = cv2.resize(coarse, (w * factor, h * factor), interpolation=cv2.INTER_CUBIC)
        return np.where(hole[..., None], big, pixels).astype(np.uint8)
    matches = _search(coarse, wanted, places, usable, rng, report)
    return _copied(pixels, hole, coarse, factor, wanted, matches)


def _describe(coarse: Pixels) -> Floats:
    padded = cv2.copyMakeBorder(coarse, _REACH, _REACH, _REACH, _REACH, cv2.BORDER_REFLECT_101)
    h, w = coarse.shape[:2]
    planes = []
    for dy, dx in _PATTERN:
        plane = padded[_REACH + dy : _REACH + dy + h, _REACH + dx : _REACH + dx + w].reshape(-1, 3)
        planes.append(plane.astype(np.float32) * np.float32(1.0 if abs(dy) < 3 else 0.6))
    return np.concatenate(planes, axis=1)


def _search(
    coarse: Pixels, wanted: Ints, places: Ints, usable: Bools, rng: np.random.Generator, report: Reporter
) -> Ints:
    """For every wanted pixel (flat index) the flat index of its match."""
    h, w = coarse.shape[:2]
    vectors = _describe(coarse)
    own = vectors[wanted]
    allowed = usable.ravel()
    slot = np.full(h * w, -1, dtype=np.int64)
    slot[wanted] = np.arange(wanted.size)
    best = places[rng.integers(places.size, size=wanted.size)]
    cost = _cost(own, vectors, best)
    rows, cols = wanted // w, wanted % w

    def offer(candidate: Ints, ok: Bools) -> None:
        chosen = np.flatnonzero(ok)
        if chosen.size == 0:
            return
        index = candidate[chosen]
        chosen, index = chosen[allowed[index]], index[allowed[index]]
        price = _cost(own[chosen], vectors, index)
        better = price < cost[chosen]
        best[chosen[better]], cost[chosen[better]] = index[better], price[better]

    whole = np.ones(wanted.size, dtype=bool)
    for _ in range(3):
        offer(places[rng.integers(places.size, size=wanted.size)], whole)
    for turn in range(7):
        report.check()
        jump = (4, 2, 1, 1, 2, 1, 1)[turn]
        for dy, dx in ((0, -jump), (0, jump), (-jump, 0), (jump, 0)):
            y, x = rows + dy, cols + dx
            inside = (y >= 0) & (y < h) & (x >= 0) & (x < w)
            neighbour = np.where(inside, slot[np.where(inside, y * w + x, 0)], -1)
            found = best[np.maximum(neighbour, 0)]
            ty, tx = found // w - dy, found % w - dx
            ok = (neighbour >= 0) & (ty >= 0) & (ty < h) & (tx >= 0) & (tx < w)
            offer(np.where(ok, ty * w + tx, 0), ok)
        radius = max(h, w) / 2
        while radius >= 2:
            ty = best // w + np.round(rng.uniform(-radius, radius, wanted.size)).astype(np.int64)
            tx = best % w + np.round(rng.uniform(-radius, radius, wanted.size)).astype(np.int64)
            ok = (ty >= 0) & (ty < h) & (tx >= 0) & (tx < w)
            offer(np.where(ok, ty * w + tx, 0), ok)
            radius /= 3.0
    return best


def _cost(own: Floats, vectors: Floats, index: Ints) -> Floats:
    difference = vectors[index] - own
    return np.asarray(np.einsum("ij,ij->i", difference, difference), dtype=np.float32)


def _copied(pixels: Pixels, hole: Bools, coarse: Pixels, factor: int, wanted: Ints, matches: Ints) -> Pixels:
    h, w = coarse.shape[:2]
    shift_y, shift_x = np.zeros(h * w, np.int64), np.zeros(h * w, np.int64)
    known = np.zeros(h * w, dtype=bool)
    shift_y[wanted], shift_x[wanted] = matches // w - wanted // w, matches % w - wanted % w
    known[wanted] = True
    tone = np.zeros((h * w, 3), dtype=np.float32)
    flat = coarse.reshape(-1, 3).astype(np.float32)
    tone[wanted] = flat[wanted] - flat[matches]
    ys, xs = np.nonzero(hole)
    # The four nearest coarse pixels, weighted as in bilinear interpolation but steeper: less blur, no blocks.
    fy, fx = (ys + 0.5) / factor - 0.5, (xs + 0.5) / factor - 0.5
    y0, x0 = np.floor(fy).astype(np.int64), np.floor(fx).astype(np.int64)
    ty, tx = _steep(fy - y0), _steep(fx - x0)
    total = np.zeros((ys.size, 3), dtype=np.float32)
    weight = np.zeros(ys.size, dtype=np.float32)
    for dy in (0, 1):
        for dx in (0, 1):
            cy, cx = np.clip(y0 + dy, 0, h - 1), np.clip(x0 + dx, 0, w - 1)
            cell = cy * w + cx
            share = (ty if dy else 1 - ty) * (tx if dx else 1 - tx) * known[cell]
            sy = np.clip(ys + shift_y[cell] * factor, 0, pixels.shape[0] - 1)
            sx = np.clip(xs + shift_x[cell] * factor, 0, pixels.shape[1] - 1)
            total += share[:, None] * (pixels[sy, sx] + tone[cell])
            weight += share
    out = pixels.copy()
    own_cell = np.clip(ys // factor, 0, h - 1) * w + np.clip(xs // factor, 0, w - 1)
    filled = np.where(weight[:, None] > 1e-3, total / np.maximum(weight, 1e-3)[:, None], flat[own_cell])
    out[ys, xs] = np.clip(filled + 0.5, 0, 255).astype(np.uint8)
    return out


def _steep(t: NDArray[np.float64]) -> Floats:
    return np.clip((t - 0.5) * 2.0 + 0.5, 0, 1).astype(np.float32)
