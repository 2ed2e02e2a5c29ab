"""Alpha mattes: how much of a pixel belongs to the thing, and what colour the thing has there without its background.

`soft_edge` moves a mask's rim onto the edges of the picture within a few pixels; `matte` solves for hair and fur in a
wider band; `foreground` takes the old background out of the rim's colours. All of it is box filters on plain arrays:
nothing is compiled on first use and a megapixel takes tenths of a second.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging import masks
from finetouch.imaging.masks import HARD, Mask

Floats = NDArray[np.float32]


class _LocalLinear:
    """Fits values linearly to colour in every window of a picture: the core of guided filter and matting Laplacian.

    Args:
        guide: ``(H, W, 3) float32`` in 0..1.
        radius: Windows are ``2 * radius + 1`` px wide.
        eps: Regularisation in squared colour units.
    """

    def __init__(self, guide: Floats, radius: int, eps: float) -> None:
        self.guide = guide
        self.size = (2 * radius + 1, 2 * radius + 1)
        self.mean = self.box(guide)
        r, g, b = cv2.split(guide)
        products = cv2.merge([r * r, r * g, r * b, g * g])
        rr, rg, rb, gg = cv2.split(self.box(products))
        gb, bb = self.box(g * b), self.box(b * b)
        mr, mg, mb = cv2.split(self.mean)
        rr, gg, bb = rr - mr * mr + eps, gg - mg * mg + eps, bb - mb * mb + eps
        rg, rb, gb = rg - mr * mg, rb - mr * mb, gb - mg * mb
        det = rr * (gg * bb - gb * gb) - rg * (rg * bb - gb * rb) + rb * (rg * gb - gg * rb)
        det = np.maximum(det, np.float32(1e-12))
        self.inverse = (
            (gg * bb - gb * gb) / det, (rb * gb - rg * bb) / det, (rg * gb - rb * gg) / det,
            (rr * bb - rb * rb) / det, (rb * rg - rr * gb) / det, (rr * gg - rg * rg) / det,
        )  # fmt: skip

    def box(self, values: Floats) -> Floats:
        """Mean over the window; the picture is mirrored at its border."""
        return np.asarray(cv2.boxFilter(values, -1, self.size, borderType=cv2.BORDER_REFLECT), dtype=np.float32)

    def fit(self, values: Floats) -> Floats:
        """Window means of slope and offset, ``(H, W, 4)``: values are near ``slope · colour + offset``."""
        stacked = np.dstack([self.guide * values[..., None], values])
        means = self.box(stacked)
        mean = means[..., 3]
        cr, cg, cb = (means[..., i] - self.mean[..., i] * mean for i in range(3))
        irr, irg, irb, igg, igb, ibb = self.inverse
        ar, ag, ab = irr * cr + irg * cg + irb * cb, irg * cr + igg * cg + igb * cb, irb * cr + igb * cg + ibb * cb
        offset = mean - ar * self.mean[..., 0] - ag * self.mean[..., 1] - ab * self.mean[..., 2]
        return self.box(np.dstack([ar, ag, ab, offset]))

    def smooth(self, values: Floats) -> Floats:
        """The values as the picture's colours explain them (guided filter)."""
        return apply_linear(self.fit(values), self.guide)


def apply_linear(coefficients: Floats, guide: Floats) -> Floats:
    """``slope · colour + offset`` for coefficients ``(H, W, 4)`` and a guide ``(H, W, 3)``."""
    return np.asarray((coefficients[..., :3] * guide).sum(axis=-1) + coefficients[..., 3], dtype=np.float32)


def _unit(pixels: NDArray[np.uint8]) -> Floats:
    return pixels.astype(np.float32) * np.float32(1 / 255)


def _window(mask: Mask, pad: int) -> tuple[slice, slice] | None:
    box = masks.box_of(mask)
    if box is None:
        return None
    h, w = mask.shape
    x0, y0, x1, y1 = box
    return slice(max(0, y0 - pad), min(h, y1 + pad)), slice(max(0, x0 - pad), min(w, x1 + pad))


