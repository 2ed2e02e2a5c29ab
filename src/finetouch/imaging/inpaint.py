"""Filling holes: PatchMatch with coarse guidance, OpenCV's fast method, and what makes the seam invisible."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.errors import DependencyMissing
from finetouch.imaging.detail import with_detail
from finetouch.types import Reporter

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Mode = Literal["patchmatch", "fast"]

HOLE_PIXELS = 20_000
CROP_PIXELS = 600_000
GUIDE_FLOOR = 0.006
GUIDE_WEIGHT = 0.04

# The native library keeps one seed per process.
_LOCK = Lock()


@dataclass(frozen=True)
class Filled:
    """A filled crop.

    Attributes:
        pixels: ``(H, W, 3) uint8``; pixels outside the hole are unchanged.
        seam: Gradient across the hole's rim relative to the gradients beside it; 1 is seamless, above 1.5 shows.
        repaired: True when a brightness step at the rim was levelled.
        mode: "patchmatch" or "fast".
    """

    pixels: Pixels
    seam: float
    repaired: bool
    mode: Mode


def fill_hole(
    pixels: Pixels,
    hole: Bools,
    *,
    seed: int = 0,
    mode: Mode = "patchmatch",
    exclude: Bools | None = None,
    patch: int = 4,
    report: Reporter | None = None,
) -> Filled:
    """Fills `hole` with what surrounds it.

    Args:
        pixels: ``(H, W, 3) uint8`` RGB.
        hole: ``(H, W)`` bool; may touch the border.
        seed: Fixes the random search; equal inputs and seed give equal pixels.
        mode: "patchmatch" copies texture and continues structure; "fast" only smears (OpenCV Telea).
        exclude: ``(H, W)`` bool; pixels that keep their colour but must not be copied from.
        patch: Radius of the compared patches in px.
        report: Progress and cancel.
    """
    report = report or Reporter()
    hole = np.asarray(hole, dtype=bool)
    if not hole.any() or min(pixels.shape[:2]) == 0:
        return Filled(pixels.copy(), 1.0, False, mode)
    sources = ~hole if exclude is None else ~(hole | exclude)
    if not sources.any():
        sources = ~hole
        exclude = None
    if not sources.any():
        flat = np.full_like(pixels, 128)
        return Filled(flat, 1.0, False, mode)
    report.check()
    if mode == "fast" or min(pixels.shape[:2]) < 8 or int(sources.sum()) < 64:
        filled = _telea(pixels, hole)
        return Filled(filled, seam_score(filled, hole), False, "fast")
    filled = _patchmatch(pixels, _with_near(hole, exclude), exclude, seed, patch, report)
    filled = np.where(hole[..., None], filled, pixels).astype(np.uint8)
    report.check()
    seam = seam_score(filled, hole)
    levelled, changed = _level(pixels, filled, hole)
    if changed:
        better = seam_score(levelled, hole)
        if better <= seam * 1.02:
            return Filled(levelled, better, True, mode)
    return Filled(filled, seam, False, mode)


def bare_patchmatch(pixels: Pixels, hole: Bools, seed: int = 0, patch: int = 4, exclude: Bools | None = None) -> Pixels:
    """One call of the PatchMatch library, nothing around it; raises `DependencyMissing` when it cannot be loaded."""
    patchmatch = _library()
    with _LOCK:
        patchmatch.set_random_seed(seed % 2**32)
        return np.asarray(
            patchmatch.inpaint(
                np.ascontiguousarray(pixels), hole, patch_size=patch,
                global_mask=None if exclude is None or not exclude.any() else exclude & ~hole,
            ),
            dtype=np.uint8,
        )  # fmt: skip


def _library() -> Any:
    try:
        import patchmatch
    except ImportError as error:
        raise DependencyMissing("pypatchmatch", "", "Removing things") from error
    if not patchmatch.patchmatch_available:
        raise DependencyMissing("pypatchmatch", "", "Removing things")
    return patchmatch


def _telea(pixels: Pixels, hole: Bools) -> Pixels:
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    out = cv2.inpaint(bgr, hole.astype(np.uint8), 4, cv2.INPAINT_TELEA)[..., ::-1]
    return np.where(hole[..., None], out, pixels).astype(np.uint8)


def _with_near(hole: Bools, exclude: Bools | None) -> Bools:
    """The hole and the excluded things beside it: what is behind them must not be guessed from their colours."""
    if exclude is None or not exclude.any():
        return hole
    near = cv2.dilate(hole.astype(np.uint8), np.ones((49, 49), np.uint8)) > 0
    return hole | (exclude & near)


def _patchmatch(pixels: Pixels, hole: Bools, exclude: Bools | None, seed: int, patch: int, report: Reporter) -> Pixels:
    """Small holes at full size; larger ones at a fraction of it, guided, and then again with all pixels."""
    factor = working_factor(hole)
    if factor == 1:
        return bare_patchmatch(pixels, hole, seed, patch, exclude)
    h, w = hole.shape
    pad = ((0, -h % factor), (0, -w % factor))
    big = np.pad(pixels, (*pad, (0, 0)), mode="edge")
    big_hole = np.pad(hole, pad, mode="edge")
    barred = big_hole if exclude is None else big_hole | np.pad(exclude, pad, mode="edge")
    rows, cols = big_hole.shape[0] // factor, big_hole.shape[1] // factor
    small_hole = _any(big_hole, factor)
    # Colours of the thing must not leak into the small picture's rim.
    weight = (~big_hole).astype(np.float32)
    total = cv2.resize(big.astype(np.float32) * weight[..., None], (cols, rows), interpolation=cv2.INTER_AREA)
    share = cv2.resize(weight, (cols, rows), interpolation=cv2.INTER_AREA)
    small = np.clip(total / np.maximum(share, 1e-3)[..., None] + 0.5, 0, 255).astype(np.uint8)
    small_exclude = None if exclude is None else _any(barred, factor) & ~small_hole
    coarse = _guided(small, small_hole, small_exclude, seed, patch)
    report.check()
    rng = np.random.default_rng(seed)
    return with_detail(big, big_hole, coarse, factor, ~barred, rng, report)[:h, :w]


def working_factor(hole: Bools) -> int:
    """How much smaller the coarse fill is made: the hole has at most about 20000 px there, the crop 600000."""
    area, total = int(hole.sum()), hole.size
    factor = max(1, int(np.ceil(np.sqrt(max(area / HOLE_PIXELS, total / CROP_PIXELS)))))
    return 1 if min(hole.shape) // factor < 24 else factor


def _any(values: Bools, factor: int) -> Bools:
    h, w = values.shape
    return np.asarray(values.reshape(h // factor, factor, w // factor, factor).any(axis=(1, 3)))


def layering(pixels: Pixels, hole: Bools) -> float:
    """How much of the scene around the hole is explained by height alone (beach 1, table top 0)."""
    rows = np.flatnonzero(hole.any(axis=1))
    if rows.size == 0 or pixels.shape[1] < 8:
        return 0.0
    part, known = pixels[rows[0] : rows[-1] + 1].astype(np.float32), ~hole[rows[0] : rows[-1] + 1]
    known_rows = known.sum(axis=1) > 4
    if known_rows.sum() < 8:
        return 0.0
    part, known = part[known_rows], known[known_rows]
    weight = known[..., None].astype(np.float32)
    means = (part * weight).sum(axis=1) / weight.sum(axis=1)
    left = ((part - means[:, None]) ** 2 * weight).sum()
    total = ((part - part[known].mean(axis=0)) ** 2 * weight).sum()
    explained = 1 - float(left) / max(float(total), 1.0)
    return float(np.clip((explained - 0.25) / 0.35, 0, 1))


def _guided(pixels: Pixels, hole: Bools, exclude: Bools | None, seed: int, patch: int) -> Pixels:
    """PatchMatch that prefers to copy from the same height where the scene is layered: horizons and shores run on."""
    patchmatch = _library()
    h, w = hole.shape
    y = np.broadcast_to(np.linspace(0, 1, h, dtype=np.float32)[:, None], (h, w))
    x = np.broadcast_to(np.linspace(0, 0.15 * w / h, w, dtype=np.float32), (h, w))
    guide = np.ascontiguousarray(np.dstack([y, x, np.zeros((h, w), np.float32)]))
    weight = GUIDE_FLOOR + GUIDE_WEIGHT * layering(pixels, hole if exclude is None else hole | exclude)
    with _LOCK:
        patchmatch.set_random_seed(seed % 2**32)
        filled = patchmatch.inpaint_regularity(
            np.ascontiguousarray(pixels), hole, guide, patch_size=patch, guide_weight=weight,
            global_mask=None if exclude is None or not exclude.any() else exclude,
        )  # fmt: skip
    return np.asarray(filled, dtype=np.uint8)


def seam_score(pixels: Pixels, hole: Bools) -> float:
    """How much the rim of the hole shows: mean gradient across it over the mean gradient just beside it."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    inside = hole.astype(np.uint8)
    ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    near = (cv2.dilate(inside, ring) > 0) & (cv2.erode(inside, ring, borderValue=1) == 0)
    across, beside = [0.0, 0.0], [0.0, 0.0]
    for axis in (0, 1):
        step = np.abs(np.diff(grey, axis=axis))
        low = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        high = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        crossing = hole[low] != hole[high]
        other = near[low] & near[high] & ~crossing & ~hole[low]
        for chosen, total in ((crossing, across), (other, beside)):
            total[0] += float(step[chosen].sum())
            total[1] += float(chosen.sum())
    if across[1] == 0 or beside[1] == 0:
        return 1.0
    return round((across[0] / across[1] + 1.0) / (beside[0] / beside[1] + 1.0), 3)


