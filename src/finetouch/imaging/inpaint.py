"""Filling holes: PatchMatch with coarse guidance, OpenCV's fast method, and what makes the seam invisible."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.errors import DependencyMissing
from finetouch.types import Reporter

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Mode = Literal["patchmatch", "fast"]

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
    filled = _patchmatch(pixels, hole, exclude, seed, patch)
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
    try:
        import patchmatch
    except ImportError as error:
        raise DependencyMissing("pypatchmatch", "all", "Removing things") from error
    if not patchmatch.patchmatch_available:
        raise DependencyMissing("pypatchmatch", "all", "Removing things")
    with _LOCK:
        patchmatch.set_random_seed(seed % 2**32)
        return np.asarray(
            patchmatch.inpaint(
                np.ascontiguousarray(pixels), hole, patch_size=patch,
                global_mask=None if exclude is None or not exclude.any() else exclude & ~hole,
            ),
            dtype=np.uint8,
        )  # fmt: skip


def _telea(pixels: Pixels, hole: Bools) -> Pixels:
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    out = cv2.inpaint(bgr, hole.astype(np.uint8), 4, cv2.INPAINT_TELEA)[..., ::-1]
    return np.where(hole[..., None], out, pixels).astype(np.uint8)


def _patchmatch(pixels: Pixels, hole: Bools, exclude: Bools | None, seed: int, patch: int) -> Pixels:
    return bare_patchmatch(pixels, hole, seed, patch, exclude)


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