def soft_edge(pixels: NDArray[np.uint8], mask: Mask, radius: int = 3, eps: float = 1e-4) -> Mask:
    """The mask with its rim drawn along the picture's own edges, within `radius` px of where it was.

    Args:
        pixels: ``(H, W, 3) uint8``.
        mask: ``(H, W)`` 0..1.
        radius: Reach in px; 0 returns the mask.
        eps: How faint an edge may be (squared, in 0..1 colour units).

    Returns:
        ``(H, W) float32`` 0..1; 0 further than `radius` px from the mask, 1 further than that inside it.
    """
    window = _window(mask, 4 * radius + 2)
    out = mask.copy()
    if radius <= 0 or window is None:
        return out
    part = mask[window]
    linear = _LocalLinear(_unit(pixels[window]), radius, eps)
    alpha = part
    for _ in range(2):
        alpha = np.clip((linear.smooth(alpha) - 0.5) * 1.5 + 0.5, 0, 1)
    inner, outer = masks.shrink(part, radius), masks.grow(part, radius)
    out[window] = np.clip(np.maximum(alpha, inner * (inner > HARD)), 0, outer)
    return out


def refined(pixels: NDArray[np.uint8], alpha: Mask, radius: int) -> Mask:
    """A matte that was enlarged, sharpened along the picture's own edges within `radius` px (guided filter)."""
    unsure = ((alpha > 0.01) & (alpha < 0.99)).astype(np.float32)
    window = _window(unsure, 3 * radius + 2)
    out = alpha.copy()
    if window is None:
        return out
    smooth = _LocalLinear(_unit(pixels[window]), radius, 1e-5).smooth(alpha[window])
    near = masks.grow(unsure[window], radius) > 0
    out[window] = np.where(near, np.clip((smooth - 0.02) / 0.96, 0, 1), alpha[window])
    return out


def band_radius(mask: Mask) -> int:
    """A sensible half width in px of the unknown band around a mask: about 3 % of the thing's size, 2..24."""
    return int(np.clip(round(0.03 * float(np.sqrt(max(1.0, float((mask > HARD).sum()))))), 2, 24))


def trimap(mask: Mask, radius: int) -> Floats:
    """1 where the thing is for sure, 0 where it is not, 0.5 between; thin parts keep a sure core."""
    hard = (mask > HARD).astype(np.float32)
    core = masks.shrink(hard, radius)
    thin = np.clip(hard - masks.grow(core, radius + 1), 0, 1)
    core = np.maximum(core, masks.shrink(thin, 1))
    if not core.any():
        core = hard
    out = np.where(core > HARD, np.float32(1), np.float32(0.5))
    out[masks.grow(hard, radius) <= HARD] = 0
    return np.asarray(out, dtype=np.float32)


def matte(
    pixels: NDArray[np.uint8], mask: Mask, radius: int | None = None, max_side: int = 480, exact: bool = False
) -> Mask:
    """How much of each pixel belongs to the thing, with hair and fur: an alpha matte.

    Solves the large-kernel matting Laplacian (He, Sun and Tang, 2010; Levin, Lischinski and Weiss, 2008) in a band
    around the mask at a working size and brings the answer to full size with the picture as guide.

    Args:
        pixels: ``(H, W, 3) uint8``.
        mask: ``(H, W)`` 0..1, the thing.
        radius: Half width of the band in px; None chooses it by the size of the thing (`band_radius`).
        max_side: Working size of the solver in px.
        exact: Solve to the end with pymatting instead of stopping early; pymatting compiles itself on first use,
            which takes about a minute.

    Returns:
        ``(H, W) float32`` 0..1, 0 further than `radius` from the mask.
    """
    reach = band_radius(mask) if radius is None else radius
    window = _window(np.where(mask > HARD, mask, 0).astype(np.float32), 3 * reach + 4)
    out = np.zeros_like(mask)
    if window is None or reach <= 0:
        return mask.copy() if reach <= 0 else out
    part, guide = mask[window], _unit(pixels[window])
    known = trimap(part, reach)
    if min(part.shape) < 8 or not (known == 0).any():
        out[window] = soft_edge(pixels[window], part, min(reach, 2))
        return out
    h, w = part.shape
    scale = min(1.0, max_side / max(h, w))
    size = (max(8, round(w * scale)), max(8, round(h * scale)))
    small = cv2.resize(guide, size, interpolation=cv2.INTER_AREA) if scale < 1 else guide
    small_known = cv2.resize(known, size, interpolation=cv2.INTER_AREA) if scale < 1 else known
    start = masks.resize_mask(part, size)
    alpha = _solve_exactly(small, small_known) if exact else _solve(small, small_known, start)
    if scale < 1:
        fitted = _LocalLinear(small, 2, 1e-5).fit(alpha)
        alpha = apply_linear(cv2.resize(fitted, (w, h), interpolation=cv2.INTER_LINEAR), guide)
    alpha = np.clip((alpha - 0.02) / 0.96, 0, 1)
    out[window] = np.where(known == 1, 1, np.where(known == 0, 0, alpha))
    return out


