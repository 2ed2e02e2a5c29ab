"""Cutting a thing out and setting it down elsewhere: sprites, destinations, light harmony. Shared by move and paste."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging import color, masks, matting
from finetouch.imaging.masks import Mask
from finetouch.types import Box

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sprite:
    """A thing cut out.

    Attributes:
        pixels: ``(h, w, 3) uint8``, free of its old background.
        alpha: ``(h, w) float32`` 0..1.
    """

    pixels: Pixels
    alpha: Mask

    def resized(self, width: int, height: int) -> Sprite:
        """The sprite at another size, premultiplied so that no colour from outside of it bleeds in."""
        width, height = max(1, width), max(1, height)
        if self.alpha.shape == (height, width):
            return self
        smaller = width * height < self.alpha.size
        how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        alpha = np.clip(cv2.resize(self.alpha, (width, height), interpolation=how), 0, 1).reshape(height, width)
        weighted = self.pixels.astype(np.float32) * np.maximum(self.alpha, 1e-3)[..., None]
        total = cv2.resize(weighted, (width, height), interpolation=how).reshape(height, width, 3)
        weight = cv2.resize(np.maximum(self.alpha, 1e-3), (width, height), interpolation=how).reshape(height, width)
        rgb = np.clip(total / np.maximum(weight, 1e-3)[..., None] + 0.5, 0, 255).astype(np.uint8)
        return Sprite(rgb, alpha.astype(np.float32))

    def flipped(self) -> Sprite:
        """Mirrored left to right."""
        return Sprite(np.ascontiguousarray(self.pixels[:, ::-1]), np.ascontiguousarray(self.alpha[:, ::-1]))


def cut_out(pixels: Pixels, mask: Mask, pad: int | None = None) -> tuple[Sprite, Box]:
    """The thing with its matte, and the box it was cut from (grown by `pad` px)."""
    reach = matting.band_radius(mask) if pad is None else pad
    box = masks.box_of(mask, masks.HARD) or masks.box_of(mask) or (0, 0, 1, 1)
    h, w = mask.shape
    grown = (max(0, box[0] - reach), max(0, box[1] - reach), min(w, box[2] + reach), min(h, box[3] + reach))
    window = (slice(grown[1], grown[3]), slice(grown[0], grown[2]))
    wide = (max(0, grown[0] - 24), max(0, grown[1] - 24), min(w, grown[2] + 24), min(h, grown[3] + 24))
    around = (slice(wide[1], wide[3]), slice(wide[0], wide[2]))
    alpha = np.zeros_like(mask)
    alpha[around] = matting.matte(pixels[around], mask[around])
    front = matting.foreground(pixels[around], alpha[around])
    inner = (slice(grown[1] - wide[1], grown[3] - wide[1]), slice(grown[0] - wide[0], grown[2] - wide[0]))
    return Sprite(np.ascontiguousarray(front[inner]), alpha[window].copy()), grown


def paste(pixels: Pixels, sprite: Sprite, x: int, y: int) -> Pixels:
    """The picture with the sprite's top left corner at ``(x, y)``; what falls outside is cut off."""
    out = pixels.copy()
    placed = _overlap(pixels.shape[:2], sprite.alpha.shape, x, y)
    if placed is None:
        return out
    there, here = placed
    a = sprite.alpha[here][..., None]
    mixed = out[there] * (1 - a) + sprite.pixels[here] * a
    out[there] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
    return out


def placed_mask(shape: tuple[int, int], alpha: Mask, x: int, y: int) -> Mask:
    """The sprite's alpha in a picture of `shape`."""
    out = np.zeros(shape, dtype=np.float32)
    placed = _overlap(shape, alpha.shape, x, y)
    if placed is not None:
        out[placed[0]] = alpha[placed[1]]
    return out


def _overlap(
    shape: tuple[int, ...], small: tuple[int, ...], x: int, y: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    x0, y0, x1, y1 = max(0, x), max(0, y), min(shape[1], x + small[1]), min(shape[0], y + small[0])
    if x0 >= x1 or y0 >= y1:
        return None
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))


def harmonised(sprite: Sprite, around: Pixels, strength: float = 0.5) -> Sprite:
    """The sprite's light brought towards its new surroundings: tone and contrast, within narrow limits.

    The surroundings' cast (median a and b of near-neutral pixels) and their range of lightness pull; at most 8 in
    a and b, 12 in L and 20 % in contrast, so that the thing keeps its own colours.
    """
    on = sprite.alpha > masks.HARD
    if strength <= 0 or not on.any() or around.size == 0:
        return sprite
    lab, scene = color.srgb_to_lab(sprite.pixels), color.srgb_to_lab(around.reshape(-1, 1, 3))[:, 0]
    mine = lab[on]
    my_low, my_mid, my_high = np.percentile(mine[:, 0], (5, 50, 95))
    low, high = np.percentile(scene[:, 0], (5, 95))
    spread = float(np.clip((high - low + 15) / (my_high - my_low + 15), 0.8, 1.2)) ** strength
    inside = float(np.clip(my_mid, low - 5, high + 5))
    shift = float(np.clip(inside - my_mid, -12, 12)) * strength
    out = lab.copy()
    out[..., 0] = np.clip(my_mid + (lab[..., 0] - my_mid) * spread + shift, 0, 100)
    for channel in (1, 2):
        cast = float(np.clip(_cast(scene, channel) - _cast(mine, channel), -8, 8)) * 0.5 * strength
        out[..., channel] += cast
    return Sprite(color.lab_to_srgb(out), sprite.alpha)


def _cast(lab: Floats, channel: int) -> float:
    """Colour of the light as near-neutral pixels show it; 0 when there are too few of them."""
    neutral = (np.hypot(lab[:, 1], lab[:, 2]) < 16) & (lab[:, 0] > 20)
    if neutral.sum() < max(20, 0.05 * len(lab)):
        return 0.0
    return float(np.median(lab[neutral, channel]))


def near_ring(pixels: Pixels, mask: Mask, reach: int = 40) -> Pixels:
    """The pixels around a mask, ``(n, 3)``."""
    ring = (masks.grow(mask, reach) > masks.HARD) & (mask <= 0.02)
    found = pixels[ring]
    return found[:: max(1, len(found) // 20000)]