def _level(pixels: Pixels, filled: Pixels, hole: Bools) -> tuple[Pixels, bool]:
    """Takes a step of brightness at the rim out by a membrane over the hole (smooth, zero inside gradients)."""
    inside = hole.astype(np.uint8)
    inner = hole & (cv2.erode(inside, np.ones((7, 7), np.uint8), borderValue=1) == 0)
    outer = ~hole & (cv2.dilate(inside, np.ones((7, 7), np.uint8)) > 0)
    if not inner.any() or not outer.any():
        return filled, False
    size = (0, 0)
    image = filled.astype(np.float32)

    def mean_near(where: Bools) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        w = where.astype(np.float32)
        total = cv2.GaussianBlur(image * w[..., None], size, 4.0)
        weight = cv2.GaussianBlur(w, size, 4.0)
        return total / np.maximum(weight, 1e-4)[..., None], weight

    outside_mean, outside_weight = mean_near(outer)
    inside_mean, inside_weight = mean_near(inner)
    rim = inner & (outside_weight > 0.05) & (inside_weight > 0.05)
    if not rim.any():
        return filled, False
    jump = np.where(rim[..., None], np.clip(outside_mean - inside_mean, -24, 24), 0).astype(np.float32)
    smooth = cv2.GaussianBlur(jump, size, 8.0) / np.maximum(
        cv2.GaussianBlur(rim.astype(np.float32), size, 8.0), 1e-3
    )[..., None]  # fmt: skip
    typical = float(np.abs(smooth[rim]).mean())
    if typical < 2.0 or typical > 14.0:
        return filled, False
    membrane = _spread(smooth, rim, hole)
    out = np.clip(image + membrane + 0.5, 0, 255).astype(np.uint8)
    return np.where(hole[..., None], out, pixels).astype(np.uint8), True