def _solve(guide: Floats, known: Floats, start: Floats, iterations: int = 60, weight: float = 100.0) -> Floats:
    """Conjugate gradients on ``(L + weight * D) alpha = weight * D * known``; the Laplacian is two box filters."""
    linear = _LocalLinear(guide, 1, 1e-5)
    sure = ((known < 0.02) | (known > 0.98)).astype(np.float32) * np.float32(weight)

    def times(p: Floats) -> Floats:
        return 9 * (p - linear.smooth(p)) + sure * p

    x = np.clip(linear.smooth(start), 0, 1)
    x[sure > 0] = (known[sure > 0] > HARD).astype(np.float32)
    residual = sure * (known > HARD) - times(x)
    diagonal = sure + 8.0
    z = residual / diagonal
    direction = z.copy()
    old = float((residual * z).sum())
    floor = 1e-6 * max(old, 1e-12)
    for _ in range(iterations):
        step = times(direction)
        bend = float((direction * step).sum())
        if bend <= 0 or not np.isfinite(bend):
            break
        x += np.float32(old / bend) * direction
        residual -= np.float32(old / bend) * step
        z = residual / diagonal
        new = float((residual * z).sum())
        if new < floor or not np.isfinite(new):
            break
        direction = z + np.float32(new / old) * direction
        old = new
    return np.clip(np.nan_to_num(x), 0, 1)


def _solve_exactly(guide: Floats, known: Floats) -> Floats:
    """Closed-form matting by pymatting, which wants a trimap of exactly 0, 0.5 and 1."""
    from pymatting import estimate_alpha_cf

    sure = np.select([known < 0.02, known > 0.98], [0.0, 1.0], 0.5)
    alpha = estimate_alpha_cf(guide.astype(np.float64), sure)
    return np.clip(np.nan_to_num(np.asarray(alpha, dtype=np.float32)), 0, 1)


def foreground(pixels: NDArray[np.uint8], alpha: Mask, radius: int | None = None) -> NDArray[np.uint8]:
    """The thing's own colours where it is half transparent, free of the background that shone through.

    Blurred fusion (Forte, 2021): local means of both layers, corrected by what the pixel really shows.

    Args:
        pixels: ``(H, W, 3) uint8``. alpha: ``(H, W)`` 0..1.
        radius: Reach of the first pass in px; None takes 45 or less for small crops.

    Returns:
        ``(H, W, 3) uint8``; pixels of alpha 1 are unchanged.
    """
    window = _window(alpha, 8)
    out = pixels.copy()
    if window is None:
        return out
    image, a = _unit(pixels[window]), alpha[window][..., None].astype(np.float32)
    reach = radius or max(3, min(45, min(a.shape[:2]) // 4))
    front, back = _fuse(image, image, image, a, reach)
    front, back = _fuse(image, front, back, a, max(2, reach // 12))
    mixed = np.where(a > 0.995, image, front)
    out[window] = np.clip(mixed * 255 + 0.5, 0, 255).astype(np.uint8)
    return out


def _fuse(image: Floats, front: Floats, back: Floats, a: Floats, reach: int) -> tuple[Floats, Floats]:
    size = (2 * reach + 1, 2 * reach + 1)

    def blur(values: Any) -> Any:
        return cv2.boxFilter(values, -1, size, borderType=cv2.BORDER_REFLECT).reshape(values.shape)

    weight = blur(a)
    mean_front = blur(front * a) / (weight + 1e-5)
    mean_back = blur(back * (1 - a)) / (1 - weight + 1e-5)
    better = mean_front + a * (image - a * mean_front - (1 - a) * mean_back)
    return np.clip(better, 0, 1), mean_back