def _spread(values: NDArray[np.float32], known: Bools, hole: Bools) -> NDArray[np.float32]:
    """Values given on the rim, carried smoothly into the hole by normalised means, fading to its middle."""
    weight = known.astype(np.float32)
    total = values * weight[..., None]
    out = np.zeros_like(values)
    done = np.zeros(known.shape, dtype=np.float32)
    sigma = 4.0
    limit = max(known.shape)
    while sigma < limit:
        scale = max(1, int(sigma // 4))
        size = (max(1, known.shape[1] // scale), max(1, known.shape[0] // scale))
        small_w = cv2.GaussianBlur(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), (0, 0), 4.0)
        small_t = cv2.GaussianBlur(cv2.resize(total, size, interpolation=cv2.INTER_AREA), (0, 0), 4.0)
        mean = small_t / np.maximum(small_w, 1e-5)[..., None]
        trust = np.clip(small_w * 40, 0, 1)
        shape = (known.shape[1], known.shape[0])
        mean = cv2.resize(mean, shape, interpolation=cv2.INTER_LINEAR)
        trust = cv2.resize(trust, shape, interpolation=cv2.INTER_LINEAR) * (1 - done)
        out += mean * trust[..., None]
        done += trust
        sigma *= 2
    distance = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
    fade = np.exp(-distance / 24.0).astype(np.float32)
    return np.asarray(out * (fade * hole)[..., None], dtype=np.float32)
